// Client: the one HTTP client of a process: libcurl's multi interface driven by one I/O thread.
// HTTP/2 where the server speaks it, hundreds of requests multiplexed on one connection;
// connections kept and reused. No thread per request, no cookies, no environment. Redirects are
// followed here, never by libcurl: credentials stay with their origin, https never falls to http.
//
// Transport errors speak Go's words, since clients see them in conditions:
//   Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused kUnavailable Get
//   "http://nope.invalid/": dial tcp: lookup nope.invalid: no such host kUnavailable Get
//   "https://h/": context deadline exceeded kDeadlineExceeded Get "https://h/": tls: failed to
//   verify certificate: x509: certificate signed by unknown authority  kUnavailable
// A URL in an error keeps its query unless Request::redact_query is set, and never keeps its user
// info. An HTTP status is no error: the caller reads Response::status.
//
// Thread-safe. Callbacks run on the I/O thread, must not block, and may call Start, Cancel and
// Resume (never Do). The client outlives its calls; its destructor ends those still open with
// kCancelled and joins the thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/status.h"
#include "http/headers.h"
#include "http/url.h"
#include "observe/context.h"

namespace sluice::http {

// Shared by many requests: connections are reused between requests whose options are equal.
struct TlsOptions {
  std::string ca_pem;        // further roots, PEM
  bool system_roots = true;  // false: only ca_pem counts (a Kubernetes cluster's CA)
  std::string client_cert_pem;
  base::SecretString client_key_pem;
  bool insecure_skip_verify = false;
  std::string server_name;  // SNI and the name to verify, when it differs from the URL's host
};

struct ProxyOptions {
  std::string url;  // http://, https://, socks5://, socks5h://; "" = direct
  std::string username;
  base::SecretString password;
};
// As Go's ProxyFromEnvironment reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY; main fills it in.
struct ProxyEnvironment {
  std::string http_proxy, https_proxy, no_proxy;
  std::string ProxyFor(const Url& url) const;  // "" = direct; loopback hosts are always direct
};

// Sent to `origin` (default: the request URL's own) and to no other, whatever redirects say.
struct Credentials {
  std::string username;  // with password: Basic
  base::SecretString password;
  base::SecretString bearer;  // wins over Basic
  std::optional<Origin> origin;
};

struct Request {
  std::string method = "GET";
  std::string url;
  Headers headers;
  // Sent as is; an upload without a body of a method that has none sends nothing. Kept until the
  // call is done.
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // instead of `body`, not copied
  std::shared_ptr<const TlsOptions> tls;           // null: system roots
  std::shared_ptr<const ProxyOptions> proxy;       // null: the client's ProxyEnvironment decides
  std::shared_ptr<const Credentials> credentials;
  // Headers that carry secrets, bound to the origin as credentials are (e.g. X-Api-Key).
  Headers secret_headers;
  int max_redirects = 10;  // 0: a 3xx is the response
  // after decompression; past it the call fails with kResourceExhausted
  uint64_t max_response_bytes = 64ull << 20;
  std::chrono::milliseconds connect_timeout{30000};
  // No byte for so long ends the call (a dead peer under a watch); 0 = never.
  std::chrono::milliseconds stall_timeout{0};
  bool redact_query = false;  // cut the query in error texts (presigned URLs)
  bool accept_gzip = true;
  bool http1_only = false;
  // held while the call is open: small for a watch that mostly waits
  uint32_t receive_buffer = 16u << 10;
  // Wait for a connection that is being opened rather than open another (HTTP/2 multiplexing). For
  // many requests to one host.
  bool multiplex = true;
};

struct ResponseHead {
  int status = 0;
  std::string reason;  // the status line's words, as the server chose them; "" with HTTP/2
  Headers headers;
  std::string url;  // the last one after redirects
  bool http2 = false;
};
struct Response : ResponseHead {
  std::string body;
};

enum class Flow : uint8_t {
  kContinue,
  kPause,  // this chunk was NOT taken: it comes again after Call::Resume()
  kStop,   // the call ends now, without error
};

struct Callbacks {
  std::function<void(const ResponseHead&)> on_head;  // may be null
  std::function<Flow(std::string_view)> on_data;     // null: body bytes are dropped
  // Exactly once, last: the head, or why the call failed.
  std::function<void(base::Result<ResponseHead>)> on_done;
};

// A call under way. Thread-safe; outliving it is harmless, dropping it does not cancel.
class Call {
 public:
  virtual ~Call() = default;
  virtual void Cancel() = 0;  // on_done follows with kCancelled unless it already ran
  virtual void Resume() = 0;  // after kPause
};

struct ClientOptions {
  std::string user_agent = "sluice";
  ProxyEnvironment proxy;
  // Refuse connections to loopback, link-local and private addresses, checked on the resolved
  // address (S18).
  bool deny_private_addresses = false;
  size_t max_connections_per_host = 8;  // HTTP/1.1 pools; HTTP/2 needs one
};

class Client {
 public:
  static base::Result<std::unique_ptr<Client>> Create(ClientOptions options);
  virtual ~Client() = default;

  // Blocks until the response is in, the context ends or the transport fails.
  virtual base::Result<Response> Do(const observe::Context& ctx, Request request) = 0;
  // Streams: returns at once. The context's deadline ends the call; its stop token is looked at,
  // too.
  virtual std::shared_ptr<Call> Start(const observe::Context& ctx, Request request,
                                      Callbacks callbacks) = 0;

  // Runs `fn` on the I/O thread, soon or after a delay: timers of those who live on that thread
  // (watch back-off).
  virtual void Post(std::function<void()> fn) = 0;
  virtual void PostAfter(std::chrono::milliseconds delay, std::function<void()> fn) = 0;
  virtual bool OnIoThread() const = 0;
};

}  // namespace sluice::http
