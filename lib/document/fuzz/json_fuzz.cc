// The fast reader and the slow one accept the same texts and read the same data; what is written
// reads back the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "document/json.h"
#include "json_slow.h"

using namespace sluice::document;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto fast = ParseJson(text);
  const auto slow = ParseJsonSlowly(text, {});
  SLUICE_CHECK(fast.ok() == slow.ok());
  if (!fast.ok()) return 0;
  const std::string out = ToJson(*fast);
  SLUICE_CHECK(out == ToJson(*slow));
  const auto again = ParseJson(out);
  SLUICE_CHECK(again.ok());
  // Doubles with integral text come back as integers, so the second round is the one that must
  // stand still.
  const auto third = ParseJson(ToJson(*again));
  SLUICE_CHECK(third.ok() && *third == *again);
  return 0;
}
