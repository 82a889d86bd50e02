// Any bytes as commit, tag and tree: a value or an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "objects.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(sluice::git::ParseCommit({}, bytes));
  static_cast<void>(sluice::git::ParseTag(bytes));
  static_cast<void>(sluice::git::ParseTree(bytes));
  return 0;
}
