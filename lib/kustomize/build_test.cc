#include "kustomize/build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace sluice::kustomize {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

using Files = std::map<std::string, std::string>;

constexpr char kDeployment[] = R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: nginx:1.0
        env:
        - name: A
          value: a
)";

base::Result<BuildOutput> BuildFiles(Files files, std::string_view path,
                                     BuildOptions options = {}) {
  const auto tree = io::MakeMemoryTree(std::move(files));
  return Build(*tree, path, options);
}

std::string Yaml(Files files, std::string_view path = "", BuildOptions options = {}) {
  const auto built = BuildFiles(std::move(files), path, std::move(options));
  return built.ok() ? built->ToYaml() : "error: " + built.status().message();
}

TEST(BuildTest, OverlayChangesItsBase) {
  const Files files = {
      {"base/kustomization.yaml", "resources: [deployment.yaml]\n"},
      {"base/deployment.yaml", kDeployment},
      {"prod/kustomization.yaml",
       "resources: [../base]\nnamespace: prod\nnamePrefix: p-\nimages: [{name: nginx, newTag: "
       "'2'}]\n"
       "labels: [{pairs: {app: web}, includeSelectors: true}]\npatches: [{path: patch.yaml}]\n"},
      {"prod/patch.yaml",
       "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 3\n  "
       "template: {spec: {containers: "
       "[{name: web, env: [{name: B, value: b}]}]}}\n"},
  };
  EXPECT_EQ(Yaml(files, "prod"), R"(apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    app: web
  name: p-web
  namespace: prod
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - env:
        - name: B
          value: b
        - name: A
          value: a
        image: nginx:2
        name: web
)");
}

TEST(BuildTest, GeneratedNamesAreHashedAndFollowed) {
  const std::string yaml = Yaml(
      {{"kustomization.yaml",
        "resources: [pod.yaml]\nconfigMapGenerator: [{name: c, literals: [a=b]}]\n"},
       {"pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: x, envFrom: "
        "[{configMapRef: {name: c}}]}]}\n"}});
  EXPECT_THAT(yaml, HasSubstr("name: c-4h2mbtbbt6\n"));
  EXPECT_THAT(yaml, Not(HasSubstr("name: c\n")));
}

