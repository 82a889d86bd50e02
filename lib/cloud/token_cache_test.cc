#include "cloud/token_cache.h"

#include <gtest/gtest.h>

#include "base/strings.h"

namespace sluice::cloud {
namespace {

std::string Lines(observe::Registry& registry, std::string_view name) {
  std::string out;
  const std::string text = registry.Expose();
  for (const std::string_view line : base::Split(text, "\n")) {
    if (base::Contains(line, name)) out += base::Cat(line, "\n");
  }
  return out;
}

Credential Made() {
  return {"", base::SecretString("t"), {}, base::SystemClock().Now() + std::chrono::hours(1)};
}

TEST(TokenCacheMetricsTest, SpeakAsFluxDoes) {
  const auto registry = observe::MakeRegistry();
  TokenCache cache(base::SystemClock(), {.max_size = 2, .metrics = registry.get()});
  EXPECT_EQ(Lines(*registry, "gotk_token_"),
            "# HELP gotk_token_cache_evictions_total Total number of cache evictions.\n# TYPE "
            "gotk_token_cache_evictions_total counter\n"
            "gotk_token_cache_evictions_total 0\n"
            "# HELP gotk_token_cached_items Total number of items in the cache.\n# TYPE "
            "gotk_token_cached_items gauge\n"
            "gotk_token_cached_items 0\n");
  for (const std::string key : {"a", "b", "c", "c"})
    ASSERT_TRUE(cache.Get(key, false, Made, {"OCIRepository", "app", "ns"}).ok());
  EXPECT_FALSE(
      cache.Get("d", false, [] { return base::Result<Credential>(base::Unavailable("down")); })
          .ok());
  EXPECT_EQ(Lines(*registry, "gotk_token_cached_items "),
            "# HELP gotk_token_cached_items Total number of items in the cache.\n"
            "# TYPE gotk_token_cached_items gauge\ngotk_token_cached_items 2\n");
  EXPECT_EQ(Lines(*registry, "gotk_token_cache_evictions_total 1"),
            "gotk_token_cache_evictions_total 1\n");
  EXPECT_EQ(Lines(*registry, "gotk_token_cache_requests_total"),
            "# HELP gotk_token_cache_requests_total Total number of cache requests partioned by "
            "success or failure.\n"
            "# TYPE gotk_token_cache_requests_total counter\n"
            "gotk_token_cache_requests_total{status=\"failure\"} "
            "1\ngotk_token_cache_requests_total{status=\"success\"} 4\n");
  EXPECT_EQ(Lines(*registry, "gotk_token_cache_events_total"),
            "# HELP gotk_token_cache_events_total Total number of cache retrieval events for a "
            "Gitops Toolkit resource reconciliation.\n"
            "# TYPE gotk_token_cache_events_total counter\n"
            "gotk_token_cache_events_total{event_type=\"cache_hit\",kind=\"OCIRepository\",name="
            "\"app\",namespace=\"ns\",operation=\"reconcile\"} 1\n"
            "gotk_token_cache_events_total{event_type=\"cache_miss\",kind=\"OCIRepository\",name="
            "\"app\",namespace=\"ns\",operation=\"reconcile\"} 3\n");
  cache.Drop(base::SecretString("t"));
  EXPECT_EQ(Lines(*registry, "gotk_token_cached_items 0"), "gotk_token_cached_items 0\n");
}

TEST(TokenCacheMetricsTest, ACacheThatIsOffTellsNothing) {
  const auto registry = observe::MakeRegistry();
  TokenCache cache(base::SystemClock(), {.max_size = 0, .metrics = registry.get()});
  ASSERT_TRUE(cache.Get("a", false, Made, {"Bucket", "b", "ns"}).ok());
  EXPECT_EQ(Lines(*registry, "gotk_token_"), "");
}

}  // namespace
}  // namespace sluice::cloud
