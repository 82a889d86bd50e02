// Input: a JSON array [document, patch]. Each kind of patch either applies or says why; a failed
// JSON Patch leaves the document alone.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "document/json.h"
#include "document/patch.h"
#include "document/strategic_merge.h"

using namespace sluice::document;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto input = ParseJson({reinterpret_cast<const char*>(data), size});
  if (!input.ok() || input->size() < 2 || !input->is_array()) return 0;
  const Value &document = input->items()[0], &patch = input->items()[1];
  Value target = document;
  if (!ApplyJsonPatch(target, patch).ok()) SLUICE_CHECK(target == document);
  target = document;
  (void)ApplyStrategicMerge(target, patch);
  target = document;
  ApplyMergePatch(target, patch);
  const Value difference = MakeMergePatch(document, patch);
  (void)difference;
  (void)FindPointer(document, patch.AsString());
  return 0;
}
