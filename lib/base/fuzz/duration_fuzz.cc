#include <cstdint>
#include <string_view>

#include "base/duration.h"

// What parses prints a text of the same length of time; what the CRDs admit parses unless it is too
// long to hold.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::base;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto d = ParseDuration(text);
  if (d.ok()) {
    const auto again = ParseDuration(FormatDuration(*d));
    SLUICE_CHECK(again.ok() && *again == *d);
  } else if (IsCrdDuration(text)) {
    SLUICE_CHECK(size > 10);
  }
  return 0;
}
