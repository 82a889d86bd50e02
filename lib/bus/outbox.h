// Outbox: the events a process has sent and notify has not acknowledged, oldest first, in a
// journal. When it is full the oldest info event makes room, or the oldest of all.
// Thread-compatible.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "bus/events.h"
#include "journal_file.h"

namespace sluice::bus {

class Outbox {
 public:
  // Reads back what the journal holds. A journal that cannot be used is set aside: then events are
  // kept in memory only.
  static std::unique_ptr<Outbox> Open(const EventSenderOptions& options,
                                      const observe::Logger& log);

  struct Added {
    uint64_t sequence = 0;  // 0: the event itself was dropped
    size_t dropped_info = 0, dropped_other = 0;
    base::Status journal;  // not ok: kept in memory only
  };
  Added Add(const Event& event);
  bool Ack(const std::string& id);  // false: unknown

  // The frame of an event that is still here.
  std::optional<std::string> Frame(uint64_t sequence) const;
  // The first event past `sequence`; 0 = none.
  uint64_t NextAfter(uint64_t sequence) const;
  uint64_t last() const { return entries_.empty() ? 0 : entries_.rbegin()->first; }
  uint64_t first() const { return entries_.empty() ? 0 : entries_.begin()->first; }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string id;
    std::string frame;     // when there is no journal to read it from
    uint64_t journal = 0;  // its number there
    size_t bytes = 0;
    bool info = false;
  };
  explicit Outbox(const EventSenderOptions& options) : options_(options) {}
  base::Status Load(const observe::Logger& log);
  void Insert(Entry entry);
  bool Full(size_t more) const;
  void Drop(uint64_t sequence);

  const EventSenderOptions options_;
  std::unique_ptr<JournalFile> journal_;
  uint64_t next_ = 1;
  std::map<uint64_t, Entry> entries_;
  std::set<uint64_t> info_;
  std::unordered_map<std::string, uint64_t> by_id_;
  size_t bytes_ = 0;
};

}  // namespace sluice::bus
