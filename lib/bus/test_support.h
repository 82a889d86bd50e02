// What the bus's tests share: a folder of their own, a collector that waits on a condition
// variable, options with short times.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bus/bus.h"
#include "io/temp_dir.h"
#include "observe/mutex.h"

namespace sluice::bus {

inline std::unique_ptr<io::TempDir> NewTempDir() {
  auto dir = io::TempDir::Create("/tmp", "bus-test-");
  SLUICE_CHECK(dir.ok());
  return std::make_unique<io::TempDir>(*std::move(dir));
}

inline BusOptions TestOptions(Role role) {
  BusOptions options;
  options.role = role;
  options.heartbeat_ms = 100;
  options.silence_ms = 600;
  options.resend_ms = 200;
  options.reconnect_ms = 10;
  options.reconnect_max_ms = 50;
  options.keys_retry_ms = 50;
  return options;
}

inline std::unique_ptr<Bus> StartBus(BusOptions options) {
  auto bus = Bus::Start(std::move(options));
  EXPECT_TRUE(bus.ok()) << bus.status().message();
  return bus.ok() ? *std::move(bus) : nullptr;
}

inline bool Eventually(const std::function<bool()>& pred,
                       std::chrono::milliseconds most = std::chrono::seconds(10)) {
  observe::Mutex mu;
  observe::CondVar never;
  const auto until = std::chrono::steady_clock::now() + most;
  while (!pred()) {
    if (std::chrono::steady_clock::now() > until) return false;
    observe::MutexLock lock(mu);
    never.wait_for(mu, std::chrono::milliseconds(2));
  }
  return true;
}

// Keeps what handlers were told.
template <class T>
class Collector {
 public:
  void Add(const T& item) {
    {
      observe::MutexLock lock(mu_);
      items_.push_back(item);
    }
    changed_.notify_all();
  }
  std::vector<T> items() const {
    observe::MutexLock lock(mu_);
    return items_;
  }
  size_t size() const { return items().size(); }
  bool WaitFor(size_t n, std::chrono::milliseconds most = std::chrono::seconds(10)) {
    observe::MutexLock lock(mu_);
    return changed_.wait_for(mu_, most, [&] { return items_.size() >= n; });
  }

 private:
  mutable observe::Mutex mu_;
  observe::CondVar changed_;
  std::vector<T> items_;
};

}  // namespace sluice::bus
