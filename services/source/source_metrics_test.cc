#include "source_metrics.h"

#include <gtest/gtest.h>

#include "base/strings.h"

namespace sluice::source {
namespace {

// The lines of the exposition that name this metric.
std::string Lines(observe::Registry& registry, std::string_view name) {
  std::string out;
  const std::string text = registry.Expose();
  for (const std::string_view line : base::Split(text, "\n")) {
    if (base::Contains(line, name)) out += base::Cat(line, "\n");
  }
  return out;
}

TEST(SourceMetricsTest, CountsIndexesAsFluxDoes) {
  const auto registry = observe::MakeRegistry();
  cloud::TokenCache tokens(base::SystemClock(), {.metrics = registry.get()});
  SourceMetrics metrics(*registry, tokens);
  EXPECT_EQ(Lines(*registry, "gotk_cache_events_total"), "") << "nothing of what nobody did";
  metrics.IndexLookedUp({"apps", "repo"}, false);
  metrics.IndexLookedUp({"apps", "repo"}, true);
  metrics.IndexLookedUp({"apps", "repo"}, true);
  metrics.IndexLookedUp({"apps", "chart"}, true);
  EXPECT_EQ(
      Lines(*registry, "gotk_cache_events_total"),
      "# HELP gotk_cache_events_total Total number of cache retrieval events for a Gitops Toolkit "
      "resource reconciliation.\n"
      "# TYPE gotk_cache_events_total counter\n"
      "gotk_cache_events_total{event_type=\"cache_hit\",name=\"chart\",namespace=\"apps\"} 1\n"
      "gotk_cache_events_total{event_type=\"cache_hit\",name=\"repo\",namespace=\"apps\"} 2\n"
      "gotk_cache_events_total{event_type=\"cache_miss\",name=\"repo\",namespace=\"apps\"} 1\n");
  metrics.Forget("GitRepository", {"apps", "repo"});
  EXPECT_NE(Lines(*registry, "name=\"repo\""), "");
  metrics.Forget("HelmRepository", {"apps", "repo"});
  metrics.Forget("HelmChart", {"apps", "chart"});
  EXPECT_EQ(Lines(*registry, "event_type"), "");
}

TEST(SourceMetricsTest, AnObjectTakesItsTokenSeriesWithIt) {
  const auto registry = observe::MakeRegistry();
  cloud::TokenCache tokens(base::SystemClock(), {.metrics = registry.get()});
  SourceMetrics metrics(*registry, tokens);
  const auto fetch = [] {
    return cloud::Credential{
        "", base::SecretString("t"), {}, base::SystemClock().Now() + std::chrono::hours(1)};
  };
  ASSERT_TRUE(tokens.Get("k", false, fetch, {"Bucket", "b", "apps"}).ok());
  ASSERT_TRUE(tokens.Get("k", false, fetch, {"Bucket", "b", "apps"}).ok());
  EXPECT_EQ(Lines(*registry, "kind=\"Bucket\""),
            "gotk_token_cache_events_total{event_type=\"cache_hit\",kind=\"Bucket\",name=\"b\","
            "namespace=\"apps\",operation=\"reconcile\"} 1\n"
            "gotk_token_cache_events_total{event_type=\"cache_miss\",kind=\"Bucket\",name=\"b\","
            "namespace=\"apps\",operation=\"reconcile\"} 1\n");
  metrics.Forget("Bucket", {"apps", "b"});
  EXPECT_EQ(Lines(*registry, "kind=\"Bucket\""), "");
}

}  // namespace
}  // namespace sluice::source
