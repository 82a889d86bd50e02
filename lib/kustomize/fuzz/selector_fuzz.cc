// The input, split at NUL bytes: a label selector, an expression for names, and a label's key and
// value. A selector that reads selects the same object every time; one that asks for a key's
// absence and its presence selects none.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "selector.h"

using namespace sluice;             // NOLINT(google-build-using-namespace)
using namespace sluice::kustomize;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  std::array<std::string, 4> parts;
  for (std::string& part : parts) {
    const size_t cut = std::min(text.find('\0'), text.size());
    part = text.substr(0, cut);
    text.erase(0, cut + 1);
  }
  document::Arena arena;
  Node* labels = arena.NewMapping();
  labels->Set(parts[2], std::string_view(parts[3]));
  if (const auto selector = LabelSelector::Parse(parts[0]); selector.ok()) {
    SLUICE_CHECK(selector->Matches(labels) == selector->Matches(labels));
    if (selector->empty()) SLUICE_CHECK(selector->Matches(labels) && selector->Matches(nullptr));
    if (const auto both = LabelSelector::Parse("x,!x," + parts[0]); both.ok())
      SLUICE_CHECK(!both->Matches(labels));
  }
  // "a)(b" closes the group that anchors it, and reads only so.
  const auto pattern = Pattern::Anchored(parts[1]), loose = Pattern::Unanchored(parts[1]);
  if (pattern.ok() && loose.ok() && pattern->Matches(parts[3]))
    SLUICE_CHECK(loose->Matches(parts[3]));
  return 0;
}
