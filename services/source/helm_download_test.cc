// What bad repositories and bad networks do to a download.
#include "helm_download.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <future>
#include <mutex>

#include "base/strings.h"
#include "test_support/scripted_server.h"

namespace sluice::source {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr uint64_t kLimit = 1000;

// A scripted server that keeps what it was asked. Every answer says that the connection ends with
// it.
class Server {
 public:
  explicit Server(test_support::ScriptedServer::Answer answer)
      : server_([this, answer = std::move(answer)](const std::string& head) {
          {
            const std::lock_guard lock(mu_);
            heads_.push_back(head);
          }
          const std::string out = answer(head);
          const size_t line = std::min(out.find("\r\n"), out.size());
          return out.substr(0, line) + "\r\nConnection: close" + out.substr(line);
        }) {}
  std::string Url(const std::string& path = "") const {
    return "http://" + server_.address() + path;
  }
  std::vector<std::string> Heads() {
    const std::lock_guard lock(mu_);
    return heads_;
  }
  static std::string Ok(const std::string& body, const std::string& headers = "") {
    return base::Cat("HTTP/1.1 200 OK\r\nContent-Length: ", std::to_string(body.size()), "\r\n",
                     headers, "\r\n", body);
  }
  static std::string Failed(const std::string& status) {
    return base::Cat("HTTP/1.1 ", status, "\r\nContent-Length: 0\r\n\r\n");
  }

 private:
  std::mutex mu_;
  std::vector<std::string> heads_;
  test_support::ScriptedServer server_;
};

http::Client& Client() {
  static const auto client = *http::Client::Create({});
  return *client;
}

struct Got {
  base::Result<HelmAnswer> answer;
  std::string body;
};

HelmAccess AccessOf(const std::string& url) {
  HelmAccess access;
  access.url = *NormalizeHelmUrl(url);
  access.origin = http::Url::Parse(url)->origin();
  access.username = "reader";
  access.password = base::SecretString("s3cr3t");
  return access;
}

Got Download(const std::string& url, const HelmAccess& access, const HelmValidators& known = {}) {
  std::string body;
  const HelmGet get{url, known, kLimit, "too large"};
  auto answer = DownloadHelmFile({}, Client(), access, get, [&body](std::string_view piece) {
    body += piece;
    return base::OkStatus();
  });
  return {std::move(answer), std::move(body)};
}

TEST(HelmDownloadTest, SaysWhatWentWrong) {
  const std::string big(kLimit + 1, 'x');
  const struct {
    std::string answer, message;
    base::StatusCode code;
  } cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", "unexpected EOF",
       base::StatusCode::kUnavailable},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "unexpected EOF",
       base::StatusCode::kUnavailable},
      {Server::Ok(big), "too large", base::StatusCode::kResourceExhausted},
      {"HTTP/1.1 200 OK\r\n\r\n" + big, "too large",
       base::StatusCode::kResourceExhausted},  // told by nothing but its end
      {Server::Failed("401 Unauthorized"), "failed to fetch URL : 401 Unauthorized",
       base::StatusCode::kUnauthenticated},
      {Server::Failed("404 File not found"), "failed to fetch URL : 404 File not found",
       base::StatusCode::kNotFound},
      {Server::Failed("429 Too Many Requests"), "failed to fetch URL : 429 Too Many Requests",
       base::StatusCode::kUnavailable},
      {Server::Failed("503 Service Unavailable"), "failed to fetch URL : 503 Service Unavailable",
       base::StatusCode::kUnavailable},
      {Server::Failed("204 No Content"), "failed to fetch URL : 204 No Content",
       base::StatusCode::kUnavailable},
      {Server::Failed("304 Not Modified"), "failed to fetch URL : 304 Not Modified",
       base::StatusCode::kUnavailable},  // nobody asked
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.answer.substr(0, 60));
    Server server([&](const std::string&) { return c.answer; });
    const auto got = Download(server.Url("/index.yaml?token=x"), AccessOf(server.Url()));
    ASSERT_FALSE(got.answer.ok());
    EXPECT_EQ(base::ReplaceAll(got.answer.status().message(), server.Url("/index.yaml"), "URL"),
              c.message);
    EXPECT_EQ(got.answer.status().code(), c.code);
  }
}

