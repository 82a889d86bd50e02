// Loop: the bus thread. It polls every socket, runs posted tasks and timers; nothing it runs may
// block. Tasks come through a bounded mailbox: Post waits while it is full, which lasts as long as
// the thread takes to run what is in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "bus/bus.h"
#include "io/unique_fd.h"
#include "metrics.h"
#include "observe/mutex.h"
#include "socket.h"

namespace sluice::bus {

class ZapHandler;

// What owns sockets: polled by the loop, called on its thread.
class Pollee {
 public:
  virtual ~Pollee() = default;
  virtual void OnMessages(Socket& socket) = 0;  // at least one may wait; read a bounded number
  virtual void OnLinkEvents(Socket& socket) { (void)socket; }  // of a monitored socket
};

class Loop final : public Bus {
 public:
  using Task = std::function<void()>;
  using Clock = std::chrono::steady_clock;
  using TimerId = uint64_t;

  static base::Result<std::unique_ptr<Loop>> Start(BusOptions options);
  ~Loop() override;
  static Loop& Of(Bus& bus) { return static_cast<Loop&>(bus); }

  // Any thread.
  void Post(Task task) SLUICE_EXCLUDES(mu_);
  void Call(const Task& task);  // runs it on the bus thread and waits
  const BusOptions& options() const override { return options_; }
  Metrics& metrics() { return metrics_; }
  uint64_t epoch() const { return epoch_; }
  std::string HelloFrame(uint64_t sequence = 0) const;  // an envelope

  // The bus thread only.
  zmq::context_t& context() { return context_; }
  void Add(Socket& socket, Pollee& owner);
  void Remove(Socket& socket);
  TimerId After(int ms, Task task);
  void Cancel(TimerId& id);  // and sets it to 0
  std::string UniqueName(std::string_view prefix);

  // CURVE keys for an endpoint; empty for ipc and, with --bus-insecure and no keys, for tcp.
  // kFailedPrecondition otherwise; kNotFound: the key is not there (yet).
  base::Result<CurveServer> ServerKeys(const std::string& endpoint) const;
  base::Result<CurveClient> ClientKeys(const std::string& endpoint, Role server) const;

 private:
  struct Entry {
    Socket* socket;
    Pollee* owner;
  };
  explicit Loop(BusOptions options);
  base::Status Init();
  void Run();
  void RunTasks();
  void RunTimers();
  void Wake();
  long PollTimeout() const;
  void Dispatch(const std::vector<zmq_pollitem_t>& items,
                const std::vector<std::pair<Entry, bool>>& owners);
  bool Has(const Entry& entry) const;

  const BusOptions options_;
  const uint64_t epoch_;
  Metrics metrics_;
  zmq::context_t context_;
  io::UniqueFd wake_;  // eventfd

  observe::Mutex mu_;
  observe::CondVar space_;
  std::vector<Task> mailbox_ SLUICE_GUARDED_BY(mu_);
  bool stopping_ SLUICE_GUARDED_BY(mu_) = false;

  // The bus thread's own.
  std::vector<Entry> entries_;
  bool changed_ = true;  // entries_ differ from the poll set
  std::multimap<Clock::time_point, std::pair<TimerId, Task>> timers_;
  TimerId next_timer_ = 1;
  uint64_t next_name_ = 1;
  std::unique_ptr<ZapHandler> zap_;
  std::jthread thread_;
};

}  // namespace sluice::bus
