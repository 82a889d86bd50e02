#include "http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "http/body_stream.h"
#include "http/server.h"
#include "raw_socket.h"

namespace sluice::http {
namespace {

using namespace std::chrono_literals;
using observe::Context;

// A server that remembers the requests it got.
class Recorder {
 public:
  Recorder() {
    ServerOptions options;
    options.address = "127.0.0.1:0";
    server_ = Server::Create(options);
    for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
      server_->HandlePrefix(method, "/", [this](const ServerRequest& r) {
        {
          const std::lock_guard lock(mu_);
          seen_.push_back(r);
        }
        return answer_ ? answer_(r) : ServerResponse::Text(200, r.method + " " + r.body);
      });
    }
  }
  void Start(std::function<ServerResponse(const ServerRequest&)> answer = nullptr) {
    answer_ = std::move(answer);
    ASSERT_TRUE(server_->Start().ok());
  }
  // Takes requests and answers none while this lives.
  void StartSilent() {
    Start([released = release_.get_future().share()](const ServerRequest&) {
      released.wait();
      return ServerResponse::Text(200, "");
    });
  }
  ~Recorder() { release_.set_value(); }
  std::string url(const std::string& path = "/") const {
    return "http://" + server_->address() + path;
  }
  std::vector<ServerRequest> seen() {
    const std::lock_guard lock(mu_);
    return seen_;
  }
  Server& server() { return *server_; }

 private:
  std::promise<void> release_;
  std::function<ServerResponse(const ServerRequest&)> answer_;
  std::mutex mu_;
  std::vector<ServerRequest> seen_;
  std::unique_ptr<Server> server_;  // last: stopped before what its handlers use goes
};

ServerResponse RedirectTo(const std::string& location, int status = 302) {
  auto r = ServerResponse::Text(status, "moved");
  r.headers.Set("Location", location);
  return r;
}

Request Make(std::string url, std::string method = "GET", std::string body = "") {
  Request r;
  r.url = std::move(url);
  r.method = std::move(method);
  r.body = std::move(body);
  return r;
}

class ClientTest : public testing::Test {
 protected:
  std::unique_ptr<Client> client_ = *Client::Create({});
  Context ctx_ = Context().WithTimeout(20s);
};

TEST_F(ClientTest, SendsMethodsHeadersAndBodies) {
  Recorder server;
  server.Start();
  for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    SCOPED_TRACE(method);
    auto request = Make(server.url("/x?y=z"), method, method == "GET" ? "" : "payload");
    request.headers.Set("X-Test", "1");
    const auto response = client_->Do(ctx_, request);
    ASSERT_TRUE(response.ok()) << response.status().message();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, method + (method == "GET" ? " " : " payload"));
    const auto seen = server.seen().back();
    EXPECT_EQ(seen.target, "/x?y=z");
    EXPECT_EQ(seen.headers.Get("X-Test"), "1");
    EXPECT_EQ(seen.headers.Get("User-Agent"), "sluice");
    EXPECT_FALSE(seen.headers.Has("Expect"));
    EXPECT_FALSE(seen.headers.Has("Cookie"));
  }
}

TEST_F(ClientTest, ReusesItsConnection) {
  Recorder server;
  server.Start();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client_->Do(ctx_, Make(server.url())).ok());
  const auto seen = server.seen();
  for (const auto& r : seen) EXPECT_EQ(r.remote_address, seen[0].remote_address);
}

// A handle that never had a connection keeps its small buffer: asan sees a larger answer run past
// it if the handle is taken again.
TEST_F(ClientTest, ALargerBufferIsNotTakenForASmallerOne) {
  Recorder server;
  const std::string large(1 << 20, 'x');
  server.Start([&](const ServerRequest&) { return ServerResponse::Text(200, large); });
  for (int i = 0; i < 3; ++i) {
    Request nowhere = Make("http://nohost.invalid/");
    nowhere.receive_buffer = 4u << 10;
    EXPECT_FALSE(client_->Do(ctx_, std::move(nowhere)).ok());
    Request request = Make(server.url());
    request.receive_buffer = 64u << 10;
    const auto response = client_->Do(ctx_, std::move(request));
    ASSERT_TRUE(response.ok()) << response.status().message();
    EXPECT_EQ(response->body, large);
  }
}

