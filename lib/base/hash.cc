#include "base/hash.h"

#include <array>
#include <cstring>

namespace sluice::base {
namespace {

__extension__ using Wide = unsigned __int128;

uint64_t Mix(uint64_t a, uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t Load(const char* p, size_t n) {
  uint64_t value = 0;
  std::memcpy(&value, p, n);
  return value;
}

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  return table;
}
constexpr auto kCrcTable = MakeCrcTable();

}  // namespace

uint64_t Fnv1a64(std::string_view bytes) {
  uint64_t h = 0xcbf29ce484222325;
  for (const char c : bytes) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return h;
}

uint64_t Hash64(std::string_view bytes, uint64_t seed) {
  constexpr uint64_t kA = 0xa0761d6478bd642f, kB = 0xe7037ed1a0b428db, kC = 0x8ebc6af09c88c6e3;
  uint64_t h = seed ^ kA;
  const char* p = bytes.data();
  size_t n = bytes.size();
  for (; n > 16; p += 16, n -= 16) h = Mix(Load(p, 8) ^ kB, Load(p + 8, 8) ^ h);
  const uint64_t lo = n > 0 ? Load(p, n < 8 ? n : 8) : 0;
  const uint64_t hi = n > 8 ? Load(p + 8, n - 8) : 0;
  h = Mix(lo ^ kC, hi ^ h);
  return Mix(h ^ kB, bytes.size() ^ kA);
}

uint32_t Crc32(std::string_view bytes, uint32_t crc) {
  crc = ~crc;
  for (const char c : bytes)
    crc = kCrcTable[(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

}  // namespace sluice::base
