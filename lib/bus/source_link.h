// SourceLink: a client's link to one source process: its revisions, and its artifacts and
// snapshots. The bus thread's, but for the functions marked otherwise.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "bus/source.h"
#include "dealer.h"
#include "observe/mutex.h"
#include "publisher.h"
#include "revision_log.h"
#include "transfer.h"

namespace sluice::bus {

class SourceLink final : public Subscriber::Owner,
                         public Dealer::Owner,
                         public std::enable_shared_from_this<SourceLink> {
 public:
  SourceLink(Loop& loop, std::string endpoint, SourceClient::RevisionHandler on_revision);

  base::Status Open();
  void Close();  // ends every transfer; nothing is called afterwards

  // Any thread.
  bool connected() const { return open_ && revisions_alive_ && artifacts_ready_; }
  bool artifacts_ready() const { return artifacts_ready_; }
  // Waits until the artifacts channel answers; false after `patience` or when the context is done.
  bool WaitReady(const observe::Context& ctx, std::chrono::milliseconds patience);
  // The whole fetch from this source, resumed over lost connections.
  base::Status Fetch(const observe::Context& ctx, const std::string& digest,
                     const FetchOptions& options, const SourceClient::Sink& sink);

 private:
  class Download;

  // Subscriber::Owner
  void OnPublished(Message message) override;
  void OnAlive(bool alive) override;
  // Dealer::Owner
  void OnReady(const HelloMessage& hello) override;
  void OnLost() override;
  void OnMessage(Message message) override;

  void CheckGap();
  void RequestSnapshot();
  void OnSnapshot(SnapshotMessage part);
  void Tell(const RevisionEvent& event);
  void SetReady(bool ready);
  void StartTransfer(uint64_t id, std::shared_ptr<Transfer> transfer, const FetchMessage& fetch);
  void EndTransfer(uint64_t id);

  Loop& loop_;
  const std::string endpoint_;
  SourceClient::RevisionHandler on_revision_;
  std::atomic<bool> open_ = false, revisions_alive_ = false, artifacts_ready_ = false;
  std::atomic<uint64_t> next_id_ = 1;
  observe::Mutex ready_mu_;
  observe::CondVar ready_changed_;

  std::unique_ptr<Subscriber> revisions_;
  std::unique_ptr<Dealer> artifacts_;
  RevisionLog log_;
  SnapshotMessage collecting_;
  uint64_t snapshot_id_ = 0;  // asked for; 0 = none
  Loop::TimerId resend_ = 0;
  std::map<uint64_t, std::shared_ptr<Transfer>> transfers_;
};

}  // namespace sluice::bus
