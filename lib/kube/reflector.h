// Reflector: the protocol of an informer: fill the store, follow the watch, start over when the
// server says so. It streams the first state through the watch itself (sendInitialEvents: one
// request, each object reduced as it comes) and falls back to paged lists where the server does not
// know that. Everything but the const reads, Observe and AddHandler on the I/O thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "kube/informer.h"
#include "observe/mutex.h"
#include "store.h"
#include "watch_events.h"

namespace sluice::kube {

class Reflector : public std::enable_shared_from_this<Reflector> {
 public:
  Reflector(Client& client, InformerOptions options, observe::Logger log);

  void AddHandler(std::function<void(const InformerEvent&)> handler) {
    handlers_.push_back(std::move(handler));
  }
  void Begin();
  void Stop();  // nothing runs and the client is not touched afterwards

  void Observe(document::Value object);
  bool Synced() const;
  base::Status WaitSynced(const observe::Context& ctx) const;
  base::Status LastError() const;
  ObjectStore& store() { return store_; }

 private:
  using Clock = observe::Context::Clock;

  void Next();  // whatever the state asks for: stream, list or watch
  void OpenWatch();
  void OpenList(const std::string& continue_token);
  void WatchEnded(base::Result<http::ResponseHead> head);
  void ListEnded(base::Result<http::ResponseHead> head);
  void OnLine(std::string_view line);
  void Handle(WatchEvent event);
  void HandleError(const document::Value& status);
  void Take(document::Value object);
  void FirstStateComplete(std::string version);
  void Dispatch(const InformerEvent& event);
  void StartOver();
  void Works();
  void Retry(const base::Status& why);
  bool Reduce(document::Value& object) const;  // false: the projection threw
  std::string CollectionUrl(const std::string& query) const;

  Client& client_;
  const InformerOptions options_;
  const observe::Logger log_;
  ObjectStore store_;
  std::vector<std::function<void(const InformerEvent&)>> handlers_;

  // I/O thread.
  bool stopped_ = false;
  bool streams_first_state_ = true;  // false once the server refused
  bool filling_ = true;              // the first state, or another one after 410
  Client::Mapping mapping_;
  bool mapped_ = false;
  std::string version_;  // where to resume
  std::unordered_set<ObjectKey> seen_;
  std::shared_ptr<http::Call> call_;
  LineSplitter lines_;
  std::string list_body_;
  base::Status stream_error_;
  Clock::time_point opened_at_;
  int failures_ = 0;

  mutable observe::Mutex mu_;
  mutable observe::CondVar changed_;
  bool synced_ SLUICE_GUARDED_BY(mu_) = false;
  base::Status last_error_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::kube
