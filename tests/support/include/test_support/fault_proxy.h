// A bad network before a real server: hands its answers on, spoiled as told
// (tests/support/fault_proxy.py). What a fault does is said in tests/support/faults.py, the same
// for every server of the tests.
//
//   FaultProxy proxy;
//   proxy.SetUpstream(registry.address());
//   … spec.url = "oci://" + proxy.address() + "/app"
//   proxy.SetFault("cut");   // from the next request on
#pragma once

#include <optional>
#include <string>

#include "test_support/certificates.h"
#include "test_support/process.h"

namespace sluice::test_support {

// Started by its constructor, which aborts the test binary where it does not come up. Use it on the
// main thread.
class FaultProxy {
 public:
  struct Rules {
    std::string upstream;  // "127.0.0.1:PORT"
    std::string fault;     // "" = none
    // regular expression over "GET /path?query" and the body's begin: what is spoiled
    std::string paths;
    std::string authorization;  // what requests must have in their Authorization
    int refusal = 401;          // the answer to those that have not
    std::string refusal_body;
    std::optional<Certificate> tls;  // what it shows
  };

  explicit FaultProxy(bool raw = false);  // raw: any protocol, byte by byte
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }
  const Rules& rules() const { return rules_; }
  // Holds when it returns: connections of before are closed.
  void Set(Rules rules);
  void SetUpstream(const std::string& address);
  void SetFault(const std::string& kind, const std::string& paths = "");
  size_t Requests() const;  // answered so far

 private:
  TempDir dir_;
  Rules rules_;
  int port_ = 0, applied_ = 0;
  std::optional<Process> process_;
};

}  // namespace sluice::test_support
