// TokenCache: credentials that a service gave, kept for four fifths of their life and an hour at
// most; the least used go first. Thread-safe; no lock is held while one is fetched.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "base/status.h"
#include "observe/metrics.h"
#include "observe/mutex.h"

namespace sluice::cloud {

// What a service gave: a token (secret alone), a pair (id, secret), AWS's three.
struct Credential {
  std::string id;
  base::SecretString secret, session;
  base::Time until{};  // of its life
};

// The object whose reconcile asks, for gotk_token_cache_events_total; no kind: nobody in
// particular.
struct Involved {
  std::string kind, name, ns;
};

// gotk_token_cache_events_total, gotk_token_cached_items, gotk_token_cache_requests_total,
// gotk_token_cache_evictions_total. Names, labels and help texts are Flux's. A process that keeps
// no tokens shows none of them; one that could shows zeros.
struct TokenCacheMetrics {
  explicit TokenCacheMetrics(observe::Registry& registry);
  void Count(const Involved& involved, bool hit, bool ok);
  void Forget(const Involved& involved);

  observe::Family<observe::Counter>& events;
  observe::Gauge& items;
  observe::Family<observe::Counter>& requests;
  observe::Counter& evictions;
};

struct TokenCacheOptions {
  size_t max_size = 100;                                          // 0: nothing is kept
  std::chrono::nanoseconds max_duration = std::chrono::hours(1);  // never more than that
  // outlives the cache; null: nothing is counted
  observe::Registry* metrics = nullptr;
};

class TokenCache {
 public:
  explicit TokenCache(base::Clock& clock, TokenCacheOptions options = {});  // clock outlives this

  using Fetch = std::function<base::Result<Credential>()>;
  // `renew`: the one that is kept was refused. A failure is not kept.
  base::Result<Credential> Get(const std::string& key, bool renew, const Fetch& fetch,
                               const Involved& involved = {});
  // Every kept one with this secret goes.
  void Drop(const base::SecretString& secret);
  // The object is gone: so are its series.
  void Forget(const Involved& involved);

  // Of parts, some of which are secrets: a hash.
  static std::string KeyOf(std::initializer_list<std::string_view> parts);

 private:
  base::Result<Credential> Find(const std::string& key, bool renew, const Fetch& fetch, bool& hit);
  void Keep(const std::string& key, const Credential& made) SLUICE_EXCLUDES(mu_);

  struct Kept {
    Credential credential;
    base::Time until{};  // both clocks must agree
    base::Clock::SteadyTime steady_until{};
    std::list<std::string>::iterator use;
  };
  base::Clock& clock_;
  const TokenCacheOptions options_;
  std::optional<TokenCacheMetrics> metrics_;
  observe::Mutex mu_;
  std::list<std::string> uses_ SLUICE_GUARDED_BY(mu_);  // keys, the last used first
  std::map<std::string, Kept> kept_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::cloud
