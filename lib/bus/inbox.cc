#include "inbox.h"

#include "envelope.h"

namespace sluice::bus {
namespace {

constexpr uint64_t kJournalBytes = 64 << 20;
// First byte of a record.
constexpr char kEventRecord = 'E';  // then the event's envelope
constexpr char kDoneRecord = 'D';   // then the id of an event that is done

}  // namespace

std::unique_ptr<Inbox> Inbox::Open(const EventServerOptions& options, const observe::Logger& log) {
  std::unique_ptr<Inbox> inbox(new Inbox(options));
  if (options.journal.empty()) return inbox;
  if (const auto status = inbox->Load(log); !status.ok()) {
    log.Error(status, "event journal not usable: events are kept in memory only",
              {{"path", options.journal}});
    return std::unique_ptr<Inbox>(new Inbox(options));
  }
  return inbox;
}

base::Status Inbox::Load(const observe::Logger& log) {
  SLUICE_TRY(journal_, JournalFile::Open(options_.journal, kJournalBytes, log));
  std::vector<uint64_t> useless;
  std::vector<std::pair<std::string, uint64_t>> done;
  std::vector<std::pair<Event, uint64_t>> events;
  SLUICE_TRY(journal_->log().ForEach([&](uint64_t number, std::string_view record) {
    const std::string_view rest = record.substr(record.empty() ? 0 : 1);
    if (!record.empty() && record[0] == kDoneRecord) {
      done.emplace_back(rest, number);
      return true;
    }
    auto message = Decode(rest);
    auto* event = message.ok() ? std::get_if<Event>(&*message) : nullptr;
    if (event == nullptr || record[0] != kEventRecord) {
      useless.push_back(number);
    } else {
      events.emplace_back(std::move(*event), number);
    }
    return true;
  }));
  for (auto& [id, number] : done) SLUICE_TRY(Remember(std::move(id), number));
  for (auto& [event, number] : events) {
    // A crash between the two records of Done leaves both.
    if (done_.contains(event.id) || !pending_.emplace(event.id, number).second) {
      useless.push_back(number);
    } else {
      left_.push_back(std::move(event));
    }
  }
  for (const uint64_t number : useless) SLUICE_TRY(journal_->log().Ack(number));
  return base::OkStatus();
}

base::Result<Inbox::Verdict> Inbox::Add(const Event& event) {
  if (pending_.contains(event.id) || done_.contains(event.id)) return Verdict::kKnown;
  if (pending_.size() >= options_.max_pending) return Verdict::kFull;
  uint64_t number = 0;
  if (journal_ != nullptr) {
    SLUICE_TRY(number, journal_->log().Append(std::string(1, kEventRecord) + EncodeEvent(event)));
  }
  pending_.emplace(event.id, number);
  return Verdict::kNew;
}

base::Status Inbox::Remember(std::string id, uint64_t number) {
  done_.emplace(id, number);
  done_order_.push_back(std::move(id));
  while (done_order_.size() > options_.remembered_ids) {
    const auto oldest = done_.find(done_order_.front());
    const uint64_t record = oldest == done_.end() ? 0 : oldest->second;
    if (oldest != done_.end()) done_.erase(oldest);
    done_order_.pop_front();
    if (journal_ != nullptr && record != 0) SLUICE_TRY(journal_->log().Ack(record));
  }
  return base::OkStatus();
}

base::Status Inbox::Done(const std::string& id) {
  const auto it = pending_.find(id);
  if (it == pending_.end()) return base::OkStatus();
  const uint64_t event_record = it->second;
  pending_.erase(it);
  uint64_t done_record = 0;
  if (journal_ != nullptr) {
    auto number = journal_->log().Append(std::string(1, kDoneRecord) + id);
    // without it a lost acknowledgement brings the event once more
    if (number.ok()) done_record = *number;
    SLUICE_TRY(journal_->log().Ack(event_record));
  }
  return Remember(id, done_record);
}

}  // namespace sluice::bus
