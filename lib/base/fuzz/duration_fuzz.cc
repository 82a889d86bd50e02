#include <cstdint>
#include <string_view>

#include "base/duration.h"

// What parses prints a text of the same length of time.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::base;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto d = ParseDuration(text);
  if (d.ok()) {
    const auto again = ParseDuration(FormatDuration(*d));
    SLUICE_CHECK(again.ok() && *again == *d);
  }
  return 0;
}
