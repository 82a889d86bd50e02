#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "document/json.h"
#include "policy.h"

namespace sluice::sigstore {
namespace {

using document::Value;

constexpr size_t kMaxPayload = 1 << 20, kMaxRekorBundle = 1 << 20;

// The claim: which artifact the payload is about.
base::Status CheckClaim(std::string_view payload, std::string_view digest) {
  if (payload.size() > kMaxPayload)
    return base::ResourceExhausted("signature payload is larger than 1 MiB");
  SLUICE_TRY(const Value json, document::ParseJson(payload, {.max_depth = 32}));
  const std::string_view claimed =
      json.At({"critical", "image", "docker-manifest-digest"}).AsString();
  if (claimed == digest) return base::OkStatus();
  return base::PermissionDenied(
      base::Cat("invalid or missing digest in claim: ", base::TruncateUtf8(claimed, 256)));
}

base::Result<LogEntry> ParseRekorBundle(std::string_view text) {
  if (text.size() > kMaxRekorBundle) return base::ResourceExhausted("bundle is larger than 1 MiB");
  SLUICE_TRY(const Value json, document::ParseJson(text, {.max_depth = 16}));
  const Value& payload = json["Payload"];
  LogEntry entry;
  SLUICE_TRY(entry.set, base::Base64Decode(json["SignedEntryTimestamp"].AsString()));
  SLUICE_TRY(entry.body, base::Base64Decode(payload["body"].AsString()));
  SLUICE_TRY(entry.log_id, base::HexDecode(payload["logID"].AsString()));
  entry.integrated = payload["integratedTime"].AsInt();
  entry.index = payload["logIndex"].AsInt();
  if (entry.set.empty()) return base::InvalidArgument("bundle has no signed entry timestamp");
  return entry;
}

// The entry must be about this signature, this certificate and this payload: an entry of another
// one proves nothing.
base::Status CheckEntry(const LogEntry& entry, const SimpleSignature& s,
                        std::string_view raw_signature, const Certificate& leaf) {
  SLUICE_TRY(const LoggedSignature logged, ParseLogBody(entry.body));
  if (logged.kind != "hashedrekord" || logged.signatures.size() != 1)
    return base::PermissionDenied("unsupported type");
  if (logged.signatures[0].signature != raw_signature) {
    return base::PermissionDenied("signature in bundle does not match signature being verified");
  }
  if (!NamesCertificate(logged.signatures[0].key, leaf)) {
    return base::PermissionDenied(
        "comparing public key PEMs: bundle and signature name different certificates");
  }
  const std::string hash = base::Digest::Sha256(s.payload).hex();
  if (logged.payload_sha256 == hash) return base::OkStatus();
  return base::PermissionDenied(
      base::Cat("matching bundle to payload: bundle=",
                base::QuoteGo(base::TruncateUtf8(logged.payload_sha256, 128)),
                ", payload=", base::QuoteGo(hash)));
}

base::Status VerifyKeyless(const CosignPolicy::Impl& policy, const SimpleSignature& s,
                           std::string_view raw_signature) {
  if (s.certificate.empty()) return base::PermissionDenied("no certificate found on signature");
  SLUICE_TRY(const auto certificates, Certificate::ListFromPem(s.certificate));
  const Certificate& leaf = certificates.front();
  if (s.bundle.empty()) {
    return base::PermissionDenied(
        "signature has no transparency log bundle, and the log itself is not asked");
  }
  const auto checked = [&]() -> base::Result<LogEntry> {
    SLUICE_TRY(LogEntry entry, ParseRekorBundle(s.bundle));
    SLUICE_TRY(CheckEntry(entry, s, raw_signature, leaf));
    if (auto set = VerifySet(entry, policy.root->material().rekor); !set.ok())
      return std::move(set).Wrap("verifying bundle with trusted root");
    return entry;
  }();
  if (!checked.ok()) return checked.status().Wrap("error verifying bundle");
  SLUICE_TRY(CheckCertificate(policy, leaf, base::FromUnixSeconds(checked->integrated)));
  SLUICE_TRY(const PublicKey key, leaf.Key());
  return key.Verify(s.payload, raw_signature)
             ? base::OkStatus()
             : base::PermissionDenied("invalid signature when validating ASN.1 encoded signature");
}

}  // namespace

base::Status VerifySimpleSignature(const CosignPolicy& policy, const SimpleSignature& signature,
                                   std::string_view digest) {
  SLUICE_TRY(const std::string raw, base::Base64Decode(signature.signature));
  const CosignPolicy::Impl& impl = policy.impl();
  if (impl.key) {
    if (!impl.key->Verify(signature.payload, raw)) {
      return base::PermissionDenied("invalid signature when validating ASN.1 encoded signature");
    }
  } else {
    SLUICE_TRY(VerifyKeyless(impl, signature, raw));
  }
  return CheckClaim(signature.payload, digest);
}

}  // namespace sluice::sigstore
