#include "bucket/azure.h"

#include <algorithm>
#include <map>

#include "answers.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "exchange.h"
#include "http/status_text.h"
#include "http/url.h"

namespace sluice::bucket {
namespace {

using base::Cat;

constexpr std::string_view kVersion = "2021-12-02";
constexpr std::string_view kNoContainer = "ContainerNotFound", kNoBlob = "BlobNotFound",
                           kDenied = "AuthenticationFailed";

using Query = std::map<std::string, std::string>;  // decoded

base::Status ParseQuery(std::string_view text, Query& out) {
  if (text.empty()) return base::OkStatus();
  for (const std::string_view pair : base::Split(text, "&")) {
    const auto cut = base::Cut(pair, "=");
    SLUICE_TRY(std::string name, http::QueryUnescape(cut ? cut->first : pair));
    SLUICE_TRY(std::string value, http::QueryUnescape(cut ? cut->second : ""));
    out[std::move(name)] = std::move(value);
  }
  return base::OkStatus();
}

std::string Encode(const Query& query) {
  std::string out;
  for (const auto& [name, value] : query)
    out += Cat(out.empty() ? "" : "&", base::PercentEncode(name), "=", base::PercentEncode(value));
  return out;
}

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string CodeIn(const http::ResponseHead& head, std::string_view body) {
  if (const auto code = head.headers.Get("x-ms-error-code"); !code.empty())
    return std::string(code);
  const auto error = ParseStoreError(body);
  return error.ok() ? error->code : "";
}

class AzureBucket final : public Bucket {
 public:
  AzureBucket(const Tools& tools, AzureOptions options, http::Url endpoint, Query common,
              std::string key)
      : tools_(tools),
        options_(std::move(options)),
        endpoint_(std::move(endpoint)),
        common_(std::move(common)),
        key_(std::move(key)) {}
  ~AzureBucket() override { base::ZeroAndClear(key_); }

  base::Status Exists(const observe::Context& ctx) override {
    Call call = Prepare(ctx, "", {{"restype", "container"}, {"comp", "list"}, {"maxresults", "1"}});
    call.attempts = 1;
    call.judge = [this](const http::ResponseHead& head, std::string_view body) {
      Failure out = Judge(head, body);
      // To a container's own signature a missing container looks like this.
      if (CodeIn(head, body) == kDenied) {
        out.status = std::move(out.status)
                         .Wrap(
                             "the specified bucket name may be incorrect, nonexistent, or the "
                             "caller might lack sufficient permissions to access it");
      }
      return out;
    };
    const auto answer = Send(ctx, tools_, call);
    return answer.ok() ? base::OkStatus() : answer.status();
  }

  base::Status List(const observe::Context& ctx, std::string_view prefix,
                    const std::function<base::Status(Object)>& visit) override {
    std::string next;
    for (;;) {
      Query query{{"restype", "container"}, {"comp", "list"}};
      if (!prefix.empty()) query["prefix"] = prefix;
      if (!next.empty()) query["marker"] = next;
      SLUICE_TRY(const http::Response answer, Send(ctx, tools_, Prepare(ctx, "", query)));
      SLUICE_TRY(ListPage page, ParseAzurePage(answer.body));
      for (Object& object : page.objects) SLUICE_TRY(visit(std::move(object)));
      if (!page.truncated) return base::OkStatus();
      if (page.next == next) return base::FailedPrecondition("the listing does not move on");
      next = std::move(page.next);
    }
  }

  base::Result<std::string> Get(const observe::Context& ctx, const Object& object,
                                ObjectSink& sink) override {
    Call call = Prepare(ctx, object.key, {});
    call.sink = &sink;
    SLUICE_TRY(const http::Response answer, Send(ctx, tools_, call));
    return std::string(answer.headers.Get("ETag"));
  }

 private:
  Call Prepare(const observe::Context& ctx, std::string_view key, Query query) {
    for (const auto& [name, value] : common_) query.emplace(name, value);
    Call call;
    call.renewable = options_.token != nullptr;
    call.make = [this, ctx,
                 path = Cat(endpoint_.path, "/", base::PercentEncode(options_.container),
                            key.empty() ? "" : "/", base::PercentEncode(key, "/")),
                 query = std::move(query)](bool renew) -> base::Result<http::Request> {
      http::Request r;
      const std::string text = Encode(query);
      r.url =
          Cat(endpoint_.scheme, "://", endpoint_.Authority(), path, text.empty() ? "" : "?", text);
      r.tls = options_.access.tls;
      r.proxy = options_.access.proxy;
      r.max_redirects = 0;
      r.max_response_bytes = kMaxPageBytes;
      r.accept_gzip = false;
      r.redact_query = true;
      r.headers.Set("x-ms-version", std::string(kVersion));
      if (!key_.empty()) SignSharedKey(path, query, r);
      if (options_.token != nullptr) {
        if (endpoint_.scheme != "https" && !IsLoopback(endpoint_.host)) {
          return base::InvalidArgument(
              "authenticated requests are not permitted for non TLS protected (https) endpoints");
        }
        SLUICE_TRY(base::SecretString token, options_.token(ctx, renew));
        r.credentials =
            std::make_shared<http::Credentials>(http::Credentials{"", {}, std::move(token), {}});
      }
      return r;
    };
    call.judge = [this](const http::ResponseHead& head, std::string_view body) {
      return Judge(head, body);
    };
    return call;
  }

