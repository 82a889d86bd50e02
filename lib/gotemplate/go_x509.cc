// x509.ParseCertificate step by step, in the order in which Go 1.26 comes upon faults.
#include "go_x509.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/encoding.h"
#include "base/strings.h"
#include "der.h"
#include "der_reader.h"
#include "go_url.h"
#include "gotemplate/value.h"
#include "key_numbers.h"

namespace sluice::gotemplate {
namespace {

using base::Cat;
using base::Status;
using der::Reader;

constexpr uint8_t kBoolean = 0x01, kConstructed = 0xa0, kContext = 0x80;
constexpr std::string_view kRsa("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"),
    kEcdsa("\x2a\x86\x48\xce\x3d\x02\x01"), kEd25519("\x2b\x65\x70"),
    kDsa("\x2a\x86\x48\xce\x38\x04\x01");
constexpr std::string_view kInfoAccess("\x2b\x06\x01\x05\x05\x07\x01\x01"),
    kExtensionArc("\x55\x1d");

Status Bad(std::string_view text) { return base::InvalidArgument(Cat("x509: ", text)); }

std::string Quoted(std::string_view text) {
  std::string out;
  AppendGoQuoted(out, text);
  return out;
}

bool IsAscii(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// ---- names

bool IsPrintable(char c) {
  constexpr std::string_view kOthers = " '()+,-./:=?*&";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != kOthers.npos;
}

bool IsBmp(std::string_view value) {
  if (value.size() % 2 != 0) return false;
  if (value.ends_with(std::string_view("\0\0", 2))) value.remove_suffix(2);
  for (; !value.empty(); value.remove_prefix(2)) {
    const int point =
        static_cast<unsigned char>(value[0]) << 8 | static_cast<unsigned char>(value[1]);
    if (point >= 0xfffe || (point >= 0xfdd0 && point <= 0xfdef) ||
        (point >= 0xd800 && point <= 0xdfff))
      return false;
  }
  return true;
}

Status CheckText(uint8_t tag, std::string_view value) {
  const auto fault = [](std::string_view what) {
    return Bad(Cat("invalid RDNSequence: invalid attribute value: ", what));
  };
  switch (tag) {
    case 20:
      return {};  // T61String
    case der::kPrintableString:
      return std::ranges::all_of(value, IsPrintable) ? Status() : fault("invalid PrintableString");
    case der::kUtf8String:
      return base::IsValidUtf8(value) ? Status() : fault("invalid UTF-8 string");
    case 30:
      return IsBmp(value) ? Status() : fault("invalid BMPString");
    case 22:
      return IsAscii(value) ? Status() : fault("invalid IA5String");
    case 18:
      return value.find_first_not_of("0123456789 ") == value.npos ? Status()
                                                                  : fault("invalid NumericString");
    default:
      return fault(Cat("unsupported string type: ", std::to_string(tag)));
  }
}

Status CheckName(std::string_view element) {
  Reader outer(element), name;
  if (!outer.Read(der::kSequence, name)) return Bad("invalid RDNSequence");
  while (!name.empty()) {
    Reader set;
    if (!name.Read(der::kSet, set)) return Bad("invalid RDNSequence");
    while (!set.empty()) {
      Reader attribute;
      std::string_view type, value;
      uint8_t tag = 0;
      if (!set.Read(der::kSequence, attribute))
        return Bad("invalid RDNSequence: invalid attribute");
      if (!attribute.ReadOid(type)) return Bad("invalid RDNSequence: invalid attribute type");
      if (!attribute.ReadAny(value, tag))
        return Bad("invalid RDNSequence: invalid attribute value");
      SLUICE_TRY(CheckText(tag, value));
    }
  }
  return {};
}

// ---- keys

struct Algorithm {
  std::string_view oid, parameters;  // the element
};

Status ReadAlgorithm(Reader from, Algorithm& out) {
  uint8_t tag = 0;
  if (!from.ReadOid(out.oid)) return Bad("malformed OID");
  if (!from.empty() && !from.ReadAnyElement(out.parameters, tag))
    return Bad("malformed parameters");
  return {};
}

bool IsPositive(std::string_view integer) {
  return (static_cast<unsigned char>(integer[0]) & 0x80) == 0 &&
         integer.find_first_not_of('\0') != integer.npos;
}

Status CheckRsaKey(const Algorithm& algorithm, std::string_view data) {
  if (algorithm.parameters != std::string_view("\x05\x00", 2))
    return Bad("RSA key missing NULL parameters");
  Reader outer(data), key;
  std::string_view modulus;
  int64_t exponent = 0;
  if (!outer.Read(der::kSequence, key)) return Bad("invalid RSA public key");
  if (!key.ReadInteger(modulus)) return Bad("invalid RSA modulus");
  if (!key.ReadInt64(exponent)) return Bad("invalid RSA public exponent");
  if (!IsPositive(modulus)) return Bad("RSA modulus is not a positive number");
  if (exponent <= 0) return Bad("RSA public exponent is not a positive number");
  return {};
}

Status CheckEcdsaKey(const Algorithm& algorithm, std::string_view data) {
  Reader parameters(algorithm.parameters);
  std::string_view curve;
  if (!parameters.ReadOid(curve)) return Bad("invalid ECDSA parameters");
  if (ScalarBytes(curve) == 0) return Bad("unsupported elliptic curve");
  if (!data.starts_with('\x04'))
    return base::InvalidArgument("ecdsa: invalid uncompressed public key");
  return CheckPoint(curve, data);
}

Status CheckDsaPublicKey(const Algorithm& algorithm, std::string_view data) {
  Reader key(data), outer(algorithm.parameters), parameters;
  std::string_view y, p, q, g;
  if (!key.ReadInteger(y)) return Bad("invalid DSA public key");
  if (!outer.Read(der::kSequence, parameters) || !parameters.ReadInteger(p) ||
      !parameters.ReadInteger(q) || !parameters.ReadInteger(g)) {
    return Bad("invalid DSA parameters");
  }
  const bool positive = IsPositive(y) && IsPositive(p) && IsPositive(q) && IsPositive(g);
  return positive ? Status() : Bad("zero or negative DSA parameter");
}

// The bytes of a bit string moved to its end, where bits are left over at its front.
std::string RightAligned(std::string_view bits, int padding) {
  std::string out(bits);
  if (padding == 0) return out;
  int carry = 0;
  for (char& c : out) {
    const int b = static_cast<unsigned char>(c);
    c = static_cast<char>(carry | b >> padding);
    carry = b << (8 - padding) & 0xff;
  }
  return out;
}

Status CheckPublicKey(std::string_view element) {
  Reader outer(element), info, algorithm_reader;
  if (!outer.Read(der::kSequence, info)) return Bad("malformed spki");
  if (!info.Read(der::kSequence, algorithm_reader))
    return Bad("malformed public key algorithm identifier");
  Algorithm algorithm;
  SLUICE_TRY(ReadAlgorithm(algorithm_reader, algorithm));
  std::string_view bits;
  int padding = 0;
  if (!info.ReadBits(bits, padding)) return Bad("malformed subjectPublicKey");
  const std::string data = RightAligned(bits, padding);
  if (algorithm.oid == kRsa) return CheckRsaKey(algorithm, data);
  if (algorithm.oid == kEcdsa) return CheckEcdsaKey(algorithm, data);
  if (algorithm.oid == kDsa) return CheckDsaPublicKey(algorithm, data);
  if (algorithm.oid == kEd25519) {
    if (!algorithm.parameters.empty()) return Bad("Ed25519 key encoded with illegal parameters");
    if (data.size() != 32) return Bad("wrong Ed25519 public key size");
  }
  return {};
}

// ---- extensions

struct Extension {
  std::string_view oid, value;
  bool critical = false;
};

bool IsDomain(std::string_view s, bool constraint) {
  if (s.empty()) return true;
  if (s.back() == '.') return false;
  if (constraint && s.front() == '.') s.remove_prefix(1);
  for (const std::string_view label : base::Split(s, ".")) {
    if (label.empty() || !std::ranges::all_of(label, [](char c) { return c >= 33 && c <= 126; }))
      return false;
  }
  return true;
}

Status CheckAlternativeUri(std::string_view text) {
  if (!IsAscii(text)) return Bad("SAN uniformResourceIdentifier is malformed");
  const auto url = internal::GoUrl::Parse(text);
  if (!url.ok()) return Bad(Cat("cannot parse URI ", Quoted(text), ": ", url.status().message()));
  if (!url->host.empty() && !IsDomain(url->host, false))
    return Bad(Cat("cannot parse URI ", Quoted(text), ": invalid domain"));
  return {};
}

Status CheckAlternativeNames(std::string_view value) {
  Reader outer(value), names;
  if (!outer.Read(der::kSequence, names)) return Bad("invalid subject alternative names");
  while (!names.empty()) {
    std::string_view name;
    uint8_t tag = 0;
    if (!names.ReadAny(name, tag)) return Bad("invalid subject alternative name");
    switch (tag ^ kContext) {
      case 1:
        if (!IsAscii(name)) return Bad("SAN rfc822Name is malformed");
        break;
      case 2:
        if (!IsAscii(name)) return Bad("SAN dNSName is malformed");
        break;
      case 6:
        SLUICE_TRY(CheckAlternativeUri(name));
        break;
      case 7:
        if (name.size() != 4 && name.size() != 16)
          return Bad(Cat("cannot parse IP address of length ", std::to_string(name.size())));
        break;
      default:
        break;
    }
  }
  return {};
}

Status CheckBasicConstraints(std::string_view value) {
  Reader outer(value), constraints;
  bool is_ca = false;
  int64_t length = 0;
  const Status bad = Bad("invalid basic constraints");
  if (!outer.Read(der::kSequence, constraints)) return bad;
  if (constraints.Peek(kBoolean) && !constraints.ReadBoolean(is_ca)) return bad;
  if (constraints.Peek(der::kInteger) && (!constraints.ReadInt64(length) || length < 0)) return bad;
  return {};
}

// A sequence of elements, each to be looked at by `check`.
template <class Check>
Status EachOf(std::string_view value, std::string_view fault, Check check) {
  Reader outer(value), list;
  if (!outer.Read(der::kSequence, list)) return Bad(fault);
  while (!list.empty()) SLUICE_TRY(check(list));
  return {};
}

Status CheckUsages(std::string_view value) {
  constexpr std::string_view kFault = "invalid extended key usages";
  return EachOf(value, kFault, [&](Reader& list) {
    std::string_view oid;
    return list.ReadOid(oid) ? Status() : Bad(kFault);
  });
}

// An OID of any length, whose arcs begin with no padding.
bool IsOid(std::string_view oid) {
  if (oid.empty() || (static_cast<unsigned char>(oid.back()) & 0x80) != 0) return false;
  bool begins = true;
  for (const char c : oid) {
    if (begins && c == '\x80') return false;
    begins = (static_cast<unsigned char>(c) & 0x80) == 0;
  }
  return true;
}

Status CheckPolicies(std::string_view value) {
  constexpr std::string_view kFault = "invalid certificate policies";
  std::set<std::string_view> seen;
  return EachOf(value, kFault, [&](Reader& list) {
    Reader policy;
    std::string_view oid;
    const bool good = list.Read(der::kSequence, policy) && policy.Read(der::kOid, oid) &&
                      seen.insert(oid).second && IsOid(oid);
    return good ? Status() : Bad(kFault);
  });
}

Status CheckMappings(std::string_view value) {
  constexpr std::string_view kFault = "invalid policy mappings extension";
  return EachOf(value, kFault, [&](Reader& list) {
    Reader mapping;
    std::string_view issuer, subject;
    const bool good = list.Read(der::kSequence, mapping) && mapping.Read(der::kOid, issuer) &&
                      mapping.Read(der::kOid, subject);
    return good ? Status() : Bad(kFault);
  });
}

Status CheckDistributionPoints(std::string_view value) {
  return EachOf(value, "invalid CRL distribution points", [&](Reader& list) {
    const Status bad = Bad("invalid CRL distribution point");
    Reader point, names;
    std::optional<std::string_view> name;
    if (!list.Read(der::kSequence, point) || !point.ReadOptional(kConstructed, name)) return bad;
    if (!name) return Status();
    Reader around(*name);
    if (!around.Read(kConstructed, names)) return bad;
    std::string_view uri;
    while (names.Peek(kContext | 6)) {
      if (!names.Read(kContext | 6, uri)) return bad;
    }
    return Status();
  });
}

Status CheckInfoAccess(const Extension& extension) {
  if (extension.critical) return Bad("authority info access incorrectly marked critical");
  constexpr std::string_view kFault = "invalid authority info access";
  return EachOf(extension.value, kFault, [&](Reader& list) {
    Reader access;
    std::string_view method, uri;
    if (!list.Read(der::kSequence, access) || !access.ReadOid(method)) return Bad(kFault);
    return !access.Peek(kContext | 6) || access.Read(kContext | 6, uri) ? Status() : Bad(kFault);
  });
}

Status CheckPolicyConstraints(std::string_view value) {
  Reader outer(value), constraints;
  const Status bad = Bad("invalid policy constraints extension");
  if (!outer.Read(der::kSequence, constraints)) return bad;
  int64_t number = 0;
  for (const uint8_t tag : {kContext, static_cast<uint8_t>(kContext | 1)}) {
    if (constraints.Peek(tag) && !constraints.ReadInt64(number, tag)) return bad;
  }
  return {};
}

Status CheckKeyIdentifiers(const Extension& extension, bool subject) {
  const std::string_view whose = subject ? "subject" : "authority";
  if (extension.critical) return Bad(Cat(whose, " key identifier incorrectly marked critical"));
  Reader outer(extension.value), identifier;
  std::string_view id;
  const bool good = subject ? outer.Read(der::kOctetString, id)
                            : outer.Read(der::kSequence, identifier) &&
                                  (!identifier.Peek(kContext) || identifier.Read(kContext, id));
  return good ? Status() : Bad(Cat("invalid ", whose, " key identifier"));
}

bool IsMask(std::string_view mask) {
  const size_t end = std::min(mask.find_first_not_of('\xff'), mask.size());
  if (end == mask.size()) return true;
  const auto b = static_cast<unsigned char>(mask[end]);
  const bool prefix = ((~b & 0xff) & ((~b & 0xff) + 1)) == 0;
  return prefix && mask.find_first_not_of('\0', end + 1) == mask.npos;
}

Status CheckConstraint(uint8_t tag, std::string_view value) {
  const int kind = tag ^ kContext;
  if ((kind == 1 || kind == 2 || kind == 6) && !IsAscii(value)) {
    return Bad(Cat("invalid constraint value: x509: ", Quoted(value),
                   " cannot be encoded as an IA5String"));
  }
  if (kind == 2 && !IsDomain(value, true))
    return Bad(Cat("failed to parse dnsName constraint ", Quoted(value)));
  if (kind == 1 && value.find('@') == value.npos && !IsDomain(value, true))
    return Bad(Cat("failed to parse rfc822Name constraint ", Quoted(value)));
  if (kind == 6 && !IsDomain(value, true))
    return Bad(Cat("failed to parse URI constraint ", Quoted(value)));
  if (kind != 7) return {};
  if (value.size() != 8 && value.size() != 32)
    return Bad(Cat("IP constraint contained value of length ", std::to_string(value.size())));
  const std::string_view mask = value.substr(value.size() / 2);
  return IsMask(mask) ? Status()
                      : Bad(Cat("IP constraint contained invalid mask ", base::HexEncode(mask)));
}

Status CheckNameConstraints(std::string_view value) {
  Reader outer(value), top;
  std::optional<std::string_view> permitted, excluded;
  const Status bad = Bad("invalid NameConstraints extension");
  if (!outer.Read(der::kSequence, top) || !outer.empty() ||
      !top.ReadOptional(kConstructed, permitted) || !top.ReadOptional(kConstructed | 1, excluded) ||
      !top.empty()) {
    return bad;
  }
  if (permitted.value_or("").empty() && excluded.value_or("").empty())
    return Bad("empty name constraints extension");
  for (const std::string_view subtrees : {permitted.value_or(""), excluded.value_or("")}) {
    for (Reader list(subtrees); !list.empty();) {
      Reader subtree;
      std::string_view base_name;
      uint8_t tag = 0;
      if (!list.Read(der::kSequence, subtree) || !subtree.ReadAny(base_name, tag)) return bad;
      SLUICE_TRY(CheckConstraint(tag, base_name));
    }
  }
  return {};
}

Status CheckExtension(const Extension& extension) {
  if (extension.oid == kInfoAccess) return CheckInfoAccess(extension);
  if (extension.oid.size() != 3 || !extension.oid.starts_with(kExtensionArc)) return {};
  std::string_view bytes;
  int padding = 0;
  int64_t number = 0;
  switch (extension.oid[2]) {
    case 14:
      return CheckKeyIdentifiers(extension, true);
    case 15:
      return Reader(extension.value).ReadBits(bytes, padding) ? Status() : Bad("invalid key usage");
    case 17:
      return CheckAlternativeNames(extension.value);
    case 19:
      return CheckBasicConstraints(extension.value);
    case 30:
      return CheckNameConstraints(extension.value);
    case 31:
      return CheckDistributionPoints(extension.value);
    case 32:
      return CheckPolicies(extension.value);
    case 33:
      return CheckMappings(extension.value);
    case 35:
      return CheckKeyIdentifiers(extension, false);
    case 36:
      return CheckPolicyConstraints(extension.value);
    case 37:
      return CheckUsages(extension.value);
    case 54:
      return Reader(extension.value).ReadInt64(number)
                 ? Status()
                 : Bad("invalid inhibit any policy extension");
    default:
      return {};
  }
}

Status CheckExtensions(std::string_view content) {
  Reader outer(content), list;
  if (!outer.Read(der::kSequence, list)) return Bad("malformed extensions");
  std::vector<Extension> all;
  std::set<std::string_view> seen;
  while (!list.empty()) {
    Reader one;
    Extension extension;
    if (!list.Read(der::kSequence, one)) return Bad("malformed extension");
    if (!one.ReadOid(extension.oid)) return Bad("malformed extension OID field");
    if (one.Peek(kBoolean) && !one.ReadBoolean(extension.critical))
      return Bad("malformed extension critical field");
    if (!one.Read(der::kOctetString, extension.value))
      return Bad("malformed extension value field");
    if (!seen.insert(extension.oid).second) {
      return Bad(Cat("certificate contains duplicate extension with OID ",
                     Quoted(der::OidText(extension.oid))));
    }
    all.push_back(extension);
  }
  for (const Extension& extension : all) SLUICE_TRY(CheckExtension(extension));
  return {};
}

// ---- the whole

Status CheckTimes(Reader validity) {
  for (int i = 0; i < 2; ++i) {
    const bool utc = validity.Peek(der::kUtcTime);
    if (!utc && !validity.Peek(der::kGeneralizedTime)) return Bad("unsupported time format");
    if (!validity.ReadTime(utc))
      return Bad(utc ? "malformed UTCTime" : "malformed GeneralizedTime");
  }
  return {};
}

Status CheckVersion(Reader& tbs, int64_t& version) {
  std::optional<std::string_view> field;
  if (!tbs.ReadOptional(kConstructed, field)) return Bad("malformed version");
  version = 0;
  if (field) {
    Reader inner(*field);
    if (!inner.ReadInt64(version) || !inner.empty() || version < 0) return Bad("malformed version");
  }
  return version > 2 ? Bad("invalid version") : Status();
}

Status CheckAlgorithms(Reader& tbs, Reader& certificate) {
  Reader inner, outer;
  if (!tbs.Read(der::kSequence, inner)) return Bad("malformed signature algorithm identifier");
  if (!certificate.Read(der::kSequence, outer)) return Bad("malformed algorithm identifier");
  if (inner.bytes() != outer.bytes())
    return Bad("inner and outer signature algorithm identifiers don't match");
  Algorithm algorithm;
  return ReadAlgorithm(inner, algorithm);
}

Status CheckTbs(Reader& tbs, Reader& certificate) {
  int64_t version = 0;
  SLUICE_TRY(CheckVersion(tbs, version));
  std::string_view serial, issuer, subject, key;
  if (!tbs.ReadInteger(serial)) return Bad("malformed serial number");
  if ((static_cast<unsigned char>(serial[0]) & 0x80) != 0) return Bad("negative serial number");
  SLUICE_TRY(CheckAlgorithms(tbs, certificate));
  if (!tbs.ReadElement(der::kSequence, issuer)) return Bad("malformed issuer");
  SLUICE_TRY(CheckName(issuer));
  Reader validity;
  if (!tbs.Read(der::kSequence, validity)) return Bad("malformed validity");
  SLUICE_TRY(CheckTimes(validity));
  if (!tbs.ReadElement(der::kSequence, subject)) return Bad("malformed issuer");
  SLUICE_TRY(CheckName(subject));
  if (!tbs.ReadElement(der::kSequence, key)) return Bad("malformed spki");
  SLUICE_TRY(CheckPublicKey(key));
  if (version == 0) return {};
  if (!tbs.SkipOptional(kContext | 1)) return Bad("malformed issuerUniqueID");
  if (!tbs.SkipOptional(kContext | 2)) return Bad("malformed subjectUniqueID");
  if (version == 1) return {};
  std::optional<std::string_view> extensions;
  if (!tbs.ReadOptional(kConstructed | 3, extensions)) return Bad("malformed extensions");
  return extensions ? CheckExtensions(*extensions) : Status();
}

}  // namespace

Status CheckX509(std::string_view bytes) {
  Reader input(bytes), certificate, tbs;
  if (!input.Read(der::kSequence, certificate)) return Bad("malformed certificate");
  if (!certificate.Read(der::kSequence, tbs)) return Bad("malformed tbs certificate");
  SLUICE_TRY(CheckTbs(tbs, certificate));
  std::string_view signature;
  int padding = 0;
  if (!certificate.ReadBits(signature, padding)) return Bad("malformed signature");
  return input.empty() ? Status() : Bad("trailing data");
}

}  // namespace sluice::gotemplate
