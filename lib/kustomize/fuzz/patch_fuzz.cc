// The input, split at a NUL byte: a resource file and a patch, which is applied by name, by target
// and as the deprecated field.
#include <cstddef>
#include <cstdint>
#include <string>

#include "io/file_tree.h"
#include "kustomize/build.h"

using namespace sluice;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const size_t cut = text.find('\0');
  if (cut == text.npos) return 0;
  for (const char* kustomization :
       {"resources: [r.yaml]\npatches: [{path: p.yaml}]\n",
        "resources: [r.yaml]\npatches: [{path: p.yaml, target: {name: .*}}]\n",
        "resources: [r.yaml]\npatchesStrategicMerge: [p.yaml]\n",
        "resources: [r.yaml]\npatches: [{path: p.yaml, target: {}, options: {allowNameChange: "
        "true, allowKindChange: true}}]\n"}) {
    const auto tree = io::MakeMemoryTree({{"kustomization.yaml", kustomization},
                                          {"r.yaml", text.substr(0, cut)},
                                          {"p.yaml", text.substr(cut + 1)}});
    const auto built = kustomize::Build(*tree, "", {});
    if (built.ok()) (void)built->ToYaml();
  }
  return 0;
}
