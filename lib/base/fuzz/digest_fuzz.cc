#include <cstdint>
#include <string_view>

#include "base/digest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sluice::base::Digest;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto digest = Digest::Parse(text);
  if (digest.ok()) {
    const auto again = Digest::Parse(digest->ToString());
    SLUICE_CHECK(again.ok() && *again == *digest);
  }
  SLUICE_CHECK(Digest::Parse(Digest::Sha256(text).ToString()).ok());
  return 0;
}
