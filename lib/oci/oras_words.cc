#include "oras_words.h"

#include <algorithm>
#include <vector>

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
  if (IsSha256Digest(text)) return base::OkStatus();
  const auto parts = base::Cut(text, ":");
  const auto word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '.' || c == '_' ||
           c == '-';
  };
  const auto letter = [&](char c) { return word(c) || (c >= 'A' && c <= 'Z') || c == '='; };
  if (parts && parts->first == "sha256" && parts->second.size() != 64 && !parts->second.empty()) {
    return base::InvalidArgument("invalid checksum digest length");
  }
  const bool unknown = parts && parts->first != "sha256" && !parts->first.empty() &&
                       std::ranges::all_of(parts->first, word) && !parts->second.empty() &&
                       std::ranges::all_of(parts->second, letter);
  return base::InvalidArgument(unknown ? "unsupported digest algorithm"
                                       : "invalid checksum digest format");
}

}  // namespace sluice::oci
