#include "document/strategic_merge.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::document {
namespace {

std::string Merge(std::string_view target, std::string_view patch) {
  Value value = *ParseJson(target);
  const auto status = ApplyStrategicMerge(value, *ParseJson(patch));
  return status.ok() ? ToJson(value) : status.message();
}

TEST(StrategicMergeTest, FollowsDirectivesAndMergeKeys) {
  const struct {
    std::string target, patch, want;
  } cases[] = {
      {R"({"a":1,"b":{"x":1}})", R"({"a":null,"b":{"y":2}})", R"({"b":{"x":1,"y":2}})"},
      {R"({"l":[1,2]})", R"({"l":[3]})", R"({"l":[3]})"},
      {R"({"containers":[{"name":"a","image":"1"},{"name":"b"}]})",
       R"({"containers":[{"name":"a","image":"2"}]})",
       R"({"containers":[{"image":"2","name":"a"},{"name":"b"}]})"},
      {R"({"containers":[{"name":"a"}]})", R"({"containers":[{"name":"c"}]})",
       R"({"containers":[{"name":"c"},{"name":"a"}]})"},
      {R"({"containers":[{"name":"a"},{"name":"b"}]})",
       R"({"containers":[{"name":"a","$patch":"delete"}]})", R"({"containers":[{"name":"b"}]})"},
      {R"({"containers":[{"name":"a"}]})", R"({"containers":[{"$patch":"replace"},{"name":"z"}]})",
       R"({"containers":[{"name":"z"}]})"},
      {R"({"m":{"a":1}})", R"({"m":{"$patch":"replace","b":2}})", R"({"m":{"b":2}})"},
      {R"({"m":{"a":1}})", R"({"m":{"$patch":"delete"}})", R"({"m":{}})"},
      {R"({"finalizers":["a","b"]})", R"({"finalizers":["c","a"]})",
       R"({"finalizers":["c","a","b"]})"},
      {R"({"finalizers":["a","b","c"]})", R"({"$deleteFromPrimitiveList/finalizers":["b"]})",
       R"({"finalizers":["a","c"]})"},
      {R"({"s":{"a":1,"b":2,"c":3}})", R"({"s":{"$retainKeys":["a","d"],"d":4}})",
       R"({"s":{"a":1,"d":4}})"},
      {R"({"containers":[{"name":"a"},{"name":"b"}]})",
       R"({"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"a","x":1}]})",
       R"({"containers":[{"name":"b"},{"name":"a","x":1}]})"},
      {R"({"containers":[{"name":"a","ports":[{"containerPort":80}]}]})",
       R"({"containers":[{"name":"a","ports":[{"containerPort":80,"name":"http"}]}]})",
       R"({"containers":[{"name":"a","ports":[{"containerPort":80,"name":"http"}]}]})"},
      {R"({})", R"({"a":{"b":null,"c":1},"d":{"$patch":"delete"}})", R"({"a":{"c":1}})"},
  };
  for (const auto& c : cases) EXPECT_EQ(Merge(c.target, c.patch), c.want) << c.patch;
}

TEST(StrategicMergeTest, FailsInApimachinerysWords) {
  const struct {
    std::string patch, want;
  } cases[] = {
      {R"({"containers":[{"image":"x"}]})",
       R"(map: {"image":"x"} does not contain declared merge key: name)"},
      {R"({"m":{"$patch":"x"}})", R"(unknown patch type: x in map: {"$patch":"x"})"},
      {R"({"m":{"$retainKeys":["a"],"b":1}})", "invalid patch format of retainKeys"},
      {R"({"containers":[[1]]})", "lists of lists are not supported"},
      {R"({"containers":[{"$patch":"merge","name":"a"}]})",
       "merging lists cannot yet be specified in the patch"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(Merge(R"({"m":{"a":1},"containers":[{"name":"a"}]})", c.patch), c.want);
}

}  // namespace
}  // namespace sluice::document
