#include "helm/patch.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::helm {
namespace {

document::Value Object(std::string_view kind, std::string_view spec) {
  return *document::ParseJson("{\"apiVersion\":\"" +
                              std::string(kind == "Foo"   ? "ex.io/v1"
                                          : kind == "Pod" ? "v1"
                                                          : "apps/v1") +
                              "\",\"kind\":\"" + std::string(kind) +
                              "\",\"spec\":" + std::string(spec) + "}");
}

TEST(PatchTest, PatchesAsHelmDoes) {
  const struct {
    std::string kind, original, modified, live;
    bool three_way;
    std::string want;  // the patch's spec
  } cases[] = {
      {"Deployment", R"({"replicas":1,"paused":true})", R"({"replicas":2})",
       R"({"replicas":1,"paused":true,"x":1})", false, R"({"paused":null,"replicas":2})"},
      {"Deployment", R"({"strategy":{"type":"A","a":1}})", R"({"strategy":{"type":"B"}})",
       R"({"strategy":{"type":"A","a":1}})", false,
       R"({"strategy":{"$retainKeys":["type"],"a":null,"type":"B"}})"},
      {"Pod", R"({"containers":[{"name":"a"},{"name":"b"}]})",
       R"({"containers":[{"name":"b","image":"i"}]})",
       R"({"containers":[{"name":"a"},{"name":"b"}]})", false,
       R"({"$setElementOrder/containers":[{"name":"b"}],"containers":[{"image":"i","name":"b"},{"$patch":"delete","name":"a"}]})"},
      {"Pod", R"({"tolerations":[1]})", R"({"tolerations":[1]})", R"({"tolerations":[1,2]})", false,
       R"({"tolerations":[1]})"},
      {"Foo", R"({"a":1,"b":2})", R"({"a":1})", R"({"a":9,"b":2})", false, R"({"b":null})"},
      {"Foo", R"({"a":1,"b":2})", R"({"a":1})", R"({"a":9,"b":2})", true, R"({"a":1,"b":null})"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.original);
    const auto made = MakeUpdatePatch(Object(c.kind, c.original), Object(c.kind, c.modified),
                                      Object(c.kind, c.live), c.three_way);
    ASSERT_TRUE(made.ok()) << made.status().message();
    EXPECT_EQ(made->type, c.kind == "Foo" ? PatchType::kMerge : PatchType::kStrategic);
    EXPECT_EQ(document::ToJson(made->patch["spec"]), c.want);
  }
}

TEST(PatchTest, NothingToDoIsAnEmptyPatch) {
  const auto pod =
      Object("Pod", R"({"containers":[{"name":"a","env":[{"name":"x","value":"1"}]}]})");
  EXPECT_TRUE(MakeUpdatePatch(pod, pod, pod)->patch.empty());
}

TEST(PatchTest, ListsNeedTheirMergeKey) {
  const auto made = MakeUpdatePatch(Object("Pod", R"({"containers":[{"name":"a"}]})"),
                                    Object("Pod", R"({"containers":[{"image":"a"}]})"),
                                    Object("Pod", R"({"containers":[{"name":"a"}]})"));
  EXPECT_EQ(made.status().message(), "map: map[image:a] does not contain declared merge key: name");
}

TEST(PatchTest, KnowsTheApisKinds) {
  EXPECT_TRUE(IsBuiltinKind("v1", "Pod"));
  EXPECT_TRUE(IsBuiltinKind("apps/v1", "DeploymentList"));
  EXPECT_TRUE(IsBuiltinKind("apiextensions.k8s.io/v1", "CustomResourceDefinition"));
  EXPECT_FALSE(IsBuiltinKind("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"));
  EXPECT_FALSE(IsBuiltinKind("apps/v1", "Pod"));
  EXPECT_FALSE(IsBuiltinKind("ex.io/v1", "Foo"));
}

}  // namespace
}  // namespace sluice::helm
