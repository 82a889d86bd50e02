#include "key_numbers.h"

#include <openssl/obj_mac.h>

#include "base/strings.h"
#include "go_x509.h"
#include "libcrypto.h"

namespace sluice::gotemplate {
namespace {

using base::Status;

Status Bad(std::string_view text) { return base::InvalidArgument(std::string(text)); }
Status BadRsa(std::string_view text) {
  return base::InvalidArgument(base::Cat("crypto/rsa: ", text));
}

const unsigned char* Bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

// Numbers of one check. Where libcrypto has no memory, all comparisons fail.
class Arithmetic {
 public:
  explicit Arithmetic(const LibCrypto& ssl)
      : ssl_(ssl), context_(ssl.BN_CTX_new(), ssl.BN_CTX_free) {}
  using Number = Owned<BIGNUM>;

  Number Of(std::string_view big_endian) const {
    return Number(ssl_.BN_bin2bn(Bytes(big_endian), static_cast<int>(big_endian.size()), nullptr),
                  ssl_.BN_free);
  }
  Number LessOne(const Number& a) const { return Less(a, Of("\x01")); }
  Number Less(const Number& a, const Number& b) const {
    Number out(ssl_.BN_new(), ssl_.BN_free);
    ssl_.BN_sub(out.get(), a.get(), b.get());
    return out;
  }
  Number Times(const Number& a, const Number& b, const Number& modulus) const {
    Number out(ssl_.BN_new(), ssl_.BN_free);
    ssl_.BN_mod_mul(out.get(), a.get(), b.get(), modulus.get(), context_.get());
    return out;
  }
  Number Modulo(const Number& a, const Number& modulus) const {
    Number out(ssl_.BN_new(), ssl_.BN_free);
    ssl_.BN_nnmod(out.get(), a.get(), modulus.get(), context_.get());
    return out;
  }
  int Compare(const Number& a, const Number& b) const { return ssl_.BN_cmp(a.get(), b.get()); }
  bool IsOne(const Number& a) const { return ssl_.BN_is_one(a.get()) == 1; }
  bool IsOdd(const Number& a) const { return ssl_.BN_is_odd(a.get()) == 1; }
  int Bits(const Number& a) const { return ssl_.BN_num_bits(a.get()); }

