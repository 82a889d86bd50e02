// Exact decimal numbers for sprig's addf, subf, mulf and divf, which compute as
// shopspring/decimal 1.4 does: each operand is the shortest decimal text of a float64, sums and
// products are exact, a quotient has 16 places. Values; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::gotemplate::internal {

class BigDecimal {
 public:
  explicit BigDecimal(double d);  // REQUIRES: finite

  bool is_zero() const { return limbs_.empty(); }
  // Size in units of nine digits: time of an operation is at most its square.
  size_t size() const { return limbs_.size(); }

  BigDecimal operator-() const;
  friend BigDecimal operator+(const BigDecimal& a, const BigDecimal& b);
  friend BigDecimal operator*(const BigDecimal& a, const BigDecimal& b);
  // Rounded at 16 places, a half away from zero. REQUIRES: b is not zero
  friend BigDecimal operator/(const BigDecimal& a, const BigDecimal& b);

  double ToDouble() const;  // the nearest, ties to even; beyond the range ±Inf or ±0

 private:
  using Limbs = std::vector<uint32_t>;  // base 10⁹, least first, no zeros at the end
  BigDecimal() = default;
  static void Trim(Limbs& limbs);
  static Limbs Scaled(const Limbs& limbs, int64_t power);  // times 10^power
  static int Compare(const Limbs& a, const Limbs& b);
  static Limbs Sum(const Limbs& a, const Limbs& b);
  static Limbs Difference(const Limbs& a, const Limbs& b);  // REQUIRES: a ≥ b
  static Limbs Product(const Limbs& a, const Limbs& b);
  static Limbs Quotient(const Limbs& a, const Limbs& b, Limbs& remainder);

  Limbs limbs_;
  bool negative_ = false;
  int64_t exponent_ = 0;  // of ten
};

}  // namespace sluice::gotemplate::internal
