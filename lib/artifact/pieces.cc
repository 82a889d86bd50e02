#include "pieces.h"

namespace sluice::artifact {

// FNV-1a, its high bits folded down: part of the format, since it decides the bytes of every
// archive.
bool CutsBefore(std::string_view path) {
  uint64_t h = 0xcbf29ce484222325;
  for (const char c : path) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  return ((h >> 32 ^ h >> 17) & 63) == 0;
}

}  // namespace sluice::artifact
