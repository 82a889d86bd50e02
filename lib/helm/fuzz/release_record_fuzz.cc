#include <cstdlib>

#include "helm/release_record.h"

// What is read is written and read again without change.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::helm;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)DecodeRecord(text);
  const auto record = RecordFromJson(text);
  if (!record.ok()) return 0;
  const std::string json = RecordToJson(*record, HelmVersion::kV4);
  const auto again = RecordFromJson(json);
  if (!again.ok() || RecordToJson(*again, HelmVersion::kV4) != json) std::abort();
  return 0;
}
