#include <cstdint>
#include <string>

#include "resolve.h"

namespace sluice::document {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

bool DecodeBase64(std::string_view text, std::string& out) {
  uint32_t bits = 0;
  int have = 0;
  size_t symbols = 0, padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const size_t digit = kAlphabet.find(c);
    if (digit == kAlphabet.npos || padding > 0) return false;
    ++symbols;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out += static_cast<char>(static_cast<unsigned char>(bits >> have));
    }
  }
  const size_t tail = symbols % 4;
  return tail != 1 && padding == (tail == 0 ? 0 : 4 - tail);
}

}  // namespace sluice::document
