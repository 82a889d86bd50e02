#include "http/server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <thread>

#include "raw_socket.h"
#include "response_writer.h"

namespace sluice::http {
namespace {

using namespace std::chrono_literals;

ServerOptions Local() {
  ServerOptions options;
  options.address = "127.0.0.1:0";
  return options;
}

std::unique_ptr<Server> Echo(ServerOptions options) {
  auto server = Server::Create(std::move(options));
  server->Handle("GET", "/hello", [](const ServerRequest& r) {
    return ServerResponse::Text(200, "hello " + r.Query("name").value_or("nobody"));
  });
  server->Handle("POST", "/echo",
                 [](const ServerRequest& r) { return ServerResponse::Text(200, r.body); });
  server->HandlePrefix("GET", "/files/", [](const ServerRequest& r) {
    return ServerResponse::Text(200, "file " + r.path);
  });
  server->HandlePrefix("GET", "/files/deep/",
                       [](const ServerRequest&) { return ServerResponse::Text(200, "deep"); });
  server->Handle("GET", "/throw",
                 [](const ServerRequest&) -> ServerResponse { throw std::runtime_error("no"); });
  server->Handle("GET", "/split", [](const ServerRequest&) {
    auto r = ServerResponse::Text(200, "x");
    r.headers.Add("X-Evil", "a\r\nSet-Cookie: b");
    return r;
  });
  server->Handle("GET", "/big", [](const ServerRequest&) {
    ServerResponse r;
    r.content_type = "application/octet-stream";
    r.stream = ServerResponse::Stream{
        64u << 20, [](uint64_t offset, std::span<char> out) -> base::Result<size_t> {
          for (size_t i = 0; i < out.size(); ++i)
            out[i] = static_cast<char>('a' + (offset + i) % 26);
          return out.size();
        }};
    return r;
  });
  const auto status = server->Start();
  EXPECT_TRUE(status.ok()) << status.message();
  return server;
}

std::string Ask(const Server& server, std::string_view request) {
  RawSocket s(server.port());
  s.Send(request);
  return s.ReadAll();
}

std::string Get(const Server& server, const std::string& target, const std::string& extra = "") {
  return Ask(server,
             "GET " + target + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + extra + "\r\n");
}

std::string Body(const std::string& response) {
  const size_t at = response.find("\r\n\r\n");
  return at == response.npos ? "" : response.substr(at + 4);
}

TEST(ServerTest, RoutesByMethodAndPath) {
  const auto server = Echo(Local());
  EXPECT_NE(server->port(), 0);
  EXPECT_EQ(server->address(), "127.0.0.1:" + std::to_string(server->port()));
  EXPECT_EQ(Body(Get(*server, "/hello?name=a%20b")), "hello a b");
  EXPECT_EQ(Body(Get(*server, "/files/x%2Fy")), "file /files/x/y");
  EXPECT_EQ(Body(Get(*server, "/files/deep/z")), "deep");
  EXPECT_TRUE(Get(*server, "/nope").starts_with("HTTP/1.1 404"));
  const std::string wrong = Get(*server, "/echo");
  EXPECT_TRUE(wrong.starts_with("HTTP/1.1 405"));
  EXPECT_NE(wrong.find("Allow: POST\r\n"), wrong.npos);
  EXPECT_TRUE(Get(*server, "/throw").starts_with("HTTP/1.1 500"));
  const std::string head =
      Ask(*server, "HEAD /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200"));
  EXPECT_EQ(Body(head), "");
}

TEST(ServerTest, HeaderValuesCannotSplitTheResponse) {
  const auto server = Echo(Local());
  const std::string response = Get(*server, "/split");
  EXPECT_TRUE(response.starts_with("HTTP/1.1 500"));
  EXPECT_EQ(response.find("Set-Cookie"), response.npos);
}

TEST(ServerTest, KeepsConnectionsAndAnswersPipelinedRequestsInOrder) {
  const auto server = Echo(Local());
  RawSocket s(server->port());
  std::string all;
  for (int i = 0; i < 5; ++i)
    all += "GET /hello?name=" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  s.Send(all);
  const std::string answers = s.ReadUntil("hello 4");
  size_t at = 0;
  for (int i = 0; i < 5; ++i) {
    at = answers.find("hello " + std::to_string(i), at);
    ASSERT_NE(at, answers.npos) << i;
  }
  s.Send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_NE(s.ReadUntil("abc").find("abc"), std::string::npos);
}

TEST(ServerTest, BodyLimitAnswers413AlsoToASenderThatGoesOn) {
  auto options = Local();
  options.max_body = 1000;
  const auto server = Echo(options);
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: ";
  EXPECT_TRUE(
      Ask(*server, head + "1000\r\n\r\n" + std::string(1000, 'x')).starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(Ask(*server, head + "10000000\r\n\r\n" + std::string(10'000'000, 'x'))
                  .starts_with("HTTP/1.1 413"));
  std::string chunks = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 100; ++i) chunks += "64\r\n" + std::string(100, 'x') + "\r\n";
  EXPECT_TRUE(Ask(*server, chunks).starts_with("HTTP/1.1 413"));
}

TEST(ServerTest, HeaderLimits) {
  const auto server = Echo(Local());
  EXPECT_TRUE(Get(*server, "/hello?" + std::string(9000, 'x')).starts_with("HTTP/1.1 414"));
  EXPECT_TRUE(
      Get(*server, "/hello", "X: " + std::string(9000, 'x') + "\r\n").starts_with("HTTP/1.1 431"));
  std::string many;
  for (int i = 0; i < 101; ++i) many += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_TRUE(Get(*server, "/hello", many).starts_with("HTTP/1.1 431"));
  EXPECT_TRUE(
      Get(*server, "/hello", "REMOTE_ADDR: 1.2.3.4\r\nRange: " + std::string(5000, ',') + "\r\n")
          .starts_with("HTTP/1.1 200"));
}

TEST(ServerTest, SlowLorisHoldsNoWorkerAndTimesOut) {
  auto options = Local();
  options.request_timeout = 300ms;
  options.max_connections = 200;
  const auto server = Echo(options);
  std::vector<RawSocket> slow;
  for (int i = 0; i < 150; ++i) {
    slow.emplace_back(server->port());
    slow.back().Send("GET /hello HTTP/1.1\r\nHost: h\r\nX-Slow: ");
  }
  EXPECT_EQ(Body(Get(*server, "/hello")), "hello nobody");  // served while they dawdle
  for (auto& s : slow) EXPECT_TRUE(s.ReadAll().starts_with("HTTP/1.1 408"));
}

TEST(ServerTest, ANewConnectionReplacesTheLongestIdleOne) {
  auto options = Local();
  options.max_connections = 8;
  const auto server = Echo(options);
  std::vector<RawSocket> idle;
  for (int i = 0; i < 20; ++i) idle.emplace_back(server->port());
  EXPECT_EQ(Body(Get(*server, "/hello")), "hello nobody");
}

TEST(ServerTest, MemoryOfBodiesUnderWayIsBounded) {
  auto options = Local();
  options.max_buffered = 1u << 20;
  const auto server = Echo(options);
  std::vector<RawSocket> senders;
  int refused = 0;
  for (int i = 0; i < 4; ++i) {
    senders.emplace_back(server->port());
    senders.back().Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n" +
                        std::string(600'000, 'x'));
  }
  // The last ones push the sum past the limit; those before them go on waiting for their bodies.
  for (auto s = senders.rbegin(); s != senders.rend() && refused < 2; ++s) {
    refused += s->ReadSome(500ms).starts_with("HTTP/1.1 503") ? 1 : 0;
  }
  EXPECT_GE(refused, 2);
}

TEST(ServerTest, StreamsRangesOfALargeFile) {
  const auto server = Echo(Local());
  const std::string part = Get(*server, "/big", "Range: bytes=26-30\r\n");
  EXPECT_TRUE(part.starts_with("HTTP/1.1 206"));
  EXPECT_EQ(Body(part), "abcde");
  EXPECT_NE(part.find("Content-Range: bytes 26-30/67108864\r\n"), part.npos);
  EXPECT_TRUE(Get(*server, "/big", "Range: bytes=99999999-\r\n").starts_with("HTTP/1.1 416"));
  EXPECT_EQ(Body(Get(*server, "/big")).size(), 64u << 20);
}

TEST(ServerTest, AReaderThatStopsReadingIsCut) {
  auto options = Local();
  options.write_timeout = 200ms;
  options.threads = 1;
  const auto server = Echo(options);
  RawSocket stuck(server->port(), 4096);
  stuck.Send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(Body(Get(*server, "/hello")), "hello nobody");  // the one worker is free again
}

TEST(ServerTest, StopLetsARunningHandlerFinish) {
  auto server = Server::Create(Local());
  std::latch entered(1), go(1);
  server->Handle("GET", "/slow", [&](const ServerRequest&) {
    entered.count_down();
    go.wait();
    return ServerResponse::Text(200, "done");
  });
  ASSERT_TRUE(server->Start().ok());
  RawSocket s(server->port());
  s.Send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  entered.wait();
  std::jthread stopper([&] { server->Stop(); });
  go.count_down();
  EXPECT_EQ(Body(s.ReadAll()), "done");
  stopper.join();
  EXPECT_FALSE(RawSocket(server->port()).connected());
}

TEST(ServerTest, AddressInUseIsSaidInGosWords) {
  const auto server = Echo(Local());
  auto options = Local();
  options.address = server->address();
  const auto second = Server::Create(options);
  EXPECT_EQ(second->Start().message(),
            "listen tcp " + server->address() + ": bind: address already in use");
}

TEST(ServerTest, ExpectContinueIsAnswered) {
  const auto server = Echo(Local());
  RawSocket s(server->port());
  s.Send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(s.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  s.Send("ok");
  EXPECT_NE(s.ReadUntil("ok").find("\r\n\r\nok"), std::string::npos);
}

TEST(ServerTest, RangesAreParsedAsRfc9110Says) {
  using Kind = ByteRange::Kind;
  const struct {
    std::string header;
    Kind kind;
    uint64_t offset, length;
  } cases[] = {
      {"bytes=0-0", Kind::kPart, 0, 1},
      {"bytes=5-", Kind::kPart, 5, 5},
      {"bytes=-3", Kind::kPart, 7, 3},
      {"bytes=-30", Kind::kPart, 0, 10},
      {"bytes=8-99", Kind::kPart, 8, 2},
      {"bytes=10-", Kind::kUnsatisfiable, 0, 0},
      {"bytes=-0", Kind::kUnsatisfiable, 0, 0},
      {"bytes=0-1,3-4", Kind::kNone, 0, 0},
      {"bytes=5-4", Kind::kNone, 0, 0},
      {"lines=1-2", Kind::kNone, 0, 0},
      {"", Kind::kNone, 0, 0},
      {"bytes=a-b", Kind::kNone, 0, 0},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.header);
    const auto range = ParseRange(c.header, 10);
    EXPECT_EQ(range.kind, c.kind);
    EXPECT_EQ(range.offset, c.offset);
    EXPECT_EQ(range.length, c.length);
  }
}

}  // namespace
}  // namespace sluice::http
