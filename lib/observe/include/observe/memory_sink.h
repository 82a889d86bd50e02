// MemorySink keeps every record's rendered JSON line (with an empty ts): for tests. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "observe/log.h"
#include "observe/mutex.h"

namespace sluice::observe {

class MemorySink final : public LogSink {
 public:
  explicit MemorySink(LogLevel level = LogLevel::kTrace) : level_(level) {}
  bool Enabled(LogLevel level) const override { return level >= level_; }
  void Write(const LogRecord& record) override;
  std::vector<std::string> lines() const;
  size_t Count(std::string_view part) const;  // lines that contain `part`

 private:
  const LogLevel level_;
  mutable Mutex mu_;
  std::vector<std::string> lines_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::observe
