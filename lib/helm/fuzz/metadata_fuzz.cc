// Any Chart.yaml: what validates can be written and read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "helm/metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::helm;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Metadata metadata;
  if (FromYaml(text, &metadata).ok() && metadata.Validate(HelmVersion::kV4).ok()) {
    Metadata again;
    SLUICE_CHECK(FromValue(ToValue(metadata), &again).ok());
    SLUICE_CHECK(ToValue(again) == ToValue(metadata));
  }
  std::optional<Lock> lock;
  if (FromYaml(text, &lock).ok() && lock) (void)ToValue(*lock);
  return 0;
}
