#include "outbox.h"

#include "envelope.h"

namespace sluice::bus {
namespace {

// Room for record headers beside the payloads that options_.max_bytes counts.
constexpr uint64_t kJournalSlack = 1 << 20;

}  // namespace

std::unique_ptr<Outbox> Outbox::Open(const EventSenderOptions& options,
                                     const observe::Logger& log) {
  std::unique_ptr<Outbox> outbox(new Outbox(options));
  if (options.journal.empty()) return outbox;
  if (const auto status = outbox->Load(log); !status.ok()) {
    log.Error(status, "event journal not usable: events are kept in memory only",
              {{"path", options.journal}});
    return std::unique_ptr<Outbox>(new Outbox(options));
  }
  return outbox;
}

base::Status Outbox::Load(const observe::Logger& log) {
  SLUICE_TRY(journal_,
             JournalFile::Open(options_.journal, options_.max_bytes * 2 + kJournalSlack, log));
  std::vector<uint64_t> unreadable;
  SLUICE_TRY(journal_->log().ForEach([&](uint64_t number, std::string_view frame) {
    const auto message = Decode(frame);
    const Event* event = message.ok() ? std::get_if<Event>(&*message) : nullptr;
    if (event == nullptr || by_id_.contains(event->id)) {
      unreadable.push_back(number);
    } else {
      Insert({event->id, "", number, frame.size(), event->severity != "error"});
    }
    return true;
  }));
  for (const uint64_t number : unreadable) SLUICE_TRY(journal_->log().Ack(number));
  return base::OkStatus();
}

void Outbox::Insert(Entry entry) {
  const uint64_t sequence = next_++;
  bytes_ += entry.bytes;
  if (entry.info) info_.insert(sequence);
  by_id_[entry.id] = sequence;
  entries_.emplace(sequence, std::move(entry));
}

bool Outbox::Full(size_t more) const {
  return entries_.size() >= options_.max_events || bytes_ + more > options_.max_bytes;
}

Outbox::Added Outbox::Add(const Event& event) {
  Added added;
  const bool info = event.severity != "error";
  std::string frame = EncodeEvent(event);
  if (frame.size() + 512 > static_cast<size_t>(kEventLimit) || frame.size() > options_.max_bytes) {
    ++(info ? added.dropped_info : added.dropped_other);
    return added;
  }
  while (Full(frame.size())) {
    const bool from_info = !info_.empty();
    ++(from_info ? added.dropped_info : added.dropped_other);
    Drop(from_info ? *info_.begin() : entries_.begin()->first);
  }
  Entry entry{event.id, "", 0, frame.size(), info};
  if (journal_ != nullptr) {
    const auto number = journal_->log().Append(frame);
    if (number.ok()) {
      entry.journal = *number;
    } else {
      added.journal = number.status();
    }
  }
  if (entry.journal == 0) entry.frame = std::move(frame);
  added.sequence = next_;
  Insert(std::move(entry));
  return added;
}

void Outbox::Drop(uint64_t sequence) {
  const auto it = entries_.find(sequence);
  if (it == entries_.end()) return;
  // at worst it is sent once more
  if (it->second.journal != 0) static_cast<void>(journal_->log().Ack(it->second.journal).ok());
  bytes_ -= it->second.bytes;
  by_id_.erase(it->second.id);
  info_.erase(sequence);
  entries_.erase(it);
}

bool Outbox::Ack(const std::string& id) {
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) return false;
  Drop(it->second);
  return true;
}

std::optional<std::string> Outbox::Frame(uint64_t sequence) const {
  const auto it = entries_.find(sequence);
  if (it == entries_.end()) return std::nullopt;
  if (it->second.journal == 0) return it->second.frame;
  auto frame = journal_->log().Read(it->second.journal);
  if (!frame.ok()) return std::nullopt;
  return *std::move(frame);
}

uint64_t Outbox::NextAfter(uint64_t sequence) const {
  const auto it = entries_.upper_bound(sequence);
  return it == entries_.end() ? 0 : it->first;
}

}  // namespace sluice::bus
