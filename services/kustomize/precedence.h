// Precedence: those with something to apply go first. A pass that only has its status left to write
// is held back while others build and apply, for their requests would wait behind it at the API
// server. Thread-safe.
#pragma once

#include <functional>
#include <vector>

#include "kube/object.h"
#include "observe/mutex.h"

namespace sluice::kustomization {

class Precedence {
 public:
  // `wake` is called, on the thread of the last one to finish, for each key that was held back.
  explicit Precedence(std::function<void(const kube::ObjectKey&)> wake) : wake_(std::move(wake)) {}

  // One that may apply, for as long as it lives.
  class Turn {
   public:
    explicit Turn(Precedence* owner) : owner_(owner) {
      if (owner_ != nullptr) owner_->Enter();
    }
    ~Turn() {
      if (owner_ != nullptr) owner_->Leave();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Precedence* const owner_;
  };

  // True: others are at work, `key` is woken when they are done.
  bool HoldBack(const kube::ObjectKey& key);

 private:
  void Enter();
  void Leave();

  const std::function<void(const kube::ObjectKey&)> wake_;
  observe::Mutex mu_;
  size_t working_ SLUICE_GUARDED_BY(mu_) = 0;
  std::vector<kube::ObjectKey> held_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::kustomization
