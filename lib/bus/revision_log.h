// RevisionLog: what one subscriber knows of one publisher's revisions: which sequence numbers it
// has seen, so that it notices what it missed, and the last event of each source, so that nothing
// older is told after it. Pure; thread-compatible.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "bus/source.h"
#include "envelope.h"

namespace sluice::bus {

class RevisionLog {
 public:
  // True: the event is news for its source and must be told.
  bool OnEvent(const RevisionEvent& event);
  void OnHeartbeat(uint64_t epoch, uint64_t sequence);
  // Something was missed: a snapshot makes it good.
  bool behind() const { return highest_ > contiguous_; }

  // `snapshot` is whole. What must be told, deletions that were missed included; nullopt: it is of
  // another epoch than the publisher's present one.
  std::optional<std::vector<RevisionEvent>> OnSnapshot(SnapshotMessage snapshot);

  uint64_t epoch() const { return epoch_; }

 private:
  struct Known {
    uint64_t sequence;
    bool deleted;
  };
  void Enter(uint64_t epoch);
  void Mark(uint64_t sequence);
  void Advance();

  uint64_t epoch_ = 0;
  uint64_t contiguous_ = 0;   // every number up to it is accounted for
  uint64_t highest_ = 0;      // the last one known to exist
  std::set<uint64_t> ahead_;  // seen beyond a gap
  std::map<SourceRef, Known> known_;
};

}  // namespace sluice::bus
