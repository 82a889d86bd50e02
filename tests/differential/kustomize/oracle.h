// Oracle: the peer as a child process that answers a line with a line. Started at the first
// question, and again where it died: a question that kills it twice counts as one it fails, so that
// one panic past its recover, or one endless build, does not end a long run.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>

#include "document/value.h"

namespace sluice::differential {

class Oracle {
 public:
  explicit Oracle(std::string program) : program_(std::move(program)) {}
  ~Oracle() { Stop(); }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  // {"yaml": …} or {"error": …}. Where the peer died of the question: {"error": "the peer died",
  // "died": true}.
  document::Value Ask(const document::Value& question);
  size_t deaths() const { return deaths_; }

 private:
  void Start();
  void Stop();
  bool Send(const std::string& line) const;
  std::optional<std::string> Receive();
  std::optional<std::string> Exchange(const std::string& line);

  std::string program_;
  pid_t pid_ = -1;
  int socket_ = -1;  // the child's stdin and stdout
  std::string buffer_;
  size_t asked_ = 0, deaths_ = 0;
};

}  // namespace sluice::differential
