// Tables for the small parsers of the engine.
#include <gtest/gtest.h>

#include "document/yaml.h"
#include "field_path.h"
#include "fieldspec.h"
#include "git_url.h"
#include "ids.h"
#include "keep_comments.h"
#include "merge.h"
#include "schema.h"
#include "selector.h"

namespace sluice::kustomize {
namespace {

TEST(GitUrlTest, TakesUrlsApart) {
  const struct {
    std::string url, clone, path, ref;
  } cases[] = {
      {"https://github.com/a/b//c/d?ref=v1", "https://github.com/a/b", "c/d", "v1"},
      {"github.com/a/b/c", "https://github.com/a/b", "c", ""},
      {"git@github.com:a/b.git//c", "git@github.com:a/b.git", "c", ""},
      {"ssh://git@host.example/a/b.git", "ssh://git@host.example/a/b.git", "", ""},
      {"https://dev.example/org/_git/repo/sub?version=x", "https://dev.example/org/_git/repo",
       "sub", "x"},
      {"file:///tmp/repo//sub", "file:///tmp/repo", "sub", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.url);
    const auto spec = ParseGitUrl(c.url);
    ASSERT_TRUE(spec.has_value());
    EXPECT_EQ(spec->clone_spec, c.clone);
    EXPECT_EQ(spec->path, c.path);
    EXPECT_EQ(spec->ref, c.ref);
  }
  for (const std::string url :
       {"../base", "base", "/abs", "a/b/c.yaml", "https://github.com/a", "https://h/a/b//../.."}) {
    EXPECT_FALSE(ParseGitUrl(url).has_value()) << url;
  }
}

TEST(IdsTest, ScopesAndTexts) {
  EXPECT_TRUE(IsBuiltinClusterScoped("v1", "Namespace"));
  EXPECT_TRUE(IsBuiltinClusterScoped("rbac.authorization.k8s.io/v1", "ClusterRole"));
  EXPECT_FALSE(IsBuiltinClusterScoped("v1", "ConfigMap"));
  EXPECT_FALSE(IsBuiltinClusterScoped("example.com/v1", "ClusterRole"));
  EXPECT_EQ((ResId{MakeGvk("apps/v1", "Deployment"), "web", ""}.ToString()),
            "Deployment.v1.apps/web.[noNs]");
  EXPECT_TRUE((ResId{{}, "a", ""}.Equals(ResId{{}, "a", "default"})));
}

TEST(LabelSelectorTest, MatchesAsKubernetesDoes) {
  document::Arena arena;
  Node* labels = arena.NewMapping();
  labels->Set("app", "web");
  labels->Set("n", "5");
  const struct {
    std::string selector;
    bool matches;
  } cases[] = {
      {"", true},
      {"app=web", true},
      {"app==web, n", true},
      {"app!=web", false},
      {"!app", false},
      {"!x", true},
      {"app in (a,web)", true},
      {"app notin (web)", false},
      {"x notin (a)", true},
      {"n>4", true},
      {"n<4", false},
      {"x!=1", true},
  };
  for (const auto& c : cases) {
    const auto selector = LabelSelector::Parse(c.selector);
    ASSERT_TRUE(selector.ok()) << c.selector;
    EXPECT_EQ(selector->Matches(labels), c.matches) << c.selector;
  }
  for (const std::string bad : {"a=b,", "a b", "=x", "a in b", "a in (b"})
    EXPECT_FALSE(LabelSelector::Parse(bad).ok()) << bad;
}

TEST(PatternTest, AnchoredAndPlain) {
  EXPECT_TRUE(Pattern::Anchored("web.*")->Matches("web-1"));
  EXPECT_FALSE(Pattern::Anchored("web")->Matches("web-1"));
  EXPECT_TRUE(Pattern::Anchored("")->Matches("anything"));
  EXPECT_TRUE(Pattern::Unanchored("eb")->Matches("web"));
  EXPECT_FALSE(Pattern::Anchored("(").ok());
}

TEST(FieldPathTest, Splits) {
  EXPECT_EQ(SplitFieldPath("a.b\\.c.[n=x.y].2"), (FieldPath{"a", "b.c", "[n=x.y]", "2"}));
  EXPECT_EQ(SplitFieldPath("data.[a.b]"), (FieldPath{"data", "a.b"}));
  EXPECT_EQ(SplitPath("a/b\\/c"), (std::vector<std::string>{"a", "b/c"}));
}

TEST(KeepCommentsTest, LinesKeepTheirs) {
  EXPECT_EQ(KeepComments("# top\na: 1 # one\nb:\n# in\n- x\n# end", "a: 1\nb:\n- x\n",
                         "a: 2\nb:\n- x\n- y\n"),
            "# top\na: 2 # one\nb:\n# in\n- x\n- y\n# end\n");
  EXPECT_EQ(KeepComments("a:   1 # spaced\n", "a: 1\n", "a: 2\n"), "a: 2\n");
  EXPECT_EQ(KeepComments("a: 1\n", "a: 1\n", "a: 2\n"), "a: 2\n");
}

std::string Merged(std::string_view target, std::string_view patch) {
  document::Arena arena;
  Schema schema(false);
  auto t = document::ParseYaml(arena, target), p = document::ParseYaml(arena, patch);
  const auto merged = StrategicMerge(t->front(), p->front(), schema);
  if (!merged.ok()) return "error: " + merged.status().message();
  return *merged == nullptr
             ? "(nothing)"
             : document::WriteYaml3(**merged, {.indent = 2, .compact_sequences = true});
}

TEST(MergeTest, FollowsTheSchema) {
  const std::string pod = "apiVersion: v1\nkind: Pod\n", other = "apiVersion: x/v1\nkind: Y\n";
  const struct {
    std::string target, patch, want;
  } cases[] = {
      {"a: 1\nb: {c: 1}\n", "a: 2\nb: {d: 2}\n", "a: 2\nb: {c: 1, d: 2}\n"},
      {"a: \"1\"\n", "a: 2\n", "a: \"2\"\n"},
      {"a: 1\nb: 2\n", "a: null\n", "b: 2\n"},
      {"a: [1, 2]\n", "a: [3]\n", "a: [3]\n"},
      {"a: {b: 1}\n", "a: {$patch: delete}\n", "{}\n"},
      {"a: {b: 1}\n", "a: {$patch: replace, c: 2}\n", "a: {c: 2}\n"},
      {"a: 1\n", "$patch: delete\n", "(nothing)"},
      {"a: {b: 1}\n", "a: {$patch: x}\n", "error: unknown patch strategy 'x'"},
      {pod + "spec: {containers: [{name: a, image: i}]}\n",
       "spec: {containers: [{name: b}, {name: a, image: j}]}\n",
       pod + "spec: {containers: [{name: b}, {name: a, image: j}]}\n"},
      {pod + "spec: {containers: [{name: a}, {name: b}]}\n",
       "spec: {containers: [{name: a, $patch: delete}]}\n",
       pod + "spec: {containers: [{name: b}]}\n"},
      {pod + "spec: {containers: [{name: a}]}\n",
       "spec: {containers: [{$patch: replace}, {name: c}]}\n",
       pod + "spec: {containers: [{name: c}]}\n"},
      {pod + "metadata: {finalizers: [a, b]}\n", "metadata: {finalizers: [c, a]}\n",
       pod + "metadata: {finalizers: [c, a, b]}\n"},
      {other + "spec: {containers: [{name: a}]}\n", "spec: {containers: [{name: b}]}\n",
       other + "spec: {containers: [{name: b}]}\n"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(Merged(c.target, c.patch), c.want) << c.target << "+\n" << c.patch;
}

}  // namespace
}  // namespace sluice::kustomize