TEST(BuildTest, ErrorsHaveThePeersWords) {
  const struct {
    Files files;
    std::string message;
  } cases[] = {
      {{{"a.yaml", ""}},
       "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in "
       "directory '/r'"},
      {{{"kustomization.yaml", ""}}, "kustomization.yaml is empty"},
      {{{"kustomization.yaml", "foo: 1"}}, "invalid Kustomization: json: unknown field \"foo\""},
      {{{"kustomization.yaml", "namePrefix: [a]"}},
       "invalid Kustomization: json: cannot unmarshal array into Go struct field "
       "Kustomization.namePrefix of type string"},
      {{{"kustomization.yaml", "resources: [/x]"}},
       "accumulating resources: accumulation err='accumulating resources from '/x': evalsymlink "
       "failure on '/x' : lstat /x: no "
       "such file or directory': new root '/x' cannot be absolute"},
      {{{"kustomization.yaml", "resources: [\".\"]"}},
       "accumulating resources: accumulation err='accumulating resources from '.': '/r' must "
       "resolve to a file': cycle "
       "detected: candidate root '/r' contains visited root '/r'"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    BuildOptions options;
    options.display_root = "/r";
    const auto built = BuildFiles(c.files, "", options);
    ASSERT_FALSE(built.ok());
    EXPECT_EQ(built.status().message(), c.message);
  }
}

TEST(BuildTest, FilesOutsideTheKustomizationNeedTheOption) {
  const Files files = {{"a/kustomization.yaml", "resources: [../x.yaml]"},
                       {"x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"}};
  EXPECT_THAT(Yaml(files, "a"), HasSubstr("security; file '/x.yaml' is not in or below '/a'"));
  BuildOptions options;
  options.load_restriction = LoadRestriction::kNone;
  EXPECT_EQ(Yaml(files, "a", options), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n");
}

TEST(BuildTest, NothingOutsideTheTreeIsRead) {
  for (const std::string path : {"../../etc/passwd", "/etc/passwd", "https://example.com/x.yaml",
                                 "https://github.com/a/b"}) {
    SCOPED_TRACE(path);
    BuildOptions options;
    options.load_restriction = LoadRestriction::kNone;
    options.display_root = "/tmp/kustomization-1";
    EXPECT_FALSE(
        BuildFiles({{"kustomization.yaml", "resources: ['" + path + "']"}}, "", options).ok());
  }
}

TEST(BuildTest, InputsNameWhatWasAsked) {
  const auto built =
      BuildFiles({{"kustomization.yaml", "resources: [b, r.yaml]\n"},
                  {"r.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: r}\n"},
                  {"b/kustomization.yaml", "namePrefix: p-\n"}},
                 "");
  ASSERT_TRUE(built.ok()) << built.status().message();
  const auto& inputs = built->inputs();
  EXPECT_THAT(inputs, Contains(Input{Input::What::kFile, "r.yaml"}));
  EXPECT_THAT(inputs, Contains(Input{Input::What::kFile, "b/kustomization.yaml"}));
  EXPECT_THAT(inputs, Contains(Input{Input::What::kMissing, "kustomization.yml"}));
  EXPECT_THAT(inputs, Contains(Input{Input::What::kDirectory, "b"}));
}

TEST(BuildTest, WarningsAreToldEvenBeforeAFailure) {
  std::vector<std::string> warnings;
  BuildOptions options;
  options.on_warning = [&](std::string_view w) { warnings.emplace_back(w); };
  EXPECT_FALSE(BuildFiles({{"kustomization.yaml", "bases: [nope]\n"}}, "", options).ok());
  EXPECT_THAT(warnings, Contains(HasSubstr("'bases' is deprecated")));
}

TEST(BuildTest, ValuesAreTypedAsPrinted) {
  const auto built = BuildFiles({{"kustomization.yaml", "resources: [r.yaml]\n"},
                                 {"r.yaml",
                                  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: r, "
                                  "annotations: {n: 1}}\ndata: {a: 010, b: yes, c: 1e3}\n"}},
                                "");
  ASSERT_TRUE(built.ok()) << built.status().message();
  const document::Value value = built->ToValue(0);
  EXPECT_EQ(value["data"]["a"], document::Value(8));
  EXPECT_EQ(value["data"]["b"], document::Value("yes"));
  EXPECT_EQ(value["data"]["c"], document::Value(1000));
  EXPECT_EQ(value.At({"metadata", "annotations", "n"}), document::Value("1"));
  EXPECT_EQ(built->id(0).name, "r");
}

TEST(BuildTest, HostileInputFailsCleanly) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string n = std::to_string(i), p = "*a" + std::to_string(i - 1);
    bomb += "a" + n + ": &a" + n + " [" + p + ", " + p + ", " + p + ", " + p + ", " + p + ", " + p +
            ", " + p + ", " + p + "]\n";
  }
  const std::string deep(100000, '[');
  for (const std::string& text :
       {bomb + "kind: ConfigMap\nmetadata: {name: x}\n", deep, std::string("\xff\xfe\x00", 3)}) {
    EXPECT_FALSE(
        BuildFiles({{"kustomization.yaml", "resources: [r.yaml]\n"}, {"r.yaml", text}}, "").ok());
    EXPECT_FALSE(BuildFiles({{"kustomization.yaml", text}}, "").ok());
  }
}

TEST(BuildTest, CacheSharesParsedFilesAcrossThreads) {
  BaseCache cache;
  Files files = {{"base/kustomization.yaml", "resources: [deployment.yaml]\n"},
                 {"base/deployment.yaml", kDeployment}};
  for (int i = 0; i < 8; ++i) {
    files["o" + std::to_string(i) + "/kustomization.yaml"] =
        "resources: [../base]\nnamePrefix: o" + std::to_string(i) + "-\n";
  }
  const auto tree = io::MakeMemoryTree(files);
  std::vector<std::thread> threads;
  std::vector<std::string> results(8);
  for (size_t i = 0; i < results.size(); ++i) {
    threads.emplace_back([&, i] {
      BuildOptions options;
      options.cache = &cache;
      const auto built = Build(*tree, "o" + std::to_string(i), options);
      results[i] = built.ok() ? built->ToYaml() : built.status().message();
    });
  }
  for (std::thread& t : threads) t.join();
  for (size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i], Yaml(files, "o" + std::to_string(i)));
  }
  EXPECT_EQ(cache.stats().hits + cache.stats().misses, 8u);
  EXPECT_GE(cache.stats().files, 1u);
}

TEST(BuildTest, CacheStaysInItsBounds) {
  BaseCache cache(300);
  for (int i = 0; i < 50; ++i) {
    const std::string n = std::to_string(i);
    BuildOptions options;
    options.cache = &cache;
    EXPECT_TRUE(
        BuildFiles({{"kustomization.yaml", "resources: [r.yaml]\n"},
                    {"r.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n" + n + "}\n"}},
                   "", options)
            .ok());
  }
  EXPECT_LE(cache.stats().bytes, 300u);
}

