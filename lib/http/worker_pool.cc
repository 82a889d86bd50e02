#include "worker_pool.h"

#include <pthread.h>

namespace sluice::http {

void WorkerPool::Submit(std::function<void()> fn) {
  observe::MutexLock lock(mu_);
  queue_.push_back(std::move(fn));
  if (idle_ < queue_.size() && threads_.size() < most_)
    threads_.emplace_back([this] { Run(); });
  else
    changed_.notify_one();
}

void WorkerPool::Run() {
  pthread_setname_np(pthread_self(), "http-worker");
  for (;;) {
    std::function<void()> fn;
    {
      observe::MutexLock lock(mu_);
      ++idle_;
      while (queue_.empty() && !stopping_) changed_.wait(mu_);
      --idle_;
      if (queue_.empty()) return;
      fn = std::move(queue_.front());
      queue_.pop_front();
    }
    fn();
  }
}

void WorkerPool::Stop() {
  std::vector<std::jthread> threads;
  {
    observe::MutexLock lock(mu_);
    stopping_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (auto& t : threads) t.join();
}

}  // namespace sluice::http
