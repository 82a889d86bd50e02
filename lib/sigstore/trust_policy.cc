#include <algorithm>
#include <set>

#include "base/strings.h"
#include "document/json.h"
#include "sigstore/notation.h"

namespace sluice::sigstore {
namespace {

using base::Cat;
using base::QuoteGo;
using document::Value;

constexpr size_t kMaxPolicy = 1 << 20;

base::Status Wrong(const std::string& name, std::string_view what) {
  return base::InvalidArgument(
      Cat("trust policy: trust policy statement ", QuoteGo(name), " ", what));
}

std::vector<std::string> Texts(const Value& v) {
  std::vector<std::string> out;
  for (const Value& item : v.items()) out.emplace_back(item.AsString());
  return out;
}

Enforcement* FieldOf(NotationLevel& level, std::string_view type) {
  if (type == "authenticity") return &level.authenticity;
  if (type == "authenticTimestamp") return &level.timestamp;
  if (type == "expiry") return &level.expiry;
  if (type == "revocation") return &level.revocation;
  return nullptr;
}

base::Result<NotationLevel> ReadLevel(const Value& v) {
  const std::string_view name = v["level"].AsString();
  NotationLevel out;
  out.name = std::string(name);
  if (name.empty())
    return base::InvalidArgument(
        "signature verification level is empty or missing in the trust policy statement");
  if (name == "permissive") {
    out.timestamp = out.expiry = out.revocation = Enforcement::kLog;
  } else if (name == "audit") {
    out.authenticity = out.timestamp = out.expiry = out.revocation = Enforcement::kLog;
  } else if (name == "skip") {
    out.integrity = out.authenticity = out.timestamp = out.expiry = out.revocation =
        Enforcement::kSkip;
  } else if (name != "strict") {
    return base::InvalidArgument(Cat("invalid signature verification level ", QuoteGo(name)));
  }
  const Value& overrides = v["override"];
  if (overrides.empty()) return out;
  if (name == "skip")
    return base::InvalidArgument(
        "signature verification level \"skip\" can't be used to customize signature verification");
  out.name = "custom";
  for (const auto& [type, action] : overrides.members()) {
    const std::string_view word = action.AsString();
    if (type == "integrity")
      return base::InvalidArgument(
          "\"integrity\" verification can not be overridden in custom signature verification");
    Enforcement* field = FieldOf(out, type);
    if (field == nullptr)
      return base::InvalidArgument(Cat("verification type ", QuoteGo(type),
                                       " in custom signature verification is not supported"));
    if (word != "enforce" && word != "log" && word != "skip") {
      return base::InvalidArgument(Cat("verification action ", QuoteGo(word),
                                       " in custom signature verification is not supported"));
    }
    if (type != "revocation" && word == "skip") {
      return base::InvalidArgument(
          Cat(QuoteGo(type), " verification can not be skipped in custom signature verification"));
    }
    *field = word == "enforce" ? Enforcement::kEnforce
             : word == "log"   ? Enforcement::kLog
                               : Enforcement::kSkip;
  }
  return out;
}

base::Status CheckStatement(const NotationStatement& s) {
  if (s.level.name != "skip" && (s.trust_stores.empty() || s.identities.empty())) {
    return Wrong(s.name,
                 "is either missing trust stores or trusted identities, both must be specified");
  }
  for (const std::string& store : s.trust_stores) {
    const auto cut = base::Cut(store, ":");
    if (!cut)
      return Wrong(s.name, Cat("has malformed trust store value ", QuoteGo(store),
                               ". The required format is <TrustStoreType>:<TrustStoreName>"));
    if (cut->first != "ca" && cut->first != "signingAuthority" && cut->first != "tsa") {
      return Wrong(s.name, Cat("uses an unsupported trust store type ", QuoteGo(cut->first),
                               " in trust store value ", QuoteGo(store)));
    }
  }
  if (s.identities.size() > 1 && std::ranges::find(s.identities, "*") != s.identities.end()) {
    return Wrong(s.name,
                 "uses a wildcard trusted identity '*', a wildcard identity cannot be used in "
                 "conjunction with other values");
  }
  for (const std::string& id : s.identities) {
    if (id.empty()) return Wrong(s.name, "has an empty trusted identity");
    if (id != "*" && id.find(':') == id.npos)
      return Wrong(s.name, Cat("has trusted identity ", QuoteGo(id), " missing separator"));
  }
  return base::OkStatus();
}

base::Status CheckScopes(const std::vector<NotationStatement>& statements) {
  std::set<std::string> seen;
  for (const NotationStatement& s : statements) {
    if (s.scopes.empty()) {
      return base::InvalidArgument(Cat(
          "trust policy statement ", QuoteGo(s.name),
          " has zero registry scopes, it must specify registry scopes with at least one value"));
    }
    for (const std::string& scope : s.scopes) {
      if (scope == "*" && s.scopes.size() > 1) {
        return base::InvalidArgument(Cat("trust policy statement ", QuoteGo(s.name),
                                         " uses wildcard registry scope '*', a wildcard scope "
                                         "cannot be used in conjunction with other scope values"));
      }
      if (scope != "*" && (scope.find('*') != scope.npos || scope.find('/') == scope.npos)) {
        return base::InvalidArgument(
            Cat("registry scope ", QuoteGo(scope),
                " is not valid, make sure it is a fully qualified repository without the scheme, "
                "protocol or tag. For "
                "example domain.com/my/repository or a local scope like local/myOCILayout"));
      }
      if (!seen.insert(scope).second) {
        return base::InvalidArgument(
            Cat("registry scope ", QuoteGo(scope),
                " is present in multiple trust policy statements, one registry scope "
                "value can only be associated with one statement"));
      }
    }
  }
  return base::OkStatus();
}

}  // namespace

base::Result<TrustPolicy> TrustPolicy::Parse(std::string_view json) {
  if (json.size() > kMaxPolicy) return base::ResourceExhausted("trust policy is larger than 1 MiB");
  SLUICE_TRY(const Value root, document::ParseJson(json, {.max_depth = 16}));
  const std::string_view version = root["version"].AsString();
  if (version.empty())
    return base::InvalidArgument(
        "trust policy document has empty version, version must be specified");
  if (version != "1.0")
    return base::InvalidArgument(
        Cat("trust policy document uses unsupported version ", QuoteGo(version)));
  const Value& statements = root["trustPolicies"];
  if (statements.empty())
    return base::InvalidArgument("trust policy document can not have zero trust policy statements");
  TrustPolicy out;
  std::set<std::string> names;
  for (const Value& v : statements.items()) {
    NotationStatement s;
    s.name = std::string(v["name"].AsString());
    if (s.name.empty())
      return base::InvalidArgument(
          "trust policy: a trust policy statement is missing a name, every statement requires a "
          "name");
    if (!names.insert(s.name).second) {
      return base::InvalidArgument(Cat("multiple trust policy statements use the same name ",
                                       QuoteGo(s.name), ", statement names must be unique"));
    }
    auto level = ReadLevel(v["signatureVerification"]);
    if (!level.ok())
      return Wrong(s.name, "has invalid signatureVerification: " + level.status().message());
    s.level = *std::move(level);
    s.scopes = Texts(v["registryScopes"]);
    if (s.level.name != "skip") {
      s.trust_stores = Texts(v["trustStores"]);
      s.identities = Texts(v["trustedIdentities"]);
    }
    SLUICE_TRY(CheckStatement(s));
    out.statements_.push_back(std::move(s));
  }
  SLUICE_TRY(CheckScopes(out.statements_));
  return out;
}

const NotationStatement* TrustPolicy::For(std::string_view repository) const {
  const NotationStatement* wildcard = nullptr;
  for (const NotationStatement& s : statements_) {
    if (std::ranges::find(s.scopes, repository) != s.scopes.end()) return &s;
    if (std::ranges::find(s.scopes, "*") != s.scopes.end()) wildcard = &s;
  }
  return wildcard;
}

}  // namespace sluice::sigstore
