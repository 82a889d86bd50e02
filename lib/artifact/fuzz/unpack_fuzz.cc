// Any bytes: unpacking ends with a tree whose every file can be read, or with an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "artifact/path_digests.h"
#include "artifact/unpack.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const sluice::artifact::UnpackLimits limits{.max_bytes = 1 << 20, .max_entries = 1000};
  const auto tree =
      sluice::artifact::UnpackTarGz({reinterpret_cast<const char*>(data), size}, limits);
  if (tree.ok()) SLUICE_CHECK(sluice::artifact::PathDigests::FromTree(**tree).ok());
  return 0;
}
