#include <cstdlib>

#include "helm/manifests.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::helm;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const HelmVersion version : {HelmVersion::kV3, HelmVersion::kV4}) {
    const auto sorted =
        SortManifests(std::vector{RenderedFile{"c/templates/a.yaml", std::string(text)}},
                      KindOrder::kInstall, version);
    if (!sorted.ok()) continue;
    size_t bytes = 0;
    for (const Hook& hook : sorted->hooks) bytes += hook.manifest.size();
    for (const Manifest& manifest : sorted->manifests) bytes += manifest.content.size();
    if (bytes > text.size()) std::abort();
  }
  return 0;
}
