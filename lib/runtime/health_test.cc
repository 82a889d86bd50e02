#include "health.h"

#include <gtest/gtest.h>

namespace sluice::runtime {
namespace {

TEST(HealthTest, AnswersAsThePeers) {
  HealthChecks checks;
  EXPECT_EQ(checks.Answer("healthz", "", false).body, "ok");
  EXPECT_EQ(checks.Answer("healthz", "ping", false).body, "ok");
  EXPECT_EQ(checks.Answer("healthz", "", true).body, "[+]ping ok\nhealthz check passed\n");
  EXPECT_EQ(checks.Answer("healthz", "nope", false).status, 404);
  checks.Add("cache", [] { return base::Unavailable("secret detail"); });
  const auto failed = checks.Answer("readyz", "", false);
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.body, "[-]cache failed: reason withheld\n[+]ping ok\nreadyz check failed\n");
  EXPECT_EQ(checks.Answer("readyz", "ping", false).status, 200);
}

}  // namespace
}  // namespace sluice::runtime
