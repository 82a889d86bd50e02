#include "source_link.h"

#include <algorithm>

#include "base/digest.h"

namespace sluice::bus {
namespace {

// credit a fetch starts with: the most it keeps in memory
constexpr uint64_t kWindow = 1 << 20;
constexpr uint64_t kCreditStep = kWindow / 4;  // given back in steps of
constexpr int kMaxResumes = 5;                 // in a row without a byte
constexpr std::chrono::milliseconds kReconnectPatience{3000};

int64_t NowUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

SourceLink::SourceLink(Loop& loop, std::string endpoint, SourceClient::RevisionHandler on_revision)
    : loop_(loop), endpoint_(std::move(endpoint)), on_revision_(std::move(on_revision)) {}

base::Status SourceLink::Open() {
  artifacts_ =
      std::make_unique<Dealer>(loop_, Channel::kArtifacts, kArtifactLimit, Role::kSource, *this);
  revisions_ = std::make_unique<Subscriber>(loop_, Channel::kRevisions, kRevisionLimit,
                                            Role::kSource, loop_.options().silence_ms, *this);
  SLUICE_TRY(artifacts_->Connect(endpoint_, "artifacts"));
  SLUICE_TRY(revisions_->Connect(endpoint_, "", {"rev/", kHeartbeatTopic}));
  open_ = true;
  return base::OkStatus();
}

void SourceLink::Close() {
  open_ = false;
  loop_.Cancel(resend_);
  revisions_.reset();
  artifacts_.reset();
  SetReady(false);
  revisions_alive_ = false;
  for (auto& [id, transfer] : transfers_) transfer->Lose();
  transfers_.clear();
}

void SourceLink::SetReady(bool ready) {
  {
    observe::MutexLock lock(ready_mu_);
    artifacts_ready_ = ready;
  }
  ready_changed_.notify_all();
}

bool SourceLink::WaitReady(const observe::Context& ctx, std::chrono::milliseconds patience) {
  auto until = observe::Context::Clock::now() + patience;
  if (ctx.deadline()) until = std::min(until, *ctx.deadline());
  observe::MutexLock lock(ready_mu_);
  return ready_changed_.wait_until(ready_mu_, ctx.stop(), until,
                                   [&] { return artifacts_ready_.load(); });
}

// ---- revisions ----

void SourceLink::OnPublished(Message message) {
  if (const auto* event = std::get_if<RevisionEvent>(&message)) {
    if (log_.OnEvent(*event)) Tell(*event);
  } else if (const auto* beat = std::get_if<HeartbeatMessage>(&message)) {
    log_.OnHeartbeat(beat->epoch, beat->sequence);
  } else {
    return loop_.metrics().Rejected(Channel::kRevisions);
  }
  CheckGap();
}

void SourceLink::OnAlive(bool alive) { revisions_alive_ = alive; }

void SourceLink::Tell(const RevisionEvent& event) {
  if (event.published_at_us > 0) {
    loop_.metrics().Handled(Channel::kRevisions,
                            std::chrono::microseconds(NowUs() - event.published_at_us));
  }
  on_revision_(event);
}

void SourceLink::CheckGap() {
  if (!log_.behind() || snapshot_id_ != 0) return;
  loop_.metrics().Gap();
  RequestSnapshot();
}

void SourceLink::RequestSnapshot() {
  loop_.Cancel(resend_);
  snapshot_id_ = next_id_++;
  collecting_ = {};
  if (!artifacts_->ready()) return;  // OnReady asks again
  loop_.metrics().Resync();
  artifacts_->Send(EncodeSnapshotRequest(snapshot_id_));
  resend_ = loop_.After(loop_.options().resend_ms, [this] {
    resend_ = 0;
    if (snapshot_id_ != 0) RequestSnapshot();
  });
}

void SourceLink::OnSnapshot(SnapshotMessage part) {
  if (part.id != snapshot_id_) return;
  const bool last = part.last;
  if (part.part == 0) {
    collecting_ = std::move(part);
  } else {
    std::ranges::move(part.revisions, std::back_inserter(collecting_.revisions));
  }
  if (!last) return;
  loop_.Cancel(resend_);
  snapshot_id_ = 0;
  const auto tell = log_.OnSnapshot(std::move(collecting_));
  collecting_ = {};
  if (!tell) {
    // Of an epoch the publisher has not shown yet, or no longer has: its next heartbeat says which.
    resend_ = loop_.After(loop_.options().heartbeat_ms, [this] {
      resend_ = 0;
      CheckGap();
    });
    return;
  }
  for (const RevisionEvent& event : *tell) Tell(event);
  CheckGap();
}

// ---- artifacts ----

void SourceLink::OnReady(const HelloMessage& hello) {
  static_cast<void>(hello);
  SetReady(true);
  if (snapshot_id_ != 0) RequestSnapshot();
}

void SourceLink::OnLost() {
  SetReady(false);
  for (auto& [id, transfer] : transfers_) transfer->Lose();
  transfers_.clear();
}

void SourceLink::OnMessage(Message message) {
  if (auto* chunk = std::get_if<ChunkMessage>(&message)) {
    const auto it = transfers_.find(chunk->id);
    if (it == transfers_.end()) return;  // cancelled
    const bool last = chunk->last;
    it->second->Push(std::move(*chunk));
    if (last) transfers_.erase(it);
  } else if (auto* snapshot = std::get_if<SnapshotMessage>(&message)) {
    OnSnapshot(std::move(*snapshot));
  } else {
    loop_.metrics().Rejected(Channel::kArtifacts);
  }
}

void SourceLink::StartTransfer(uint64_t id, std::shared_ptr<Transfer> transfer,
                               const FetchMessage& fetch) {
  if (!open_ || !artifacts_->ready() || !artifacts_->Send(EncodeFetch(fetch)))
    return transfer->Lose();
  transfers_.emplace(id, std::move(transfer));
}

void SourceLink::EndTransfer(uint64_t id) {
  if (transfers_.erase(id) > 0 && open_) artifacts_->Send(EncodeCancel(id));
}

// One fetch from this link: asks, checks the order of what comes, hashes it, gives credit back.
class SourceLink::Download {
 public:
  Download(SourceLink& link, base::Digest digest, const FetchOptions& options,
           const SourceClient::Sink& sink)
      : link_(link),
        digest_(std::move(digest)),
        options_(options),
        sink_(sink),
        hasher_(digest_.algorithm()) {}

