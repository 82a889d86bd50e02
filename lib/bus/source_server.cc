#include <chrono>
#include <map>

#include "artifact_server.h"
#include "bus/source.h"
#include "key_wait.h"
#include "observe/mutex.h"
#include "publisher.h"

namespace sluice::bus {
namespace {

constexpr int kBindTries = 20;

int64_t NowUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class SourceServerImpl final : public SourceServer {
 public:
  SourceServerImpl(Loop& loop, ArtifactOpener opener, BoundHandler on_bound)
      : loop_(loop), opener_(std::move(opener)), on_bound_(std::move(on_bound)) {}

  ~SourceServerImpl() override {
    loop_.Call([this] {
      loop_.Cancel(heartbeat_);
      keys_.Stop();
      artifacts_.reset();
      revisions_.reset();
    });
  }

  base::Status Bind(const std::string& endpoint) {
    SLUICE_TRY(CheckEndpoint(endpoint));
    base::Status status;
    loop_.Call([&] {
      status = keys_.Run(endpoint, "bus endpoint not bound",
                         [this, endpoint] { return BindOnLoop(endpoint); });
    });
    return status;
  }

  void PublishRevision(RevisionEvent event) override {
    loop_.Post([this, event = std::move(event)]() mutable { Publish(std::move(event)); });
  }

  std::string endpoint() const override {
    observe::MutexLock lock(mu_);
    return endpoint_;
  }
  uint64_t epoch() const override { return loop_.epoch(); }
  size_t subscribers() const override {
    size_t n = 0;
    loop_.Call([&] { n = revisions_ == nullptr ? 0 : revisions_->subscribers(); });
    return n;
  }

 private:
  // With port 0 the port after the one that was given may be taken: then another pair is tried.
  base::Status BindOnLoop(const std::string& endpoint) {
    const bool any_port = endpoint.starts_with("tcp://") && endpoint.ends_with(":0");
    base::Status status;
    for (int i = 0; i < (any_port ? kBindTries : 1); ++i) {
      revisions_ =
          std::make_unique<Publisher>(loop_, Channel::kRevisions, kRevisionLimit,
                                      [this](std::string_view topic) { OnSubscribe(topic); });
      artifacts_ = std::make_unique<ArtifactServer>(loop_, opener_, [this] { return Snapshot(); });
      status = revisions_->Bind(endpoint);
      if (!status.ok()) break;
      const std::string bound = any_port ? revisions_->BoundEndpoint() : endpoint;
      status = artifacts_->Bind(SecondEndpoint(bound, "artifacts"));
      if (status.ok()) return Bound(bound);
    }
    artifacts_.reset();
    revisions_.reset();
    return status;
  }

  base::Status Bound(const std::string& endpoint) {
    {
      observe::MutexLock lock(mu_);
      endpoint_ = endpoint;
    }
    if (on_bound_) on_bound_(endpoint);
    return base::OkStatus();
  }

  // The subscription is in force: whatever was published before, the heartbeat shows. On a new
  // connection libzmq sends subscriptions in byte order, so "rev/…" comes after those to the
  // heartbeat and to Hello.
  void OnSubscribe(std::string_view topic) {
    if (topic.starts_with("rev/")) Beat();
  }

  void Beat() {
    loop_.Cancel(heartbeat_);
    if (revisions_ == nullptr || revisions_->subscribers() == 0) return;
    revisions_->Publish(kHeartbeatTopic, EncodeHeartbeat({loop_.epoch(), sequence_}));
    heartbeat_ = loop_.After(loop_.options().heartbeat_ms, [this] {
      heartbeat_ = 0;
      Beat();
    });
  }

  void Publish(RevisionEvent event) {
    event.epoch = loop_.epoch();
    event.sequence = ++sequence_;
    event.published_at_us = NowUs();
    std::string frame = EncodeRevision(event);
    if (frame.size() + 512 > static_cast<size_t>(kRevisionLimit)) {
      event.path_table.clear();  // "unknown": consumers look into the artifact
      frame = EncodeRevision(event);
    }
    if (revisions_ != nullptr) revisions_->Publish(RevisionTopic(event.source), frame);
    if (event.state == RevisionEvent::State::kDeleted) {
      last_.erase(event.source);
    } else {
      SourceRef ref = event.source;
      last_.insert_or_assign(std::move(ref), std::move(event));
    }
  }

  SnapshotMessage Snapshot() const {
    SnapshotMessage snapshot;
    snapshot.epoch = loop_.epoch();
    snapshot.sequence = sequence_;
    snapshot.revisions.reserve(last_.size());
    for (const auto& [ref, event] : last_) snapshot.revisions.push_back(event);
    return snapshot;
  }

  Loop& loop_;
  ArtifactOpener opener_;
  const BoundHandler on_bound_;
  mutable observe::Mutex mu_;
  std::string endpoint_ SLUICE_GUARDED_BY(mu_);
  // The bus thread's own.
  std::unique_ptr<Publisher> revisions_;
  std::unique_ptr<ArtifactServer> artifacts_;
  std::map<SourceRef, RevisionEvent> last_;
  uint64_t sequence_ = 0;
  Loop::TimerId heartbeat_ = 0;
  KeyWait keys_{loop_};
};

}  // namespace

base::Result<std::unique_ptr<SourceServer>> SourceServer::Bind(Bus& bus,
                                                               const std::string& endpoint,
                                                               ArtifactOpener opener,
                                                               BoundHandler on_bound) {
  auto server =
      std::make_unique<SourceServerImpl>(Loop::Of(bus), std::move(opener), std::move(on_bound));
  SLUICE_TRY(server->Bind(endpoint));
  return std::unique_ptr<SourceServer>(std::move(server));
}

}  // namespace sluice::bus