// What the differential test found; each was a difference from the peer.
TEST(BuildTest, KeysThatArePutInHaveNoTag) {
  const std::string dump = "json: unsupported type: map[interface {}]interface {}";
  EXPECT_THAT(Yaml({{"kustomization.yaml",
                     "configMapGenerator: [{name: a, literals: ['1=c', 'true=d', 'y=b']}]\n"}}),
              HasSubstr("map[interface {}]interface {}{\"y\":\"b\", 1:\"c\", true:\"d\"}"));
  EXPECT_THAT(Yaml({{"kustomization.yaml", "resources: [r.yaml]\ncommonAnnotations: {\"1\": x}\n"},
                    {"r.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"}}),
              HasSubstr(dump));
  // Even where they were quoted: annotations are written anew at the end, labels are not.
  EXPECT_THAT(
      Yaml({{"kustomization.yaml", "resources: [r.yaml]\n"},
            {"r.yaml",
             "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, annotations: {'1': a}}\n"}}),
      HasSubstr(dump));
  EXPECT_THAT(Yaml({{"kustomization.yaml", "resources: [r.yaml]\n"},
                    {"r.yaml",
                     "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {'1': a}}\n"}}),
              HasSubstr("\"1\": a\n"));
}

TEST(BuildTest, LabelsOfOneObjectShareTheirValue) {
  // The overlay changes metadata only, and the template follows: both places hold one node.
  const std::string yaml =
      Yaml({{"b/kustomization.yaml",
             "resources: [d.yaml]\nlabels: [{pairs: {l: old}, includeTemplates: true}]\n"},
            {"b/d.yaml", kDeployment},
            {"kustomization.yaml", "resources: [b]\nlabels: [{pairs: {l: new}}]\n"}});
  EXPECT_THAT(yaml, Not(HasSubstr("l: old")));
}

TEST(BuildTest, TargetedPatchesMakeTextsOfLabels) {
  const Files files = {{"kustomization.yaml",
                        "resources: [r.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: "
                        "'{apiVersion: v1, kind: ConfigMap, metadata: "
                        "{name: o, labels: {a: null, n: 1}, annotations: null}}'\n"},
                       {"r.yaml",
                        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {a: b}, "
                        "annotations: {c: d}}\n"}};
  EXPECT_EQ(Yaml(files),
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    c: d\n  labels:\n    "
            "a: \"null\"\n    \"n\": \"1\"\n  "
            "name: x\n");
}

TEST(BuildTest, PatchesReachOrigins) {
  const Files files = {
      {"kustomization.yaml",
       "resources: [r.yaml]\nbuildMetadata: [originAnnotations]\npatches:\n- target: {kind: "
       "ConfigMap}\n  patch: '[{\"op\": "
       "\"add\", \"path\": \"/metadata/annotations\", \"value\": {\"k\": \"v\"}}]'\n"},
      {"r.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"}};
  const std::string yaml = Yaml(files);
  EXPECT_THAT(yaml, Not(HasSubstr("path: r.yaml")));
  EXPECT_THAT(yaml, HasSubstr("kind: PatchTransformer"));
}

TEST(BuildTest, NumbersReplacedByTextsFail) {
  EXPECT_THAT(Yaml({{"kustomization.yaml",
                     "resources: [d.yaml]\nreplicas: [{name: web, count: 2}]\nreplacements: "
                     "[{source: {kind: Deployment}, targets: "
                     "[{select: {kind: Deployment}, fieldPaths: [spec.replicas]}]}]\n"},
                    {"d.yaml", kDeployment}}),
              HasSubstr("cannot decode !!str `web` as a !!int"));
}

TEST(BuildTest, JsonSlashEscapesAreRefused) {
  EXPECT_THAT(
      Yaml({{"kustomization.yaml", "resources: [r.json]\n"},
            {"r.json",
             R"({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a\/b"}})"}}),
      HasSubstr("found unknown escape character"));
}

TEST(BuildTest, RemoteBasesComeFromTheCaller) {
  BuildOptions options;
  RemoteBase asked;
  options.fetch_base = [&](const RemoteBase& base) -> base::Result<RemoteTree> {
    asked = base;
    return RemoteTree{
        io::MakeMemoryTree(
            {{"deploy/kustomization.yaml", "resources: [r.yaml]\n"},
             {"deploy/r.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: remote}\n"}}),
        "/tmp/clone"};
  };
  EXPECT_THAT(
      Yaml({{"kustomization.yaml", "resources: ['https://github.com/a/b//deploy?ref=v1']\n"}}, "",
           options),
      HasSubstr("name: remote"));
  EXPECT_EQ(asked.repo, "https://github.com/a/b");
  EXPECT_EQ(asked.path, "deploy");
  EXPECT_EQ(asked.ref, "v1");
}

}  // namespace
}  // namespace sluice::kustomize
