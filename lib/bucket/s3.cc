#include "bucket/s3.h"

#include <algorithm>
#include <array>

#include "answers.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "exchange.h"
#include "http/status_text.h"
#include "s3_endpoint.h"

namespace sluice::bucket {
namespace {

using base::Cat;

constexpr std::string_view kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr size_t kMaxCode = 128, kMaxMessage = 1024;
constexpr std::string_view kFirstRegion = "us-east-1";
constexpr std::string_view kNoSuchKey = "NoSuchKey", kNoSuchBucket = "NoSuchBucket";

// What the codes mean where the store adds no message: the MinIO client's words.
std::string_view MessageOf(std::string_view code) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kMessages{
      {{"AccessDenied", "Access Denied."},
       {kNoSuchBucket, "The specified bucket does not exist."},
       {kNoSuchKey, "The specified key does not exist."},
       {"InternalError", "We encountered an internal error, please try again."},
       {"InvalidAccessKeyId", "The access key ID you provided does not exist in our records."},
       {"InvalidBucketName", "The specified bucket is not valid."},
       {"PreconditionFailed", "At least one of the pre-conditions you specified did not hold."},
       {"RequestTimeTooSkewed",
        "The difference between the request time and the server's time is too large."},
       {"SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your "
        "key and signing method."},
       {"MethodNotAllowed", "The specified method is not allowed against this resource."},
       {"AuthorizationHeaderMalformed",
        "The authorization header is malformed; the region is wrong."},
       {"AllAccessDisabled", "All access to this bucket has been disabled."},
       {"InvalidObjectState", "The operation is not valid for the current state of the object."},
       {"Conflict", "Bucket not empty."}}};
  const auto* it =
      std::ranges::find(kMessages, code, &std::pair<std::string_view, std::string_view>::first);
  return it == kMessages.end() ? "" : it->second;
}

bool IsTemporaryCode(std::string_view code) {
  static constexpr std::array<std::string_view, 10> kCodes{
      "RequestError",         "RequestTimeout",   "Throttling",    "ThrottlingException",
      "RequestLimitExceeded", "RequestThrottled", "InternalError", "SlowDown",
      "SlowDownWrite",        "SlowDownRead"};
  return std::ranges::find(kCodes, code) != kCodes.end();
}

// With other credentials it might do.
bool IsRefusal(int status, std::string_view code) {
  static constexpr std::array<std::string_view, 5> kCodes{"ExpiredToken", "ExpiredTokenException",
                                                          "InvalidToken", "TokenRefreshRequired",
                                                          "InvalidAccessKeyId"};
  return status == 401 || std::ranges::find(kCodes, code) != kCodes.end();
}

// An answer without XML (to HEAD there is never any) is known by its status.
StoreError ReadError(const http::ResponseHead& head, std::string_view body, bool of_object) {
  StoreError error;
  if (auto parsed = ParseStoreError(body); parsed.ok()) {
    error = *std::move(parsed);
  } else {
    switch (head.status) {
      case 404:
        error.code = of_object ? kNoSuchKey : kNoSuchBucket;
        break;
      case 403:
        error.code = "AccessDenied";
        break;
      case 409:
        error.code = "Conflict";
        break;
      case 412:
        error.code = "PreconditionFailed";
        break;
      default: {
        error.code = Cat(std::to_string(head.status), " ", http::StatusText(head.status));
        const std::string_view shown = base::TrimSpace(body);
        error.message =
            shown.empty() ? error.code
                          : Cat(base::TruncateUtf8(shown, 1024), shown.size() > 1024 ? "..." : "");
      }
    }
  }
  if (const auto code = head.headers.Get("x-minio-error-code"); !code.empty()) error.code = code;
  if (const auto text = head.headers.Get("x-minio-error-desc"); !text.empty())
    error.message = base::Trim(text, "\"");
  if (error.region.empty()) error.region = head.headers.Get("x-amz-bucket-region");
  if (error.code == "InvalidRegion" && !error.region.empty()) {
    error.message = Cat("Region does not match, expecting region ‘", error.region, "’.");
  }
  // They end in a condition.
  error.code = base::TruncateUtf8(error.code, kMaxCode);
  error.message = base::TruncateUtf8(error.message, kMaxMessage);
  if (error.message.empty()) error.message = MessageOf(error.code);
  if (error.message.empty()) error.message = Cat("Error response code ", error.code, ".");
  return error;
}

class S3Bucket final : public Bucket {
 public:
  S3Bucket(const Tools& tools, http::Url endpoint, S3Options options, S3Regions& regions)
      : tools_(tools),
        endpoint_(std::move(endpoint)),
        options_(std::move(options)),
        regions_(regions) {
    if (options_.region.empty()) options_.region = RegionOfHost(endpoint_.host);
    known_as_ = S3BucketUrl(endpoint_, options_.bucket, "");
  }

