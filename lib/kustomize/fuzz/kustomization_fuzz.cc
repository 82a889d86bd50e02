// The input is a kustomization file beside one resource, one base and one component. Builds twice
// give the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "io/file_tree.h"
#include "kustomize/build.h"

using namespace sluice;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tree = io::MakeMemoryTree(
      {{"kustomization.yaml", std::string(reinterpret_cast<const char*>(data), size)},
       {"r.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec: "
        "{replicas: 1, template: {spec: "
        "{containers: [{name: c, image: 'nginx:1', env: [{name: A, valueFrom: {configMapKeyRef: "
        "{name: c, key: k}}}]}]}}}\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, annotations: {a: b}}\ndata: {k: v, "
        "n: '1'}\n"},
       {"base/kustomization.yaml",
        "resources: [r.yaml]\nnamePrefix: b-\nconfigMapGenerator: [{name: g, literals: [a=b]}]\n"},
       {"base/r.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {app: web}, ports: "
        "[{port: 80}]}\n"},
       {"c/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonLabels: {c: d}\n"}});
  kustomize::BuildOptions options;
  options.reorder = kustomize::Reorder::kUnspecified;
  const auto built = kustomize::Build(*tree, "", options),
             again = kustomize::Build(*tree, "", options);
  SLUICE_CHECK(built.ok() == again.ok());
  if (built.ok()) SLUICE_CHECK(built->ToYaml() == again->ToYaml());
  return 0;
}
