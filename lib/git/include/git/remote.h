// Remote: one repository over smart HTTP or SSH, protocol version 2 (0 and 1 where a server speaks
// nothing newer), ours: ls-refs with prefixes, shallow incremental fetch in one round trip. The
// libraries below follow no redirect with credentials to another origin. Error messages are those
// go-git prints, since they reach conditions: "authentication required: …", "repository not found:
// …", `Get "…/info/refs?service=git-upload-pack": dial tcp …`. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/status.h"
#include "git/object_id.h"
#include "observe/context.h"

namespace sluice::http {
class Client;
}

namespace sluice::git {

// How to reach and authenticate; all optional. Bound to the URL's origin.
struct RemoteAuth {
  // Whose credentials these are where they change by themselves (an app's tokens): a repository of
  // the same URL and account is the same, whatever token it is asked with. "" = the credentials
  // themselves tell.
  std::string account{};
  std::string username{};
  base::SecretString password{};
  base::SecretString bearer_token{};  // wins over username and password
  std::string ca_pem{};               // added to the system's roots
  std::string client_cert_pem{};
  base::SecretString client_key_pem{};
  std::string proxy_url{};  // http, https or socks5; "" = the environment's
  std::string proxy_username{};
  base::SecretString proxy_password{};
  // SSH only; identity and known hosts are required there.
  base::SecretString ssh_identity{};  // a private key, PEM or OpenSSH's own format
  base::SecretString ssh_passphrase{};
  std::string ssh_known_hosts{};  // the text of a known_hosts file
  std::string ssh_kex_algorithms{},
      ssh_hostkey_algorithms{};  // comma separated; "" = libssh's, and the types known_hosts has
};

struct RemoteRef {
  std::string name;  // "HEAD", "refs/heads/main"
  ObjectId oid;
  ObjectId peeled;            // an annotated tag's commit, else zero
  std::string symref_target;  // "refs/heads/main" for HEAD

  const ObjectId& commit() const { return peeled.IsZero() ? oid : peeled; }
};

struct FetchRequest {
  std::vector<ObjectId> wants{};
  std::vector<ObjectId> haves{};     // commits whose objects are complete here
  std::vector<ObjectId> shallows{};  // of those, the ones without their parents
  int depth = 1;                     // 0 = whole history
  // commits and trees alone, where the server can (`filter blob:none`); wants that are blobs come
  // in any case
  bool leave_blobs = false;
};
struct FetchResult {
  std::vector<ObjectId> shallow, unshallow;
  bool has_pack = false;
  bool left_blobs = false;
};

struct RemoteLimits {
  uint64_t max_refs_bytes = 256 << 20;
  uint64_t max_refs = 2'000'000;
  uint64_t max_pack_bytes = uint64_t{8} << 30;
};

class Remote {
 public:
  virtual ~Remote() = default;
  virtual void SetCredentials(const RemoteAuth& /*auth*/) {
  }  // user, password and token from now on
  // Refs whose names start with one of `prefixes` (a server may send more; they are filtered), in
  // the server's order.
  virtual base::Result<std::vector<RemoteRef>> ListRefs(
      const observe::Context& ctx, const std::vector<std::string>& prefixes) = 0;
  // Streams the pack's bytes (thin: deltas may refer to objects of `haves`) to `pack`. One round
  // trip.
  virtual base::Result<FetchResult> Fetch(
      const observe::Context& ctx, const FetchRequest& request,
      const std::function<base::Status(std::string_view)>& pack) = 0;
};

// kInvalidArgument for a URL that is not http(s). `client` outlives the remote.
base::Result<std::unique_ptr<Remote>> MakeHttpRemote(http::Client& client, std::string_view url,
                                                     RemoteAuth auth,
                                                     const RemoteLimits& limits = {});

// kInvalidArgument for a key or known hosts that cannot be read, or a proxy that is neither socks5
// nor http. The connection is kept and made anew when it breaks.
base::Result<std::unique_ptr<Remote>> MakeSshRemote(std::string_view url, RemoteAuth auth,
                                                    const RemoteLimits& limits = {});

// True for a private key that needs a passphrase.
bool IsEncryptedSshKey(std::string_view text);

}  // namespace sluice::git
