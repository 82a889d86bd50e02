#include "random_text.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/strings.h"

namespace sluice::gotemplate {

std::string RandomBytes(Environment& environment, size_t n) {
  std::string out(n, '\0');
  environment.Random({reinterpret_cast<uint8_t*>(out.data()), n});
  return out;
}

std::string RandomText(Environment& environment, size_t n, std::string_view alphabet) {
  // Bytes past the last whole multiple of the alphabet would favour its front: they are thrown
  // away. An environment whose bytes are all of that kind must not keep us here.
  const size_t limit = 256 / alphabet.size() * alphabet.size();
  size_t rejections = 0;
  std::string out;
  out.reserve(n);
  std::array<uint8_t, 256> pool{};
  size_t left = 0;
  while (out.size() < n) {
    if (left == 0) {
      left = std::min(pool.size(), (n - out.size()) * 2);
      environment.Random(std::span(pool).first(left));
    }
    const uint8_t byte = pool[--left];
    if (byte >= limit && ++rejections < 1000 + 4 * n) continue;
    out += alphabet[byte % alphabet.size()];
  }
  return out;
}

std::string RandomUuid(Environment& environment) {
  std::string bytes = RandomBytes(environment, 16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  const std::string hex = base::HexEncode(bytes);
  const std::string_view h = hex;
  return base::Cat(h.substr(0, 8), "-", h.substr(8, 4), "-", h.substr(12, 4), "-", h.substr(16, 4),
                   "-", h.substr(20));
}

}  // namespace sluice::gotemplate
