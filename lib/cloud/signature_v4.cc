#include "signature_v4.h"

#include <map>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "http/url.h"

namespace sluice::cloud {
namespace {

std::string Hmac(std::string_view key, std::string_view text) { return base::Hmac(base::DigestAlgorithm::kSha256, key, text); }

// "20260203T101112Z"
std::string BasicTime(base::Time t) {
  const std::string iso = base::FormatRfc3339(t);
  return base::ReplaceAll(base::ReplaceAll(iso.substr(0, 19), "-", ""), ":", "") + "Z";
}

}  // namespace

void SignV4(http::Request& request, const AwsCredentials& credentials, std::string_view region, std::string_view service, base::Time now) {
  const auto url = http::Url::Parse(request.url);
  if (!url.ok()) return;  // sending it says why
  const std::string time = BasicTime(now), day = time.substr(0, 8);
  std::map<std::string, std::string> signed_headers{{"host", url->Authority()}, {"x-amz-date", time}};
  if (!credentials.session_token.empty()) signed_headers["x-amz-security-token"] = std::string(credentials.session_token.Reveal());
  for (const auto& [name, value] : request.headers.fields()) signed_headers[base::ToLower(name)] = std::string(base::TrimSpace(value));
  std::string lines, names;
  for (const auto& [name, value] : signed_headers) {
    lines += base::Cat(name, ":", value, "\n");
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical = base::Cat(request.method, "\n", url->path.empty() ? "/" : url->path, "\n", url->query, "\n", lines, "\n", names, "\n",
                                          base::Digest::Sha256(request.body).hex());
  const std::string scope = base::Cat(day, "/", region, "/", service, "/aws4_request");
  const std::string text = base::Cat("AWS4-HMAC-SHA256\n", time, "\n", scope, "\n", base::Digest::Sha256(canonical).hex());
  std::string key = Hmac(base::Cat("AWS4", credentials.secret_access_key.Reveal()), day);
  for (const std::string_view part : {region, service, std::string_view("aws4_request")}) key = Hmac(key, part);
  request.headers.Set("X-Amz-Date", time);
  if (!credentials.session_token.empty()) {
    request.secret_headers.Set("X-Amz-Security-Token", std::string(credentials.session_token.Reveal()));
  }
  request.secret_headers.Set("Authorization", base::Cat("AWS4-HMAC-SHA256 Credential=", credentials.access_key_id, "/", scope, ", SignedHeaders=", names,
                                                        ", Signature=", base::HexEncode(Hmac(key, text))));
  base::ZeroAndClear(key);
}

}  // namespace sluice::cloud
