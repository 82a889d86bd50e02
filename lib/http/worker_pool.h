// WorkerPool: a few threads that run submitted functions, started only when all others are busy.
// Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "observe/mutex.h"

namespace sluice::http {

class WorkerPool {
 public:
  explicit WorkerPool(size_t most) : most_(most == 0 ? 1 : most) {}
  ~WorkerPool() { Stop(); }

  void Submit(std::function<void()> fn);
  // Runs what is queued, then joins. Submit must not be called after.
  void Stop();

 private:
  void Run();

  const size_t most_;
  observe::Mutex mu_;
  observe::CondVar changed_;
  std::deque<std::function<void()>> queue_ SLUICE_GUARDED_BY(mu_);
  size_t idle_ SLUICE_GUARDED_BY(mu_) = 0;
  bool stopping_ SLUICE_GUARDED_BY(mu_) = false;
  std::vector<std::jthread> threads_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::http
