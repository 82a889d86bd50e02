// Whatever a store answers: no crash, no more objects than elements, linear time.
#include <cstdint>
#include <string_view>

#include "answers.h"
#include "base/status.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  using namespace sluice::bucket;
  for (const bool first : {false, true}) {
    if (const auto page = ParseS3Page(xml, first); page.ok())
      SLUICE_CHECK(page->objects.size() <= size);
  }
  if (const auto page = ParseAzurePage(xml); page.ok()) SLUICE_CHECK(page->objects.size() <= size);
  static_cast<void>(ParseStoreError(xml));
  static_cast<void>(ParseS3Location(xml));
  return 0;
}
