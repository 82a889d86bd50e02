// asn1.Unmarshal of the structures that hold private keys, and what crypto/x509 asks of their
// fields.
#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "base/strings.h"
#include "der_reader.h"
#include "go_x509.h"
#include "key_numbers.h"

namespace sluice::gotemplate {
namespace {

using base::Cat;
using base::Result;
using base::Status;

enum class FieldKind : uint8_t { kInt, kBigInt, kBytes, kOid, kBits, kAny, kStruct, kList };

struct Field {
  FieldKind kind;
  std::string_view type;  // Go's name of the type
  bool optional = false;
  int explicit_tag = -1;
  std::span<const Field> fields = {};  // of a struct, or of the structs in a list
};

constexpr Field kInt{FieldKind::kInt, "int"}, kBig{FieldKind::kBigInt, ""},
    kOctets{FieldKind::kBytes, ""}, kOidField{FieldKind::kOid, "ObjectIdentifier"};
constexpr Field kOptionalBig{FieldKind::kBigInt, "", true};
constexpr std::array kPrime{kBig, kBig, kBig};
constexpr std::array kAlgorithm{kOidField, Field{FieldKind::kAny, "RawValue", true}};
constexpr std::array kPkcs1Fields{
    kInt, kBig,         kInt,         kBig,         kBig,
    kBig, kOptionalBig, kOptionalBig, kOptionalBig, Field{FieldKind::kList, "", true, -1, kPrime}};
constexpr std::array kEcFields{kInt, kOctets, Field{FieldKind::kOid, "ObjectIdentifier", true, 0},
                               Field{FieldKind::kBits, "BitString", true, 1}};
constexpr std::array kPkcs8Fields{
    kInt, Field{FieldKind::kStruct, "AlgorithmIdentifier", false, -1, kAlgorithm}, kOctets};
constexpr std::array kDsaFields{kInt, kBig, kBig, kBig, kBig, kBig};
constexpr Field kPkcs1{FieldKind::kStruct, "pkcs1PrivateKey", false, -1, kPkcs1Fields},
    kEc{FieldKind::kStruct, "ecPrivateKey", false, -1, kEcFields},
    kPkcs8{FieldKind::kStruct, "pkcs8", false, -1, kPkcs8Fields},
    kDsa{FieldKind::kStruct, "DSAKeyFormat", false, -1, kDsaFields};

Status Structure(std::string_view text) {
  return base::InvalidArgument(Cat("asn1: structure error: ", text));
}
Status Syntax(std::string_view text) {
  return base::InvalidArgument(Cat("asn1: syntax error: ", text));
}

uint8_t At(std::string_view s, size_t i) { return static_cast<uint8_t>(s[i]); }

struct Head {
  int kind = 0;  // class
  int tag = 0;
  size_t length = 0;
  bool compound = false;
};

std::string Shown(const Head& head) {
  return Cat("{class:", std::to_string(head.kind), " tag:", std::to_string(head.tag),
             " length:", std::to_string(head.length),
             " isCompound:", head.compound ? "true" : "false", "}");
}

// What was read, a leaf each in the order of the fields: absent optional ones are null.
using Leaves = std::vector<std::optional<std::string_view>>;

class Unmarshaller {
 public:
  explicit Unmarshaller(Leaves& leaves) : leaves_(leaves) {}

