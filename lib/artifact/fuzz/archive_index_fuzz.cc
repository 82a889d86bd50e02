// The index of a former archive from hostile bytes, behind a checksum that holds.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "archive_index.h"
#include "base/digest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes =
      "sluice-archive-index 1\n" + std::string(reinterpret_cast<const char*>(data), size);
  sluice::base::Hasher hasher;
  hasher.Update(bytes);
  bytes += hasher.FinishRaw();
  const auto index = sluice::artifact::ArchiveIndex::Parse(bytes);
  if (index.ok() && index->Serialize() != bytes) __builtin_trap();
  return 0;
}
