#include "test_support/ssh_server.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/status.h"
#include "test_support/eventually.h"

namespace sluice::test_support {

bool SshServer::Available() { return std::filesystem::exists("/usr/sbin/sshd"); }

SshServer::SshServer(bool protocol) {
  Process::Options options;
  options.stdout_file = dir_.Write("port", "");
  options.log_file = dir_.File("ssh_server.log");
  std::vector<std::string> argv{"python3", SLUICE_TEST_SUPPORT_DIR "/ssh_server.py",
                                dir_.File("keys")};
  if (!protocol) argv.emplace_back("--no-protocol");
  auto process = Process::Start(argv, options);
  SLUICE_CHECK(process.ok());
  process_.emplace(*std::move(process));
  SLUICE_CHECK(Eventually(std::chrono::seconds(60),
                          [&] { return ReadFile(options.stdout_file).ends_with("\n"); }));
  port_ = std::stoi(ReadFile(options.stdout_file));
  known_hosts_ = ReadFile(Key("known_hosts"));
}

std::string SshServer::Url(const std::string& folder) const {
  const char* user = getuid() == 0 ? "root" : std::getenv("USER");
  return std::string("ssh://") + (user == nullptr ? "root" : user) +
         "@127.0.0.1:" + std::to_string(port_) + folder;
}

}  // namespace sluice::test_support
