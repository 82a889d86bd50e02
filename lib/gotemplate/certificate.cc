#include "certificate.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/encoding.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "der.h"
#include "document/value.h"
#include "go_time.h"
#include "go_x509.h"

namespace sluice::gotemplate {
namespace {

using base::Result;
using base::Status;

constexpr Type kCertificateType = {"sprig.certificate", Kind::kObject};

class CertificateObject : public Object {
 public:
  explicit CertificateObject(CertificatePair pair)
      : pair_(std::move(pair)),
        data_(document::Value::Object({{"Cert", pair_.certificate}, {"Key", pair_.key}})) {}
  const CertificatePair& pair() const { return pair_; }
  const Type& type() const override { return kCertificateType; }
  std::string GoString() const override {
    return base::Cat("{", pair_.certificate, " ", pair_.key, "}");
  }
  const document::Value* Data() const override { return &data_; }
  bool Field(Heap&, std::string_view name, Value& out) const override {
    if (name != "Cert" && name != "Key") return false;
    out = Value::String(name == "Cert" ? pair_.certificate : pair_.key);
    return true;
  }

 private:
  const CertificatePair pair_;
  const document::Value data_;
};

std::string Shown(const Value& value) {
  std::string out;
  AppendGoValue(out, value);
  return out;
}

// net.ParseIP as an iPAddress of a certificate: 4 or 16 bytes.
std::optional<std::string> IpBytes(const std::string& text) {
  std::array<char, 16> bytes{};
  if (text.find('\0') != text.npos) return std::nullopt;
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return std::string(bytes.data(), 4);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::nullopt;
  const std::string all(bytes.data(), bytes.size());
  const bool mapped = all.starts_with(std::string(10, '\0') + "\xff\xff");
  return mapped ? all.substr(12) : all;
}

// GeneralNames of the request: DNS names first, as Go writes them.
Result<std::string> AlternativeNames(const CertificateRequest& request) {
  std::string names, ips;
  if (request.ips != nullptr) {
    for (const Value& ip : request.ips->items()) {
      if (!ip.is_string())
        return base::InvalidArgument(
            base::Cat("error parsing ip: ", Shown(ip), " is not a string"));
      const auto bytes = IpBytes(std::string(ip.text()));
      if (!bytes) return base::InvalidArgument(base::Cat("error parsing ip: ", ip.text()));
      ips += der::Element(0x87, *bytes);
    }
  }
  if (request.dns_names != nullptr) {
    for (const Value& name : request.dns_names->items()) {
      if (!name.is_string())
        return base::InvalidArgument(
            base::Cat("error processing alternate dns name: ", Shown(name), " is not a string"));
      names += der::Element(0x82, name.text());
    }
  }
  return names + ips;
}

Status CheckAscii(const List* names) {
  if (names == nullptr) return {};
  for (const Value& name : names->items()) {
    if (std::ranges::all_of(name.text(),
                            [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
      continue;
    std::string quoted;
    AppendGoQuoted(quoted, name.text());
    return base::InvalidArgument(base::Cat("x509: ", quoted, " cannot be encoded as an IA5String"));
  }
  return {};
}

std::string Extension(std::string_view oid, bool critical, std::string_view value) {
  return der::Element(der::kSequence, {der::Oid(oid), critical ? der::Boolean(true) : "",
                                       der::Element(der::kOctetString, value)});
}

// The bits of subjectPublicKey in a SubjectPublicKeyInfo.
std::string_view KeyBits(std::string_view info) {
  std::string_view rest;
  const auto sequence = der::Content(info);
  if (!sequence || !der::Content(*sequence, &rest)) return {};
  const auto bits = der::Content(rest);
  return bits && !bits->empty() ? bits->substr(1) : std::string_view();
}

struct Issuer {
  std::string name, key_id;  // DER of the Name; "" = no identifier
};

std::string Extensions(const CertificateRequest& request, std::string_view subject,
                       const std::string& public_key, const Issuer& issuer,
                       const std::string& names) {
  constexpr std::string_view kKeyUsage("\x55\x1d\x0f"), kExtendedKeyUsage("\x55\x1d\x25"),
      kBasicConstraints("\x55\x1d\x13"), kSubjectKeyId("\x55\x1d\x0e"),
      kAuthorityKeyId("\x55\x1d\x23"), kAlternativeName("\x55\x1d\x11");
  // digitalSignature and keyEncipherment; of a CA certSign too.
  const std::string usage = der::Element(der::kBitString, request.is_ca ? "\x02\xa4" : "\x05\xa0");
  std::string out = Extension(kKeyUsage, true, usage);
  out += Extension(kExtendedKeyUsage, false,
                   der::Element(der::kSequence, {der::Oid("\x2b\x06\x01\x05\x05\x07\x03\x01"),
                                                 der::Oid("\x2b\x06\x01\x05\x05\x07\x03\x02")}));
  out += Extension(kBasicConstraints, true,
                   der::Element(der::kSequence, request.is_ca ? der::Boolean(true) : ""));
  if (request.is_ca) {
    out +=
        Extension(kSubjectKeyId, false,
                  der::Element(der::kOctetString, base::Sha256(KeyBits(public_key)).substr(0, 20)));
  }
  if (issuer.name != subject && !issuer.key_id.empty()) {
    out += Extension(kAuthorityKeyId, false,
                     der::Element(der::kSequence, der::Element(0x80, issuer.key_id)));
  }
  constexpr size_t kEmptyName = 2;
  if (!names.empty())
    out += Extension(kAlternativeName, subject.size() == kEmptyName,
                     der::Element(der::kSequence, names));
  return der::Element(0xa3, der::Element(der::kSequence, out));
}

std::string NameOf(std::string_view common_name) {
  if (common_name.empty()) return der::Element(der::kSequence, "");
  const std::string attribute =
      der::Element(der::kSequence, {der::Oid("\x55\x04\x03"), der::DirectoryString(common_name)});
  return der::Element(der::kSequence, der::Element(der::kSet, attribute));
}

Result<std::string> Validity(Environment& environment, int64_t days) {
  const GoTime from = GoTime::From(environment.Now(), Zone::Utc());
  constexpr uint64_t kDay = 24 * 3'600'000'000'000;
  const GoTime until =
      Add(from, base::Duration(static_cast<int64_t>(static_cast<uint64_t>(days) * kDay)));
  const auto first = der::Time(from), last = der::Time(until);
  if (!first || !last) return base::InvalidArgument("cannot represent time as GeneralizedTime");
  return der::Element(der::kSequence, {*first, *last});
}

std::string Serial(Environment& environment) {
  std::array<uint8_t, 16> bytes{};
  environment.Random(bytes);
  return der::Unsigned({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// What the certificate that signs says of itself.
struct Signer {
  Issuer issuer;
  PrivateKey key;
};

Result<Signer> ReadSigner(const CertificatePair& pair) {
  const auto block = der::DecodePem(pair.certificate);
  if (!block) return base::InvalidArgument("unable to decode certificate");
  SLUICE_TRY(CheckX509(block->bytes).Wrap("error parsing certificate: decodedSignerCert.Bytes"));
  SLUICE_TRY(const LibCrypto* ssl, LoadLibCrypto());
  const auto* at = reinterpret_cast<const unsigned char*>(block->bytes.data());
  const Owned<X509> certificate(ssl->d2i_X509(nullptr, &at, static_cast<long>(block->bytes.size())),
                                ssl->X509_free);
  if (!certificate) {
    ssl->ERR_clear_error();
    return base::InvalidArgument(
        "error parsing certificate: decodedSignerCert.Bytes: x509: malformed certificate");
  }
  SLUICE_TRY(PrivateKey key, PrivateKey::FromPem(pair.key).Wrap("error parsing private key"));
  const auto* name = ssl->X509_get_subject_name(certificate.get());
  unsigned char* der_name = nullptr;
  const int size = ssl->i2d_X509_NAME(name, &der_name);
  Issuer issuer;
  if (size > 0)
    issuer.name.assign(reinterpret_cast<const char*>(der_name), static_cast<size_t>(size));
  if (der_name != nullptr) ssl->CRYPTO_free(der_name, "", 0);
  if (const ASN1_OCTET_STRING* id = ssl->X509_get0_subject_key_id(certificate.get());
      id != nullptr) {
    issuer.key_id.assign(reinterpret_cast<const char*>(ssl->ASN1_STRING_get0_data(id)),
                         static_cast<size_t>(ssl->ASN1_STRING_length(id)));
  }
  const EVP_PKEY* const own = ssl->X509_get0_pubkey(certificate.get());
  const bool matches = own != nullptr && ssl->EVP_PKEY_eq(own, key.get()) == 1;
  ssl->ERR_clear_error();
  // Told after the request's own faults: an empty name marks it.
  if (!matches) issuer.name.clear();
  return Signer{std::move(issuer), std::move(key)};
}

Result<std::string> Assemble(Environment& environment, const CertificateRequest& request,
                             const PrivateKey& key, const PrivateKey& signing, const Issuer* issuer,
                             const std::string& names) {
  SLUICE_TRY(const std::string algorithm, signing.AlgorithmIdentifier());
  if (key.kind() == PrivateKey::Kind::kDsa)
    return base::InvalidArgument("x509: unsupported public key type: *dsa.PublicKey");
  if (key.kind() == PrivateKey::Kind::kX25519)
    return base::InvalidArgument("x509: unsupported public key type: *ecdh.PublicKey");
  if (issuer != nullptr && issuer->name.empty())
    return base::InvalidArgument("x509: provided PrivateKey doesn't match parent's PublicKey");
  SLUICE_TRY(CheckAscii(request.dns_names));
  const std::string subject = NameOf(request.common_name);
  const Issuer self{subject, ""};
  SLUICE_TRY(const std::string public_key, key.PublicKeyInfo());
  SLUICE_TRY(const std::string validity, Validity(environment, request.days));
  const std::string version = der::Element(0xa0, der::Unsigned("\x02"));
  const Issuer& from = issuer != nullptr ? *issuer : self;
  const std::string tbs = der::Element(
      der::kSequence, {version, Serial(environment), algorithm, from.name, validity, subject,
                       public_key, Extensions(request, subject, public_key, from, names)});
  SLUICE_TRY(const std::string signature, signing.Sign(tbs));
  return der::Element(der::kSequence, {tbs, algorithm, der::BitString(signature)});
}

}  // namespace

Result<CertificatePair> MakeCertificate(Environment& environment, const CertificateRequest& request,
                                        const PrivateKey& key, const CertificatePair* issuer) {
  std::optional<Signer> signer;
  if (issuer != nullptr) {
    SLUICE_TRY(Signer read, ReadSigner(*issuer));
    signer.emplace(std::move(read));
  }
  SLUICE_TRY(const std::string names, AlternativeNames(request));
  SLUICE_TRY(const std::string bytes,
             Assemble(environment, request, key, signer ? signer->key : key,
                      signer ? &signer->issuer : nullptr, names)
                 .Wrap("error creating certificate"));
  SLUICE_TRY(std::string key_pem, key.ToPem());
  return CertificatePair{der::EncodePem("CERTIFICATE", bytes), std::move(key_pem)};
}

Result<CertificatePair> CheckCertificate(std::string_view certificate_base64,
                                         std::string_view key_base64) {
  auto certificate = base::Base64Decode(certificate_base64);
  if (!certificate.ok()) return base::InvalidArgument("unable to decode base64 certificate");
  auto key = base::Base64Decode(key_base64);
  if (!key.ok()) return base::InvalidArgument("unable to decode base64 private key");
  const auto block = der::DecodePem(*certificate);
  if (!block) return base::InvalidArgument("unable to decode certificate");
  SLUICE_TRY(CheckX509(block->bytes).Wrap("error parsing certificate: decodedCert.Bytes"));
  SLUICE_TRY(PrivateKey::CheckPem(*key).Wrap("error parsing private key"));
  return CertificatePair{std::move(*certificate), std::move(*key)};
}

Value NewCertificate(Heap& heap, CertificatePair pair) {
  return Value::Of(heap.NewObject<CertificateObject>(std::move(pair)));
}

const CertificatePair* CertificateOf(const Value& value) {
  if (value.kind() != Kind::kObject || &value.object().type() != &kCertificateType) return nullptr;
  return &static_cast<const CertificateObject&>(value.object()).pair();
}

}  // namespace sluice::gotemplate
