#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "oci/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto m = sluice::oci::ParseManifest(text); m.ok()) {
    SLUICE_CHECK(m->layers.size() <= sluice::oci::kMaxLayers);
    for (const auto& layer : m->layers)
      SLUICE_CHECK(layer.digest.empty() || sluice::oci::CheckHash(layer.digest).ok());
  }
  static_cast<void>(sluice::oci::ParseIndex(text));
  static_cast<void>(sluice::oci::ParseManifest(text, sluice::oci::ManifestWords::kOras));
  return 0;
}
