// A layout, a NUL, a text: what parses is formatted and parsed again without harm; so is what a
// zone file may hold.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "go_time.h"

using namespace sluice::gotemplate;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = text.find('\0');
  const std::string_view layout = text.substr(0, end),
                         value = end == text.npos ? text : text.substr(end + 1);
  const auto read = Zone::FromTzif(text, "x");
  const std::shared_ptr<const Zone> zone = read.ok() ? *read : Zone::Utc();
  for (const int64_t seconds : {int64_t{0}, int64_t{1'700'000'000}, INT64_MIN, INT64_MAX}) {
    (void)FormatGoTime({seconds, 999'999'999, zone}, layout);
    (void)ToString({seconds, 0, zone});
  }
  const auto t = ParseGoTime(layout, value, zone);
  if (t.ok()) (void)ParseGoTime(layout, FormatGoTime(*t, layout), zone);
  return 0;
}
