// A real OCI registry on loopback (Debian's docker-registry): open, behind basic authentication or
// behind a token server, plain or TLS.
//
//   RegistryServer registry;
//   const std::string digest = registry.Push("manifests/app", "v1", {{kFluxContent, tar_gz}},
//   {{"org.opencontainers.image.revision", "…"}}); … spec.url = registry.Url("manifests/app")
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "test_support/certificates.h"
#include "test_support/process.h"

namespace sluice::test_support {

inline constexpr const char* kFluxConfig = "application/vnd.cncf.flux.config.v1+json";
inline constexpr const char* kFluxContent = "application/vnd.cncf.flux.content.v1.tar+gzip";

// Started by its constructor, which aborts the test binary where it does not come up. Use it on the
// main thread.
class RegistryServer {
 public:
  enum class Auth { kNone, kBasic, kToken };
  struct Options {
    Auth auth = Auth::kNone;
    bool tls = false;
    int token_seconds = 300;  // what the token server announces
  };
  struct Layer {
    std::string media_type, bytes;
  };

  RegistryServer() : RegistryServer(Options{}) {}
  explicit RegistryServer(const Options& options);
  ~RegistryServer();

  std::string address() const;                           // "127.0.0.1:PORT"
  std::string Url(const std::string& repository) const;  // "oci://127.0.0.1:PORT/<repository>"
  // that issued its certificate and checks its clients'
  const Certificate& authority() const;
  std::string DockerConfig() const;  // with kUser and kPassword for address()

  // These go around the authentication. The digest of what was pushed.
  std::string PushBlob(const std::string& repository, const std::string& bytes) const;
  std::string PushManifest(const std::string& repository, const std::string& reference,
                           const std::string& media_type, const std::string& json) const;
  // A Flux artifact: an OCI manifest with an empty config.
  std::string Push(const std::string& repository, const std::string& tag,
                   const std::vector<Layer>& layers,
                   const std::map<std::string, std::string>& annotations = {}) const;
  std::string OpenAddress() const;  // of the door without authentication, for tools that push

  // "HEAD /v2/app/manifests/v1 200", in order, from the server's own log; of address() alone.
  std::vector<std::string> Requests() const;
  size_t TokensGiven() const;
  std::string TokenUrl() const;  // of the token server; "" without one

  static constexpr const char* kUser = "reader";
  static constexpr const char* kPassword = "s3cr3t";

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::test_support
