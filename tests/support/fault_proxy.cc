#include "test_support/fault_proxy.h"

#include <algorithm>
#include <filesystem>

#include "base/json_string.h"
#include "base/strings.h"
#include "test_support/eventually.h"

namespace sluice::test_support {

using std::chrono::seconds;

FaultProxy::FaultProxy(bool raw) {
  Process::Options options;
  options.stdout_file = dir_.Write("out", "");
  options.log_file = dir_.Write("log", "");
  std::vector<std::string> argv{"python3", SLUICE_TEST_SUPPORT_DIR "/fault_proxy.py",
                                dir_.File("control")};
  if (raw) argv.emplace_back("--raw");
  auto process = Process::Start(argv, options);
  SLUICE_CHECK(process.ok());
  process_.emplace(*std::move(process));
  SLUICE_CHECK(
      Eventually(seconds(60), [&] { return ReadFile(options.stdout_file).ends_with("\n"); }));
  port_ = std::stoi(ReadFile(options.stdout_file));
}

void FaultProxy::Set(Rules rules) {
  rules_ = std::move(rules);
  std::string json = base::Cat(R"({"n":)", std::to_string(++applied_), R"(,"refusal":[)",
                               std::to_string(rules_.refusal), ",");
  base::AppendJsonString(json, rules_.refusal_body);
  json += "]";
  const auto add = [&](const char* key, const std::string& value) {
    json += base::Cat(",\"", key, "\":");
    base::AppendJsonString(json, value);
  };
  add("upstream", rules_.upstream);
  add("fault", rules_.fault);
  add("paths", rules_.paths);
  add("authorization", rules_.authorization);
  if (rules_.tls) add("tls", dir_.Write("server.pem", rules_.tls->cert_pem + rules_.tls->key_pem));
  std::filesystem::rename(dir_.Write("control.new", json + "}"), dir_.File("control"));
  SLUICE_CHECK(Eventually(seconds(60), [this] {
    return base::Contains(ReadFile(dir_.File("out")),
                          base::Cat("applied ", std::to_string(applied_), "\n"));
  }));
}

void FaultProxy::SetUpstream(const std::string& address) {
  Rules rules = rules_;
  rules.upstream = address;
  Set(std::move(rules));
}

void FaultProxy::SetFault(const std::string& kind, const std::string& paths) {
  Rules rules = rules_;
  rules.fault = kind;
  rules.paths = paths;
  Set(std::move(rules));
}

size_t FaultProxy::Requests() const {
  const std::string log = ReadFile(dir_.File("log"));
  return static_cast<size_t>(std::ranges::count(log, '\n'));
}

}  // namespace sluice::test_support
