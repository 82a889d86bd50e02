// The input, split at NUL bytes: an image selector's name, its new name, tag, suffix and digest,
// and the image it meets.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "document/json.h"
#include "io/file_tree.h"
#include "kustomize/build.h"

using namespace sluice;  // NOLINT(google-build-using-namespace)
using document::Value;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  std::array<std::string, 6> parts;
  for (std::string& part : parts) {
    const size_t cut = std::min(text.find('\0'), text.size());
    part = text.substr(0, cut);
    text.erase(0, cut + 1);
  }
  const Value image = Value::Object({{"name", parts[0]},
                                     {"newName", parts[1]},
                                     {"newTag", parts[2]},
                                     {"tagSuffix", parts[3]},
                                     {"digest", parts[4]}});
  const Value kustomization =
      Value::Object({{"resources", Value::Array({"r.yaml"})}, {"images", Value::Array({image})}});
  const Value pod = Value::Object(
      {{"apiVersion", "v1"},
       {"kind", "Pod"},
       {"metadata", Value::Object({{"name", "p"}})},
       {"spec", Value::Object({{"containers", Value::Array({Value::Object(
                                                  {{"name", "c"}, {"image", parts[5]}})})}})}});
  const auto tree = io::MakeMemoryTree(
      {{"kustomization.yaml", document::ToJson(kustomization)}, {"r.yaml", document::ToJson(pod)}});
  const auto built = kustomize::Build(*tree, "", {});
  if (built.ok()) (void)built->ToYaml();
  return 0;
}
