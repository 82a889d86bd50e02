// Child processes of a test: a long-running one (Process) and one that runs to its end
// (RunCommand). No shell in between. The kernel kills a child when the thread that started it ends,
// so a crashed test leaves nothing behind: start children on the main thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"

namespace sluice::test_support {

// added to, or replacing parts of, the test's own
using Environment = std::map<std::string, std::string>;

// Move-only. The destructor kills and reaps the process.
class Process {
 public:
  struct Options {
    Environment env;
    std::string log_file;     // stdout and stderr are appended here; "" = inherited
    std::string stdout_file;  // stdout alone goes here instead
    std::string stdin_file = "/dev/null";
    std::string directory;  // working directory, "" = inherited
  };

  static base::Result<Process> Start(const std::vector<std::string>& argv, const Options& options);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  pid_t pid() const { return pid_; }
  bool Running();
  void Signal(int signal) const;
  // The exit code, 128 + n after signal n; nothing when it still runs at the end of `timeout`.
  std::optional<int> Wait(std::chrono::milliseconds timeout);
  // SIGTERM, and SIGKILL after `grace`. The exit code as Wait() has it.
  int Stop(std::chrono::milliseconds grace = std::chrono::seconds(10));
  void Kill();  // SIGKILL, reaped

 private:
  explicit Process(pid_t pid) : pid_(pid) {}
  pid_t pid_ = -1;  // -1: reaped or moved from
  int exit_code_ = -1;
};

struct CommandResult {
  int exit_code = -1;
  std::string out, err;
  bool ok() const { return exit_code == 0; }
};
// Runs argv to its end, killed after `timeout`.
CommandResult RunCommand(const std::vector<std::string>& argv, const std::string& input = "",
                         const Environment& env = {},
                         std::chrono::seconds timeout = std::chrono::seconds(120));

// `count` different TCP ports of 127.0.0.1 that were free a moment ago.
std::vector<int> FreePorts(size_t count);

// A directory of its own below $TMPDIR, removed with all it holds.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  std::string Write(const std::string& name, const std::string& content) const;  // returns its path

 private:
  std::string path_;
};
std::string ReadFile(const std::string& path);  // "" when absent

}  // namespace sluice::test_support
