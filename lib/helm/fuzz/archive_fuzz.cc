// Any bytes: a chart or an error; a chart can be packaged and read again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "helm/dependencies.h"
#include "helm/loader.h"
#include "helm/package.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::helm;
  const LoadOptions options{
      .max_chart_bytes = 1 << 20, .max_file_bytes = 1 << 18, .max_entries = 1000};
  auto chart = LoadArchive(std::string(reinterpret_cast<const char*>(data), size), options);
  if (!chart.ok()) return 0;
  const auto bytes = PackageChart(**chart);
  if (bytes.ok()) (void)LoadArchive(*bytes, options).ok();
  (void)ProcessDependencies(**chart, sluice::document::Value(), HelmVersion::kV4).ok();
  return 0;
}
