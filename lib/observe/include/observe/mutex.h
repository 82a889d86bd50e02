// Mutex with clang's thread-safety annotations (libstdc++'s has none), and the annotations
// themselves.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define SLUICE_TSA_(x) __attribute__((x))
#else
#define SLUICE_TSA_(x)
#endif
#define SLUICE_CAPABILITY(x) SLUICE_TSA_(capability(x))
#define SLUICE_SCOPED_CAPABILITY SLUICE_TSA_(scoped_lockable)
#define SLUICE_GUARDED_BY(x) SLUICE_TSA_(guarded_by(x))
#define SLUICE_REQUIRES(...) SLUICE_TSA_(requires_capability(__VA_ARGS__))
#define SLUICE_EXCLUDES(...) SLUICE_TSA_(locks_excluded(__VA_ARGS__))
#define SLUICE_ACQUIRE(...) SLUICE_TSA_(acquire_capability(__VA_ARGS__))
#define SLUICE_RELEASE(...) SLUICE_TSA_(release_capability(__VA_ARGS__))
#define SLUICE_NO_THREAD_SAFETY_ANALYSIS SLUICE_TSA_(no_thread_safety_analysis)

namespace sluice::observe {

class SLUICE_CAPABILITY("mutex") Mutex {
 public:
  void lock() SLUICE_ACQUIRE() { mu_.lock(); }
  void unlock() SLUICE_RELEASE() { mu_.unlock(); }

 private:
  std::mutex mu_;
};

class SLUICE_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mu) SLUICE_ACQUIRE(mu) : mu_(mu) { mu_.lock(); }
  ~MutexLock() SLUICE_RELEASE() { mu_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mu_;
};

// Waits on a Mutex the caller holds; spurious wake-ups happen, so wait in a loop.
using CondVar = std::condition_variable_any;

}  // namespace sluice::observe
