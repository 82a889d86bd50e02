#include "cloud/token_cache.h"

#include <algorithm>

#include "base/digest.h"
#include "base/strings.h"

namespace sluice::cloud {

base::Result<Credential> TokenCache::Get(const std::string& key, bool renew, const Fetch& fetch) {
  if (!renew) {
    const observe::MutexLock lock(mu_);
    const auto it = kept_.find(key);
    if (it != kept_.end() && clock_.Now() < it->second.until && clock_.Steady() < it->second.steady_until) {
      uses_.splice(uses_.begin(), uses_, it->second.use);
      return it->second.credential;
    }
  }
  SLUICE_TRY(Credential made, fetch());
  const base::Time now = clock_.Now();
  const auto most = std::min<std::chrono::nanoseconds>(options_.max_duration, std::chrono::hours(1));
  const auto life = std::min<std::chrono::nanoseconds>((made.until - now) / 5 * 4, most);
  const observe::MutexLock lock(mu_);
  if (const auto old = kept_.find(key); old != kept_.end()) {
    uses_.erase(old->second.use);
    kept_.erase(old);
  }
  if (options_.max_size == 0 || life <= std::chrono::nanoseconds::zero()) return made;
  if (kept_.size() >= options_.max_size) {
    kept_.erase(uses_.back());
    uses_.pop_back();
  }
  uses_.push_front(key);
  kept_[key] = {made, now + life, clock_.Steady() + std::chrono::duration_cast<base::Clock::SteadyTime::duration>(life), uses_.begin()};
  return made;
}

void TokenCache::Drop(const base::SecretString& secret) {
  const observe::MutexLock lock(mu_);
  for (auto it = kept_.begin(); it != kept_.end();) {
    const bool drop = it->second.credential.secret == secret;
    if (drop) uses_.erase(it->second.use);
    it = drop ? kept_.erase(it) : std::next(it);
  }
}

std::string TokenCache::KeyOf(std::initializer_list<std::string_view> parts) {
  base::Hasher hasher;
  for (const std::string_view part : parts) hasher.Update(base::Cat(std::to_string(part.size()), ":", part));
  return hasher.Finish().hex();
}

}  // namespace sluice::cloud
