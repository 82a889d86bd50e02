// The engine in process: overlays of one base that share its parsed files, and growth with the
// number of objects.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdlib>
#include <iostream>

#include "io/file_tree.h"
#include "kustomize/build.h"

namespace sluice::kustomize {
namespace {

constexpr char kDeployment[] = R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: webapp
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: webapp
        image: example/webapp:1.0
        ports:
        - containerPort: 8080
        env:
        - name: MODE
          value: base
        resources:
          requests: {cpu: 100m, memory: 64Mi}
)";
constexpr char kService[] = R"(apiVersion: v1
kind: Service
metadata:
  name: webapp
spec:
  ports:
  - port: 80
    targetPort: 8080
)";
constexpr char kPatch[] = R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: webapp
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: webapp
        env:
        - name: MODE
          value: prod
)";

std::map<std::string, std::string> Overlays(int count) {
  std::map<std::string, std::string> files = {
      {"base/kustomization.yaml",
       "resources: [deployment.yaml, service.yaml]\ncommonLabels: {version: v1.0.0}\n"},
      {"base/deployment.yaml", kDeployment},
      {"base/service.yaml", kService}};
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i), dir = "overlays/" + n + "/";
    files[dir + "kustomization.yaml"] =
        "resources: [../../base]\nnamespace: ns-" + n + "\ncommonLabels: {env: e" + n +
        "}\npatchesStrategicMerge: [patch.yaml]\nimages: [{name: example/webapp, newTag: '" + n +
        "'}]\n";
    files[dir + "patch.yaml"] = kPatch;
  }
  return files;
}

void BM_Overlays(benchmark::State& state) {
  constexpr int kOverlays = 1000;
  const auto tree = io::MakeMemoryTree(Overlays(kOverlays));
  BaseCache cache;
  BuildOptions options;
  options.cache = &cache;
  int i = 0;
  for (auto _ : state) {
    const auto built = Build(*tree, "overlays/" + std::to_string(i++ % kOverlays), options);
    if (!built.ok()) std::abort();
    benchmark::DoNotOptimize(built->ToYaml());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Overlays)->Unit(benchmark::kMicrosecond);

// One kustomization of N small objects, all prefixed and labelled, a third of them referring to
// another.
void BM_Objects(benchmark::State& state) {
  const auto count = static_cast<int>(state.range(0));
  std::map<std::string, std::string> files;
  std::string list = "namePrefix: p-\nlabels: [{pairs: {a: b}}]\nresources:\n";
  std::string text;
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    if (i % 3 == 0)
      text += "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c" + n + "}\ndata: {k: \"" +
              std::string(5800, 'x') + "\"}\n";
    if (i % 3 == 1)
      text += "---\napiVersion: v1\nkind: Service\nmetadata: {name: s" + n +
              "}\nspec: {ports: [{port: 80}]}\n";
    if (i % 3 == 2) {
      text += "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p" + n +
              "}\nspec: {containers: [{name: a, image: i, envFrom: "
              "[{configMapRef: {name: c" +
              std::to_string(i - 2) + "}}]}]}\n";
    }
    if (i + 1 < count && text.size() < (1 << 20)) continue;
    list += "- f" + n + ".yaml\n";
    files["f" + n + ".yaml"] = std::move(text);
    text.clear();
  }
  files["kustomization.yaml"] = list;
  const auto tree = io::MakeMemoryTree(std::move(files));
  size_t bytes = 0;
  for (auto _ : state) {
    const auto built = Build(*tree, "", {});
    if (!built.ok()) std::abort();
    bytes = built->ToYaml().size();
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["output_MB"] = static_cast<double>(bytes) / 1e6;
  state.counters["peak_rss_MB"] = static_cast<double>(usage.ru_maxrss) / 1024;
  state.counters["us_per_object"] =
      benchmark::Counter(static_cast<double>(count) * static_cast<double>(state.iterations()) / 1e6,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Objects)
    ->Arg(500)
    ->Arg(5000)
    ->Arg(20000)
    ->Arg(50000)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

}  // namespace
}  // namespace sluice::kustomize

BENCHMARK_MAIN();
