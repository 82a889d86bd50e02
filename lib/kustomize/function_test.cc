// KRM functions: what a function is given, what becomes of its answer, and the words of refusals.
// `want` was recorded from kustomize.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kustomize/build.h"

namespace sluice::kustomize {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr char kFunction[] =
    "apiVersion: example.com/v1\nkind: Tr\nmetadata:\n  name: tr\n  annotations:\n    "
    "config.kubernetes.io/function: |\n      exec: {path: "
    "./fn, args: [a], envs: [E=1, F=0]}\nspec: {a: 1.50}\n";
constexpr char kConfigMap[] =
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {k: v}\n";

class FunctionTest : public ::testing::Test {
 protected:
  FunctionTest() {
    options_.enable_plugins = options_.enable_exec = true;
    options_.function_env = {"F=2"};
    options_.display_root = "/d";
    options_.run_function = [this](const FunctionRun& run) -> base::Result<FunctionAnswer> {
      run_ = run;
      return FunctionAnswer{answer_.empty() ? run.input : answer_, failure_};
    };
  }
  std::string Build(const std::string& kustomization, const std::string& function = kFunction) {
    const auto tree =
        io::MakeMemoryTree({{"kustomization.yaml", "namePrefix: p-\n" + kustomization},
                            {"r.yaml", kConfigMap},
                            {"f.yaml", function}});
    const auto built = kustomize::Build(*tree, "", options_);
    return built.ok() ? built->ToYaml() : "error: " + built.status().message();
  }

  BuildOptions options_;
  FunctionRun run_;
  std::string answer_, failure_;
};

constexpr char kBoth[] = "resources: [r.yaml]\ntransformers: [f.yaml]\n";
constexpr char kUnchanged[] =
    "apiVersion: v1\ndata:\n  k: v\nkind: ConfigMap\nmetadata:\n  name: p-x\n";

TEST_F(FunctionTest, TransformerGetsAResourceList) {
  EXPECT_EQ(Build(kBoth), kUnchanged);
  EXPECT_EQ(run_.path, "./fn");
  EXPECT_THAT(run_.args, ElementsAre("a"));
  EXPECT_THAT(run_.environment, ElementsAre("E=1", "F=2"));
  EXPECT_EQ(run_.directory, "/d");
  EXPECT_EQ(run_.input, R"(apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: v1
  data:
    k: v
  kind: ConfigMap
  metadata:
    annotations:
      internal.config.kubernetes.io/prefixes: p-
      internal.config.kubernetes.io/previousKinds: ConfigMap
      internal.config.kubernetes.io/previousNames: x
      internal.config.kubernetes.io/previousNamespaces: default
      kustomize.config.k8s.io/id: |
        kind: ConfigMap
        name: p-x
        version: v1
      config.kubernetes.io/index: '0'
      internal.config.kubernetes.io/index: '0'
      internal.config.kubernetes.io/annotations-migration-resource-id: '0'
      internal.config.kubernetes.io/id: '1'
      config.k8s.io/id: '1'
    name: p-x
functionConfig:
  apiVersion: example.com/v1
  kind: Tr
  metadata:
    annotations:
      config.kubernetes.io/function: |
        exec: {path: ./fn, args: [a], envs: [E=1, F=0]}
      config.kubernetes.io/local-config: 'true'
    name: tr
  spec:
    a: 1.5
)");
}

TEST_F(FunctionTest, AnswerReplacesAddsAndRemoves) {
  answer_ =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: p-x}\ndata: {k: new}\n---\nkind: "
      "A\nmetadata: {name: added}\n";
  EXPECT_EQ(Build(kBoth),
            "apiVersion: v1\ndata:\n  k: new\nkind: ConfigMap\nmetadata:\n  name: p-x\n---\nkind: "
            "A\nmetadata:\n  name: added\n");
  answer_ =
      "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nresults: [{message: "
      "m}]\n";
  EXPECT_EQ(Build(kBoth), "");
  answer_ = "kind: A\nmetadata: {name: a}\n---\nkind: A\nmetadata: {name: a}\n";
  EXPECT_EQ(Build(kBoth),
            "error: plugin api: example.com/v1, kind: Tr, name: tr generated duplicate resource: "
            "{\"kind\":\"A\",\"name\":\"a\"}");
}

TEST_F(FunctionTest, GeneratorsAskForHashes) {
  answer_ =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: g, annotations: "
      "{kustomize.config.k8s.io/needs-hash: 'true'}}\ndata: {a: b}\n---\n"
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: h}\n";
  EXPECT_EQ(Build("generators: [f.yaml]\n"),
            "apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  name: "
            "p-g-4h2mbtbbt6\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  "
            "name: p-h\n");
}

TEST_F(FunctionTest, FailuresAndRefusals) {
  failure_ = "exit status 1";
  EXPECT_EQ(Build(kBoth), "error: couldn't execute function: exit status 1 ");
  EXPECT_EQ(Build("generators: [f.yaml]\n"), "error: couldn't execute function: exit status 1");
  const std::string container =
      "kind: F\nmetadata:\n  name: f\n  annotations: {config.kubernetes.io/function: '{container: "
      "{image: i}}'}\n";
  EXPECT_THAT(
      Build(kBoth, container),
      EndsWith("couldn't execute function: exec: \"docker\": executable file not found in $PATH "));
  const std::string mount =
      "kind: F\nmetadata:\n  name: f\n  annotations: {config.kubernetes.io/function: '{container: "
      "{image: i, mounts: [{src: ../x}]}}'}\n";
  EXPECT_THAT(Build(kBoth, mount),
              HasSubstr("mount paths must be under the current kustomization directory"));
  const std::string network =
      "kind: F\nmetadata:\n  name: f\n  annotations: {config.kubernetes.io/function: '{container: "
      "{image: i, network: true}}'}\n";
  EXPECT_THAT(Build(kBoth, network), HasSubstr("network required but not enabled with --network"));
  options_.enable_exec = false;
  EXPECT_EQ(Build(kBoth), kUnchanged);  // loaded, not run
  options_.enable_plugins = false;
  EXPECT_EQ(Build(kBoth), "error: external plugins disabled; unable to load external plugin 'Tr'");
}

}  // namespace
}  // namespace sluice::kustomize
