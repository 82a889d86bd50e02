#include "big_decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::gotemplate::internal {
namespace {

constexpr uint32_t kBase = 1'000'000'000;
constexpr int kDigits = 9;
constexpr uint32_t kPowers[] = {1,       10,        100,        1000,       10'000,
                                100'000, 1'000'000, 10'000'000, 100'000'000};

}  // namespace

BigDecimal::BigDecimal(double d) {
  if (d == 0) return;
  std::array<char, 40> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), d, std::chars_format::scientific)
          .ptr;
  std::string_view text(buffer.data(), static_cast<size_t>(end - buffer.data()));  // -d.ddde±xx
  negative_ = text[0] == '-';
  if (negative_) text.remove_prefix(1);
  const size_t e = text.find('e');
  uint64_t mantissa = 0;
  for (const char c : text.substr(0, e)) {
    if (c != '.') mantissa = mantissa * 10 + static_cast<uint64_t>(c - '0');
  }
  int exponent = 0;
  const char* digits = text.data() + e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(digits, text.data() + text.size(), exponent);
  exponent_ = exponent - static_cast<int64_t>(e > 1 ? e - 2 : 0);
  for (; mantissa > 0; mantissa /= kBase) limbs_.push_back(static_cast<uint32_t>(mantissa % kBase));
}

void BigDecimal::Trim(Limbs& limbs) {
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
}

BigDecimal::Limbs BigDecimal::Scaled(const Limbs& limbs, int64_t power) {
  if (limbs.empty() || power <= 0) return limbs;
  Limbs out(static_cast<size_t>(power / kDigits), 0);
  const uint64_t factor = kPowers[power % kDigits];
  uint64_t carry = 0;
  for (const uint32_t limb : limbs) {
    carry += limb * factor;
    out.push_back(static_cast<uint32_t>(carry % kBase));
    carry /= kBase;
  }
  if (carry > 0) out.push_back(static_cast<uint32_t>(carry));
  return out;
}

int BigDecimal::Compare(const Limbs& a, const Limbs& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (size_t i = a.size(); i > 0; --i) {
    if (a[i - 1] != b[i - 1]) return a[i - 1] < b[i - 1] ? -1 : 1;
  }
  return 0;
}

BigDecimal::Limbs BigDecimal::Sum(const Limbs& a, const Limbs& b) {
  Limbs out;
  uint32_t carry = 0;
  for (size_t i = 0; i < std::max(a.size(), b.size()) || carry > 0; ++i) {
    const uint32_t sum = carry + (i < a.size() ? a[i] : 0) + (i < b.size() ? b[i] : 0);
    out.push_back(sum % kBase);
    carry = sum / kBase;
  }
  return out;
}

BigDecimal::Limbs BigDecimal::Difference(const Limbs& a, const Limbs& b) {
  Limbs out;
  uint32_t borrow = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const uint32_t take = borrow + (i < b.size() ? b[i] : 0);
    borrow = a[i] < take ? 1 : 0;
    out.push_back(a[i] + borrow * kBase - take);
  }
  Trim(out);
  return out;
}

BigDecimal::Limbs BigDecimal::Product(const Limbs& a, const Limbs& b) {
  Limbs out(a.size() + b.size(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < b.size() || carry > 0; ++j) {
      carry += out[i + j] + static_cast<uint64_t>(a[i]) * (j < b.size() ? b[j] : 0);
      out[i + j] = static_cast<uint32_t>(carry % kBase);
      carry /= kBase;
    }
  }
  Trim(out);
  return out;
}

// Limb by limb from the most significant; each digit of the quotient by halving, which is slow
// enough to be simple and fast enough for the few limbs of a float64.
BigDecimal::Limbs BigDecimal::Quotient(const Limbs& a, const Limbs& b, Limbs& remainder) {
  Limbs out(a.size(), 0);
  remainder.clear();
  for (size_t i = a.size(); i > 0; --i) {
    remainder.insert(remainder.begin(), a[i - 1]);
    Trim(remainder);
    uint32_t low = 0, high = kBase - 1;  // the largest digit with digit·b ≤ remainder
    while (low < high) {
      const uint32_t middle = low + (high - low + 1) / 2;
      if (Compare(Product(b, Limbs{middle}), remainder) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    out[i - 1] = low;
    if (low > 0) remainder = Difference(remainder, Product(b, Limbs{low}));
  }
  Trim(out);
  return out;
}

BigDecimal BigDecimal::operator-() const {
  BigDecimal out = *this;
  out.negative_ = !negative_ && !is_zero();
  return out;
}

BigDecimal operator+(const BigDecimal& a, const BigDecimal& b) {
  if (a.is_zero()) return b;
  if (b.is_zero()) return a;
  BigDecimal out;
  out.exponent_ = std::min(a.exponent_, b.exponent_);
  const auto left = BigDecimal::Scaled(a.limbs_, a.exponent_ - out.exponent_);
  const auto right = BigDecimal::Scaled(b.limbs_, b.exponent_ - out.exponent_);
  if (a.negative_ == b.negative_) {
    out.negative_ = a.negative_;
    out.limbs_ = BigDecimal::Sum(left, right);
  } else if (const int order = BigDecimal::Compare(left, right); order != 0) {
    out.negative_ = order > 0 ? a.negative_ : b.negative_;
    out.limbs_ =
        order > 0 ? BigDecimal::Difference(left, right) : BigDecimal::Difference(right, left);
  }
  return out;
}

BigDecimal operator*(const BigDecimal& a, const BigDecimal& b) {
  BigDecimal out;
  if (a.is_zero() || b.is_zero()) return out;
  out.limbs_ = BigDecimal::Product(a.limbs_, b.limbs_);
  out.negative_ = a.negative_ != b.negative_;
  out.exponent_ = a.exponent_ + b.exponent_;
  return out;
}

BigDecimal operator/(const BigDecimal& a, const BigDecimal& b) {
  constexpr int64_t kPlaces = 16;
  BigDecimal out;
  if (a.is_zero()) return out;
  const int64_t shift = a.exponent_ - b.exponent_ + kPlaces;
  const auto numerator = BigDecimal::Scaled(a.limbs_, shift);
  const auto denominator = BigDecimal::Scaled(b.limbs_, -shift);
  BigDecimal::Limbs remainder;
  out.limbs_ = BigDecimal::Quotient(numerator, denominator, remainder);
  if (BigDecimal::Compare(BigDecimal::Sum(remainder, remainder), denominator) >= 0) {
    out.limbs_ = BigDecimal::Sum(out.limbs_, BigDecimal::Limbs{1});
  }
  out.exponent_ = -kPlaces;
  out.negative_ = !out.limbs_.empty() && a.negative_ != b.negative_;
  return out;
}

double BigDecimal::ToDouble() const {
  if (is_zero()) return 0;
  std::string text = std::to_string(limbs_.back());
  for (size_t i = limbs_.size() - 1; i > 0; --i) {
    const std::string limb = std::to_string(limbs_[i - 1]);
    text.append(static_cast<size_t>(kDigits) - limb.size(), '0').append(limb);
  }
  const auto magnitude = static_cast<int64_t>(text.size()) + exponent_;
  text.append("e").append(std::to_string(exponent_));
  double d = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), d).ec ==
      std::errc::result_out_of_range) {
    d = magnitude > 0 ? std::numeric_limits<double>::infinity() : 0;
  }
  return negative_ ? -d : d;
}

}  // namespace sluice::gotemplate::internal
