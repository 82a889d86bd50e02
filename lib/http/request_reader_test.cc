#include "request_reader.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

struct Outcome {
  RequestReader::State state;
  int error = 0;
  size_t used = 0;
  ReadRequest request;
};

Outcome Read(std::string_view text, size_t piece, const ReaderLimits& limits = {}) {
  RequestReader reader(limits);
  Outcome out{reader.state(), 0, 0, {}};
  for (size_t at = 0; at < text.size(); at += piece) {
    const auto part = text.substr(at, piece);
    const size_t used = reader.Feed(part);
    out.used += used;
    if (used < part.size()) break;
  }
  out.state = reader.state();
  out.error = reader.error();
  if (out.state == RequestReader::State::kDone) out.request = reader.Take();
  return out;
}

TEST(RequestReaderTest, ReadsRequestsWhateverThePieces) {
  const struct {
    std::string text, method, target, body;
    bool keep_alive;
  } cases[] = {
      {"GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/a?b", "", true},
      {"\r\nGET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET", "/", "", false},
      {"GET / HTTP/1.0\r\n\r\n", "GET", "/", "", false},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET", "/", "", true},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", "POST", "/", "hello", true},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
       "chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n",
       "POST", "/", "abcde", true},
  };
  for (const auto& c : cases) {
    for (const size_t piece : {size_t{1}, size_t{7}, c.text.size() + 20}) {
      SCOPED_TRACE(c.text + " by " + std::to_string(piece));
      const auto out = Read(c.text + "GET /next", piece);
      ASSERT_EQ(out.state, RequestReader::State::kDone) << out.error;
      EXPECT_EQ(out.used, c.text.size());
      EXPECT_EQ(out.request.method, c.method);
      EXPECT_EQ(out.request.target, c.target);
      EXPECT_EQ(out.request.body, c.body);
      EXPECT_EQ(out.request.keep_alive, c.keep_alive);
    }
  }
}

TEST(RequestReaderTest, RefusesWhatReadersDisagreeAbout) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\n";
  const struct {
    std::string text;
    int status;
  } cases[] = {
      {"GET / HTTP/1.1\nHost: h\n\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},  // no Host
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET http://evil/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
      {"GET / XTTP/1.1\r\n\r\n", 400},
      {"GET /\x01 HTTP/1.1\r\n\r\n", 400},
      {"G(T / HTTP/1.1\r\n\r\n", 400},
      {head + "X : y\r\n\r\n", 400},
      {head + "X: a\r\n folded\r\n\r\n", 400},
      {head + "X: a\rb\r\n\r\n", 400},
      {head + "no colon\r\n\r\n", 400},
      {head + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
      {head + "Content-Length: +1\r\n\r\nx", 400},
      {head + "Content-Length: -1\r\n\r\nx", 400},
      {head + "Content-Length: 99999999999999999999\r\n\r\nx", 413},
      {head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {head + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {head + "Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", 415},
      {head + "Transfer-Encoding: chunked\r\n\r\n-2\r\n", 400},
      {head + "Transfer-Encoding: chunked\r\n\r\n\r\n", 400},
      {head + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n", 400},
      {head + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n", 413},
      {head + "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n", 400},
  };
  for (const auto& c : cases) {
    for (const size_t piece : {size_t{1}, size_t{1000}}) {
      SCOPED_TRACE(c.text);
      const auto out = Read(c.text, piece);
      EXPECT_EQ(out.state, RequestReader::State::kError);
      EXPECT_EQ(out.error, c.status);
    }
  }
}

TEST(RequestReaderTest, LimitsHoldToTheByte) {
  const ReaderLimits limits{
      .max_body = 10, .max_header_line = 40, .max_header_bytes = 120, .max_headers = 4};
  const auto state = [&](const std::string& text) { return Read(text, 3, limits); };
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(state(head + "Content-Length: 10\r\n\r\n0123456789").state,
            RequestReader::State::kDone);
  EXPECT_EQ(state(head + "Content-Length: 11\r\n\r\n").error, 413);
  EXPECT_EQ(state(head + "Transfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n6\r\n").error, 413);
  EXPECT_EQ(state("GET /" + std::string(24, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n").state,
            RequestReader::State::kDone);
  EXPECT_EQ(state("GET /" + std::string(25, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n").error, 414);
  EXPECT_EQ(state("GET /" + std::string(1000, 'a')).error, 414);  // no line end at all
  EXPECT_EQ(state(head + "X: " + std::string(36, 'a') + "\r\n\r\n").error, 431);
  EXPECT_EQ(state(head + "A: 1\r\nB: 1\r\nC: 1\r\n\r\n").state, RequestReader::State::kDone);
  EXPECT_EQ(state(head + "A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\n\r\n").error, 431);
  const std::string line = "X: " + std::string(30, 'a') + "\r\n";
  EXPECT_EQ(state(head + line + line + line).error, 431);
  const std::string trailer = "T: " + std::string(100, 'a') + "\r\n";
  std::string many = head + "Transfer-Encoding: chunked\r\n\r\n0\r\n";
  for (int i = 0; i < 100; ++i) many += trailer;
  EXPECT_EQ(Read(many, 1000).error, 431);
}

TEST(RequestReaderTest, TellsOnceThatTheClientWaits) {
  RequestReader reader({});
  reader.Feed("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_TRUE(reader.TakeContinue());
  EXPECT_FALSE(reader.TakeContinue());
}

}  // namespace
}  // namespace sluice::http