TEST_F(ClientTest, TransportErrorsSpeakGosWords) {
  std::string free_port;
  {
    Recorder server;
    server.Start();
    free_port = server.server().address();
  }
  const struct {
    Request request;
    std::string want;
  } cases[] = {
      {Make("http://" + free_port + "/x.git/info/refs?service=git-upload-pack"),
       "Get \"http://" + free_port + "/x.git/info/refs?service=git-upload-pack\": dial tcp " +
           free_port + ": connect: connection refused"},
      {Make("http://u:p@" + free_port + "/", "POST", "x"), "Post \"http://" + free_port +
                                                               "/\": dial tcp " + free_port +
                                                               ": connect: connection refused"},
      {Make("ftp://h/x"), "Get \"ftp://h/x\": unsupported protocol scheme \"ftp\""},
      {Make("http://h:x/"), "parse \"http://h:x/\": invalid port \":x\" after host"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.request.url);
    const auto response = client_->Do(ctx_, c.request);
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.status().message(), c.want);
  }
  const auto lookup = client_->Do(ctx_, Make("http://no-such-host.invalid/"));
  ASSERT_FALSE(lookup.ok());
  EXPECT_THAT(lookup.status().message(),
              testing::MatchesRegex("Get \"http://no-such-host.invalid/\": dial tcp: lookup "
                                    "no-such-host.invalid on .*: no such host"));
}

TEST_F(ClientTest, DeadlineAndStopEndACall) {
  Recorder server;
  server.StartSilent();
  const auto late = client_->Do(Context().WithTimeout(50ms), Make(server.url("/x")));
  EXPECT_EQ(late.status().code(), base::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(late.status().message(), "Get \"" + server.url("/x") + "\": context deadline exceeded");
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const auto stopped = client_->Do(Context().WithStop(stop.get_token()), Make(server.url("/x")));
  EXPECT_EQ(stopped.status().code(), base::StatusCode::kCancelled);
  EXPECT_EQ(stopped.status().message(), "Get \"" + server.url("/x") + "\": context canceled");
}

// A listener on a free port that gives one connection these bytes, whatever it asks, and `then`,
// where there is such, again and again until the peer has enough.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer, std::string then = "")
      : answer_(std::move(answer)),
        then_(std::move(then)),
        listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] {
      const int fd = accept(listener_, nullptr, nullptr);
      char buffer[4096];
      const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
      got_.assign(buffer, static_cast<size_t>(std::max<ssize_t>(n, 0)));
      (void)!send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
      pollfd hung_up{fd, POLLRDHUP, 0};
      while (!then_.empty() && poll(&hung_up, 1, 5) == 0)
        (void)!send(fd, then_.data(), then_.size(), MSG_NOSIGNAL);
      close(fd);
    });
  }
  ~OneAnswer() {
    Join();
    close(listener_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  // What was asked. Waits for the connection to end.
  const std::string& got() {
    Join();
    return got_;
  }

 private:
  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  const std::string answer_, then_;
  const int listener_;
  uint16_t port_ = 0;
  std::string got_;
  std::jthread thread_;
};

TEST_F(ClientTest, BrokenAnswersAreErrors) {
  const struct {
    std::string answer, want;
  } cases[] = {
      {"", "EOF"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "unexpected EOF"},
      {"garbage\r\n\r\n",
       "net/http: HTTP/1.x transport connection broken: malformed HTTP response"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.answer);
    const OneAnswer server(c.answer);
    const auto response = client_->Do(ctx_, Make(server.url()));
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.status().message(), "Get \"" + server.url() + "\": " + c.want);
    EXPECT_EQ(response.status().code(), base::StatusCode::kUnavailable);
  }
}

