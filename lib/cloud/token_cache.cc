#include "cloud/token_cache.h"

#include <algorithm>

#include "base/digest.h"
#include "base/strings.h"

namespace sluice::cloud {

namespace {

observe::Labels EventLabels(const Involved& involved, std::string_view event) {
  return {{"event_type", std::string(event)},
          {"kind", involved.kind},
          {"name", involved.name},
          {"namespace", involved.ns},
          {"operation", "reconcile"}};
}

constexpr std::string_view kHit = "cache_hit", kMiss = "cache_miss";

}  // namespace

TokenCacheMetrics::TokenCacheMetrics(observe::Registry& r)
    : events(r.NewCounter(
          "gotk_token_cache_events_total",
          "Total number of cache retrieval events for a Gitops Toolkit resource reconciliation.")),
      items(r.NewGauge("gotk_token_cached_items", "Total number of items in the cache.").With({})),
      requests(r.NewCounter("gotk_token_cache_requests_total",
                            "Total number of cache requests partioned by success or failure.")),
      evictions(r.NewCounter("gotk_token_cache_evictions_total", "Total number of cache evictions.")
                    .With({})) {}

void TokenCacheMetrics::Count(const Involved& involved, bool hit, bool ok) {
  requests.With({{"status", ok ? "success" : "failure"}}).Add();
  if (!involved.kind.empty()) events.With(EventLabels(involved, hit ? kHit : kMiss)).Add();
}

void TokenCacheMetrics::Forget(const Involved& involved) {
  for (const std::string_view event : {kHit, kMiss}) events.Remove(EventLabels(involved, event));
}

TokenCache::TokenCache(base::Clock& clock, TokenCacheOptions options)
    : clock_(clock), options_(options) {
  if (options_.metrics != nullptr && options_.max_size > 0) metrics_.emplace(*options_.metrics);
}

base::Result<Credential> TokenCache::Get(const std::string& key, bool renew, const Fetch& fetch,
                                         const Involved& involved) {
  bool hit = false;
  auto found = Find(key, renew, fetch, hit);
  if (metrics_) metrics_->Count(involved, hit, found.ok());
  return found;
}

base::Result<Credential> TokenCache::Find(const std::string& key, bool renew, const Fetch& fetch,
                                          bool& hit) {
  if (!renew) {
    const observe::MutexLock lock(mu_);
    const auto it = kept_.find(key);
    if (it != kept_.end() && clock_.Now() < it->second.until &&
        clock_.Steady() < it->second.steady_until) {
      uses_.splice(uses_.begin(), uses_, it->second.use);
      hit = true;
      return it->second.credential;
    }
  }
  SLUICE_TRY(Credential made, fetch());
  Keep(key, made);
  return made;
}

void TokenCache::Keep(const std::string& key, const Credential& made) {
  const base::Time now = clock_.Now();
  const auto most =
      std::min<std::chrono::nanoseconds>(options_.max_duration, std::chrono::hours(1));
  const auto life = std::min<std::chrono::nanoseconds>((made.until - now) / 5 * 4, most);
  const observe::MutexLock lock(mu_);
  if (const auto old = kept_.find(key); old != kept_.end()) {
    uses_.erase(old->second.use);
    kept_.erase(old);
  }
  if (options_.max_size > 0 && life > std::chrono::nanoseconds::zero()) {
    if (kept_.size() >= options_.max_size) {
      kept_.erase(uses_.back());
      uses_.pop_back();
      if (metrics_) metrics_->evictions.Add();
    }
    uses_.push_front(key);
    kept_[key] = {
        made, now + life,
        clock_.Steady() + std::chrono::duration_cast<base::Clock::SteadyTime::duration>(life),
        uses_.begin()};
  }
  if (metrics_) metrics_->items.Set(static_cast<double>(kept_.size()));
}

void TokenCache::Drop(const base::SecretString& secret) {
  const observe::MutexLock lock(mu_);
  for (auto it = kept_.begin(); it != kept_.end();) {
    const bool drop = it->second.credential.secret == secret;
    if (drop) uses_.erase(it->second.use);
    it = drop ? kept_.erase(it) : std::next(it);
  }
  if (metrics_) metrics_->items.Set(static_cast<double>(kept_.size()));
}

void TokenCache::Forget(const Involved& involved) {
  if (metrics_) metrics_->Forget(involved);
}

std::string TokenCache::KeyOf(std::initializer_list<std::string_view> parts) {
  base::Hasher hasher;
  for (const std::string_view part : parts)
    hasher.Update(base::Cat(std::to_string(part.size()), ":", part));
  return hasher.Finish().hex();
}

}  // namespace sluice::cloud
