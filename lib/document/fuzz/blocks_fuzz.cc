// What the block scanner reads libyaml reads too, to the same tree at the same marks, by both
// generations' rules.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../block_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  SLUICE_CHECK(sluice::document::BlocksAgree(text).empty());
  return 0;
}