  base::Status Exists(const observe::Context& ctx) override {
    Call call = Prepare(ctx, "HEAD", "", "");
    call.attempts = 1;
    call.judge = [](const http::ResponseHead& head, std::string_view body) {
      const StoreError error = ReadError(head, body, false);
      const base::StatusCode code = error.code == kNoSuchBucket ? base::StatusCode::kNotFound
                                    : head.status == 404 ? base::StatusCode::kFailedPrecondition
                                                         : CodeOf(head.status);
      return Failure{base::Status(code, error.message), false, IsRefusal(head.status, error.code)};
    };
    const auto answer = Send(ctx, tools_, call);
    return answer.ok() ? base::OkStatus() : answer.status();
  }

  base::Status List(const observe::Context& ctx, std::string_view prefix,
                    const std::function<base::Status(Object)>& visit) override {
    const bool first_version = IsGoogleHost(endpoint_.host);
    std::string next;
    for (;;) {
      // Sorted by name, as the signature wants it.
      std::string query =
          first_version ? Cat("delimiter=&encoding-type=url",
                              next.empty() ? "" : "&marker=", base::PercentEncode(next))
                        : Cat(next.empty() ? "" : "continuation-token=", base::PercentEncode(next),
                              next.empty() ? "" : "&", "encoding-type=url&list-type=2");
      query += Cat("&prefix=", base::PercentEncode(prefix));
      Call call = Prepare(ctx, "GET", "", query);
      SLUICE_TRY(const http::Response answer, Send(ctx, tools_, call));
      SLUICE_TRY(ListPage page, ParseS3Page(answer.body, first_version));
      for (Object& object : page.objects) SLUICE_TRY(visit(std::move(object)));
      if (!page.truncated) return base::OkStatus();
      if (page.next.empty() || page.next == next)
        return base::FailedPrecondition("Truncated response should have continuation token set");
      next = std::move(page.next);
    }
  }

  base::Result<std::string> Get(const observe::Context& ctx, const Object& object,
                                ObjectSink& sink) override {
    Call call = Prepare(ctx, "GET", object.key, "");
    call.sink = &sink;
    call.judge = [this](const http::ResponseHead& head, std::string_view body) {
      return Judge(head, body, true);
    };
    SLUICE_TRY(const http::Response answer, Send(ctx, tools_, call));
    return std::string(base::TrimSuffix(base::TrimPrefix(answer.headers.Get("ETag"), "\""), "\""));
  }

 private:
  Call Prepare(const observe::Context& ctx, std::string method, std::string_view key,
               std::string_view query) {
    Call call;
    call.renewable = options_.credentials != nullptr;
    call.make = [this, ctx, method = std::move(method), path = base::PercentEncode(key, "/"),
                 query = std::string(query)](bool renew) -> base::Result<http::Request> {
      SLUICE_TRY(const std::string region, Region(ctx));
      return Sign(ctx, method,
                  Cat(S3BucketUrl(endpoint_, options_.bucket, region), path,
                      query.empty() ? "" : "?", query),
                  region, renew);
    };
    call.judge = [this](const http::ResponseHead& head, std::string_view body) {
      return Judge(head, body, false);
    };
    return call;
  }

  base::Result<http::Request> Sign(const observe::Context& ctx, const std::string& method,
                                   std::string url, const std::string& region, bool renew) {
    http::Request r;
    r.method = method;
    r.url = std::move(url);
    r.tls = options_.insecure ? nullptr : options_.access.tls;
    r.proxy = options_.access.proxy;
    r.max_redirects = 0;  // a signature is of one host
    r.max_response_bytes = kMaxPageBytes;
    r.accept_gzip = false;
    if (options_.credentials == nullptr) return r;
    SLUICE_TRY(const cloud::AwsCredentials credentials, options_.credentials(ctx, renew));
    if (credentials.access_key_id.empty()) return r;
    r.headers.Set("X-Amz-Content-Sha256", std::string(kEmptyHash));
    cloud::SignV4(r, credentials, region, "s3", tools_.clock.Now());
    return r;
  }

