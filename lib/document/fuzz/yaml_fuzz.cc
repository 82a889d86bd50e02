// Whatever can be read as YAML can be written and read again to the same data, by both generations
// of writers.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "document/json.h"
#include "document/yaml.h"

using namespace sluice::document;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Arena arena;
  const auto roots = ParseYaml(arena, text);
  if (!roots.ok()) return 0;
  for (Node* root : *roots) {
    (void)WriteYaml3(*root);
    if (!ExpandAliases(root).ok()) continue;
    Node* copy = root->Clone(arena);
    SLUICE_CHECK(DeepEqual(*root, *copy));
    std::string out;
    (void)AppendResourceYaml(out, *root);
    const auto value = ToValue(*root);
    if (!value.ok()) continue;
    std::string plain;
    if (!AppendYaml(plain, *value).ok()) continue;
    const auto again = ParseYamlToValue(plain);
    // U+0085 folds on the way, and JSON's text of a float may be an integer's: compare what is
    // written of both.
    if (again.ok()) SLUICE_CHECK(text.find('\x85') != text.npos || ToYaml(*again) == plain);
  }
  (void)ParseYamlToValue(text, {.duplicate_keys = DuplicateKeys::kError});
  return 0;
}