  // The offset behind the field.
  Result<size_t> Read(std::string_view bytes, size_t begin, const Field& field) {
    if (begin == bytes.size())
      return field.optional ? Absent(field, begin) : Result<size_t>(Syntax("sequence truncated"));
    size_t at = begin;
    SLUICE_TRY(Head head, ReadHead(bytes, at));
    if (field.explicit_tag >= 0) {
      if (at == bytes.size()) return Structure("explicit tag has no child");
      const bool matches =
          head.kind == 2 && head.tag == field.explicit_tag && (head.length == 0 || head.compound);
      if (!matches) return Absent(field, begin);
      if (head.length == 0) return Structure("zero length explicit tag was not an asn1.Flag");
      SLUICE_TRY(head, ReadHead(bytes, at));
    }
    const int wanted = TagOf(field.kind);
    const bool compound = field.kind == FieldKind::kStruct || field.kind == FieldKind::kList;
    if (field.kind != FieldKind::kAny &&
        (head.kind != 0 || head.tag != wanted || head.compound != compound)) {
      if (field.optional) return Absent(field, begin);
      return Structure(Cat("tags don't match (", std::to_string(wanted), " vs ", Shown(head),
                           ") {optional:false explicit:false application:false private:false "
                           "defaultValue:<nil> tag:<nil> stringType:0 timeType:0 "
                           "set:false omitEmpty:false} ",
                           field.type, " @", std::to_string(at)));
    }
    if (head.length > bytes.size() - at) return Syntax("data truncated");
    const std::string_view inner = bytes.substr(at, head.length);
    at += head.length;
    SLUICE_TRY(ReadContent(
        inner, field, field.kind == FieldKind::kAny ? bytes.substr(begin, at - begin) : inner));
    return at;
  }

 private:
  static int TagOf(FieldKind kind) {
    switch (kind) {
      case FieldKind::kInt:
      case FieldKind::kBigInt:
        return 2;
      case FieldKind::kBits:
        return 3;
      case FieldKind::kBytes:
        return 4;
      case FieldKind::kOid:
        return 6;
      default:
        return 16;
    }
  }

  Result<size_t> Absent(const Field& field, size_t offset) {
    if (field.kind != FieldKind::kList) leaves_.push_back(std::nullopt);
    return offset;
  }

  // `leaf` is what is kept of the field: its content, or of any value all of it.
  Status ReadContent(std::string_view inner, const Field& field, std::string_view leaf) {
    switch (field.kind) {
      case FieldKind::kInt:
      case FieldKind::kBigInt:
        SLUICE_TRY(CheckInteger(inner, field.kind == FieldKind::kInt));
        break;
      case FieldKind::kOid:
        SLUICE_TRY(CheckOid(inner));
        break;
      case FieldKind::kBits:
        SLUICE_TRY(CheckBits(inner));
        break;
      case FieldKind::kStruct:
        return ReadFields(inner, field.fields);
      case FieldKind::kList:
        return ReadList(inner, field.fields);
      default:
        break;
    }
    leaves_.push_back(leaf);
    return {};
  }

  Status ReadFields(std::string_view inner, std::span<const Field> fields) {
    size_t offset = 0;
    for (const Field& field : fields) {
      SLUICE_TRY(offset, Read(inner, offset, field));
    }
    return {};
  }

  Status ReadList(std::string_view inner, std::span<const Field> fields) {
    std::vector<std::string_view> items;
    for (size_t at = 0; at < inner.size();) {
      SLUICE_TRY(const Head head, ReadHead(inner, at));
      if (head.kind != 0 || !head.compound || head.tag != 16)
        return Structure("sequence tag mismatch");
      if (head.length > inner.size() - at) return Syntax("truncated sequence");
      items.push_back(inner.substr(at, head.length));
      at += head.length;
    }
    for (const std::string_view item : items) SLUICE_TRY(ReadFields(item, fields));
    return {};
  }

  static Status CheckInteger(std::string_view s, bool is_int) {
    if (s.empty()) return Structure("empty integer");
    if (s.size() > 1) {
      const bool high = (At(s, 1) & 0x80) != 0;
      if ((At(s, 0) == 0 && !high) || (At(s, 0) == 0xff && high))
        return Structure("integer not minimally-encoded");
    }
    return is_int && s.size() > 8 ? Structure("integer too large") : Status();
  }

  static Status CheckBits(std::string_view s) {
    if (s.empty()) return Syntax("zero length BIT STRING");
    const int padding = At(s, 0);
    if (padding > 7 || (s.size() == 1 && padding > 0) ||
        (At(s, s.size() - 1) & ((1 << padding) - 1)) != 0) {
      return Syntax("invalid padding bits in BIT STRING");
    }
    return {};
  }

  static Status CheckOid(std::string_view s) {
    if (s.empty()) return Syntax("zero length OBJECT IDENTIFIER");
    for (size_t at = 0; at < s.size();) {
      const auto arc = ReadBase128(s, at);
      if (!arc.ok()) return arc.status();
    }
    return {};
  }

