// Any bytes as a cached index: read within its bounds.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "helm/index_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto view = sluice::helm::IndexFileView::Open(bytes);
  if (!view.ok()) return 0;
  for (const std::string_view chart : {"a", "alpha", ""}) {
    for (const std::string_view version : {"", "1.0.0", ">=0"})
      static_cast<void>(view->Choose(chart, version).ok());
  }
  return 0;
}
