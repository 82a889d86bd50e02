#include "cloud/signature_v4.h"

#include <algorithm>
#include <map>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "http/url.h"

namespace sluice::cloud {
namespace {

constexpr std::string_view kContentHash = "x-amz-content-sha256";

std::string Hmac(std::string_view key, std::string_view text) {
  return base::Hmac(base::DigestAlgorithm::kSha256, key, text);
}

// As the client sends it: the scheme's own port is left out.
std::string HostOf(const http::Url& url) {
  http::Url bare = url;
  bare.has_port = url.has_port && url.port != (url.scheme == "https" ? 443 : 80);
  return bare.Authority();
}

std::string CanonicalQuery(std::string_view query) {
  if (query.empty()) return "";
  auto pairs = base::Split(query, "&");
  std::vector<std::pair<std::string_view, std::string_view>> sorted;
  for (const std::string_view pair : pairs)
    sorted.push_back(base::Cut(pair, "=").value_or(std::pair(pair, std::string_view())));
  std::ranges::sort(sorted);
  std::string out;
  for (const auto& [key, value] : sorted) out += base::Cat(out.empty() ? "" : "&", key, "=", value);
  return out;
}

}  // namespace

std::string AmzTime(base::Time t) {
  return base::ReplaceAll(base::ReplaceAll(base::FormatRfc3339(t).substr(0, 19), "-", ""), ":",
                          "") +
         "Z";
}

std::string SigningKeyV4(std::string_view secret_access_key, std::string_view day,
                         std::string_view region, std::string_view service) {
  std::string key = base::Cat("AWS4", secret_access_key);
  for (const std::string_view part : {day, region, service, std::string_view("aws4_request")}) {
    std::string next = Hmac(key, part);
    base::ZeroAndClear(key);
    key = std::move(next);
  }
  return key;
}

void SignV4(http::Request& request, const AwsCredentials& credentials, std::string_view region,
            std::string_view service, base::Time now) {
  const auto url = http::Url::Parse(request.url);
  if (!url.ok()) return;  // sending it says why
  const std::string time = AmzTime(now), day = time.substr(0, 8);
  std::map<std::string, std::string> signed_headers{{"host", HostOf(*url)}, {"x-amz-date", time}};
  if (!credentials.session_token.empty())
    signed_headers["x-amz-security-token"] = std::string(credentials.session_token.Reveal());
  for (const auto& [name, value] : request.headers.fields())
    signed_headers[base::ToLower(name)] = base::Join(base::Fields(value), " ");
  std::string lines, names;
  for (const auto& [name, value] : signed_headers) {
    lines += base::Cat(name, ":", value, "\n");
    names += (names.empty() ? "" : ";") + name;
  }
  const auto hash = signed_headers.find(std::string(kContentHash));
  const std::string path = url->path.empty() ? "/"
                           : service == "s3" ? url->path
                                             : base::PercentEncode(url->path, "/");
  const std::string canonical = base::Cat(
      request.method, "\n", path, "\n", CanonicalQuery(url->query), "\n", lines, "\n", names, "\n",
      hash == signed_headers.end() ? base::Digest::Sha256(request.body).hex() : hash->second);
  const std::string scope = base::Cat(day, "/", region, "/", service, "/aws4_request");
  const std::string text = base::Cat("AWS4-HMAC-SHA256\n", time, "\n", scope, "\n",
                                     base::Digest::Sha256(canonical).hex());
  std::string key = SigningKeyV4(credentials.secret_access_key.Reveal(), day, region, service);
  request.headers.Set("X-Amz-Date", time);
  if (!credentials.session_token.empty()) {
    request.secret_headers.Set("X-Amz-Security-Token",
                               std::string(credentials.session_token.Reveal()));
  }
  request.secret_headers.Set(
      "Authorization",
      base::Cat("AWS4-HMAC-SHA256 Credential=", credentials.access_key_id, "/", scope,
                ", SignedHeaders=", names, ", Signature=", base::HexEncode(Hmac(key, text))));
  base::ZeroAndClear(key);
}

}  // namespace sluice::cloud
