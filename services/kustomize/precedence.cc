#include "precedence.h"

namespace sluice::kustomization {

bool Precedence::HoldBack(const kube::ObjectKey& key) {
  const observe::MutexLock lock(mu_);
  if (working_ == 0) return false;
  held_.push_back(key);
  return true;
}

void Precedence::Enter() {
  const observe::MutexLock lock(mu_);
  ++working_;
}

void Precedence::Leave() {
  std::vector<kube::ObjectKey> free;
  {
    const observe::MutexLock lock(mu_);
    if (--working_ == 0) free.swap(held_);
  }
  for (const auto& key : free) wake_(key);
}

}  // namespace sluice::kustomization