  static Result<int64_t> ReadBase128(std::string_view s, size_t& at) {
    int64_t value = 0;
    for (int shifted = 0; at < s.size(); ++shifted) {
      if (shifted == 5) return Structure("base 128 integer too large");
      const uint8_t b = At(s, at);
      if (shifted == 0 && b == 0x80) return Syntax("integer is not minimally encoded");
      value = value << 7 | (b & 0x7f);
      ++at;
      if ((b & 0x80) != 0) continue;
      if (value > INT32_MAX) return Structure("base 128 integer too large");
      return value;
    }
    return Syntax("truncated base 128 integer");
  }

  static Result<Head> ReadHead(std::string_view s, size_t& at) {
    if (at >= s.size()) return base::InvalidArgument("asn1: internal error in parseTagAndLength");
    const uint8_t first = At(s, at++);
    Head head{.kind = first >> 6, .tag = first & 0x1f, .compound = (first & 0x20) != 0};
    if (head.tag == 0x1f) {
      SLUICE_TRY(const int64_t tag, ReadBase128(s, at));
      if (tag < 0x1f) return Syntax("non-minimal tag");
      head.tag = static_cast<int>(tag);
    }
    if (at >= s.size()) return Syntax("truncated tag or length");
    const uint8_t length = At(s, at++);
    head.length = length & 0x7f;
    if ((length & 0x80) == 0) return head;
    if (head.length == 0) return Syntax("indefinite length found (not DER)");
    size_t value = 0;
    for (size_t i = 0; i < head.length; ++i) {
      if (at >= s.size()) return Syntax("truncated tag or length");
      const uint8_t b = At(s, at++);
      if (value >= size_t{1} << 23) return Structure("length too large");
      value = value << 8 | b;
      if (value == 0) return Structure("superfluous leading zeros in length");
    }
    if (value < 0x80) return Structure("non-minimal length");
    head.length = value;
    return head;
  }

