// Parts of the input, split at NUL bytes, become a kustomization, a resource, a patch and a
// configuration file.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "io/file_tree.h"
#include "kustomize/build.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr const char* kNames[] = {"kustomization.yaml", "r.yaml", "patch.yaml", "config.yaml",
                                    "base/kustomization.yaml"};
  std::string text(reinterpret_cast<const char*>(data), size);
  std::map<std::string, std::string> files;
  for (const char* name : kNames) {
    const size_t end = text.find('\0');
    files[name] = text.substr(0, end);
    if (end == std::string::npos) break;
    text.erase(0, end + 1);
  }
  const auto tree = sluice::io::MakeMemoryTree(std::move(files));
  sluice::kustomize::BuildOptions options;
  options.reorder = sluice::kustomize::Reorder::kLegacy;
  const auto built = sluice::kustomize::Build(*tree, "", options);
  if (built.ok()) (void)built->ToYaml();
  return 0;
}
