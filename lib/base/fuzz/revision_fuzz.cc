#include <cstdint>
#include <string_view>

#include "base/revision.h"

// What parses prints a text that parses to the same revision.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sluice::base::Revision;
  const auto rev = Revision::Parse({reinterpret_cast<const char*>(data), size});
  if (!rev.ok()) return 0;
  const auto again = Revision::Parse(rev->ToString());
  SLUICE_CHECK(again.ok() && *again == *rev);
  return 0;
}
