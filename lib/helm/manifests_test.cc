#include "helm/manifests.h"

#include <gtest/gtest.h>

namespace sluice::helm {
namespace {

using Pieces = std::vector<std::string_view>;

TEST(ManifestsTest, SplitsAsEachHelmDoes) {
  const struct {
    std::string text;
    Pieces v3, v4;
  } cases[] = {
      {"a: 1\n---\nb: 2\n", {"a: 1", "b: 2"}, {"a: 1\n", "b: 2\n"}},
      {"\n\n---\n---\na\n", {"---\na"}, {"a\n"}},
      {"---apiVersion: v1\n", {"apiVersion: v1"}, {"apiVersion: v1\n"}},
      {"a\n----\nb", {"a", "-\nb"}, {"a\n", "-\nb"}},
      {"a \t\n---  # c\nb", {"a", "# c\nb"}, {"a \t\n", "# c\nb"}},
      {"x: |\n  ---\n  y\n", {"x: |\n  ---\n  y"}, {"x: |\n  ---\n  y\n"}},
      {"", {}, {}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(SplitManifests(c.text, HelmVersion::kV3), c.v3);
    EXPECT_EQ(SplitManifests(c.text, HelmVersion::kV4), c.v4);
  }
}

TEST(ManifestsTest, ReadsHeadsAsGoDoes) {
  const struct {
    std::string text, want;  // "kind/name" or the error
  } cases[] = {
      {"kind: A\nmetadata: {name: 5}", "A/5"},
      {"Kind: A\nmetadata: {name: 1e6}", "A/1e+06"},
      {"# nothing", "/"},
      {"metadata: x",
       "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go struct "
       "field SimpleHead.metadata of type struct "
       "{ Name string \"json:\\\"name\\\"\"; Annotations map[string]string "
       "\"json:\\\"annotations\\\"\" }"},
      {"metadata: {annotations: [a]}",
       "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go struct "
       "field .metadata.annotations of type "
       "map[string]string"},
      {"- a",
       "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value "
       "of type util.SimpleHead"},
      {"kind: A\nmetadata:\n\tname: x",
       "error converting YAML to JSON: yaml: line 3: found character that cannot start any token"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto head = ParseManifestHead(c.text, HelmVersion::kV4);
    EXPECT_EQ(head.ok() ? head->kind + "/" + head->name : head.status().message(), c.want);
  }
}

TEST(ManifestsTest, TellsHooksApart) {
  const auto file = [](std::string hook) {
    return RenderedFile{
        "c/templates/" + hook + ".yaml",
        "kind: Job\nmetadata: {name: j, annotations: {helm.sh/hook: '" + hook +
            "', helm.sh/hook-weight: '-3', helm.sh/hook-delete-policy: 'Hook-Failed, x'}}"};
  };
  const auto sorted =
      SortManifests(std::vector{file("pre-install, TEST-success"), file("crd-install"), file("")},
                    KindOrder::kInstall, HelmVersion::kV4);
  ASSERT_TRUE(sorted.ok());
  ASSERT_EQ(sorted->hooks.size(), 1u);
  EXPECT_TRUE(sorted->manifests.empty());
  EXPECT_EQ(sorted->hooks[0].events, (std::vector{HookEvent::kPreInstall, HookEvent::kTest}));
  EXPECT_EQ(sorted->hooks[0].weight, -3);
  EXPECT_EQ(sorted->hooks[0].delete_policies, (std::vector<std::string>{"hook-failed", "x"}));
}

TEST(ManifestsTest, SortsKindsAsEachHelmDoes) {
  EXPECT_TRUE(KindLess("Namespace", "Service", KindOrder::kInstall, HelmVersion::kV4));
  EXPECT_TRUE(KindLess("Service", "Namespace", KindOrder::kUninstall, HelmVersion::kV4));
  EXPECT_TRUE(
      KindLess("MutatingWebhookConfiguration", "Abc", KindOrder::kInstall, HelmVersion::kV4));
  EXPECT_TRUE(
      KindLess("Abc", "MutatingWebhookConfiguration", KindOrder::kInstall, HelmVersion::kV3));
}

TEST(ManifestsTest, TakesTextsToTheSameManifests) {
  const std::vector<RenderedFile> files = {
      {"c/b.yaml",
       "# first\n---\nkind: Service\nmetadata:\n  name: a long one, that a file's text is given "
       "to\n---\nkind: Pod\n\n"},
      {"c/a.yaml", "kind: A"},
      {"c/h.yaml", "kind: Job\nmetadata: {annotations: {helm.sh/hook: test}}\n---\nkind: Zed\n"},
      {"c/_p.tpl", "not: [read"},
  };
  for (const HelmVersion version : {HelmVersion::kV3, HelmVersion::kV4}) {
    const auto copied = SortManifests(files, KindOrder::kInstall, version);
    const auto taken = SortManifests(std::vector(files), KindOrder::kInstall, version);
    ASSERT_TRUE(copied.ok() && taken.ok());
    ASSERT_EQ(copied->manifests.size(), taken->manifests.size());
    EXPECT_EQ(taken->hooks.size(), 1u);
    for (size_t i = 0; i < taken->manifests.size(); ++i) {
      EXPECT_EQ(copied->manifests[i].name, taken->manifests[i].name);
      EXPECT_EQ(copied->manifests[i].content, taken->manifests[i].content);
    }
  }
  std::vector<RenderedFile> broken = {{"a", "kind: A\n"}, {"b", "a: b: c\n"}};
  EXPECT_FALSE(SortManifests(std::move(broken), KindOrder::kInstall, HelmVersion::kV4).ok());
  EXPECT_EQ(broken[0].content,
            "kind: A\n");  // NOLINT(bugprone-use-after-move): a failure takes nothing
}

TEST(ManifestsTest, RunsHooksByWeightThenName) {
  const std::vector<Hook> hooks = {{.name = "b", .events = {HookEvent::kTest}},
                                   {.name = "a", .events = {HookEvent::kTest}},
                                   {.name = "z", .events = {HookEvent::kTest}, .weight = -1},
                                   {.name = "n", .events = {HookEvent::kPreInstall}}};
  EXPECT_EQ(HooksOf(hooks, HookEvent::kTest), (std::vector<size_t>{2, 1, 0}));
}

}  // namespace
}  // namespace sluice::helm
