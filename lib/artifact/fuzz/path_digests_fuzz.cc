// Any bytes: no table, or one that answers and survives its own encoding.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "artifact/path_digests.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sluice::artifact::PathDigests;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto table = PathDigests::Decode(bytes);
  if (!table.ok()) return 0;
  const auto again = PathDigests::Decode(table->Encode());
  SLUICE_CHECK(again.ok() && *again == *table);
  SLUICE_CHECK(table->bytes() <= 4 * PathDigests::kDefaultBudget);
  static_cast<void>(table->Of("a/b/c"));
  static_cast<void>(table->Knows(bytes));
  return 0;
}
