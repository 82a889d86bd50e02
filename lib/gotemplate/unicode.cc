#include "unicode.h"

#include <algorithm>
#include <span>

namespace sluice::gotemplate::internal {
namespace {

// Every stride-th code point of [low, high].
struct Range {
  uint32_t low, high;
  uint8_t stride;
};
struct CaseRange {
  uint32_t low, high;
  uint8_t stride;
  int32_t delta;
};

#include "unicode_tables.inc"

// The range that holds r; null where there is none.
template <class R>
const R* Find(std::span<const R> table, uint32_t r) {
  const auto it = std::ranges::upper_bound(table, r, {}, &R::low);
  if (it == table.begin()) return nullptr;
  const R& range = *(it - 1);
  return r <= range.high && (r - range.low) % range.stride == 0 ? &range : nullptr;
}

bool In(std::span<const Range> table, uint32_t r) { return Find(table, r) != nullptr; }

uint32_t Map(std::span<const CaseRange> table, uint32_t r) {
  const CaseRange* range = Find(table, r);
  return range == nullptr ? r : r + static_cast<uint32_t>(range->delta);
}

}  // namespace

bool IsLetter(uint32_t r) {
  if (r < 0x80) return (r | 0x20) >= 'a' && (r | 0x20) <= 'z';
  return In(kLetters, r);
}
bool IsUpper(uint32_t r) { return r < 0x80 ? r >= 'A' && r <= 'Z' : In(kUppers, r); }
bool IsLower(uint32_t r) { return r < 0x80 ? r >= 'a' && r <= 'z' : In(kLowers, r); }
bool IsTitle(uint32_t r) { return r >= 0x80 && In(kTitles, r); }
bool IsDigit(uint32_t r) { return r < 0x80 ? r >= '0' && r <= '9' : In(kDigits, r); }
bool IsNumber(uint32_t r) { return r < 0x80 ? r >= '0' && r <= '9' : In(kNumbers, r); }
bool IsPunct(uint32_t r) { return In(kPuncts, r); }

uint32_t ToUpper(uint32_t r) {
  if (r < 0x80) return r >= 'a' && r <= 'z' ? r - 32 : r;
  return Map(kToUpper, r);
}
uint32_t ToLower(uint32_t r) {
  if (r < 0x80) return r >= 'A' && r <= 'Z' ? r + 32 : r;
  return Map(kToLower, r);
}
uint32_t ToTitle(uint32_t r) {
  if (r < 0x80) return ToUpper(r);
  return Map(kToTitle, r);
}

}  // namespace sluice::gotemplate::internal
