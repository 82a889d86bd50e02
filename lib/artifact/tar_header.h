// One tar entry's header as Flux writes it: USTAR, preceded by a PAX header where the name is long or not ASCII.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::artifact {

inline constexpr size_t kTarBlock = 512;

struct TarEntry {
  std::string_view name{};
  bool directory = false;
  bool executable = false;
  uint64_t size = 0;
};

// All header blocks of the entry. kInvalidArgument for a name that could leave the place it is unpacked in, or that is not a clean path.
base::Result<std::string> FormatTarHeader(const TarEntry& entry);

// "invalid" reasons shared by writer and reader; true for "a", "a/b.c".
bool IsCleanRelativePath(std::string_view path);

}  // namespace sluice::artifact
