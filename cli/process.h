// Processes: how `sluice` starts others: its sibling that fetches, git where only git can,
// functions the user allowed. An interface, so that tests need none. Thread-compatible.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sluice::cli {

struct ProcessRequest {
  enum class Errors : uint8_t { kCaptured, kWithOutput, kInherited };  // where its stderr goes
  // argv[0]: a path; looked up by FindProgram where it has no slash
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "KEY=value", added to or in place of ours
  std::string directory;                 // "" = ours
  std::string input;
  Errors errors = Errors::kCaptured;
  std::chrono::milliseconds timeout{0};  // 0 = none; past it the process is killed
};

struct ProcessResult {
  std::string out, err;
  bool timed_out = false;
  // "" where it ended well, else Go's words: "exit status 2", "signal: killed".
  std::string failure;
};

class Processes {
 public:
  virtual ~Processes() = default;
  // Fails where it cannot be started: "fork/exec ./fn: permission denied".
  virtual base::Result<ProcessResult> Run(const ProcessRequest& request) = 0;
};
std::unique_ptr<Processes> SystemProcesses();

// The first executable of that name in `path` ($PATH).
std::optional<std::string> FindProgram(std::string_view name, std::string_view path);

// The program of that name beside this one.
std::string Sibling(std::string_view name);

}  // namespace sluice::cli
