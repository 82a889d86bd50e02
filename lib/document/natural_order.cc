#include "decimal.h"
#include "document/yaml.h"
#include "document/yaml_emitter.h"

namespace sluice::document {
namespace {

bool IsDigit(uint32_t c) { return c >= '0' && c <= '9'; }

// unicode.IsLetter for what keys hold; beyond ASCII and Latin-1 nearly everything assigned below
// the symbols is one.
bool IsLetter(uint32_t c) {
  if (c < 0x80) return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
  if (c < 0x100)
    return c == 0xaa || c == 0xb5 || c == 0xba || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
  if (c < 0x2c2) return true;
  if (c >= 0x2000 && c <= 0x2070) return false;
  if (c >= 0x2190 && c < 0x2c00) return false;
  if (c >= 0x2e00 && c < 0x3005) return false;
  if (c >= 0xe000 && c < 0xf900) return false;
  if (c >= 0xfe00 && c < 0xfe70) return false;
  if (c >= 0xff00 && c < 0xff21) return false;
  if (c >= 0x1f000 && c < 0x20000) return false;
  return c != 0xfffd && c != 0xfeff;
}

// The run of digits from i on, as a number; `i` moves behind it.
int64_t ReadNumber(std::string_view s, size_t& i, int64_t start) {
  uint64_t n = static_cast<uint64_t>(start);
  for (; i < s.size() && IsDigit(static_cast<unsigned char>(s[i])); ++i)
    n = n * 10 + static_cast<uint64_t>(s[i] - '0');
  return static_cast<int64_t>(n);
}

bool Less(std::string_view a, std::string_view b, bool v3) {
  size_t i = 0;
  while (i < a.size() && i < b.size() && a[i] == b[i]) ++i;
  if (i == a.size() || i == b.size()) return a.size() < b.size();
  // to the start of the character
  while (i > 0 && (static_cast<unsigned char>(a[i]) & 0xc0) == 0x80) --i;
  const Rune ra = DecodeRune(a, i), rb = DecodeRune(b, i);
  const bool al = IsLetter(ra.code), bl = IsLetter(rb.code);
  if (al && bl) return ra.code < rb.code;
  if (al || bl) return v3 && i > 0 && IsDigit(static_cast<unsigned char>(a[i - 1])) ? al : bl;
  int64_t start = 0;
  if (ra.code == '0' || rb.code == '0') {
    for (size_t j = i; j > 0 && IsDigit(static_cast<unsigned char>(a[j - 1])); --j) {
      if (a[j - 1] != '0') {
        start = 1;
        break;
      }
    }
  }
  size_t ai = i, bi = i;
  const int64_t an = ReadNumber(a, ai, start), bn = ReadNumber(b, bi, start);
  if (an != bn) return an < bn;
  if (ai != bi) return ai < bi;
  return ra.code < rb.code;
}

}  // namespace

bool NaturalKeyLess(std::string_view a, std::string_view b) { return Less(a, b, false); }
bool NaturalKeyLess3(std::string_view a, std::string_view b) { return Less(a, b, true); }

}  // namespace sluice::document
