#include "observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::observe {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MetricsTest, ExposesCountersGaugesAndHistograms) {
  const auto registry = MakeRegistry();
  registry->NewCounter("events_total", "Events.").With({{"kind", "a"}}).Add(2);
  registry->NewGauge("depth", "Depth.").With({}).Set(1.5);
  registry->NewHistogram("seconds", "Seconds.", {0.1, 1}).With({}).Observe(0.5);
  const std::string text = registry->Expose();
  EXPECT_THAT(text, HasSubstr("# TYPE events_total counter\nevents_total{kind=\"a\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("depth 1.5\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"0.1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"+Inf\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("process_resident_memory_bytes "));
}

TEST(MetricsTest, TheSameNameIsTheSameFamily) {
  const auto registry = MakeRegistry();
  registry->NewCounter("n_total", "N.").With({}).Add();
  registry->NewCounter("n_total", "N.").With({}).Add();
  EXPECT_THAT(registry->Expose(), HasSubstr("n_total 2\n"));
}

TEST(MetricsTest, ARemovedSeriesIsGone) {
  const auto registry = MakeRegistry();
  auto& family = registry->NewGauge("g", "G.");
  family.With({{"name", "x"}}).Set(1);
  family.Remove({{"name", "x"}});
  family.Remove({{"name", "never"}});
  EXPECT_THAT(registry->Expose(), Not(HasSubstr("name=\"x\"")));
}

}  // namespace
}  // namespace sluice::observe
