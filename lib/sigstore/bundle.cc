#include <algorithm>

#include "base/encoding.h"
#include "base/strings.h"
#include "document/json.h"
#include "policy.h"
#include "timestamp.h"

namespace sluice::sigstore {
namespace {

using document::Value;

constexpr size_t kMaxBundle = 8 << 20, kMaxEntries = 32, kMaxTimestamps = 32, kMaxSubjects = 1024,
                 kMaxHashes = 64;
constexpr std::string_view kInToto = "application/vnd.in-toto+json";

struct Bundle {
  std::string payload_type, payload, signature;
  std::optional<Certificate> leaf;
  std::vector<LogEntry> entries;
  std::vector<std::string> timestamps;  // RFC 3161 responses, DER
};

// int64 of protobuf's JSON: a string, or a number.
base::Result<int64_t> Int64(const Value& v) {
  if (v.is_null()) return int64_t{0};
  if (v.is_number()) return v.AsInt();
  const auto n = base::ParseInt64(v.AsString());
  if (!n) return base::InvalidArgument("invalid value for int64 field");
  return *n;
}
base::Result<std::string> Bytes(const Value& v) { return base::Base64Decode(v.AsString()); }

base::Result<InclusionProof> ReadProof(const Value& v) {
  InclusionProof out;
  SLUICE_TRY(const int64_t index, Int64(v["logIndex"]));
  SLUICE_TRY(const int64_t size, Int64(v["treeSize"]));
  if (index < 0 || size <= 0 || v["hashes"].size() > kMaxHashes)
    return base::InvalidArgument("malformed inclusion proof");
  out.index = static_cast<uint64_t>(index);
  out.tree_size = static_cast<uint64_t>(size);
  SLUICE_TRY(out.root, Bytes(v["rootHash"]));
  const Value& hashes = v["hashes"];
  for (const Value& h : hashes.items()) {
    SLUICE_TRY(std::string hash, Bytes(h));
    out.hashes.push_back(std::move(hash));
  }
  out.checkpoint = std::string(v.At({"checkpoint", "envelope"}).AsString());
  return out;
}

base::Result<LogEntry> ReadEntry(const Value& v) {
  LogEntry out;
  SLUICE_TRY(out.body, Bytes(v["canonicalizedBody"]));
  SLUICE_TRY(out.log_id, Bytes(v.At({"logId", "keyId"})));
  SLUICE_TRY(out.index, Int64(v["logIndex"]));
  SLUICE_TRY(out.integrated, Int64(v["integratedTime"]));
  SLUICE_TRY(out.set, Bytes(v.At({"inclusionPromise", "signedEntryTimestamp"})));
  if (const Value& proof = v["inclusionProof"]; proof.is_object()) {
    SLUICE_TRY(out.proof, ReadProof(proof));
  }
  return out;
}

base::Status ReadMaterial(const Value& material, Bundle& out) {
  const Value* raw = &material.At({"certificate", "rawBytes"});
  const Value& chain = material.At({"x509CertificateChain", "certificates"});
  if (raw->is_null() && !chain.empty()) raw = &chain.items().front()["rawBytes"];
  if (raw->is_string()) {
    SLUICE_TRY(const std::string der, Bytes(*raw));
    SLUICE_TRY(out.leaf, Certificate::FromDer(der));
  }
  const Value& entries = material["tlogEntries"];
  if (entries.size() > kMaxEntries) {
    return base::ResourceExhausted(
        base::Cat("too many tlog entries: ", std::to_string(entries.size()), " > 32"));
  }
  for (const Value& e : entries.items()) {
    SLUICE_TRY(LogEntry entry, ReadEntry(e));
    const bool twice = std::ranges::any_of(out.entries, [&](const LogEntry& other) {
      return other.log_id == entry.log_id && other.index == entry.index;
    });
    if (twice) return base::PermissionDenied("duplicate tlog entries found");
    out.entries.push_back(std::move(entry));
  }
  const Value& stamps = material.At({"timestampVerificationData", "rfc3161Timestamps"});
  if (stamps.size() > kMaxTimestamps) {
    return base::ResourceExhausted(
        base::Cat("too many signed timestamps: ", std::to_string(stamps.size()), " > 32"));
  }
  for (const Value& s : stamps.items()) {
    SLUICE_TRY(std::string response, Bytes(s["signedTimestamp"]));
    out.timestamps.push_back(std::move(response));
  }
  return base::OkStatus();
}

base::Result<Bundle> ParseBundle(std::string_view text) {
  if (text.size() > kMaxBundle) return base::ResourceExhausted("bundle is larger than 8 MiB");
  SLUICE_TRY(const Value json, document::ParseJson(text, {.max_depth = 32}));
  if (!json["mediaType"].AsString().starts_with(kBundlePrefix))
    return base::InvalidArgument("unsupported bundle media type");
  const Value& envelope = json["dsseEnvelope"];
  if (!envelope.is_object())
    return base::InvalidArgument("bundle does not contain a DSSE envelope");
  Bundle out;
  SLUICE_TRY(out.payload, Bytes(envelope["payload"]));
  out.payload_type = std::string(envelope["payloadType"].AsString());
  const Value& signatures = envelope["signatures"];
  if (signatures.size() != 1) return base::InvalidArgument("exactly one signature is required");
  SLUICE_TRY(out.signature, Bytes(signatures.items().front()["sig"]));
  SLUICE_TRY(ReadMaterial(json["verificationMaterial"], out));
  return out;
}

// What a DSSE signature is over.
std::string PreAuthEncoding(const Bundle& b) {
  return base::Cat("DSSEv1 ", std::to_string(b.payload_type.size()), " ", b.payload_type, " ",
                   std::to_string(b.payload.size()), " ", b.payload);
}

base::Status CheckEntry(const LogEntry& entry, const Bundle& bundle) {
  SLUICE_TRY(const LoggedSignature logged, ParseLogBody(entry.body));
  const auto matches = [&](const LoggedSignature::One& one) {
    return one.signature == bundle.signature;
  };
  const auto one = std::ranges::find_if(logged.signatures, matches);
  if (one == logged.signatures.end())
    return base::PermissionDenied("transparency log signature does not match");
  if (!NamesCertificate(one->key, *bundle.leaf))
    return base::PermissionDenied("transparency log certificate does not match");
  if (entry.integrated != 0 && !bundle.leaf->ValidAt(base::FromUnixSeconds(entry.integrated))) {
    return base::PermissionDenied("integrated time outside certificate validity");
  }
  return base::OkStatus();
}

// The times that the log vouches for.
base::Result<std::vector<base::Time>> VerifyEntries(const TrustedMaterial& material,
                                                    const Bundle& bundle) {
  std::vector<base::Time> times;
  size_t good = 0;
  base::Status why =
      base::PermissionDenied("not enough verified log entries from transparency log: 0 < 1");
  for (const LogEntry& entry : bundle.entries) {
    if (const auto in_log = VerifyInLog(entry, material.rekor); !in_log.ok()) {
      if (entry.proof && entry.set.empty()) return in_log;
      continue;  // of a log that is not trusted
    }
    SLUICE_TRY(CheckEntry(entry, bundle));
    ++good;
    if (!entry.set.empty()) times.push_back(base::FromUnixSeconds(entry.integrated));
  }
  if (good == 0) return why;
  return times;
}

// When the signature was there by the word of timestamp authorities: what counts where the log
// itself tells no time (Rekor 2).
base::Result<std::vector<base::Time>> VerifyTimestamps(const TrustedMaterial& material,
                                                       const Bundle& bundle) {
  std::vector<base::Time> times;
  base::Status why = base::PermissionDenied("the bundle has none");
  for (const std::string& stamp : bundle.timestamps) {
    const auto at = VerifyTimestamp(stamp, bundle.signature, material.timestamps);
    if (at.ok()) times.push_back(*at);
    if (!at.ok()) why = at.status();
  }
  if (times.empty())
    return std::move(why).Wrap("threshold not met for verified signed timestamps: 0 < 1; error");
  return times;
}

base::Status VerifyKeylessBundle(const CosignPolicy::Impl& policy, const Bundle& bundle) {
  if (!bundle.leaf)
    return base::PermissionDenied(
        "SCTs required but bundle is signed with a public key, which cannot contain SCTs");
  auto times = VerifyEntries(policy.root->material(), bundle);
  if (!times.ok()) return std::move(times).status().Wrap("failed to verify log inclusion");
  if (!bundle.entries.empty() &&
      std::ranges::all_of(bundle.entries, [](const LogEntry& e) { return e.integrated == 0; })) {
    times = VerifyTimestamps(policy.root->material(), bundle);
    if (!times.ok()) return std::move(times).status().Wrap("failed to verify timestamps");
  }
  if (times->empty()) {
    return base::PermissionDenied(
        "failed to verify timestamps: threshold not met for verified log entry integrated "
        "timestamps: 0 < 1");
  }
  for (const base::Time at : *times) SLUICE_TRY(CheckCertificate(policy, *bundle.leaf, at));
  return base::OkStatus();
}

// The statement must be about the artifact.
base::Status CheckStatement(const Bundle& bundle, std::string_view digest) {
  if (bundle.payload_type != kInToto)
    return base::PermissionDenied("failed to verify signature: invalid payload type");
  SLUICE_TRY(const Value statement, document::ParseJson(bundle.payload, {.max_depth = 64}));
  const Value& subjects = statement["subject"];
  if (!statement["_type"].AsString().starts_with("https://in-toto.io/Statement/") ||
      subjects.size() > kMaxSubjects) {
    return base::PermissionDenied(
        "failed to verify signature: the envelope holds no in-toto statement");
  }
  const std::string_view hex = base::TrimPrefix(digest, "sha256:");
  for (const Value& subject : subjects.items()) {
    if (!hex.empty() && subject.At({"digest", "sha256"}).AsString() == hex) return base::OkStatus();
  }
  return base::PermissionDenied(
      "failed to verify signature: provided artifact digest does not match any digest in "
      "statement");
}

}  // namespace

bool IsBundle(std::string_view json) { return ParseBundle(json).ok(); }

base::Status VerifyBundle(const CosignPolicy& policy, std::string_view json,
                          std::string_view digest) {
  SLUICE_TRY(const Bundle bundle, ParseBundle(json));
  const CosignPolicy::Impl& impl = policy.impl();
  std::optional<PublicKey> key = impl.key;
  if (key) {
    if (bundle.leaf) return base::PermissionDenied("expected key signature, not certificate");
  } else {
    SLUICE_TRY(VerifyKeylessBundle(impl, bundle));
    SLUICE_TRY(key, bundle.leaf->Key());
  }
  if (!key->Verify(PreAuthEncoding(bundle), bundle.signature)) {
    return base::PermissionDenied(
        "failed to verify signature: could not verify envelope: accepted signatures do not match "
        "threshold, Found: 0, "
        "Expected 1");
  }
  return CheckStatement(bundle, digest);
}

}  // namespace sluice::sigstore
