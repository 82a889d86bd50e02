// OpenSSH's sshd with git-shell on loopback, and keys that may use it
// (tests/support/ssh_server.py).
//
//   SshServer server;
//   … git clone server.Url(git_server.Folder("fleet")) with server.Key("client_ed25519")
#pragma once

#include <optional>
#include <string>

#include "test_support/process.h"

namespace sluice::test_support {

// Started by its constructor, which aborts the test binary where the server does not come up. Use
// it on the main thread.
class SshServer {
 public:
  static bool Available();  // there is an sshd here
  // false: GIT_PROTOCOL is dropped, so git speaks version 0
  explicit SshServer(bool protocol = true);

  // client_ed25519, client_ecdsa, client_rsa (passphrase "open sesame"), stranger, each with its
  // .pub; known_hosts.
  std::string Key(const std::string& name) const { return dir_.File("keys/" + name); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string Url(const std::string& folder) const;  // ssh://user@127.0.0.1:PORT<folder>
  const std::string& known_hosts() const { return known_hosts_; }

 private:
  TempDir dir_;
  std::optional<Process> process_;
  int port_ = 0;
  std::string known_hosts_;
};

}  // namespace sluice::test_support
