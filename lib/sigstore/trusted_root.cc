#include "sigstore/trusted_root.h"

#include "base/encoding.h"
#include "base/strings.h"
#include "base/time.h"
#include "document/json.h"
#include "material.h"

namespace sluice::sigstore {
namespace {

using document::Value;

constexpr size_t kMaxRoot = 4 << 20, kMaxItems = 200;

base::Status ReadPeriod(const Value& period, std::optional<base::Time>& from,
                        std::optional<base::Time>& until) {
  const auto read = [](const Value& v, std::optional<base::Time>& out) -> base::Status {
    if (!v.is_string()) return base::OkStatus();
    SLUICE_TRY(out, base::ParseRfc3339(v.AsString()));
    return base::OkStatus();
  };
  SLUICE_TRY(read(period["start"], from));
  return read(period["end"], until);
}

base::Result<PublicKey> ReadKey(const Value& log) {
  SLUICE_TRY(const std::string der,
             base::Base64Decode(log.At({"publicKey", "rawBytes"}).AsString()));
  return PublicKey::FromDer(der);
}

base::Result<std::vector<Certificate>> ReadChain(const Value& v) {
  std::vector<Certificate> chain;
  const Value& certificates = v.At({"certChain", "certificates"});
  for (const Value& c : certificates.items()) {
    SLUICE_TRY(const std::string der, base::Base64Decode(c["rawBytes"].AsString()));
    SLUICE_TRY(Certificate certificate, Certificate::FromDer(der));
    chain.push_back(std::move(certificate));
  }
  if (chain.empty()) return base::InvalidArgument("CertificateAuthority cert chain is empty");
  return chain;
}

base::Result<Authority> ReadAuthority(const Value& v) {
  SLUICE_TRY(std::vector<Certificate> chain, ReadChain(v));
  Authority out{chain.back(), {}, {}, {}};
  chain.pop_back();
  out.intermediates = std::move(chain);
  SLUICE_TRY(ReadPeriod(v["validFor"], out.from, out.until));
  return out;
}

base::Result<TimestampAuthority> ReadTimestampAuthority(const Value& v) {
  SLUICE_TRY(std::vector<Certificate> chain, ReadChain(v));
  TimestampAuthority out{{}, {}, chain.back(), {}, {}};
  chain.pop_back();
  if (!chain.empty() && !chain.front().IsAuthority()) {
    out.leaf = chain.front();
    chain.erase(chain.begin());
  }
  out.intermediates = std::move(chain);
  SLUICE_TRY(ReadPeriod(v["validFor"], out.from, out.until));
  return out;
}

base::Result<TransparencyLog> ReadLog(const Value& v) {
  SLUICE_TRY(PublicKey key, ReadKey(v));
  TransparencyLog out{std::string(v["baseUrl"].AsString()), "", std::move(key), {}, {}};
  SLUICE_TRY(out.id, base::Base64Decode(v.At({"logId", "keyId"}).AsString()));
  if (out.id.empty()) out.id = out.key.LogId();
  SLUICE_TRY(ReadPeriod(v.At({"publicKey", "validFor"}), out.from, out.until));
  return out;
}

base::Result<std::shared_ptr<const TrustedMaterial>> Read(const Value& root) {
  auto out = std::make_shared<TrustedMaterial>();
  const Value &authorities = root["certificateAuthorities"], &logs = root["tlogs"],
              &ct = root["ctlogs"], &stamps = root["timestampAuthorities"];
  if (authorities.size() > kMaxItems || stamps.size() > kMaxItems || logs.size() > kMaxItems ||
      ct.size() > kMaxItems) {
    return base::ResourceExhausted("trusted root has more than 200 entries of a kind");
  }
  for (const Value& v : authorities.items()) {
    SLUICE_TRY(Authority a, ReadAuthority(v));
    out->authorities.push_back(std::move(a));
  }
  for (const Value& v : logs.items()) {
    SLUICE_TRY(TransparencyLog log, ReadLog(v));
    out->rekor.push_back(std::move(log));
  }
  for (const Value& v : ct.items()) {
    SLUICE_TRY(TransparencyLog log, ReadLog(v));
    out->ct.push_back({std::move(log.key), log.from, log.until});
  }
  for (const Value& v : stamps.items()) {
    SLUICE_TRY(TimestampAuthority a, ReadTimestampAuthority(v));
    out->timestamps.push_back(std::move(a));
  }
  return std::shared_ptr<const TrustedMaterial>(std::move(out));
}

}  // namespace

base::Result<TrustedRoot> TrustedRoot::Parse(std::string_view json) {
  if (json.size() > kMaxRoot) return base::ResourceExhausted("trusted root is larger than 4 MiB");
  SLUICE_TRY(const Value root, document::ParseJson(json, {.max_depth = 32}));
  if (!root["mediaType"].AsString().starts_with("application/vnd.dev.sigstore.trustedroot")) {
    return base::InvalidArgument(base::Cat("unsupported TrustedRoot media type: ",
                                           base::TruncateUtf8(root["mediaType"].AsString(), 200)));
  }
  SLUICE_TRY(auto material, Read(root));
  return TrustedRoot(std::move(material));
}

base::Result<std::string> TrustedRoot::RekorUrl() const {
  if (material_->rekor.empty())
    return base::NotFound("no transparency log entries found in trusted root");
  for (const TransparencyLog& log : material_->rekor) {
    if (!log.base_url.empty()) return log.base_url;
  }
  return base::NotFound("no transparency log entry with a BaseURL found in trusted root");
}

}  // namespace sluice::sigstore
