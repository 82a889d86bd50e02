#include <algorithm>
#include <memory>
#include <optional>

#include "base/strings.h"
#include "exchange.h"
#include "git/remote.h"
#include "http/body_stream.h"
#include "http/client.h"
#include "observe/mutex.h"

namespace sluice::git {
namespace {

constexpr std::string_view kInfoRefs = "/info/refs", kService = "git-upload-pack";
constexpr uint64_t kMaxAdvertisement = 64 << 20;  // an older protocol lists every ref here
constexpr std::chrono::seconds kStall{60};

// In go-git's words. `url` is ours: nothing of the user's but the path.
base::Status StatusError(const http::ResponseHead& head, const std::string& url,
                         std::string_view reason) {
  switch (head.status) {
    case 401:
      return base::Unauthenticated(base::Cat("authentication required: ", reason));
    case 403:
      return base::PermissionDenied(base::Cat("authorization failed: ", reason));
    case 404:
      return base::NotFound(base::Cat("repository not found: ", reason));
    default: {
      // What a server says of it is not shown.
      std::string text =
          base::Cat("unexpected client error: unexpected requesting ", base::QuoteGo(url),
                    " status code: ", std::to_string(head.status));
      if (head.status == 429 || head.status >= 500) return base::Unavailable(std::move(text));
      return base::FailedPrecondition(std::move(text));
    }
  }
}

class HttpRemote final : public Remote {
 public:
  HttpRemote(http::Client& client, http::Url url, RemoteAuth auth, RemoteLimits limits)
      : client_(client), limits_(limits) {
    base_ = url;
    base_.userinfo.clear();
    base_.query.clear();
    while (base_.path.ends_with('/')) base_.path.pop_back();
    SetAuth(url, std::move(auth));
  }

  void SetCredentials(const RemoteAuth& auth) override {
    if (auth.username.empty() && auth.password.empty() && auth.bearer_token.empty()) return;
    auto fresh = std::make_shared<http::Credentials>(
        http::Credentials{auth.username, auth.password, auth.bearer_token, base_.origin()});
    const observe::MutexLock lock(mu_);
    credentials_ = std::move(fresh);
  }

  base::Result<std::vector<RemoteRef>> ListRefs(const observe::Context& ctx,
                                                const std::vector<std::string>& prefixes) override {
    return WithService(ctx, [&](const Service& service) {
      return ListRefsOver(ExchangeWith(ctx, service), service.legacy.get(), prefixes, limits_);
    });
  }

  base::Result<FetchResult> Fetch(
      const observe::Context& ctx, const FetchRequest& request,
      const std::function<base::Status(std::string_view)>& pack) override {
    // Never repeated once pack bytes were handed out.
    bool started = false;
    const std::function<base::Status(std::string_view)> sink = [&](std::string_view bytes) {
      started = true;
      return pack(bytes);
    };
    return WithService(
        ctx,
        [&](const Service& service) {
          return FetchOver(ExchangeWith(ctx, service), service.caps, service.legacy.get(), request,
                           limits_, sink);
        },
        [&] { return !started; });
  }

 private:
  // What GET info/refs told: it is asked once, and again when a request built on it fails.
  struct Service {
    http::Url base;
    Capabilities caps;
    std::shared_ptr<const LegacyAdvertisement> legacy;  // version 0: what was listed
  };

  void SetAuth(const http::Url& url, RemoteAuth auth) {
    if (auth.username.empty() && auth.bearer_token.empty() && !url.userinfo.empty()) {
      const auto cut = base::Cut(url.userinfo, ":");
      auth.username =
          http::QueryUnescape(
              base::ReplaceAll(cut ? cut->first : std::string_view(url.userinfo), "+", "%2B"))
              .value_or("");
      if (cut)
        auth.password = base::SecretString(
            http::QueryUnescape(base::ReplaceAll(cut->second, "+", "%2B")).value_or(""));
    }
    SetCredentials(auth);
    if (!auth.ca_pem.empty() || !auth.client_cert_pem.empty()) {
      auto tls = std::make_shared<http::TlsOptions>();
      tls->ca_pem = std::move(auth.ca_pem);
      tls->client_cert_pem = std::move(auth.client_cert_pem);
      tls->client_key_pem = std::move(auth.client_key_pem);
      tls_ = std::move(tls);
    }
    if (!auth.proxy_url.empty()) {
      proxy_ = std::make_shared<http::ProxyOptions>(
          http::ProxyOptions{std::move(auth.proxy_url), std::move(auth.proxy_username),
                             std::move(auth.proxy_password)});
    }
  }

