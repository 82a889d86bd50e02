#include "oci/credentials.h"

#include "base/encoding.h"
#include "base/glob.h"
#include "base/strings.h"
#include "document/json.h"

namespace sluice::oci {
namespace {

using document::Value;

constexpr size_t kMaxConfig = 1 << 20, kMaxEntries = 10'000;

struct Pattern {
  std::string_view host, port, path;
};

Pattern SplitPattern(std::string_view text) {
  Pattern p;
  const size_t slash = text.find('/');
  p.path = slash == text.npos ? std::string_view() : text.substr(slash);
  p.host = text.substr(0, slash);
  const size_t bracket = p.host.rfind(']'), colon = p.host.rfind(':');
  if (colon != p.host.npos && (bracket == p.host.npos || colon > bracket)) {
    p.port = p.host.substr(colon + 1);
    p.host = p.host.substr(0, colon);
  }
  return p;
}

bool PatternMatches(std::string_view pattern, std::string_view name) {
  const Pattern want = SplitPattern(pattern), got = SplitPattern(name);
  if (want.port != got.port || !got.path.starts_with(want.path)) return false;
  const auto a = base::Split(want.host, "."), b = base::Split(got.host, ".");
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const auto matched = base::PathMatch(a[i], b[i]);
    if (!matched.ok() || !*matched) return false;
  }
  return true;
}

// The key of an entry: no scheme, and the API's own path does not count.
std::string KeyOf(std::string_view registry) {
  registry = base::TrimPrefix(base::TrimPrefix(registry, "https://"), "http://");
  const size_t slash = registry.find('/');
  const std::string_view host = registry.substr(0, slash);
  std::string_view path = slash == registry.npos ? std::string_view() : registry.substr(slash);
  if (path.starts_with("/v1/") || path.starts_with("/v2/")) path.remove_prefix(3);
  return path == "/" ? std::string(host) : base::Cat(host, path);
}

base::Result<AuthConfig> ReadEntry(const Value& entry) {
  AuthConfig out;
  if (!entry.is_object()) return base::InvalidArgument("json: cannot unmarshal an entry of auths");
  out.username = std::string(entry["username"].AsString());
  out.password = base::SecretString(entry["password"].AsString());
  out.identity_token = base::SecretString(entry["identitytoken"].AsString());
  out.registry_token = base::SecretString(entry["registrytoken"].AsString());
  const std::string_view auth = entry["auth"].AsString();
  if (auth.empty()) return out;
  std::string padded(auth);
  if (!base::TrimSpace(auth).ends_with('=')) padded.append((4 - padded.size() % 4) % 4, '=');
  auto decoded = base::Base64Decode(padded);
  if (!decoded.ok()) return std::move(decoded).status().Wrap("unable to decode auth field");
  const auto parts = base::Cut(*decoded, ":");
  if (!parts)
    return base::InvalidArgument(
        "unable to decode auth field: must be formatted as base64(username:password)");
  out.username = std::string(parts->first);
  out.password = base::SecretString(parts->second);
  base::ZeroAndClear(*decoded);
  return out;
}

}  // namespace

base::Status Keychain::AddDockerConfig(std::string_view json, bool legacy) {
  if (json.size() > kMaxConfig)
    return base::ResourceExhausted("docker config is larger than 1 MiB");
  SLUICE_TRY(const Value config, document::ParseJson(json, {.max_depth = 16}));
  if (!config.is_object())
    return base::InvalidArgument("json: cannot unmarshal the docker config into an object");
  const Value& auths = legacy ? config : config["auths"];
  if (auths.size() > kMaxEntries)
    return base::ResourceExhausted("docker config has too many entries");
  for (const auto& [registry, entry] : auths.members()) {
    SLUICE_TRY(AuthConfig auth, ReadEntry(entry));
    entries_.try_emplace(KeyOf(registry), std::move(auth));
  }
  return base::OkStatus();
}

AuthConfig Keychain::Resolve(std::string_view name) const {
  for (const auto& [pattern, auth] : entries_) {
    if (PatternMatches(pattern, name)) return auth;
  }
  return {};
}

}  // namespace sluice::oci
