#include "alert_matcher.h"

#include <gtest/gtest.h>

#include "test_events.h"

namespace sluice::notify {
namespace {

using Labels = std::optional<std::map<std::string, std::string>>;

api::Alert AlertFor(std::string kind, std::string name, std::string ns = "",
                    Labels labels = std::nullopt) {
  api::Alert a;
  a.ns = "flux-system";
  a.name = "a";
  a.sources = {{"", std::move(kind), std::move(name), std::move(ns), std::move(labels), ""}};
  return a;
}

base::Result<LabelMap> SomeLabels() { return LabelMap{{"team", "x"}, {"tier", "1"}}; }

TEST(AlertMatcherTest, SelectsBySource) {
  const struct {
    api::Alert alert;
    bool want;
  } cases[] = {
      {AlertFor("Kustomization", "podinfo"), true},
      {AlertFor("Kustomization", "*"), true},
      {AlertFor("Kustomization", "*", "flux-system"), true},
      {AlertFor("Kustomization", "*", "other"), false},
      {AlertFor("Kustomization", "*", "*"), false},  // no wildcard here
      {AlertFor("kustomization", "*"), false},
      {AlertFor("HelmRelease", "*"), false},
      {AlertFor("Kustomization", "pod"), false},
      {AlertFor("Kustomization", "*", "", Labels{{{"team", "x"}}}), true},
      {AlertFor("Kustomization", "*", "", Labels{{{"team", "y"}}}), false},
      {AlertFor("Kustomization", "*", "", Labels{LabelMap{}}), true},
  };
  for (size_t i = 0; i < std::size(cases); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(MatchAlert(cases[i].alert, ExampleEvent(), SomeLabels).matches, cases[i].want);
  }
}

TEST(AlertMatcherTest, SeverityInclusionExclusionSuspension) {
  api::Alert alert = AlertFor("Kustomization", "*");
  alert.severity = "error";
  EXPECT_FALSE(MatchAlert(alert, ExampleEvent(), SomeLabels).matches);
  alert.severity = "info";
  alert.inclusion = {"^Applied", "never"};
  EXPECT_TRUE(MatchAlert(alert, ExampleEvent(), SomeLabels).matches);
  alert.exclusion = {"revision: main"};
  EXPECT_FALSE(MatchAlert(alert, ExampleEvent(), SomeLabels).matches);  // exclusion beats inclusion
  alert.exclusion.clear();
  alert.suspend = true;
  EXPECT_FALSE(MatchAlert(alert, ExampleEvent(), SomeLabels).matches);
}

TEST(AlertMatcherTest, BadPatternsAreReported) {
  api::Alert alert = AlertFor("Kustomization", "*");
  alert.inclusion = {"("};
  alert.exclusion = {"[z-a]"};
  auto result = MatchAlert(alert, ExampleEvent(), SomeLabels);
  EXPECT_FALSE(result.matches);
  ASSERT_EQ(result.issues.size(), 1u);
  EXPECT_EQ(result.issues[0].message, "failed to compile inclusion regex: (");
  alert.inclusion.clear();
  result = MatchAlert(alert, ExampleEvent(), SomeLabels);
  EXPECT_TRUE(result.matches);  // a bad exclusion excludes nothing
  EXPECT_EQ(result.issues.at(0).reason, "InvalidConfig");
}

TEST(AlertMatcherTest, UnreadableLabelsDoNotMatch) {
  const auto alert = AlertFor("Kustomization", "*", "", Labels{{{"team", "x"}}});
  const auto result = MatchAlert(alert, ExampleEvent(),
                                 [] { return base::Result<LabelMap>(base::NotFound("gone")); });
  EXPECT_FALSE(result.matches);
  EXPECT_EQ(result.issues.at(0).message,
            "error getting source object Kustomization/flux-system/podinfo");
}

}  // namespace
}  // namespace sluice::notify
