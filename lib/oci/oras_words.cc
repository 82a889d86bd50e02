#include "oras_words.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/digest.h"
#include "base/strings.h"
#include "document/json.h"
#include "http/status_text.h"
#include "http/url.h"
#include "oci/reference.h"
#include "registry_error.h"

namespace sluice::oci {
namespace {

using document::Value;

constexpr size_t kReadOfErrors = 8 << 10, kMaxErrors = 64;

// Codes are words in capitals: NAME_UNKNOWN.
std::string InWords(std::string_view code) {
  return base::ToLower(base::ReplaceAll(std::string(code), "_", " "));
}

// None where Go's decoder would refuse the body.
std::vector<std::string> Reasons(std::string_view body) {
  const auto parsed = document::ParseJson(body.substr(0, kReadOfErrors), {.max_depth = 32});
  if (!parsed.ok()) return {};
  std::vector<std::string> out;
  for (const Value& e : (*parsed)["errors"].items()) {
    const Value &code = e["code"], &message = e["message"];
    const bool fits = (e.is_object() || e.is_null()) && (code.is_string() || code.is_null()) &&
                      (message.is_string() || message.is_null());
    if (!fits || out.size() >= kMaxErrors) return {};
    std::string text = InWords(code.AsString());
    if (!message.AsString().empty()) {
      text += base::Cat(": ", message.AsString());
      if (!e["detail"].is_null()) text += ": " + FormatGo(e["detail"]);
    }
    out.push_back(std::move(text));
  }
  return out;
}

std::optional<base::DigestAlgorithm> KnownAlgorithm(std::string_view name) {
  using base::DigestAlgorithm;
  for (const auto known :
       {DigestAlgorithm::kSha256, DigestAlgorithm::kSha384, DigestAlgorithm::kSha512}) {
    if (name == base::DigestAlgorithmName(known)) return known;
  }
  return std::nullopt;
}

// [a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+
bool LooksLikeADigest(std::string_view algorithm, std::string_view encoded) {
  const auto small = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  bool between = true;  // a letter or digit is due
  for (const char c : algorithm) {
    if (!small(c) && (between || std::string_view(".+_-").find(c) == std::string_view::npos)) {
      return false;
    }
    between = !small(c);
  }
  return !between && std::ranges::all_of(encoded, [&](char c) {
    return small(c) || (c >= 'A' && c <= 'Z') || c == '=' || c == '_' || c == '-';
  });
}

}  // namespace

base::Status OrasError(std::string_view method, const std::string& url, int status,
                       std::string_view body) {
  const auto reasons = Reasons(body);
  return {CodeOfAnswer(status), base::Cat(method, " ", base::QuoteGo(ShownUrl(url)),
                                          ": response status code ", std::to_string(status), ": ",
                                          reasons.empty() ? std::string(http::StatusText(status))
                                                          : base::Join(reasons, "; "))};
}

base::Status OrasDecodeError(std::string_view where, std::string_view body,
                             const base::Status& why) {
  const bool nothing = body.find_first_not_of(" \t\r\n") == body.npos;
  const std::string_view text = nothing ? "EOF"
                                : why.message() == "unexpected end of JSON input"
                                    ? "unexpected EOF"
                                    : std::string_view(why.message());
  return base::Unavailable(base::Cat(where, ": failed to decode response: ", text));
}

base::Status CheckOrasRealm(const std::string& realm, std::string_view registry_host,
                            bool registry_is_http) {
  const std::string shown = base::QuoteGo(http::RedactUrl(realm));
  const auto scheme = base::Cut(realm, "://");
  if (scheme && scheme->first != "https" && scheme->first != "http") {
    return base::PermissionDenied(base::Cat("bearer realm ", shown, " uses unsupported scheme ",
                                            base::QuoteGo(scheme->first)));
  }
  const auto url = http::Url::Parse(realm);
  if (!url.ok()) return url.status().Wrap(base::Cat("failed to parse bearer realm ", shown));
  if (url->scheme == "http" && !registry_is_http) {
    return base::PermissionDenied(
        base::Cat("bearer realm ", shown, " uses http but registry was contacted over https"));
  }
  const std::string_view host = base::Trim(url->host, "[]");
  const auto home = http::Url::Parse(base::Cat("http://", registry_host));
  if (MayBeLocal(host) && (!home.ok() || host != base::Trim(home->host, "[]"))) {
    return base::PermissionDenied(
        base::Cat("bearer realm host ", base::QuoteGo(host),
                  " is a loopback, link-local, private, or unspecified address"));
  }
  return base::OkStatus();
}

base::Status CheckOrasDigest(std::string_view text) {
  const auto parts = base::Cut(text, ":");
  if (!parts || parts->first.empty() || parts->second.empty()) {
    return base::InvalidArgument("invalid checksum digest format");
  }
  const auto algorithm = KnownAlgorithm(parts->first);
  if (!algorithm) {
    return base::InvalidArgument(LooksLikeADigest(parts->first, parts->second)
                                     ? "unsupported digest algorithm"
                                     : "invalid checksum digest format");
  }
  if (parts->second.size() != base::DigestHexLength(*algorithm)) {
    return base::InvalidArgument("invalid checksum digest length");
  }
  return base::Digest::Parse(text).ok() ? base::OkStatus()
                                        : base::InvalidArgument("invalid checksum digest format");
}

base::Status CheckOrasBytes(std::string_view digest, std::string_view bytes) {
  SLUICE_TRY(const base::Digest want, base::Digest::Parse(digest));
  SLUICE_TRY(const base::Digest got, base::Digest::Of(want.algorithm(), bytes));
  return got == want ? base::OkStatus() : base::DataLoss("mismatched digest");
}

}  // namespace sluice::oci
