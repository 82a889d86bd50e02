// An HTTP and SOCKS5 proxy on loopback (tests/support/connect_proxy.py): whoever asks through it is
// written down. Every name that is no address is this machine.
//
//   ConnectProxy proxy("user:s3cr3t");
//   … a Secret with address = proxy.url(), username, password
//   EXPECT_THAT(proxy.Lines(), Contains("tunnel 127.0.0.1:443"));
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "test_support/process.h"

namespace sluice::test_support {

// Started by its constructor, which aborts the test binary where it does not come up. Use it on the
// main thread.
class ConnectProxy {
 public:
  explicit ConnectProxy(const std::string& credentials = "");  // "" = for anybody

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "http://" + address(); }
  // In order: "tunnel HOST:PORT", "request GET URL", "socks HOST:PORT", "refused CONNECT
  // HOST:PORT".
  std::vector<std::string> Lines() const;
  // Those that hold `text`.
  size_t Count(const std::string& text) const;

 private:
  TempDir dir_;
  int port_ = 0;
  std::optional<Process> process_;
};

}  // namespace sluice::test_support
