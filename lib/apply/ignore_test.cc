#include "ignore.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::apply {
namespace {

using document::Value;

Value Json(std::string_view text) {
  auto value = document::ParseJson(text);
  EXPECT_TRUE(value.ok()) << text;
  return std::move(value).value();
}

TEST(SelectorTest, KubernetesSyntax) {
  const Value labels = Json(R"({"a":"1","b":"2"})");
  const struct {
    std::string selector;
    bool matches;
  } cases[] = {
      {"", true},
      {"a", true},
      {"c", false},
      {"!c", true},
      {"!a", false},
      {"a=1", true},
      {"a==1", true},
      {"a=2", false},
      {"a!=2", true},
      {"c!=2", true},
      {"a=1,b=2", true},
      {"a=1,b=3", false},
      {"a in (1, 3)", true},
      {"a in (2,3),b", false},
      {"a notin (2)", true},
      {"c notin (1)", true},
      {"c in (1)", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.selector);
    const auto result = MatchesSelector(c.selector, labels);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(*result, c.matches);
  }
  for (const std::string bad : {"a in 1", "a b", "a in (1", "a,,b"})
    EXPECT_FALSE(MatchesSelector(bad, labels).ok()) << bad;
}

TEST(IgnoreTest, TargetsAreAnchoredAndAllMustMatch) {
  IgnoreRule rule;
  rule.paths = {"/spec/replicas"};
  rule.kind = "Deploy.*";
  rule.name = "web";
  IgnoreRule any;
  any.paths = {"/data/x"};
  const auto rules = IgnoreRules::Compile({rule, any});
  ASSERT_TRUE(rules.ok());
  const auto count = [&](const char* kind, const char* name) {
    return rules
        ->PathsFor(Value::Object({{"apiVersion", "apps/v1"},
                                  {"kind", kind},
                                  {"metadata", Value::Object({{"name", name}})}}))
        .size();
  };
  EXPECT_EQ(count("Deployment", "web"), 2u);
  EXPECT_EQ(count("Deployment", "web-2"), 1u);
  EXPECT_EQ(count("StatefulSet", "web"), 1u);
  rule.kind = "(";
  EXPECT_FALSE(IgnoreRules::Compile({rule}).ok());
}

TEST(IgnoreTest, KeepsTheLiveValueOrLeavesTheFieldToItsOwner) {
  const Value live = Json(R"({"spec":{"replicas":5,"image":"live"},"metadata":{"managedFields":[
      {"manager":"hpa","operation":"Apply","fieldsV1":{"f:spec":{"f:replicas":{}}}}]}})");
  Value desired = Json(R"({"spec":{"replicas":1,"image":"git","other":1}})");
  KeepIgnored(desired, live, {"/spec/replicas", "/spec/image", "/spec/absent"},
              "kustomize-controller");
  EXPECT_EQ(document::ToJson(desired), R"({"spec":{"image":"live","other":1}})");
}

}  // namespace
}  // namespace sluice::apply
