#include "test_support/connect_proxy.h"

#include <algorithm>

#include "base/strings.h"
#include "test_support/eventually.h"

namespace sluice::test_support {

ConnectProxy::ConnectProxy(const std::string& credentials) {
  Process::Options options;
  options.stdout_file = dir_.Write("out", "");
  options.log_file = dir_.Write("log", "");
  auto process = Process::Start(
      {"python3", SLUICE_TEST_SUPPORT_DIR "/connect_proxy.py", credentials}, options);
  SLUICE_CHECK(process.ok());
  process_.emplace(*std::move(process));
  SLUICE_CHECK(Eventually(std::chrono::seconds(60),
                          [&] { return base::Contains(ReadFile(dir_.File("out")), "\n"); }));
  port_ = std::stoi(ReadFile(dir_.File("out")));
}

std::vector<std::string> ConnectProxy::Lines() const {
  const std::string text = ReadFile(dir_.File("out"));
  std::vector<std::string> out;
  for (const std::string_view line : base::Split(text, "\n")) out.emplace_back(line);
  out.erase(out.begin());  // the port
  out.pop_back();          // what is not a whole line yet
  return out;
}

size_t ConnectProxy::Count(const std::string& text) const {
  const auto lines = Lines();
  return static_cast<size_t>(std::ranges::count_if(
      lines, [&](const std::string& line) { return base::Contains(line, text); }));
}

}  // namespace sluice::test_support
