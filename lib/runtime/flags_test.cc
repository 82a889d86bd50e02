#include "runtime/flags.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "runtime/jitter.h"

namespace sluice::runtime {
namespace {

struct Parsed {
  CommonFlags common;
  base::Status status;
};

Parsed Parse(std::vector<const char*> args, const Environment& env = {}) {
  Parsed out;
  Flags flags("test", "a test");
  out.common.AddTo(flags, env);
  args.insert(args.begin(), "test");
  out.status = flags.Parse(static_cast<int>(args.size()), args.data());
  return out;
}

TEST(FlagsTest, ReadsPflagsForms) {
  const auto p =
      Parse({"--concurrent=7", "--metrics-addr", "127.0.0.1:1", "--no-cross-namespace-refs",
             "--watch-all-namespaces=false", "--min-retry-delay=1s",
             "--feature-gates=A=true,B=false", "--feature-gates=C=true",
             "--events-addr=", "--log-level=debug", "--log-level=error", "--kube-api-qps=100.5"});
  ASSERT_TRUE(p.status.ok()) << p.status.message();
  EXPECT_EQ(p.common.concurrent, 7);
  EXPECT_EQ(p.common.metrics_addr, "127.0.0.1:1");
  EXPECT_TRUE(p.common.no_cross_namespace_refs);
  EXPECT_FALSE(p.common.watch_all_namespaces);
  EXPECT_EQ(p.common.min_retry_delay, std::chrono::seconds(1));
  EXPECT_EQ(p.common.feature_gates, (std::vector<std::string>{"A=true", "B=false", "C=true"}));
  EXPECT_EQ(p.common.events_addr, "");
  EXPECT_EQ(p.common.log_level, "error");
  EXPECT_EQ(p.common.kube_api_qps, 100.5);
  EXPECT_TRUE(p.common.Check().ok());
}

TEST(FlagsTest, DefaultsAreFluxs) {
  const auto p = Parse(
      {},
      Environment(std::map<std::string, std::string, std::less<>>{{"EVENTS_ADDR", "http://n/"}}));
  EXPECT_EQ(p.common.metrics_addr, ":8080");
  EXPECT_EQ(p.common.health_addr, ":9440");
  EXPECT_EQ(p.common.events_addr, "http://n/");
  EXPECT_EQ(p.common.runtime_namespace, "flux-system");
  EXPECT_EQ(p.common.interval_jitter_percentage, 5);
  EXPECT_EQ(p.common.min_retry_delay, std::chrono::milliseconds(750));
  EXPECT_EQ(p.common.leader_election_lease_duration, std::chrono::seconds(35));
  EXPECT_FALSE(p.common.hostname.empty());
}

TEST(FlagsTest, RejectsInPflagsWords) {
  EXPECT_EQ(Parse({"--nope"}).status.message(), "unknown flag: --nope");
  EXPECT_EQ(Parse({"--concurrent=x"}).status.message(),
            "invalid argument \"x\" for \"--concurrent\" flag: strconv.ParseInt: parsing \"x\": "
            "invalid syntax");
  EXPECT_EQ(Parse({"--min-retry-delay=5"}).status.message(),
            "invalid argument \"5\" for \"--min-retry-delay\" flag: time: missing unit in duration "
            "\"5\"");
  EXPECT_EQ(Parse({"--watch-all-namespaces=maybe"}).status.message(),
            "invalid argument \"maybe\" for \"--watch-all-namespaces\" flag: strconv.ParseBool: "
            "parsing \"maybe\": invalid syntax");
  EXPECT_EQ(Parse({"--interval-jitter-percentage=100"}).common.Check().message(),
            "the interval jitter percentage must be a non-negative value and less than 100");
  EXPECT_FALSE(Parse({"--log-level=loud"}).common.Check().ok());
}

TEST(FlagsTest, HelpNamesEveryFlag) {
  CommonFlags common;
  Flags flags("test", "a test");
  common.AddTo(flags, {}, {"watch-label-selector"});
  const char* args[] = {"test", "--help"};
  EXPECT_EQ(flags.Parse(2, args).code(), base::StatusCode::kCancelled);
  EXPECT_NE(flags.output().find("--bus-source"), std::string::npos);
  EXPECT_EQ(flags.output().find("--watch-label-selector"), std::string::npos);
  EXPECT_FALSE(flags.WasSet("concurrent"));
}

TEST(FlagsTest, FeatureGates) {
  FeatureGates gates({{"A", false}, {"B", true}});
  EXPECT_TRUE(gates.Set({"A=true", "B=false"}).ok());
  EXPECT_TRUE(gates.Enabled("A"));
  EXPECT_FALSE(gates.Enabled("B"));
  EXPECT_EQ(gates.Set({"Nope=true"}).message(), "feature-gate 'Nope' not supported");
  EXPECT_FALSE(gates.Set({"A=perhaps"}).ok());
}

TEST(JitterTest, StaysWithinItsPercentage) {
  base::FakeRandom random;
  const base::Duration hour = std::chrono::hours(1);
  bool low = false, high = false;
  for (int i = 0; i < 1000; ++i) {
    const auto d = Jitter(hour, 5, random);
    EXPECT_GE(d, hour * 95 / 100);
    EXPECT_LE(d, hour * 105 / 100);
    low = low || d < hour;
    high = high || d > hour;
  }
  EXPECT_TRUE(low && high);
  EXPECT_EQ(Jitter(hour, 0, random), hour);
}

}  // namespace
}  // namespace sluice::runtime
