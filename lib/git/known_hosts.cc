#include "known_hosts.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/secret.h"
#include "base/strings.h"

namespace sluice::git {
namespace {

constexpr size_t kMaxText = 4 << 20, kMaxLines = 20'000;
constexpr std::string_view kHashed = "|1|";

// As known_hosts writes a host: the port only if it is not 22.
std::string NameOf(std::string_view host, uint16_t port) {
  return port == 22 ? std::string(host) : base::Cat("[", host, "]:", std::to_string(port));
}

bool Wildcard(std::string_view pattern, std::string_view text) {
  size_t p = 0, t = 0, star = pattern.npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// "|1|salt|hash": HMAC-SHA1 of the name.
bool MatchesHash(std::string_view pattern, std::string_view name) {
  const auto cut = base::Cut(pattern.substr(kHashed.size()), "|");
  if (!cut) return false;
  const auto salt = base::Base64Decode(cut->first), want = base::Base64Decode(cut->second);
  return salt.ok() && want.ok() &&
         base::ConstantTimeEquals(base::Hmac(base::DigestAlgorithm::kSha1, *salt, name), *want);
}

}  // namespace

std::string SshFingerprint(std::string_view blob) {
  base::Hasher hasher;
  hasher.Update(blob);
  std::string text = base::Base64Encode(hasher.FinishRaw());
  while (text.ends_with('=')) text.pop_back();
  return "SHA256:" + text;
}

base::Result<KnownHosts> KnownHosts::Parse(std::string_view text) {
  if (text.size() > kMaxText) return base::ResourceExhausted("known_hosts is too large");
  KnownHosts out;
  size_t number = 0;
  for (const std::string_view raw : base::Split(text, "\n")) {
    ++number;
    auto fields = base::Fields(raw);
    if (fields.empty() || fields[0].starts_with('#')) continue;
    bool revoked = false;
    if (fields[0].starts_with('@')) {
      if (fields[0] == "@cert-authority") continue;
      revoked = fields[0] == "@revoked";
      fields.erase(fields.begin());
    }
    auto blob = fields.size() >= 3 ? base::Base64Decode(fields[2])
                                   : base::Result<std::string>(base::InvalidArgument(""));
    if (!blob.ok())
      return base::InvalidArgument(base::Cat("knownhosts: line ", std::to_string(number),
                                             ": missing key type pattern or key"));
    if (out.lines_.size() >= kMaxLines) return base::ResourceExhausted("known_hosts is too large");
    Line line;
    for (const std::string_view p : base::Split(fields[0], ",")) line.patterns.emplace_back(p);
    line.key = {std::string(fields[1]), *std::move(blob)};
    line.revoked = revoked;
    out.lines_.push_back(std::move(line));
  }
  return out;
}

bool KnownHosts::Matches(const Line& line, std::string_view name) {
  bool found = false;
  for (const std::string& pattern : line.patterns) {
    if (pattern.starts_with(kHashed)) {
      found = found || MatchesHash(pattern, name);
    } else if (pattern.starts_with('!')) {
      if (Wildcard(base::ToLower(pattern.substr(1)), name)) return false;
    } else {
      found = found || Wildcard(base::ToLower(pattern), name);
    }
  }
  return found;
}

std::vector<std::string> KnownHosts::TypesFor(std::string_view host, uint16_t port) const {
  std::vector<std::string> out;
  const std::string name = NameOf(host, port);
  for (const Line& line : lines_) {
    if (!line.revoked && std::ranges::count(out, line.key.type) == 0 && Matches(line, name))
      out.push_back(line.key.type);
  }
  return out;
}

base::Status KnownHosts::Check(std::string_view host, uint16_t port, const HostKey& key) const {
  const std::string name = NameOf(host, port);
  const auto refuse = [&](std::string_view why, const std::vector<std::string>& types) {
    std::string text = base::Cat("knownhosts: ", why, ": the server has ", key.type, " ",
                                 SshFingerprint(key.blob));
    if (!types.empty()) {
      text += ", known_hosts has ";
      for (size_t i = 0; i < types.size(); ++i) text += base::Cat(i == 0 ? "" : ", ", types[i]);
    }
    return base::Unauthenticated(std::move(text));
  };
  bool known = false;
  for (const Line& line : lines_) {
    if (line.key.blob != key.blob) continue;
    if (line.revoked) return refuse("key is revoked", {});
    known = known || Matches(line, name);
  }
  if (known) return base::OkStatus();
  const auto types = TypesFor(host, port);
  return refuse(types.empty() ? "key is unknown" : "key mismatch", types);
}

}  // namespace sluice::git