TEST(HelmDownloadTest, ATimeLimitIsToldInGoWords) {
  std::promise<void> over;
  std::shared_future<void> wait(over.get_future());
  Server server([wait](const std::string&) {
    wait.wait();
    return std::string();
  });
  HelmAccess access = AccessOf(server.Url());
  access.timeout = std::chrono::milliseconds(100);
  const auto got = Download(server.Url("/index.yaml"), access);
  over.set_value();
  EXPECT_EQ(got.answer.status().message(),
            "Get \"" + server.Url("/index.yaml") +
                "\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
}

TEST(HelmDownloadTest, AsksWhetherSomethingChanged) {
  Server server([](const std::string& head) {
    return base::Contains(head, "If-None-Match: \"v1\"") ? "HTTP/1.1 304 Not Modified\r\n\r\n"
                                                         : Server::Ok("text", "ETag: \"v1\"\r\n");
  });
  const HelmAccess access = AccessOf(server.Url());
  auto first = Download(server.Url("/i"), access);
  ASSERT_TRUE(first.answer.ok());
  EXPECT_EQ(first.body, "text");
  EXPECT_EQ(first.answer->validators.etag, "\"v1\"");
  const auto second = Download(server.Url("/i"), access, first.answer->validators);
  ASSERT_TRUE(second.answer.ok());
  EXPECT_TRUE(second.answer->unchanged);
  EXPECT_EQ(second.body, "");
  EXPECT_THAT(server.Heads().front(), HasSubstr("User-Agent: Helm/4.2\r\n"));
}

// A file that was written within the second the server answers in may be written again and look the
// same.
TEST(HelmDownloadTest, DoesNotTrustWhatChangedJustNow) {
  const struct {
    std::string headers;
    bool kept;
  } cases[] = {
      {"Date: Mon, 02 Mar 2026 08:15:03 GMT\r\nLast-Modified: Mon, 02 Mar 2026 08:15:02 "
       "GMT\r\nETag: \"a\"\r\n",
       false},
      {"Date: Mon, 02 Mar 2026 08:15:03 GMT\r\nLast-Modified: Mon, 02 Mar 2026 07:15:02 "
       "GMT\r\nETag: \"a\"\r\n",
       true},
      {"Date: Mon, 02 Mar 2026 08:15:03 GMT\r\nLast-Modified: Mon, 02 Mar 2026 07:15:02 GMT\r\n",
       true},
      {"Last-Modified: Mon, 02 Mar 2026 07:15:02 GMT\r\n", false},
      {"ETag: \"a\"\r\n", true},
      {"ETag: \"" + std::string(5000, 'a') + "\"\r\n", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.headers.substr(0, 120));
    Server server([&](const std::string&) { return Server::Ok("text", c.headers); });
    const auto got = Download(server.Url("/i"), AccessOf(server.Url()));
    ASSERT_TRUE(got.answer.ok());
    EXPECT_EQ(!got.answer->validators.empty(), c.kept);
  }
}

TEST(HelmDownloadTest, CredentialsStayWithTheirOrigin) {
  Server other([](const std::string&) { return Server::Ok("elsewhere"); });
  Server server([&](const std::string& head) {
    if (base::Contains(head, "GET /away"))
      return "HTTP/1.1 302 Found\r\nLocation: " + other.Url("/x") + "\r\nContent-Length: 0\r\n\r\n";
    return Server::Ok("here");
  });
  HelmAccess access = AccessOf(server.Url());
  EXPECT_EQ(Download(server.Url("/here"), access).body, "here");
  EXPECT_EQ(Download(server.Url("/away"), access).body, "elsewhere");
  EXPECT_EQ(Download(other.Url("/direct"), access).body, "elsewhere");
  for (const auto& head : server.Heads()) EXPECT_THAT(head, HasSubstr("Authorization: Basic "));
  for (const auto& head : other.Heads()) EXPECT_THAT(head, Not(HasSubstr("Authorization")));
  access.pass_credentials = true;
  EXPECT_EQ(Download(other.Url("/passed"), access).body, "elsewhere");
  EXPECT_THAT(other.Heads().back(), HasSubstr("Authorization: Basic "));
}

TEST(HelmUrlTest, AreJoinedAsHelmJoinsThem) {
  const struct {
    std::string repository, normalised, index;
  } cases[] = {
      {"https://h", "https://h/", "https://h/index.yaml"},
      {"https://h/a//", "https://h/a/", "https://h/a/index.yaml"},
      {"https://h/a?t=1", "https://h/a/?t=1", "https://h/a/index.yaml?t=1"},
      {"https://h/a%2Fb", "https://h/a%2Fb/", "https://h/a%2Fb/index.yaml"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(*NormalizeHelmUrl(c.repository), c.normalised);
    EXPECT_EQ(*HelmIndexUrl(c.normalised), c.index);
  }
  EXPECT_EQ(*NormalizeHelmUrl("oci://h/a//"), "oci://h/a");
  EXPECT_FALSE(NormalizeHelmUrl("http://[::1").ok());
  const struct {
    std::string reference, want;
  } references[] = {
      {"c-1.tgz", "https://h/a/c-1.tgz?t=1"},
      {"charts/c-1.tgz", "https://h/a/charts/c-1.tgz?t=1"},
      {"/c-1.tgz", "https://h/c-1.tgz?t=1"},
      {"../c-1.tgz", "https://h/c-1.tgz?t=1"},
      {"https://o/c-1.tgz", "https://o/c-1.tgz"},
      {"//o/c-1.tgz?u=2",
       "https://o/c-1.tgz?u=2"},  // the query may be a secret of the repository's
  };
  for (const auto& c : references)
    EXPECT_EQ(*HelmChartUrl("https://h/a/?t=1", c.reference), c.want);
}

TEST(HelmAccessTest, WhatDecidesAnAnswerIsInTheFingerprint) {
  const HelmAccess plain = AccessOf("https://h/a");
  HelmAccess user = plain, password = plain, url = plain, tls = plain;
  user.username = "other";
  password.password = base::SecretString("other");
  url.url = "https://h/b/";
  auto options = std::make_shared<http::TlsOptions>();
  options->ca_pem = "x";
  tls.tls = options;
  EXPECT_EQ(plain.Fingerprint(), AccessOf("https://h/a/").Fingerprint());
  for (const HelmAccess* other : {&user, &password, &url, &tls})
    EXPECT_NE(other->Fingerprint(), plain.Fingerprint());
}

}  // namespace
}  // namespace sluice::source
