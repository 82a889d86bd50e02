#include "state.h"

namespace sluice::kustomization {

void State::Finish(Finished finished) {
  const observe::MutexLock lock(mu_);
  finished_ = std::move(finished);
}

std::optional<Finished> State::finished() const {
  const observe::MutexLock lock(mu_);
  return finished_;
}

std::shared_ptr<State> States::Of(const kube::ObjectKey& key) {
  const observe::MutexLock lock(mu_);
  auto& state = states_[key];
  if (state == nullptr) state = std::make_shared<State>();
  return state;
}

std::shared_ptr<State> States::Find(const kube::ObjectKey& key) const {
  const observe::MutexLock lock(mu_);
  const auto it = states_.find(key);
  return it == states_.end() ? nullptr : it->second;
}

void States::Drop(const kube::ObjectKey& key) {
  const observe::MutexLock lock(mu_);
  states_.erase(key);
}

}  // namespace sluice::kustomization
