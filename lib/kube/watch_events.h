// Watch answers: JSON documents one a line, cut anywhere by the network. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "document/value.h"

namespace sluice::kube {

// Puts lines together. A line longer than the limit is an error, told once; afterwards nothing more
// comes.
class LineSplitter {
 public:
  explicit LineSplitter(size_t max_line = 64u << 20) : max_line_(max_line) {}
  // False: the limit was passed.
  bool Feed(std::string_view bytes, const std::function<void(std::string_view line)>& on_line);
  void Reset() { std::string().swap(partial_); }

 private:
  const size_t max_line_;
  std::string partial_;
};

struct WatchEvent {
  enum class Type : uint8_t { kAdded, kModified, kDeleted, kBookmark, kError } type = Type::kError;
  document::Value object;           // kError: a Status
  bool initial_events_end = false;  // of a bookmark: everything there was has been sent
};
base::Result<WatchEvent> ParseWatchEvent(std::string_view line);

}  // namespace sluice::kube