  Leaves& leaves_;
};

// The offset behind the structure.
Result<size_t> Unmarshal(std::string_view der, const Field& structure, Leaves& leaves) {
  leaves.clear();
  return Unmarshaller(leaves).Read(der, 0, structure);
}

bool Is(std::string_view der, const Field& structure) {
  Leaves leaves;
  return Unmarshal(der, structure, leaves).ok();
}

int64_t IntOf(std::string_view content) {
  uint64_t bits = (At(content, 0) & 0x80) != 0 ? ~uint64_t{0} : 0;
  for (size_t i = 0; i < content.size(); ++i) bits = bits << 8 | At(content, i);
  return static_cast<int64_t>(bits);
}

bool IsPositive(std::string_view integer) {
  return (At(integer, 0) & 0x80) == 0 && integer.find_first_not_of('\0') != integer.npos;
}

Status UseInstead(std::string_view function) {
  return base::InvalidArgument(
      Cat("x509: failed to parse private key (use ", function, " instead for this key format)"));
}

Status CheckEc(std::optional<std::string_view> named_curve, std::string_view der) {
  Leaves leaves;
  if (const auto read = Unmarshal(der, kEc, leaves); !read.ok()) {
    if (Is(der, kPkcs8)) return UseInstead("ParsePKCS8PrivateKey");
    if (Is(der, kPkcs1)) return UseInstead("ParsePKCS1PrivateKey");
    return read.status().Wrap("x509: failed to parse EC private key");
  }
  const int64_t version = IntOf(*leaves[0]);
  if (version != 1)
    return base::InvalidArgument(
        Cat("x509: unknown EC private key version ", std::to_string(version)));
  const size_t size = ScalarBytes(named_curve ? *named_curve : leaves[2].value_or(""));
  if (size == 0) return base::InvalidArgument("x509: unknown elliptic curve");
  std::string_view scalar = *leaves[1];
  for (; scalar.size() > size; scalar.remove_prefix(1)) {
    if (scalar[0] != 0) return base::InvalidArgument("x509: invalid private key length");
  }
  return {};
}

Status CheckCurve25519(std::string_view parameters, std::string_view key, std::string_view name) {
  if (!parameters.empty())
    return base::InvalidArgument(Cat("x509: invalid ", name, " private key parameters"));
  Leaves leaves;
  if (const auto read = Unmarshal(key, kOctets, leaves); !read.ok())
    return read.status().Wrap(Cat("x509: invalid ", name, " private key"));
  const size_t size = leaves[0]->size();
  if (size == 32) return {};
  return base::InvalidArgument(
      name == "X25519" ? "crypto/ecdh: invalid private key size"
                       : Cat("x509: invalid Ed25519 private key length: ", std::to_string(size)));
}

}  // namespace

size_t ScalarBytes(std::string_view oid) {
  const std::string text = der::OidText(oid);
  return text == "1.3.132.0.33"          ? 28
         : text == "1.2.840.10045.3.1.7" ? 32
         : text == "1.3.132.0.34"        ? 48
         : text == "1.3.132.0.35"        ? 66
                                         : 0;
}

Status CheckPkcs1Key(std::string_view der) {
  Leaves leaves;
  const auto read = Unmarshal(der, kPkcs1, leaves);
  if (!read.ok()) {
    if (Is(der, kEc)) return UseInstead("ParseECPrivateKey");
    if (Is(der, kPkcs8)) return UseInstead("ParsePKCS8PrivateKey");
    return read.status();
  }
  if (*read < der.size()) return Syntax("trailing data");
  if (IntOf(*leaves[0]) > 1) return base::InvalidArgument("x509: unsupported private key version");
  for (const size_t i : {1, 3, 4, 5, 6, 7, 8}) {
    if (leaves[i] && !IsPositive(*leaves[i]))
      return base::InvalidArgument("x509: private key contains zero or negative value");
  }
  for (size_t i = 9; i < leaves.size(); i += 3) {
    if (!IsPositive(*leaves[i]))
      return base::InvalidArgument("x509: private key contains zero or negative prime");
  }
  // more primes than two: an old kind of key, of which libcrypto knows more
  if (leaves.size() > 9) return {};
  if (IntOf(*leaves[2]) < 2)
    return base::InvalidArgument("crypto/rsa: public exponent too small or negative");
  return CheckRsaNumbers({*leaves[1], *leaves[2], *leaves[3], *leaves[4], *leaves[5], leaves[6],
                          leaves[7], leaves[8]});
}

Status CheckEcKey(std::string_view der) { return CheckEc(std::nullopt, der); }

Status CheckPkcs8Key(std::string_view der) {
  Leaves leaves;
  if (const auto read = Unmarshal(der, kPkcs8, leaves); !read.ok()) {
    if (Is(der, kEc)) return UseInstead("ParseECPrivateKey");
    if (Is(der, kPkcs1)) return UseInstead("ParsePKCS1PrivateKey");
    return read.status();
  }
  const std::string oid = der::OidText(*leaves[1]);
  const std::string_view parameters = leaves[2].value_or(""), key = *leaves[3];
  if (oid == "1.2.840.113549.1.1.1")
    return CheckPkcs1Key(key).Wrap("x509: failed to parse RSA private key embedded in PKCS#8");
  if (oid == "1.2.840.10045.2.1") {
    der::Reader reader(parameters);
    std::string_view curve;
    const bool named = reader.ReadOid(curve);
    return CheckEc(named ? std::optional(curve) : std::nullopt, key)
        .Wrap("x509: failed to parse EC private key embedded in PKCS#8");
  }
  if (oid == "1.3.101.110") return CheckCurve25519(parameters, key, "X25519");
  if (oid != "1.3.101.112")
    return base::InvalidArgument(
        Cat("x509: PKCS#8 wrapping contained private key with unknown algorithm: ", oid));
  return CheckCurve25519(parameters, key, "Ed25519");
}

Status CheckDsaKey(std::string_view der) {
  Leaves leaves;
  const auto read = Unmarshal(der, kDsa, leaves);
  return read.ok() ? Status() : read.status();
}

}  // namespace sluice::gotemplate