std::string Gzip(const std::string& plain) {
  std::string out(plain.size() + 1024, '\0');
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  z.avail_in = static_cast<uInt>(plain.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

TEST_F(ClientTest, GzipIsDecodedUnderTheLimitOfTheDecodedBytes) {
  const std::string head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Encoding: gzip\r\n\r\n";
  {
    OneAnswer server(head + Gzip("hello"));
    const auto response = client_->Do(ctx_, Make(server.url()));
    ASSERT_TRUE(response.ok()) << response.status().message();
    EXPECT_EQ(response->body, "hello");
    EXPECT_FALSE(response->headers.Has("Content-Encoding"));
    EXPECT_THAT(server.got(), testing::HasSubstr("Accept-Encoding: gzip\r\n"));
  }
  const OneAnswer bomb(head + Gzip(std::string(20u << 20, '\0')));
  auto request = Make(bomb.url());
  request.max_response_bytes = 1u << 20;
  EXPECT_EQ(client_->Do(ctx_, request).status().code(), base::StatusCode::kResourceExhausted);
}

TEST_F(ClientTest, CredentialsStayWithTheirOrigin) {
  Recorder other, home;
  other.Start();
  home.Start([&](const ServerRequest& r) {
    return r.path == "/away"   ? RedirectTo(other.url("/landing"))
           : r.path == "/near" ? RedirectTo("/here", 307)
                               : ServerResponse::Text(200, "");
  });
  auto request = Make(home.url("/away"));
  auto credentials = std::make_shared<Credentials>();
  credentials->username = "me";
  credentials->password = base::SecretString("canary");
  request.credentials = credentials;
  request.secret_headers.Set("X-Token", "canary");
  request.headers.Set("Cookie", "canary");
  ASSERT_TRUE(client_->Do(ctx_, request).ok());
  EXPECT_EQ(home.seen().back().headers.Get("Authorization"), "Basic bWU6Y2FuYXJ5");
  EXPECT_EQ(home.seen().back().headers.Get("X-Token"), "canary");
  const auto landed = other.seen().back();
  for (const auto& [name, value] : landed.headers.fields()) {
    EXPECT_EQ(value.find("canary"), value.npos) << name;
    EXPECT_NE(name, "Authorization");
  }
  request.url = home.url("/near");
  ASSERT_TRUE(client_->Do(ctx_, request).ok());
  EXPECT_EQ(home.seen().back().path, "/here");
  EXPECT_EQ(home.seen().back().headers.Get("X-Token"), "canary");
  // Bound to another origin than the URL's: never sent here.
  auto bound = std::make_shared<Credentials>(*credentials);
  bound->origin = Origin{"https", "elsewhere", 443};
  request.credentials = bound;
  request.secret_headers = {};
  ASSERT_TRUE(client_->Do(ctx_, request).ok());
  EXPECT_FALSE(home.seen().back().headers.Has("Authorization"));
}

TEST_F(ClientTest, UserInfoOfTheUrlIsSentToItsOriginOnly) {
  Recorder other, home;
  other.Start();
  home.Start([&](const ServerRequest&) { return RedirectTo(other.url("/")); });
  std::string url = home.url("/");
  url.insert(7, "a%40b:p+q@");
  ASSERT_TRUE(client_->Do(ctx_, Make(url)).ok());
  EXPECT_EQ(home.seen().back().headers.Get("Authorization"), "Basic YUBiOnArcQ==");
  EXPECT_FALSE(other.seen().back().headers.Has("Authorization"));
}

TEST_F(ClientTest, RedirectsKeepOrChangeTheMethodAndEnd) {
  Recorder server;
  server.Start([&](const ServerRequest& r) {
    if (r.path == "/301") return RedirectTo("/done", 301);
    if (r.path == "/308") return RedirectTo("/done", 308);
    if (r.path == "/loop") return RedirectTo("/loop");
    if (r.path == "/file") return RedirectTo("file:///etc/passwd");
    return ServerResponse::Text(200, r.method + " " + r.body);
  });
  EXPECT_EQ(client_->Do(ctx_, Make(server.url("/301"), "POST", "b"))->body, "GET ");
  EXPECT_EQ(client_->Do(ctx_, Make(server.url("/308"), "POST", "b"))->body, "POST b");
  EXPECT_EQ(client_->Do(ctx_, Make(server.url("/308"), "POST", "b"))->url, server.url("/done"));
  EXPECT_EQ(client_->Do(ctx_, Make(server.url("/loop"))).status().message(),
            "Get \"" + server.url("/loop") + "\": stopped after 10 redirects");
  EXPECT_EQ(client_->Do(ctx_, Make(server.url("/file"))).status().message(),
            "Get \"" + server.url("/file") + "\": unsupported protocol scheme \"file\"");
  auto manual = Make(server.url("/301"));
  manual.max_redirects = 0;
  const auto response = client_->Do(ctx_, manual);
  EXPECT_EQ(response->status, 301);
  EXPECT_EQ(response->headers.Get("Location"), "/done");
}

TEST_F(ClientTest, PrivateAddressesCanBeDenied) {
  Recorder server;
  server.Start();
  ClientOptions options;
  options.deny_private_addresses = true;
  const auto strict = *Client::Create(options);
  const auto response = strict->Do(ctx_, Make(server.url()));
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.status().message(), "Get \"" + server.url() + "\": dial tcp " +
                                             server.server().address() +
                                             ": address is not allowed");
  EXPECT_TRUE(server.seen().empty());
}

TEST_F(ClientTest, AResponseLargerThanItsLimitFails) {
  Recorder server;
  server.Start(
      [](const ServerRequest&) { return ServerResponse::Text(200, std::string(1000, 'x')); });
  auto request = Make(server.url());
  request.max_response_bytes = 1000;
  EXPECT_TRUE(client_->Do(ctx_, request).ok());
  request.max_response_bytes = 999;
  EXPECT_EQ(client_->Do(ctx_, request).status().code(), base::StatusCode::kResourceExhausted);
}

TEST_F(ClientTest, InvalidHeaderValuesAreRefusedBeforeAnythingIsSent) {
  Recorder server;
  server.Start();
  auto request = Make(server.url());
  request.headers.Set("X", "a\r\nY: b");
  EXPECT_EQ(client_->Do(ctx_, request).status().code(), base::StatusCode::kInvalidArgument);
  EXPECT_TRUE(server.seen().empty());
}

TEST_F(ClientTest, StreamsPausesAndStops) {
  Recorder server;
  server.Start([](const ServerRequest&) {
    ServerResponse r;
    r.stream =
        ServerResponse::Stream{8u << 20, [](uint64_t, std::span<char> out) -> base::Result<size_t> {
                                 std::fill(out.begin(), out.end(), 'x');
                                 return out.size();
                               }};
    return r;
  });
  std::promise<base::Result<ResponseHead>> done;
  std::promise<void> paused;
  std::atomic<size_t> got{0};
  std::atomic<bool> pause{true};
  Callbacks callbacks;
  callbacks.on_data = [&](std::string_view chunk) {
    if (got > 1'000'000 && pause.exchange(false)) {
      paused.set_value();
      return Flow::kPause;
    }
    got += chunk.size();
    return Flow::kContinue;
  };
  callbacks.on_done = [&](base::Result<ResponseHead> head) { done.set_value(std::move(head)); };
  const auto call = client_->Start(ctx_, Make(server.url()), callbacks);
  paused.get_future().wait();
  const size_t at_pause = got;
  EXPECT_LT(at_pause, 2'000'000u);
  call->Resume();
  const auto head = done.get_future().get();
  ASSERT_TRUE(head.ok()) << head.status().message();
  EXPECT_EQ(got, 8u << 20);

  std::promise<base::Result<ResponseHead>> stopped;
  callbacks.on_data = [](std::string_view) { return Flow::kStop; };
  callbacks.on_done = [&](base::Result<ResponseHead> h) { stopped.set_value(std::move(h)); };
  (void)client_->Start(ctx_, Make(server.url()), callbacks);
  EXPECT_TRUE(stopped.get_future().get().ok());
}

TEST_F(ClientTest, AThrowingCallbackEndsOnlyItsCall) {
  Recorder server;
  server.Start();
  std::promise<bool> done;
  Callbacks callbacks;
  callbacks.on_data = [](std::string_view) -> Flow { throw std::runtime_error("poisoned"); };
  callbacks.on_done = [&](const base::Result<ResponseHead>& head) { done.set_value(head.ok()); };
  (void)client_->Start(ctx_, Make(server.url()), callbacks);
  EXPECT_FALSE(done.get_future().get());
  EXPECT_TRUE(client_->Do(ctx_, Make(server.url())).ok());
}

TEST_F(ClientTest, DestroyingTheClientEndsOpenCalls) {
  Recorder server;
  server.StartSilent();
  std::promise<base::StatusCode> done;
  Callbacks callbacks;
  callbacks.on_done = [&](const base::Result<ResponseHead>& head) {
    done.set_value(head.status().code());
  };
  (void)client_->Start(ctx_, Make(server.url()), callbacks);
  client_.reset();
  EXPECT_EQ(done.get_future().get(), base::StatusCode::kCancelled);
}

// What comes behind the words that are kept is not waited for: a registry could hold its caller
// with it for days.
TEST_F(ClientTest, AnErrorsBodyNeedNotEnd) {
  Recorder server;
  server.Start([](const ServerRequest&) {
    ServerResponse r;
    r.status = 500;
    r.stream = ServerResponse::Stream{uint64_t{1} << 40,
                                      [](uint64_t, std::span<char> out) -> base::Result<size_t> {
                                        std::fill(out.begin(), out.end(), 'x');
                                        return out.size();
                                      }};
    return r;
  });
  auto request = Make(server.url());
  request.max_response_bytes = uint64_t{1} << 50;
  std::string error;
  const auto head = StreamBody(
      ctx_, *client_, std::move(request),
      {.on_body = [](std::string_view) { return base::OkStatus(); }, .max_error_body = 100}, error);
  ASSERT_TRUE(head.ok()) << head.status().message();
  EXPECT_EQ(head->status, 500);
  EXPECT_EQ(error, std::string(100, 'x'));
}

TEST_F(ClientTest, ASilentPeerIsNoticed) {
  Recorder server;
  server.StartSilent();
  auto request = Make(server.url());
  request.stall_timeout = 50ms;
  EXPECT_EQ(client_->Do(ctx_, request).status().message(),
            "Get \"" + server.url() + "\": net/http: timeout awaiting response");
}

// A line now and then is no answer, either.
TEST_F(ClientTest, AHeadThatDoesNotEndIsNoticed) {
  OneAnswer server("HTTP/1.1 200 OK\r\n", "A: b\r\n");
  auto request = Make(server.url());
  request.stall_timeout = 100ms;
  EXPECT_EQ(client_->Do(ctx_, request).status().message(),
            "Get \"" + server.url() + "\": net/http: timeout awaiting response");
}

TEST_F(ClientTest, PostedFunctionsRunOnTheIoThread) {
  std::promise<bool> now, later;
  client_->Post([&] { now.set_value(client_->OnIoThread()); });
  client_->PostAfter(5ms, [&] { later.set_value(client_->OnIoThread()); });
  EXPECT_TRUE(now.get_future().get());
  EXPECT_TRUE(later.get_future().get());
  EXPECT_FALSE(client_->OnIoThread());
}

TEST_F(ClientTest, ProxyGetsTheRequestAndItsOwnCredentialsOnly) {
  // The wall refuses absolute targets, so a bare listener plays the proxy.
  OneAnswer proxy("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  auto options = std::make_shared<ProxyOptions>();
  options->url = proxy.url();
  options->username = "p";
  options->password = base::SecretString("w");
  auto request = Make("http://example.invalid/x");
  request.proxy = options;
  const auto response = client_->Do(ctx_, request);
  ASSERT_TRUE(response.ok()) << response.status().message();
  EXPECT_EQ(response->body, "ok");
  const std::string got = proxy.got();
  EXPECT_THAT(got, testing::StartsWith("GET http://example.invalid/x HTTP/1.1\r\n"));
  EXPECT_THAT(got, testing::HasSubstr("Proxy-Authorization: Basic cDp3\r\n"));
  EXPECT_EQ(got.find("\r\nAuthorization"), got.npos);
}

TEST_F(ClientTest, AProxyThatOpensNoTunnelIsToldInGosWords) {
  const struct {
    std::string answer, want;
  } cases[] = {
      {"407 Proxy Authentication Required", "Proxy Authentication Required"},
      {"403 Forbidden", "Forbidden"},
      {"502 Bad Gateway", "Bad Gateway"},
  };
  for (const auto& c : cases) {
    OneAnswer proxy("HTTP/1.1 " + c.answer + "\r\nContent-Length: 0\r\n\r\n");
    auto options = std::make_shared<ProxyOptions>();
    options->url = proxy.url();
    auto request = Make("https://example.invalid/x");
    request.proxy = options;
    EXPECT_EQ(client_->Do(ctx_, request).status().message(),
              "Get \"https://example.invalid/x\": " + c.want);
    EXPECT_THAT(proxy.got(), testing::StartsWith("CONNECT example.invalid:443 HTTP/1.1\r\n"));
  }
}

}  // namespace
}  // namespace sluice::http
