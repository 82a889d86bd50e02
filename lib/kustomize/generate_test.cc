#include "kustomize/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::kustomize {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr char kMap[] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

std::string Generate(std::map<std::string, std::string> files,
                     const KustomizationOverrides& overrides = {}) {
  const auto tree = io::MakeMemoryTree(std::move(files));
  const auto made = GenerateKustomization(*tree, "app", overrides, "/r");
  return made.ok() ? made->text : "error: " + made.status().message();
}

document::Value Json(std::string_view text) { return document::ParseJson(text).value(); }

TEST(GenerateTest, FolderWithoutFileNamesItsManifests) {
  EXPECT_EQ(Generate({{"app/b.yaml", kMap},
                      {"app/a.yml", kMap},
                      {"app/x.json", "{}"},
                      {"app/sub/c.yaml", kMap},
                      {"app/other/kustomization.yaml", "resources: [d.yaml]"},
                      {"app/other/d.yaml", "not: checked"}}),
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- "
            "./a.yml\n- ./b.yaml\n- ./other\n"
            "- ./sub/c.yaml\n");
}

TEST(GenerateTest, EmptyFolderBuildsNothing) {
  EXPECT_THAT(Generate({{"app/readme.md", ""}}), HasSubstr("namespace: _placeholder"));
  const auto tree = io::MakeMemoryTree({{"app/readme.md", ""}});
  const auto built = BuildForFlux(*tree, "app", {});
  ASSERT_TRUE(built.ok()) << built.status().message();
  EXPECT_EQ(built->size(), 0u);
}

TEST(GenerateTest, BrokenManifestIsNamed) {
  EXPECT_THAT(Generate({{"app/a.yaml", "a: [1"}}),
              HasSubstr("error: failed to decode Kubernetes YAML from /r/app/a.yaml: "
                        "MalformedYAMLError: yaml: "));
}

TEST(GenerateTest, SpecIsEditedIntoTheFile) {
  KustomizationOverrides o;
  o.target_namespace = "prod";
  o.name_prefix = "p-";
  o.patches = Json(R"([{"patch": "x", "target": {"kind": "Service"}}])");
  o.images = Json(R"([{"name": "web", "newTag": "2"}, {"name": "new", "newName": "other"}])");
  o.components = {"../comp"};
  o.patches_json6902 =
      Json(R"([{"patch": [{"op": "remove", "path": "/a"}], "target": {"name": "n"}}])");
  EXPECT_EQ(Generate({{"app/kustomization.yml",
                       "resources: [a.yaml]\nnamespace: old\npatches: [{path: own.yaml}]\nimages: "
                       "[{name: web, digest: d}]\n"}},
                     o),
            R"(apiVersion: kustomize.config.k8s.io/v1beta1
components:
- ../comp
images:
- name: web
  newTag: "2"
- name: new
  newName: other
kind: Kustomization
namePrefix: p-
namespace: prod
patches:
- path: own.yaml
- patch: x
  target:
    kind: Service
patchesJson6902:
- patch: '[{"op":"remove","path":"/a"}]'
  target:
    name: "n"
resources:
- a.yaml
)");
}

TEST(GenerateTest, FileWithoutResourcesTracksOrigins) {
  EXPECT_THAT(Generate({{"app/kustomization.yaml", "configMapGenerator: [{name: a}]\n"}}),
              HasSubstr("- originAnnotations"));
}

TEST(GenerateTest, ComponentsStayLocal) {
  for (const std::string path :
       {"/abs", "https://example.com/x", "git::x", "GitHub.com/a/b", "git@host:x", "file:///x"}) {
    KustomizationOverrides o;
    o.components = {path};
    EXPECT_EQ(Generate({{"app/a.yaml", kMap}}, o),
              "error: unable to get components: component path '" + path +
                  "' must be local and relative");
  }
  KustomizationOverrides o;
  o.components = {"../missing"};
  o.ignore_missing_components = true;
  EXPECT_EQ(Generate({{"app/a.yaml", kMap}}, o).find("components"), std::string::npos);
}

TEST(GenerateTest, BuildForFluxJoinsInputs) {
  const auto tree = io::MakeMemoryTree({{"app/a.yaml", kMap}, {"lib/x.yaml", kMap}});
  KustomizationOverrides o;
  o.target_namespace = "ns";
  BaseCache cache;
  BuildOptions options;
  options.cache = &cache;
  const auto built = BuildForFlux(*tree, "./app", o, options);
  ASSERT_TRUE(built.ok()) << built.status().message();
  EXPECT_EQ(built->ToYaml(),
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: ns\n");
  EXPECT_THAT(built->inputs(), Contains(Input{Input::What::kListing, "app"}));
  EXPECT_THAT(built->inputs(), Contains(Input{Input::What::kFile, "app/a.yaml"}));
  EXPECT_THAT(built->inputs(), Contains(Input{Input::What::kMissing, "app/kustomization.yaml"}));
}

TEST(GenerateTest, BuildErrorsAreWrapped) {
  const auto tree = io::MakeMemoryTree({{"app/kustomization.yaml", "resources: [nope.yaml]\n"}});
  BuildOptions options;
  options.display_root = "/tmp/kustomization-1";
  const auto built = BuildForFlux(*tree, "app", {}, options);
  ASSERT_FALSE(built.ok());
  EXPECT_EQ(built.status().message(),
            "kustomize build failed: accumulating resources: accumulation err='accumulating "
            "resources from 'nope.yaml': open "
            "/tmp/kustomization-1/app/nope.yaml: no such file or directory': must build at "
            "directory: not a valid directory: "
            "evalsymlink failure on '/tmp/kustomization-1/app/nope.yaml' : lstat "
            "/tmp/kustomization-1/app/nope.yaml: no such "
            "file or directory");
}

}  // namespace
}  // namespace sluice::kustomize
