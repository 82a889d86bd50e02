// Inbox: the receiver's journal of events: those not done yet, and the ids of the latest that are,
// so that an event whose acknowledgement was lost is not handled twice, even over a restart.
// Thread-compatible.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "bus/events.h"
#include "journal_file.h"

namespace sluice::bus {

class Inbox {
 public:
  // A journal that cannot be used is set aside: then events are kept in memory only.
  static std::unique_ptr<Inbox> Open(const EventServerOptions& options, const observe::Logger& log);

  // The events left by the former process, in order. Once.
  std::vector<Event> TakeLeft() { return std::move(left_); }

  enum class Verdict : uint8_t { kNew, kKnown, kFull };
  // kNew: it is in the journal now. An error: it could not be written.
  base::Result<Verdict> Add(const Event& event);
  base::Status Done(const std::string& id);
  size_t pending() const { return pending_.size(); }

 private:
  explicit Inbox(const EventServerOptions& options) : options_(options) {}
  base::Status Load(const observe::Logger& log);
  base::Status Remember(std::string id, uint64_t number);

  const EventServerOptions options_;
  std::unique_ptr<JournalFile> journal_;               // null: memory only
  std::unordered_map<std::string, uint64_t> pending_;  // id → number in the journal
  std::unordered_map<std::string, uint64_t> done_;
  std::deque<std::string> done_order_;
  std::vector<Event> left_;
};

}  // namespace sluice::bus
