#include "envelope.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/strings.h"
#include "cbor.h"
#include "document/json.h"

namespace sluice::sigstore {
namespace {

using document::Value;

constexpr size_t kMaxEnvelope = 8 << 20, kMaxChain = 20;
constexpr std::string_view kScheme = "io.cncf.notary.signingScheme",
                           kSigningTime = "io.cncf.notary.signingTime",
                           kAuthenticTime = "io.cncf.notary.authenticSigningTime",
                           kExpiry = "io.cncf.notary.expiry";
constexpr std::string_view kAuthorityScheme = "notary.x509.signingAuthority";
constexpr std::array<std::string_view, 4> kKnown{kScheme, kSigningTime, kAuthenticTime, kExpiry};

struct Algorithm {
  std::string_view jws;
  int64_t cose;
  bool rsa;
  Hash hash;
  int bits;  // of the key
};
constexpr std::array<Algorithm, 6> kAlgorithms{{{"PS256", -37, true, Hash::kSha256, 2048},
                                                {"PS384", -38, true, Hash::kSha384, 3072},
                                                {"PS512", -39, true, Hash::kSha512, 4096},
                                                {"ES256", -7, false, Hash::kSha256, 256},
                                                {"ES384", -35, false, Hash::kSha384, 384},
                                                {"ES512", -36, false, Hash::kSha512, 521}}};

base::Status Invalid(std::string_view why) {
  return base::PermissionDenied(base::Cat("signature envelope format is malformed. error: ", why));
}

base::Status CheckSignature(const Envelope& e, const Algorithm* algorithm, std::string_view text,
                            std::string_view signature) {
  if (algorithm == nullptr) return base::PermissionDenied("signature algorithm is not supported");
  SLUICE_TRY(const PublicKey key, e.chain.front().Key());
  // Each key has one algorithm: a weaker one is not the signer's choice.
  if (algorithm->rsa ? !key.is_rsa() : !key.is_ec() || key.bits() != algorithm->bits) {
    return base::PermissionDenied(
        "mismatch between signature algorithm and the certificate's public key");
  }
  if (algorithm->rsa && key.bits() != algorithm->bits)
    return base::PermissionDenied("mismatch between signature algorithm and key size");
  const bool good = algorithm->rsa ? key.Verify(text, signature, algorithm->hash, Padding::kPss)
                                   : key.VerifyRaw(text, signature, algorithm->hash);
  return good ? base::OkStatus()
              : base::PermissionDenied("signature is invalid. Error: verification error");
}

// What must be critical is, and what is critical must be known to someone.
base::Status CheckCritical(const std::vector<std::string>& critical, bool has_expiry, Envelope& e) {
  const auto has = [&](std::string_view name) {
    return std::ranges::find(critical, name) != critical.end();
  };
  if (!has(kScheme)) return Invalid("\"io.cncf.notary.signingScheme\" is not marked critical");
  if (e.scheme == kAuthorityScheme && !has(kAuthenticTime))
    return Invalid("\"io.cncf.notary.authenticSigningTime\" is not marked critical");
  if (has_expiry && !has(kExpiry))
    return Invalid("\"io.cncf.notary.expiry\" is not marked critical");
  for (const std::string& name : critical) {
    if (std::ranges::find(kKnown, name) == kKnown.end()) e.critical.push_back(name);
  }
  return base::OkStatus();
}

// Up to its root, as the specification has it: else nobody would see that the root has run out.
base::Status CheckChain(const Envelope& e) {
  if (e.chain.empty()) return Invalid("certificate chain is not present");
  if (e.chain.back().IsSelfIssued()) return base::OkStatus();
  return Invalid("certificate chain must end with a valid self-signed root certificate");
}

base::Status AddCertificate(std::string_view der, Envelope& e) {
  if (e.chain.size() >= kMaxChain)
    return base::ResourceExhausted("certificate chain is longer than 20");
  SLUICE_TRY(Certificate c, Certificate::FromDer(der));
  e.chain.push_back(std::move(c));
  return base::OkStatus();
}

base::Result<base::Time> TimeField(const Value& v) {
  auto t = base::ParseRfc3339(v.AsString());
  if (!t.ok()) return Invalid("a time is not in RFC 3339");
  return *t;
}

base::Result<Envelope> OpenJws(std::string_view bytes) {
  SLUICE_TRY(const Value json, document::ParseJson(bytes, {.max_depth = 16}));
  Envelope e;
  const std::string_view protected_text = json["protected"].AsString(),
                         payload_text = json["payload"].AsString();
  SLUICE_TRY(e.payload, base::Base64UrlDecode(payload_text));
  SLUICE_TRY(const std::string header_json, base::Base64UrlDecode(protected_text));
  SLUICE_TRY(const std::string signature, base::Base64UrlDecode(json["signature"].AsString()));
  SLUICE_TRY(const Value header, document::ParseJson(header_json, {.max_depth = 16}));
  const Value& chain = json.At({"header", "x5c"});
  for (const Value& c : chain.items()) {
    SLUICE_TRY(const std::string der, base::Base64Decode(c.AsString()));
    SLUICE_TRY(AddCertificate(der, e));
  }
  SLUICE_TRY(CheckChain(e));
  e.content_type = std::string(header["cty"].AsString());
  e.scheme = std::string(header[kScheme].AsString());
  SLUICE_TRY(e.signing_time,
             TimeField(header[e.scheme == kAuthorityScheme ? kAuthenticTime : kSigningTime]));
  if (const Value& expiry = header[kExpiry]; !expiry.is_null()) {
    SLUICE_TRY(e.expiry, TimeField(expiry));
  }
  std::vector<std::string> critical;
  const Value& crit = header["crit"];
  for (const Value& name : crit.items()) critical.emplace_back(name.AsString());
  SLUICE_TRY(CheckCritical(critical, e.expiry.has_value(), e));
  const auto* algorithm = std::ranges::find(kAlgorithms, header["alg"].AsString(), &Algorithm::jws);
  SLUICE_TRY(CheckSignature(e, algorithm == kAlgorithms.end() ? nullptr : algorithm,
                            base::Cat(protected_text, ".", payload_text), signature));
  return e;
}

// Tag 1 over seconds since the epoch.
base::Result<base::Time> CoseTime(const Cbor* v) {
  if (v == nullptr || v->kind != Cbor::Kind::kTag || v->number != 1 ||
      v->items[0].kind != Cbor::Kind::kInt)
    return Invalid("a time is missing or none");
  return base::FromUnixSeconds(v->items[0].number);
}

base::Result<Envelope> OpenCose(std::string_view bytes) {
  SLUICE_TRY(Cbor root, ParseCbor(bytes));
  if (root.kind == Cbor::Kind::kTag && root.number == 18) root = Cbor(root.items[0]);
  if (root.kind != Cbor::Kind::kArray || root.items.size() != 4)
    return Invalid("not a COSE_Sign1 message");
  const Cbor &protected_bytes = root.items[0], &open = root.items[1], &payload = root.items[2],
             &signature = root.items[3];
  if (protected_bytes.kind != Cbor::Kind::kBytes || payload.kind != Cbor::Kind::kBytes ||
      signature.kind != Cbor::Kind::kBytes) {
    return Invalid("not a COSE_Sign1 message");
  }
  SLUICE_TRY(const Cbor header, ParseCbor(protected_bytes.text));
  Envelope e;
  e.payload = payload.text;
  constexpr int64_t kAlg = 1, kCrit = 2, kContentType = 3, kX5Chain = 33;
  if (const Cbor* chain = open.Find(kX5Chain);
      chain != nullptr && chain->kind == Cbor::Kind::kBytes) {
    SLUICE_TRY(AddCertificate(chain->text, e));
  } else if (chain != nullptr) {
    for (const Cbor& c : chain->items) SLUICE_TRY(AddCertificate(c.text, e));
  }
  SLUICE_TRY(CheckChain(e));
  if (const Cbor* type = header.Find(kContentType)) e.content_type = type->text;
  if (const Cbor* scheme = header.Find(kScheme)) e.scheme = scheme->text;
  SLUICE_TRY(e.signing_time,
             CoseTime(header.Find(e.scheme == kAuthorityScheme ? kAuthenticTime : kSigningTime)));
  if (const Cbor* expiry = header.Find(kExpiry)) {
    SLUICE_TRY(e.expiry, CoseTime(expiry));
  }
  std::vector<std::string> critical;
  if (const Cbor* crit = header.Find(kCrit)) {
    for (const Cbor& name : crit->items) {
      if (name.kind == Cbor::Kind::kText) critical.push_back(name.text);
    }
  }
  SLUICE_TRY(CheckCritical(critical, e.expiry.has_value(), e));
  const Cbor* alg = header.Find(kAlg);
  const auto* algorithm = alg == nullptr
                              ? kAlgorithms.end()
                              : std::ranges::find(kAlgorithms, alg->number, &Algorithm::cose);
  // Sig_structure: ["Signature1", protected, external data, payload]
  const std::string text = base::Cat("\x84\x6aSignature1", CborBytes(protected_bytes.text),
                                     CborBytes(""), CborBytes(payload.text));
  SLUICE_TRY(CheckSignature(e, algorithm == kAlgorithms.end() ? nullptr : algorithm, text,
                            signature.text));
  return e;
}

}  // namespace

base::Result<Envelope> OpenEnvelope(std::string_view media_type, std::string_view bytes) {
  if (bytes.size() > kMaxEnvelope)
    return base::ResourceExhausted("signature envelope is larger than 8 MiB");
  if (media_type == "application/jose+json") return OpenJws(bytes);
  if (media_type == "application/cose") return OpenCose(bytes);
  return base::InvalidArgument(base::Cat("signature envelope format with media type ",
                                         base::QuoteGo(base::TruncateUtf8(media_type, 128)),
                                         " is not supported"));
}

}  // namespace sluice::sigstore
