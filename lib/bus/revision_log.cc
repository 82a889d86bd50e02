#include "revision_log.h"

#include <algorithm>

namespace sluice::bus {
namespace {

constexpr size_t kMaxAhead = 8192;

}  // namespace

void RevisionLog::Enter(uint64_t epoch) {
  if (epoch == epoch_) return;
  epoch_ = epoch;
  contiguous_ = highest_ = 0;
  ahead_.clear();
  known_.clear();  // a new publisher has not told yet what it deleted: forget, delete nothing
}

void RevisionLog::Advance() {
  ahead_.erase(ahead_.begin(), ahead_.upper_bound(contiguous_));
  while (!ahead_.empty() && *ahead_.begin() == contiguous_ + 1) {
    ++contiguous_;
    ahead_.erase(ahead_.begin());
  }
}

void RevisionLog::Mark(uint64_t sequence) {
  highest_ = std::max(highest_, sequence);
  if (sequence <= contiguous_) return;
  // the next snapshot covers it
  if (sequence != contiguous_ + 1 && ahead_.size() >= kMaxAhead) return;
  ahead_.insert(sequence);
  Advance();
}

bool RevisionLog::OnEvent(const RevisionEvent& event) {
  Enter(event.epoch);
  Mark(event.sequence);
  const bool deleted = event.state == RevisionEvent::State::kDeleted;
  const auto [it, first] = known_.try_emplace(event.source, Known{event.sequence, deleted});
  if (first) return true;
  if (it->second.sequence >= event.sequence) return false;
  it->second = {event.sequence, deleted};
  return true;
}

void RevisionLog::OnHeartbeat(uint64_t epoch, uint64_t sequence) {
  Enter(epoch);
  highest_ = std::max(highest_, sequence);
}

std::optional<std::vector<RevisionEvent>> RevisionLog::OnSnapshot(SnapshotMessage snapshot) {
  if (snapshot.epoch != epoch_) return std::nullopt;
  std::vector<RevisionEvent> tell;
  std::set<SourceRef> held;
  for (RevisionEvent& event : snapshot.revisions) {
    held.insert(event.source);
    const auto [it, first] = known_.try_emplace(event.source, Known{event.sequence, false});
    if (!first && it->second.sequence >= event.sequence) continue;
    it->second = {event.sequence, false};
    tell.push_back(std::move(event));
  }
  for (auto it = known_.begin(); it != known_.end();) {
    if (held.contains(it->first) || it->second.sequence > snapshot.sequence) {
      ++it;
      continue;
    }
    if (!it->second.deleted) {
      RevisionEvent gone;
      gone.source = it->first;
      gone.state = RevisionEvent::State::kDeleted;
      gone.epoch = epoch_;
      gone.sequence = snapshot.sequence;
      tell.push_back(std::move(gone));
    }
    it = known_.erase(it);
  }
  highest_ = std::max(highest_, snapshot.sequence);
  contiguous_ = std::max(contiguous_, snapshot.sequence);
  Advance();
  return tell;
}

}  // namespace sluice::bus