  http::Request MakeRequest(std::string method, std::string url, uint64_t max_bytes) {
    http::Request r;
    r.method = std::move(method);
    r.url = std::move(url);
    r.headers.Set("Git-Protocol", "version=2");
    // some hosts serve Git to agents of this name only
    r.headers.Set("User-Agent", "git/2.0 (sluice)");
    {
      const observe::MutexLock lock(mu_);
      r.credentials = credentials_;
    }
    r.tls = tls_;
    r.proxy = proxy_;
    r.max_response_bytes = max_bytes;
    r.stall_timeout = kStall;
    r.accept_gzip = false;  // packs do not shrink
    r.multiplex = false;
    return r;
  }

  base::Result<Service> Discover(const observe::Context& ctx) {
    http::Url info = base_;
    info.path += kInfoRefs;
    info.query = base::Cat("service=", kService);
    const std::string url = info.ToString();
    AdvertisementParser parser(limits_.max_refs);
    std::string reason;
    SLUICE_TRY(
        const http::ResponseHead head,
        http::StreamBody(ctx, client_, MakeRequest("GET", url, kMaxAdvertisement),
                         {.on_body = [&](std::string_view bytes) { return parser.Feed(bytes); }},
                         reason));
    if (head.status < 200 || head.status >= 300) return StatusError(head, url, reason);
    Service service{base_, {}, nullptr};
    SLUICE_TRY(service.caps, parser.Finish());
    service.legacy = parser.legacy();
    if (head.url != url) {  // moved: the service is where the answer came from
      SLUICE_TRY(service.base, http::Url::Parse(head.url));
      if (!service.base.path.ends_with(kInfoRefs))
        return base::FailedPrecondition("repository moved to a URL that is no Git service");
      service.base.path.resize(service.base.path.size() - kInfoRefs.size());
      service.base.query.clear();
    }
    return service;
  }

  Exchange ExchangeWith(const observe::Context& ctx, const Service& service) {
    return [this, &ctx, &service](std::string body, uint64_t max_bytes, const Feed& feed,
                                  const std::function<bool()>& /*done*/) {
      return Post(ctx, service, std::move(body), max_bytes, feed);
    };
  }

  base::Status Post(const observe::Context& ctx, const Service& service, std::string body,
                    uint64_t max_bytes,
                    const std::function<base::Status(std::string_view)>& on_body) {
    http::Url url = service.base;
    url.path += base::Cat("/", kService);
    http::Request r = MakeRequest("POST", url.ToString(), max_bytes);
    r.headers.Set("Content-Type", "application/x-git-upload-pack-request");
    r.headers.Set("Accept", "application/x-git-upload-pack-result");
    r.body = std::move(body);
    r.max_redirects = 0;
    std::string reason;
    SLUICE_TRY(const http::ResponseHead head,
               http::StreamBody(ctx, client_, std::move(r), {.on_body = on_body}, reason));
    if (head.status < 200 || head.status >= 300) return StatusError(head, url.ToString(), reason);
    return base::OkStatus();
  }

  // Runs `use` with the known service, discovering it first if need be. If a remembered one fails,
  // it is discovered anew and `use` runs once more: servers move, and the words of the first
  // request are the ones people know.
  template <class Use>
  auto WithService(
      const observe::Context& ctx, const Use& use, const std::function<bool()>& may_repeat = [] {
        return true;
      }) -> decltype(use(std::declval<const Service&>())) {
    std::optional<Service> known;
    {
      const observe::MutexLock lock(mu_);
      known = service_;
    }
    if (known) {
      auto result = use(*known);
      const auto code = result.status().code();
      const bool final_word = result.ok() || ctx.done() || !may_repeat() ||
                              code == base::StatusCode::kResourceExhausted ||
                              code == base::StatusCode::kDeadlineExceeded;
      if (final_word) return result;
      const observe::MutexLock lock(mu_);
      service_.reset();
    }
    SLUICE_TRY(Service service, Discover(ctx));
    if (service.legacy == nullptr) {  // else each listing is a new one
      const observe::MutexLock lock(mu_);
      service_ = service;
    }
    return use(service);
  }

  http::Client& client_;
  const RemoteLimits limits_;
  http::Url base_;
  std::shared_ptr<const http::TlsOptions> tls_;
  std::shared_ptr<const http::ProxyOptions> proxy_;
  observe::Mutex mu_;
  std::shared_ptr<const http::Credentials> credentials_ SLUICE_GUARDED_BY(mu_);
  std::optional<Service> service_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace

base::Result<std::unique_ptr<Remote>> MakeHttpRemote(http::Client& client, std::string_view url,
                                                     RemoteAuth auth, const RemoteLimits& limits) {
  SLUICE_TRY(http::Url parsed, http::Url::Parse(url));
  return std::unique_ptr<Remote>(
      std::make_unique<HttpRemote>(client, std::move(parsed), std::move(auth), limits));
}

}  // namespace sluice::git