  // The bucket's region: the spec's, the host's, or what the store says, once.
  base::Result<std::string> Region(const observe::Context& ctx) {
    SLUICE_TRY(CheckBucketName(options_.bucket));
    if (!options_.region.empty()) return options_.region;
    if (std::string known = regions_.Find(known_as_); !known.empty()) return known;
    // Nothing is signed, and no host depends on it.
    if (options_.credentials == nullptr && !IsAmazonHost(endpoint_.host))
      return std::string(kFirstRegion);
    Call call;
    call.renewable = options_.credentials != nullptr;
    std::string found;
    call.make = [&](bool renew) {
      const bool in_host = IsVirtualHost(endpoint_, options_.bucket);
      const std::string root =
          Cat(endpoint_.scheme, "://", in_host ? Cat(options_.bucket, ".") : "",
              endpoint_.Authority(), "/", in_host ? "" : Cat(options_.bucket, "/"));
      return Sign(ctx, "GET", Cat(root, "?location="), std::string(kFirstRegion), renew);
    };
    call.judge = [&](const http::ResponseHead& head, std::string_view body) {
      const StoreError error = ReadError(head, body, false);
      const bool elsewhere = error.code == "AccessDenied" || error.code == "InvalidRegion" ||
                             error.code == "AuthorizationHeaderMalformed" ||
                             (error.code == "NotImplemented" &&
                              base::ToLower(head.headers.Get("Server")) == "cloudflare");
      // Who may not ask where it lies may yet read it.
      if (elsewhere) found = error.region.empty() ? kFirstRegion : std::string_view(error.region);
      return Judge(head, body, false);
    };
    const auto answer = Send(ctx, tools_, call);
    if (answer.ok()) {
      SLUICE_TRY(found, ParseS3Location(answer->body));
    } else if (found.empty()) {
      return answer.status();
    }
    regions_.Learn(known_as_, found);
    return found;
  }

  Failure Judge(const http::ResponseHead& head, std::string_view body, bool of_object) {
    const StoreError error = ReadError(head, body, of_object);
    Failure out;
    // Gone is the object; a missing bucket is another matter.
    const bool gone = of_object ? error.code == kNoSuchKey : error.code == kNoSuchBucket;
    out.status = base::Status(gone                 ? base::StatusCode::kNotFound
                              : head.status == 404 ? base::StatusCode::kFailedPrecondition
                                                   : CodeOf(head.status),
                              WithoutQueries(error.message));
    out.temporary = IsTemporary(head.status) || IsTemporaryCode(error.code);
    out.refused = IsRefusal(head.status, error.code);
    const bool wrong_region = error.code == "AuthorizationHeaderMalformed" ||
                              error.code == "InvalidRegion" || error.code == "AccessDenied";
    if (options_.region.empty() && wrong_region && !error.region.empty() &&
        error.region != regions_.Find(known_as_)) {
      regions_.Learn(known_as_, error.region);
      out.temporary = true;
    }
    return out;
  }

  const Tools tools_;
  const http::Url endpoint_;
  S3Options options_;
  S3Regions& regions_;
  std::string known_as_;
};

}  // namespace

std::string S3Regions::Find(const std::string& bucket_url) const {
  const observe::MutexLock lock(mu_);
  const auto it = regions_.find(bucket_url);
  return it == regions_.end() ? "" : it->second;
}

void S3Regions::Learn(const std::string& bucket_url, const std::string& region) {
  constexpr size_t kMost = 10'000;
  const observe::MutexLock lock(mu_);
  if (regions_.size() >= kMost) regions_.clear();
  regions_[bucket_url] = region;
}

base::Result<std::unique_ptr<Bucket>> MakeS3Bucket(const Tools& tools, S3Options options,
                                                   S3Regions& regions) {
  SLUICE_TRY(http::Url endpoint, ParseS3Endpoint(options.endpoint, options.insecure));
  return std::unique_ptr<Bucket>(
      std::make_unique<S3Bucket>(tools, std::move(endpoint), std::move(options), regions));
}

}  // namespace sluice::bucket