  // The eleven headers of the scheme are never sent: their lines stay empty.
  void SignSharedKey(const std::string& path, const Query& query, http::Request& r) const {
    r.headers.Set("x-ms-date", base::FormatRfc1123(tools_.clock.Now()));
    std::string text =
        Cat(r.method, "\n\n\n\n\n\n\n\n\n\n\n\n", "x-ms-date:", r.headers.Get("x-ms-date"),
            "\nx-ms-version:", kVersion, "\n/", options_.account, path);
    std::map<std::string, std::string> lower;
    for (const auto& [name, value] : query) lower[base::ToLower(name)] = value;
    for (const auto& [name, value] : lower) text += Cat("\n", name, ":", value);
    r.secret_headers.Set(
        "Authorization",
        Cat("SharedKey ", options_.account, ":",
            base::Base64Encode(base::Hmac(base::DigestAlgorithm::kSha256, key_, text))));
  }

  // The answer's text stays out: to a bad signature it repeats what was signed.
  Failure Judge(const http::ResponseHead& head, std::string_view body) const {
    const std::string code = CodeIn(head, body);
    const bool gone =
        code == kNoContainer || code == kNoBlob || (head.status == 404 && code.empty());
    Failure out;
    out.status =
        base::Status(gone                 ? base::StatusCode::kNotFound
                     : head.status == 404 ? base::StatusCode::kFailedPrecondition
                                          : CodeOf(head.status),
                     Cat("GET ", endpoint_.scheme, "://", endpoint_.Authority(), endpoint_.path,
                         "/", options_.container, ": RESPONSE ", std::to_string(head.status), ": ",
                         std::to_string(head.status), " ", http::StatusText(head.status),
                         code.empty() ? "" : ", ERROR CODE: ", base::TruncateUtf8(code, 64)));
    out.temporary = IsTemporary(head.status);
    out.refused = head.status == 401;
    return out;
  }

  const Tools tools_;
  const AzureOptions options_;
  const http::Url endpoint_;
  const Query common_;  // of the endpoint and the SAS
  std::string key_;
};

}  // namespace

base::Result<std::string> AzureAccountOf(std::string_view endpoint) {
  constexpr std::string_view kFailed = "failed to extract account name from endpoint";
  const auto url = http::Url::Parse(endpoint);
  if (!url.ok()) return url.status().Wrap(kFailed);
  const auto parts = base::Split(url->host, ".");
  if (parts.size() <= 2)
    return base::InvalidArgument(Cat(kFailed, ": expected '", url->host, "' to be a subdomain"));
  return std::string(parts[0]);
}

base::Result<std::unique_ptr<Bucket>> MakeAzureBucket(const Tools& tools, AzureOptions options) {
  auto endpoint = http::Url::Parse(options.endpoint);
  if (!endpoint.ok()) return std::move(endpoint).status().Wrap("unable to parse endpoint URL");
  Query common;
  SLUICE_TRY(ParseQuery(endpoint->query, common));
  // What an unparsable signature holds is not said.
  if (auto parsed = ParseQuery(base::TrimPrefix(options.sas.Reveal(), "?"), common); !parsed.ok()) {
    return base::InvalidArgument("unable to parse SAS token: invalid URL escape");
  }
  std::string key;
  if (!options.account_key.empty()) {
    auto decoded = base::Base64Decode(options.account_key.Reveal());
    if (!decoded.ok()) return std::move(decoded).status().Wrap("decode account key");
    key = *std::move(decoded);
  }
  endpoint->query.clear();
  endpoint->userinfo.clear();
  endpoint->path = std::string(base::TrimSuffix(endpoint->path, "/"));
  return std::unique_ptr<Bucket>(std::make_unique<AzureBucket>(
      tools, std::move(options), *std::move(endpoint), std::move(common), std::move(key)));
}

}  // namespace sluice::bucket
