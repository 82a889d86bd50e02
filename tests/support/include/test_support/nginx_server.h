// A real web server on loopback (Debian's nginx) over a folder: open, behind basic authentication,
// with TLS, asking for client certificates. Its files look an hour old, each write a little
// younger, so that their ETags and times tell them apart.
//
//   NginxServer charts;
//   charts.Write("index.yaml", "…");
//   … spec.url = charts.Url()
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "test_support/certificates.h"

namespace sluice::test_support {

// Started by its constructor, which aborts the test binary where the server does not come up. Use
// it on the main thread.
class NginxServer {
 public:
  struct Options {
    bool auth = false;                 // kUser and kPassword for every file
    bool tls = false;                  // a certificate of authority()
    bool client_certificates = false;  // of authority(); with tls
    std::string more;                  // lines of the server block
  };

  NginxServer() : NginxServer(Options{}) {}
  explicit NginxServer(const Options& options);
  ~NginxServer();

  std::string Url(const std::string& path = "") const;  // "http(s)://127.0.0.1:PORT" + path
  const Certificate& authority() const;
  void Write(const std::string& file, const std::string& bytes);
  void Remove(const std::string& file) const;
  std::string Folder() const;
  void Stop();   // as if the host were down
  void Start();  // again, on the same port

  // "GET /index.yaml 200 reader": with who asked, "-" for nobody; in order, of what has been
  // answered until now.
  std::vector<std::string> Requests() const;

  static constexpr const char* kUser = "reader";
  static constexpr const char* kPassword = "s3cr3t";

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::test_support
