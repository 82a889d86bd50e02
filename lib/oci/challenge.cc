#include "oci/challenge.h"

#include <optional>

#include "base/strings.h"
#include "http/url.h"
#include "oci/reference.h"

namespace sluice::oci {
namespace {

constexpr size_t kMaxHeader = 16 << 10, kMaxParameters = 64;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool IsTokenByte(char c) {
  constexpr std::string_view kSeparators = " \t\"(),/:;<=>?@[]\\{}";
  return c > 31 && c < 127 && kSeparators.find(c) == kSeparators.npos;
}

// Takes what it reads from the front of `text`.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  void SkipSpace() {
    while (!text_.empty() && IsSpace(text_.front())) text_.remove_prefix(1);
  }
  bool Take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  std::string_view Token() {
    size_t n = 0;
    while (n < text_.size() && IsTokenByte(text_[n])) ++n;
    const std::string_view token = text_.substr(0, n);
    text_.remove_prefix(n);
    return token;
  }
  // "" if the closing quote is missing.
  std::string TokenOrQuoted() {
    if (!Take('"')) return std::string(Token());
    std::string out;
    while (!text_.empty()) {
      const char c = text_.front();
      text_.remove_prefix(1);
      if (c == '"') return out;
      if (c != '\\') {
        out += c;
      } else if (!text_.empty()) {
        out += text_.front();
        text_.remove_prefix(1);
      }
    }
    return "";
  }

 private:
  std::string_view text_;
};

// "host[:port]" of a URL as it was written.
std::string AuthorityOf(const http::Url& url) { return url.Authority(); }

std::string_view HostOf(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

}  // namespace

std::string Challenge::Parameter(const std::string& key) const {
  const auto it = parameters.find(key);
  return it == parameters.end() ? "" : it->second;
}

Challenge ParseChallenge(std::string_view header) {
  Challenge out;
  Reader reader(header.substr(0, kMaxHeader));
  out.scheme = base::ToLower(reader.Token());
  if (out.scheme.empty()) return out;
  reader.SkipSpace();
  do {
    reader.SkipSpace();
    const std::string key = base::ToLower(reader.Token());
    if (key.empty() || !reader.Take('=')) break;
    std::string value = reader.TokenOrQuoted();
    if (value.empty()) break;
    out.parameters.insert_or_assign(key, std::move(value));
    reader.SkipSpace();
  } while (out.parameters.size() < kMaxParameters && reader.Take(','));
  return out;
}

std::vector<Challenge> ParseChallenges(const http::Headers& headers) {
  std::vector<Challenge> out;
  for (const auto& [name, value] : headers.fields()) {
    if (!http::EqualsIgnoreCase(name, "WWW-Authenticate")) continue;
    if (Challenge c = ParseChallenge(value); !c.scheme.empty()) out.push_back(std::move(c));
  }
  return out;
}

Challenge PickChallenge(const std::vector<Challenge>& challenges) {
  for (const Challenge& c : challenges) {
    if (c.scheme == "basic" || c.scheme == "bearer") return c;
  }
  return challenges.empty() ? Challenge{} : challenges.front();
}

base::Status CheckRealm(std::string_view realm, std::string_view registry_host,
                        bool registry_is_http) {
  const auto url = http::Url::Parse(realm);
  if (!url.ok()) return url.status().Wrap("parsing realm");
  if (url->scheme == "http" && !registry_is_http) {
    return base::PermissionDenied(
        "realm scheme \"http\" not allowed for a secure registry; use https");
  }
  if (AuthorityOf(*url) == registry_host) return base::OkStatus();
  if (MayBeLocal(url->host) && !IsLocal(HostOf(registry_host))) {
    return base::PermissionDenied(
        base::Cat("realm host ", base::QuoteGo(url->host), " is a private or link-local address"));
  }
  return base::OkStatus();
}

}  // namespace sluice::oci