  base::Status Run(const observe::Context& ctx) {
    for (int resumes = 0;; ++resumes) {
      const uint64_t before = offset_;
      base::Status status = Attempt(ctx);
      if (over_ || status.code() != base::StatusCode::kUnavailable) return status;
      if (offset_ > before) resumes = 0;
      if (resumes >= kMaxResumes || !link_.WaitReady(ctx, kReconnectPatience)) return status;
    }
  }

 private:
  base::Status Attempt(const observe::Context& ctx) {
    const uint64_t id = link_.next_id_++;
    auto transfer = std::make_shared<Transfer>();
    link_.loop_.Post([link = link_.shared_from_this(), transfer,
                      fetch = FetchMessage{id, digest_.ToString(), offset_, kWindow}] {
      link->StartTransfer(fetch.id, transfer, fetch);
    });
    base::Status status = Receive(ctx, id, *transfer);
    link_.loop_.Post([link = link_.shared_from_this(), id] { link->EndTransfer(id); });
    return status;
  }

  base::Status Receive(const observe::Context& ctx, uint64_t id, Transfer& transfer) {
    const std::chrono::milliseconds patience(link_.loop_.options().resend_ms);
    uint64_t owed = 0;
    while (true) {
      SLUICE_TRY(ctx.Check());  // also where the next chunk is always there already
      SLUICE_TRY(auto chunk, transfer.Next(ctx, patience));
      if (chunk.error != ChunkError::kNone) return Failed(chunk);
      SLUICE_TRY(Take(chunk));
      if (chunk.last) return Finish(chunk.size);
      owed += chunk.data.size();
      if (owed < kCreditStep) continue;
      link_.loop_.Post([link = link_.shared_from_this(), credit = CreditMessage{id, owed}] {
        if (link->open_ && link->transfers_.contains(credit.id))
          link->artifacts_->Send(EncodeCredit(credit));
      });
      owed = 0;
    }
  }

  base::Status Take(const ChunkMessage& chunk) {
    if (options_.max_size > 0 && chunk.size > options_.max_size) {
      return base::ResourceExhausted("artifact is larger than " +
                                     std::to_string(options_.max_size) + " bytes");
    }
    if (options_.expected_size > 0 && chunk.size != options_.expected_size) {
      return base::DataLoss("artifact has " + std::to_string(chunk.size) + " bytes, want " +
                            std::to_string(options_.expected_size));
    }
    if (chunk.offset != offset_ || chunk.data.size() > chunk.size - std::min(chunk.size, offset_)) {
      return base::DataLoss("artifact chunk out of order");
    }
    hasher_.Update(chunk.data);
    offset_ += chunk.data.size();
    auto status = sink_(chunk.data);
    over_ = !status.ok();
    return status;
  }

  base::Status Finish(uint64_t size) {
    over_ = true;
    if (offset_ != size) return base::DataLoss("artifact ended early");
    const base::Digest got = hasher_.Finish();
    if (got == digest_) return base::OkStatus();
    return base::DataLoss("artifact digest is '" + got.ToString() + "', want '" +
                          digest_.ToString() + "'");
  }

  base::Status Failed(const ChunkMessage& chunk) {
    over_ = chunk.error != ChunkError::kBusy;
    switch (chunk.error) {
      case ChunkError::kNotFound:
        return base::NotFound("artifact '" + digest_.ToString() + "' is not in the source's store");
      case ChunkError::kInvalid:
        return base::InvalidArgument("artifact fetch refused: " + chunk.message);
      default:
        return base::Unavailable("artifact fetch failed: " + chunk.message);
    }
  }

  SourceLink& link_;
  const base::Digest digest_;
  const FetchOptions& options_;
  const SourceClient::Sink& sink_;
  base::Hasher hasher_;
  uint64_t offset_ = 0;
  bool over_ = false;  // trying again would not help
};

base::Status SourceLink::Fetch(const observe::Context& ctx, const std::string& digest,
                               const FetchOptions& options, const SourceClient::Sink& sink) {
  SLUICE_TRY(auto parsed, base::Digest::Parse(digest));
  if (parsed.algorithm() == base::DigestAlgorithm::kBlake3)
    return base::Unimplemented("blake3 digests are not supported");
  const auto started = Loop::Clock::now();
  const base::Status status = Download(*this, std::move(parsed), options, sink).Run(ctx);
  if (status.ok()) loop_.metrics().Fetched(Loop::Clock::now() - started);
  return status;
}

}  // namespace sluice::bus