 private:
  const LibCrypto& ssl_;
  Owned<BN_CTX> context_;
};

using Number = Arithmetic::Number;

struct Key {
  Number n, e, d, p, q;
};

Status CheckPublic(const Arithmetic& a, const Key& key) {
  for (const Number* modulus : {&key.n, &key.p, &key.q}) {
    if (a.Bits(*modulus) < 2) return Bad("modulus must be > 1");
  }
  if (a.Compare(key.d, key.n) >= 0)
    return Bad(a.Bits(key.d) > a.Bits(key.n) ? "input overflows the modulus size"
                                             : "input overflows the modulus");
  if (!a.IsOdd(key.n)) return BadRsa("public modulus is even");
  if (a.Bits(key.e) < 2) return BadRsa("public exponent too small or negative");
  if (!a.IsOdd(key.e)) return BadRsa("public exponent is even");
  if (a.Bits(key.e) > 31) return BadRsa("public exponent too large");
  return {};
}

Status CheckPrimes(const Arithmetic& a, const Key& key) {
  if (a.Compare(key.p, key.n) >= 0 || a.Compare(key.q, key.n) >= 0) return BadRsa("invalid prime");
  return a.Bits(a.Times(key.p, key.q, key.n)) == 0 ? Status() : BadRsa("p * q != n");
}

Status CheckExponents(const Arithmetic& a, const Key& key, const Number& dp, const Number& dq) {
  const Number less_p = a.LessOne(key.p), less_q = a.LessOne(key.q);
  for (const auto& [d, less] : {std::pair(&dp, &less_p), std::pair(&dq, &less_q)}) {
    if (a.Bits(*less) < 2) return BadRsa("invalid prime");
    if (a.Compare(*d, *less) >= 0 || !a.IsOne(a.Times(key.e, *d, *less)))
      return BadRsa("invalid CRT exponent");
  }
  return {};
}

Status CheckDistances(const Arithmetic& a, const Key& key) {
  const int order = a.Compare(key.p, key.q);
  if (order == 0) return BadRsa("p == q");
  const Number difference = order > 0 ? a.Less(key.p, key.q) : a.Less(key.q, key.p);
  if (a.Bits(difference) <= a.Bits(key.n) / 2 - 100) return BadRsa("|p - q| too small");
  return a.Bits(key.d) <= a.Bits(key.n) / 2 ? BadRsa("d too small") : Status();
}

}  // namespace

Status CheckRsaNumbers(const RsaNumbers& numbers) {
  SLUICE_TRY(const LibCrypto* ssl, LoadLibCrypto());
  const Arithmetic a(*ssl);
  const Key key{a.Of(numbers.n), a.Of(numbers.e), a.Of(numbers.d), a.Of(numbers.p),
                a.Of(numbers.q)};
  const bool given = numbers.dp && numbers.dq && numbers.q_inverse;
  const Number inverse = a.Of(given ? *numbers.q_inverse : "");
  if (given && a.Bits(key.p) > 1 && a.Compare(inverse, key.p) >= 0) {
    return Bad(a.Bits(inverse) > a.Bits(key.p) ? "input overflows the modulus size"
                                               : "input overflows the modulus");
  }
  SLUICE_TRY(CheckPublic(a, key));
  if (!given && !a.IsOdd(key.p)) return BadRsa("p is even");
  SLUICE_TRY(CheckPrimes(a, key));
  const Number less_p = a.LessOne(key.p), less_q = a.LessOne(key.q);
  const Number own_p = a.Modulo(key.d, less_p), own_q = a.Modulo(key.d, less_q);
  const Number dp = given ? a.Of(*numbers.dp) : a.Modulo(key.d, less_p),
               dq = given ? a.Of(*numbers.dq) : a.Modulo(key.d, less_q);
  SLUICE_TRY(CheckExponents(a, key, dp, dq));
  if (given) {
    if (!a.IsOne(a.Times(key.q, inverse, key.p))) return BadRsa("invalid CRT coefficient");
    if (a.Compare(own_p, dp) != 0) return BadRsa("d does not match dP");
    if (a.Compare(own_q, dq) != 0) return BadRsa("d does not match dQ");
  }
  return CheckDistances(a, key);
}

Status CheckPoint(std::string_view curve, std::string_view point) {
  const size_t size = ScalarBytes(curve);
  const std::string name = size == 28 ? "P224" : size == 32 ? "P256" : size == 48 ? "P384" : "P521";
  if (point.size() != 1 + 2 * size) return Bad(base::Cat("invalid ", name, " point encoding"));
  SLUICE_TRY(const LibCrypto* ssl, LoadLibCrypto());
  const int id = size == 28   ? NID_secp224r1
                 : size == 32 ? NID_X9_62_prime256v1
                 : size == 48 ? NID_secp384r1
                              : NID_secp521r1;
  const Owned<EC_GROUP> group(ssl->EC_GROUP_new_by_curve_name(id), ssl->EC_GROUP_free);
  if (!group) return base::Internal("the curve is not known here");
  const Arithmetic a(*ssl);
  Number prime = a.Of("\x01");
  ssl->EC_GROUP_get_curve(group.get(), prime.get(), nullptr, nullptr, nullptr);
  for (const std::string_view coordinate : {point.substr(1, size), point.substr(1 + size)}) {
    if (a.Compare(a.Of(coordinate), prime) >= 0)
      return Bad(base::Cat("invalid ", name, size == 32 ? " element" : "Element", " encoding"));
  }
  const Owned<EC_POINT> made(ssl->EC_POINT_new(group.get()), ssl->EC_POINT_free);
  const bool good = made && ssl->EC_POINT_oct2point(group.get(), made.get(), Bytes(point),
                                                    point.size(), nullptr) == 1;
  ssl->ERR_clear_error();
  return good ? Status() : Bad(base::Cat(name, " point not on curve"));
}

}  // namespace sluice::gotemplate
