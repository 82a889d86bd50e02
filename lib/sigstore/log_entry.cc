#include "log_entry.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "document/json.h"

namespace sluice::sigstore {
namespace {

using document::Value;

constexpr size_t kMaxBody = 1 << 20, kMaxCheckpoint = 64 << 10, kMaxHashes = 64;

std::string Sha256(std::string_view bytes) {
  base::Hasher hasher;
  hasher.Update(bytes);
  return hasher.FinishRaw();
}
std::string HashNode(std::string_view left, std::string_view right) {
  return Sha256(base::Cat("\x01", left, right));
}

const TransparencyLog* Find(const LogEntry& entry, const std::vector<TransparencyLog>& logs) {
  const auto it = std::ranges::find(logs, entry.log_id, &TransparencyLog::id);
  return it == logs.end() ? nullptr : &*it;
}

// A signed note: text, an empty line, then "— name base64(4 bytes of key id, signature)" lines. The
// text's lines are origin, size, root.
struct Checkpoint {
  std::string_view origin;
  uint64_t size = 0;
  std::string root;  // raw
};
base::Result<Checkpoint> ReadCheckpoint(std::string_view note, const PublicKey& key,
                                        std::string_view name) {
  if (note.size() > kMaxCheckpoint) return base::ResourceExhausted("checkpoint is too large");
  const auto parts = base::Cut(note, "\n\n");
  if (!parts) return base::InvalidArgument("malformed checkpoint");
  const std::string text = std::string(parts->first) + "\n";
  const auto lines = base::Split(parts->first, "\n");
  if (lines.size() < 3) return base::InvalidArgument("malformed checkpoint");
  const auto size = base::ParseUint64(lines[1]);
  auto root = base::Base64Decode(lines[2]);
  if (!size || !root.ok()) return base::InvalidArgument("malformed checkpoint");
  constexpr std::string_view kDash = "\xe2\x80\x94 ";
  for (const std::string_view line : base::Split(parts->second, "\n")) {
    if (!line.starts_with(kDash)) continue;
    const auto cut = base::Cut(line.substr(kDash.size()), " ");
    if (!cut || (!name.empty() && cut->first != name)) continue;
    const auto blob = base::Base64Decode(cut->second);
    constexpr size_t kKeyId = 4;
    if (blob.ok() && blob->size() > kKeyId &&
        key.Verify(text, std::string_view(*blob).substr(kKeyId))) {
      return Checkpoint{lines[0], *size, *std::move(root)};
    }
  }
  return base::PermissionDenied("unable to verify checkpoint signature");
}

// Rekor 1 signs heads of trees that have a number: "rekor.sigstore.dev - 2605736670972794746".
bool NamesTree(std::string_view note) {
  const auto line = base::Cut(note, "\n");
  const size_t at = line ? line->first.rfind(" - ") : std::string_view::npos;
  return at != std::string_view::npos && base::ParseUint64(line->first.substr(at + 3)).has_value();
}

base::Result<std::string> Decode(const Value& v) { return base::Base64Decode(v.AsString()); }

base::Status ReadHashedRekord(const Value& spec, LoggedSignature& out) {
  if (spec.At({"data", "hash", "algorithm"}).AsString() != "sha256")
    return base::InvalidArgument("unexpected algorithm");
  out.payload_sha256 = std::string(spec.At({"data", "hash", "value"}).AsString());
  LoggedSignature::One one;
  SLUICE_TRY(one.signature, Decode(spec.At({"signature", "content"})));
  SLUICE_TRY(one.key, Decode(spec.At({"signature", "publicKey", "content"})));
  out.signatures.push_back(std::move(one));
  return base::OkStatus();
}

base::Status ReadDsse(const Value& spec, LoggedSignature& out) {
  out.payload_sha256 = std::string(spec.At({"payloadHash", "value"}).AsString());
  for (const Value& s : spec["signatures"].items()) {
    LoggedSignature::One one;
    SLUICE_TRY(one.signature, Decode(s["signature"]));
    SLUICE_TRY(one.key, Decode(s["verifier"]));
    out.signatures.push_back(std::move(one));
  }
  return base::OkStatus();
}

base::Status ReadIntoto(const Value& spec, LoggedSignature& out) {
  const Value& content = spec["content"];
  out.payload_sha256 = std::string(content.At({"payloadHash", "value"}).AsString());
  for (const Value& s : content.At({"envelope", "signatures"}).items()) {
    LoggedSignature::One one;
    SLUICE_TRY(const std::string once, Decode(s["sig"]));  // encoded twice
    SLUICE_TRY(one.signature, base::Base64Decode(once));
    SLUICE_TRY(one.key, Decode(s["publicKey"]));
    out.signatures.push_back(std::move(one));
  }
  return base::OkStatus();
}

base::Status ReadRekor2(const Value& spec, LoggedSignature& out) {
  const Value &record = spec["hashedRekordV002"], &envelope = spec["dsseV002"];
  const auto read = [&out](const Value& s) -> base::Status {
    LoggedSignature::One one;
    SLUICE_TRY(one.signature, Decode(s["content"]));
    SLUICE_TRY(one.key, Decode(s.At({"verifier", "x509Certificate", "rawBytes"})));
    out.signatures.push_back(std::move(one));
    return base::OkStatus();
  };
  const Value& hash = record.is_object() ? record["data"] : envelope["payloadHash"];
  if (hash["algorithm"].AsString() != "SHA2_256")
    return base::InvalidArgument("unexpected algorithm");
  SLUICE_TRY(const std::string digest, Decode(hash["digest"]));
  out.payload_sha256 = base::HexEncode(digest);
  if (record.is_object()) return read(record["signature"]);
  for (const Value& s : envelope["signatures"].items()) SLUICE_TRY(read(s));
  return base::OkStatus();
}

std::string LeafHash(const LogEntry& entry) {
  return Sha256(base::Cat(std::string_view("\0", 1), entry.body));
}

// The checkpoint is the log's own, and the entry's index leads to it.
base::Status VerifyRekor2Proof(const LogEntry& entry, const TransparencyLog& log) {
  const auto host = base::Cut(log.base_url, "://");
  if (!host)
    return base::PermissionDenied(
        "cannot verify Rekor v2 entry without baseUrl in transparency log's trusted root");
  const std::string_view name = host->second.substr(0, host->second.find_first_of("/:"));
  SLUICE_TRY(const Checkpoint head, ReadCheckpoint(entry.proof->checkpoint, log.key, name));
  if (head.origin != name)
    return base::PermissionDenied("unverified checkpoint signature: another log's origin");
  const std::string root = entry.index < 0
                               ? ""
                               : RootOf(LeafHash(entry), static_cast<uint64_t>(entry.index),
                                        head.size, entry.proof->hashes);
  return !root.empty() && root == head.root
             ? base::OkStatus()
             : base::PermissionDenied("verifying inclusion: calculated root does not match");
}

}  // namespace

std::string RootOf(std::string_view leaf_hash, uint64_t index, uint64_t size,
                   const std::vector<std::string>& hashes) {
  if (index >= size || hashes.size() > kMaxHashes) return "";
  std::string at(leaf_hash);
  uint64_t node = index, last = size - 1;
  for (const std::string& h : hashes) {
    if (last == 0) return "";
    if ((node & 1) != 0 || node == last) {
      at = HashNode(h, at);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      at = HashNode(at, h);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 ? at : "";
}

base::Status VerifySet(const LogEntry& entry, const std::vector<TransparencyLog>& logs) {
  const TransparencyLog* log = Find(entry, logs);
  if (log == nullptr) return base::PermissionDenied("rekor log public key not found for payload");
  const base::Time at = base::FromUnixSeconds(entry.integrated);
  if ((log->from && at < *log->from) || (log->until && at > *log->until)) {
    return base::PermissionDenied("rekor log public key not valid at payload integrated time");
  }
  // Canonical JSON: keys sorted, nothing else in it needs care.
  const std::string text =
      base::Cat(R"({"body":")", base::Base64Encode(entry.body), R"(","integratedTime":)",
                std::to_string(entry.integrated), R"(,"logID":")", base::HexEncode(entry.log_id),
                R"(","logIndex":)", std::to_string(entry.index), "}");
  return log->key.is_ec() && log->key.Verify(text, entry.set)
             ? base::OkStatus()
             : base::PermissionDenied("unable to verify SET");
}

base::Status VerifyProof(const LogEntry& entry, const TransparencyLog& log) {
  const InclusionProof& proof = *entry.proof;
  if (!NamesTree(proof.checkpoint)) return VerifyRekor2Proof(entry, log);
  const std::string root = RootOf(LeafHash(entry), proof.index, proof.tree_size, proof.hashes);
  if (root.empty() || root != proof.root)
    return base::PermissionDenied("calculated root does not match expected root");
  SLUICE_TRY(const Checkpoint head, ReadCheckpoint(proof.checkpoint, log.key, ""));
  if (head.size == proof.tree_size && head.root == proof.root) return base::OkStatus();
  return base::PermissionDenied("proof root hash does not match signed tree head");
}

base::Status VerifyInLog(const LogEntry& entry, const std::vector<TransparencyLog>& logs) {
  const TransparencyLog* log = Find(entry, logs);
  if (log == nullptr) return base::PermissionDenied("rekor log public key not found for payload");
  if (entry.set.empty() && !entry.proof)
    return base::PermissionDenied("entry must contain an inclusion proof and/or promise");
  if (!entry.set.empty()) SLUICE_TRY(VerifySet(entry, logs));
  if (entry.proof) SLUICE_TRY(VerifyProof(entry, *log));
  return base::OkStatus();
}

base::Result<LoggedSignature> ParseLogBody(std::string_view body) {
  if (body.size() > kMaxBody) return base::ResourceExhausted("log entry is larger than 1 MiB");
  SLUICE_TRY(const Value json, document::ParseJson(body, {.max_depth = 32}));
  LoggedSignature out;
  out.kind = std::string(json["kind"].AsString());
  const Value& spec = json["spec"];
  if (json["apiVersion"].AsString() == "0.0.2" &&
      (out.kind == "hashedrekord" || out.kind == "dsse")) {
    SLUICE_TRY(ReadRekor2(spec, out));
  } else if (out.kind == "hashedrekord") {
    SLUICE_TRY(ReadHashedRekord(spec, out));
  } else if (out.kind == "dsse") {
    SLUICE_TRY(ReadDsse(spec, out));
  } else if (out.kind == "intoto") {
    SLUICE_TRY(ReadIntoto(spec, out));
  } else {
    return base::Unimplemented("unsupported type of log entry: " +
                               base::QuoteGo(base::TruncateUtf8(out.kind, 64)));
  }
  return out;
}

}  // namespace sluice::sigstore
