#include "s3_endpoint.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "base/strings.h"

namespace sluice::bucket {
namespace {

constexpr std::string_view kAmazon = ".amazonaws.com", kAmazonChina = ".amazonaws.com.cn";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool IsDottedQuad(std::string_view text) {
  const auto parts = base::Split(text, ".");
  return parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view p) {
           return !p.empty() && std::ranges::all_of(p, IsDigit);
         });
}

bool IsIpAddress(std::string_view host) {
  if (base::Contains(host, ":")) return true;  // the URL parser took it for IPv6
  if (!IsDottedQuad(host)) return false;
  return std::ranges::all_of(base::Split(host, "."), [](std::string_view p) {
    return p.size() <= 3 && *base::ParseUint64(p) <= 255;
  });
}

bool IsDomain(std::string_view host) {
  if (host.empty() || host.size() > 255 || host.ends_with('-') || host.starts_with('-') ||
      host.ends_with('_') || host.starts_with('_') || host.starts_with('.')) {
    return false;
  }
  return host.find_first_of("`~!@#$%^&*()+={}[]|\\\"';:><?/") == host.npos;
}

// What stands between `prefix` and `suffix`; "" if the host is not of that form.
std::string_view Between(std::string_view host, std::string_view prefix, std::string_view suffix) {
  if (host.size() <= prefix.size() + suffix.size() || !host.starts_with(prefix) ||
      !host.ends_with(suffix))
    return "";
  return host.substr(prefix.size(), host.size() - prefix.size() - suffix.size());
}

std::string AmazonHostOf(std::string_view region) {
  // A region that is none names no host: the peer falls back to the first region.
  const bool sane = std::ranges::all_of(region, [](char c) { return IsAlnum(c) || c == '-'; }) &&
                    std::ranges::count(region, '-') >= 2;
  const std::string_view at = sane ? region : "us-east-1";
  return base::Cat("s3.dualstack.", at, at.starts_with("cn-") ? kAmazonChina : kAmazon);
}

}  // namespace

base::Result<http::Url> ParseS3Endpoint(std::string_view endpoint, bool insecure) {
  SLUICE_TRY(http::Url url,
             http::Url::Parse(base::Cat(insecure ? "http" : "https", "://", endpoint)));
  if (url.path != "" && url.path != "/")
    return base::InvalidArgument("Endpoint url cannot have fully qualified paths.");
  if (!IsIpAddress(url.host) && !IsDomain(url.host)) {
    return base::InvalidArgument(base::Cat(
        "Endpoint: ", url.Authority(), " does not follow ip address or domain name standards."));
  }
  if (base::Contains(url.host, ".s3.amazonaws.com") && !IsAmazonHost(url.host)) {
    return base::InvalidArgument("Amazon S3 endpoint should be 's3.amazonaws.com'.");
  }
  if (base::Contains(url.host, ".googleapis.com") && !IsGoogleHost(url.host)) {
    return base::InvalidArgument(
        "Google Cloud Storage endpoint should be 'storage.googleapis.com'.");
  }
  url.path.clear();
  url.query.clear();
  url.userinfo.clear();
  url.has_port = url.has_port && url.port != (insecure ? 80 : 443);
  return url;
}

base::Status CheckBucketName(std::string_view name) {
  if (base::TrimSpace(name).empty()) return base::InvalidArgument("Bucket name cannot be empty");
  if (name.size() < 3)
    return base::InvalidArgument("Bucket name cannot be shorter than 3 characters");
  if (name.size() > 63)
    return base::InvalidArgument("Bucket name cannot be longer than 63 characters");
  if (IsDottedQuad(name)) return base::InvalidArgument("Bucket name cannot be an ip address");
  const bool edges = IsAlnum(name.front()) && IsAlnum(name.back());
  const bool inner = std::ranges::all_of(
      name, [](char c) { return IsAlnum(c) || c == '.' || c == '-' || c == '_' || c == ':'; });
  if (!edges || !inner || base::Contains(name, "..") || base::Contains(name, ".-") ||
      base::Contains(name, "-.")) {
    return base::InvalidArgument("Bucket name contains invalid characters");
  }
  return base::OkStatus();
}

bool IsGoogleHost(std::string_view host) { return host == "storage.googleapis.com"; }

std::string RegionOfHost(std::string_view host) {
  if (host == "s3-external-1.amazonaws.com" || base::Contains(host, "elb.")) return "";
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kForms{
      {{"s3-fips.dualstack.", kAmazon},
       {"s3-fips.", kAmazon},
       {"s3.dualstack.", kAmazonChina},
       {"s3.dualstack.", kAmazon},
       {"s3-", kAmazon},
       {"s3.", kAmazonChina},
       {"s3express-control.", kAmazon},
       {"s3.", kAmazon}}};
  for (const auto& [prefix, suffix] : kForms) {
    const std::string_view region = Between(host, prefix, suffix);
    if (region.empty() || region.starts_with("control.") || region.starts_with("website-") ||
        base::Contains(region, "."))
      continue;
    return std::string(region);
  }
  // bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com
  for (const std::string_view kind : {"bucket.vpce-", "accesspoint.vpce-"}) {
    const std::string_view rest = Between(host, kind, ".vpce.amazonaws.com");
    if (const size_t at = rest.find(".s3."); at != rest.npos)
      return std::string(rest.substr(at + 4));
  }
  return "";
}

bool IsAmazonHost(std::string_view host) {
  return host == "s3-external-1.amazonaws.com" || host == "s3.amazonaws.com" ||
         !RegionOfHost(host).empty();
}

bool IsVirtualHost(const http::Url& endpoint, std::string_view bucket) {
  // no certificate covers it
  if (endpoint.scheme == "https" && base::Contains(bucket, ".")) return false;
  const bool aliyun = endpoint.host.ends_with(".aliyuncs.com");
  return IsAmazonHost(endpoint.host) || IsGoogleHost(endpoint.host) || aliyun;
}

std::string S3BucketUrl(const http::Url& endpoint, std::string_view bucket,
                        std::string_view region) {
  std::string host = endpoint.Authority();
  const bool keeps =
      endpoint.host.starts_with("s3-fips") || endpoint.host.ends_with(".vpce.amazonaws.com");
  if (IsAmazonHost(endpoint.host) && !keeps) host = AmazonHostOf(region);
  if (IsVirtualHost(endpoint, bucket))
    return base::Cat(endpoint.scheme, "://", bucket, ".", host, "/");
  return base::Cat(endpoint.scheme, "://", host, "/", bucket, "/");
}

}  // namespace sluice::bucket
