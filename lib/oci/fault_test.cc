// What a bad registry and a bad network do to the client: a scripted server answers byte by byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "http/hold_off.h"
#include "observe/mutex.h"
#include "oci/client.h"
#include "test_support/scripted_server.h"

namespace sluice::oci {
namespace {

using test_support::Http;
using test_support::ScriptedServer;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

bool IsPing(const std::string& head) { return head.starts_with("GET /v2/ "); }
std::string HeadOk() {
  return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: "
         "application/vnd.oci.image.manifest.v1+json\r\nContent-Length: 9\r\n"
         "Docker-Content-Digest: sha256:" +
         std::string(64, 'a') + "\r\n\r\n";
}

class FaultTest : public testing::Test {
 protected:
  FaultTest() : http_(*http::Client::Create({})) {
    RegistryClientOptions o;
    o.first_retry = std::chrono::milliseconds(1);
    client_.emplace(*http_, o);
  }
  std::shared_ptr<RemoteRepository> Open(const ScriptedServer& server, const Access& access = {}) {
    return client_->Open(*Repository::Parse(server.address() + "/app"), access);
  }
  static Access WithPassword() {
    Access a;
    a.auth.username = "u";
    a.auth.password = base::SecretString("c4n4ry");
    return a;
  }
  static Reference V1(const RemoteRepository& r) { return Reference::Tag(r.name(), "v1"); }

  std::unique_ptr<http::Client> http_;
  std::optional<RegistryClient> client_;
  observe::Context ctx_;
};

TEST_F(FaultTest, TriesTemporaryAnswersThreeTimes) {
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    int left = 2;
    ScriptedServer server([&](const std::string& head) {
      if (IsPing(head)) return Http(200, "");
      return left-- > 0 ? Http(status, "") : HeadOk();
    });
    const auto remote = Open(server);
    EXPECT_TRUE(remote->Head(ctx_, V1(*remote)).ok()) << status;
    EXPECT_EQ(server.Count("HEAD "), 3U);
  }
  ScriptedServer never(
      [](const std::string& head) { return IsPing(head) ? Http(200, "") : Http(503, "down"); });
  const auto remote = Open(never);
  const auto status = remote->Get(ctx_, V1(*remote)).status();
  EXPECT_EQ(status.message(),
            "GET http://" + never.address() +
                "/v2/app/manifests/v1: unexpected status code 503 Service Unavailable: down");
  EXPECT_EQ(status.code(), base::StatusCode::kUnavailable);
  EXPECT_EQ(never.Count("GET /v2/app"), 3U);
}

TEST_F(FaultTest, LeavesARegistryAloneThatAsksForIt) {
  ScriptedServer server([](const std::string& head) {
    return IsPing(head)
               ? Http(200, "")
               : Http(429, R"({"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]})",
                      "Retry-After: 60\r\n");
  });
  http::HoldOffs hold_offs;
  http::PatientClient http(*http_, hold_offs);
  RegistryClient client(http);
  const auto remote = client.Open(*Repository::Parse(server.address() + "/app"), {});
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(remote->Head(ctx_, V1(*remote)).ok());
    EXPECT_EQ(
        remote->Get(ctx_, V1(*remote)).status().message(),
        "GET http://" + server.address() + "/v2/app/manifests/v1: TOOMANYREQUESTS: slow down");
  }
  EXPECT_EQ(server.Count("HEAD /v2/app"), 1U);
  EXPECT_EQ(server.Count("GET /v2/app"), 1U);
}

TEST_F(FaultTest, TriesABrokenConnectionAgain) {
  int left = 2;
  ScriptedServer server([&](const std::string& head) {
    if (IsPing(head)) return Http(200, "");
    return left-- > 0 ? std::string() : HeadOk();
  });
  const auto remote = Open(server);
  EXPECT_TRUE(remote->Head(ctx_, V1(*remote)).ok());
}

TEST_F(FaultTest, GetsAnotherTokenWhenOneIsRefused) {
  int tokens = 0;
  std::string realm;
  ScriptedServer server([&](const std::string& head) {
    if (IsPing(head))
      return Http(401, "", "WWW-Authenticate: Bearer realm=\"" + realm + "\",service=\"s\"\r\n");
    if (head.starts_with("GET /token"))
      return Http(200, R"({"token":"t)" + std::to_string(++tokens) + "\"}");
    if (head.find("Bearer t2") != head.npos || head.find("Bearer t3") != head.npos) return HeadOk();
    return Http(
        401, "",
        "WWW-Authenticate: Bearer realm=\"" + realm + "\",scope=\"repository:app:pull,extra\"\r\n");
  });
  realm = "http://" + server.address() + "/token";
  const auto remote = Open(server, WithPassword());
  EXPECT_TRUE(remote->Head(ctx_, V1(*remote)).ok());
  EXPECT_TRUE(remote->Head(ctx_, V1(*remote)).ok());
  EXPECT_EQ(tokens, 2);
  EXPECT_THAT(
      server.Seen(),
      Contains(StartsWith(
          "GET "
          "/token?scope=repository%3Aapp%3Apull%2Cextra&scope=repository%3Aapp%3Apull&service=s")));
}

TEST_F(FaultTest, KeepsCredentialsAtHome) {
  const std::string blob = "blob bytes", digest = base::Digest::Sha256(blob).ToString();
  ScriptedServer other([&](const std::string&) { return Http(200, blob); });
  ScriptedServer server([&](const std::string& head) {
    if (IsPing(head)) return Http(401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n");
    return Http(307, "", "Location: http://" + other.address() + "/elsewhere?X-Signature=s\r\n");
  });
  const auto remote = Open(server, WithPassword());
  Descriptor d;
  d.digest = digest;
  d.size = static_cast<int64_t>(blob.size());
  EXPECT_EQ(*remote->ReadBlob(ctx_, d, 100), blob);
  EXPECT_THAT(server.Seen(), Contains(HasSubstr("Authorization: Basic")));
  EXPECT_THAT(other.Seen(), ElementsAre("GET /elsewhere?X-Signature=s"));
}

TEST_F(FaultTest, NeverShowsASecret) {
  std::string realm;
  ScriptedServer server([&](const std::string& head) {
    if (IsPing(head)) return Http(401, "", "WWW-Authenticate: Bearer realm=\"" + realm + "\"\r\n");
    return Http(500, "broken");
  });
  realm = "http://user:c4n4ry@" + server.address() + "/token?key=c4n4ry";
  const auto remote = Open(server, WithPassword());
  const auto status = remote->Head(ctx_, V1(*remote)).status();
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.message().find("c4n4ry"), std::string::npos) << status.message();
}

TEST_F(FaultTest, ResumesABlobWhereItBroke) {
  std::string blob;
  for (int i = 0; i < 200'000; ++i) blob += static_cast<char>(i * 31 >> 3);
  Descriptor d;
  d.digest = base::Digest::Sha256(blob).ToString();
  d.size = static_cast<int64_t>(blob.size());
  const auto pull = [&](bool ranges, std::vector<std::string>& seen) {
    int answers = 0;
    ScriptedServer server([&](const std::string& head) {
      if (IsPing(head)) return Http(200, "");
      const size_t range = head.find("Range: bytes=");
      size_t from = 0;
      if (ranges && range != head.npos) from = std::stoul(head.substr(range + 13));
      const std::string rest = blob.substr(from);
      const std::string start =
          from == 0 ? "HTTP/1.1 200 OK\r\n"
                    : base::Cat("HTTP/1.1 206 P\r\nContent-Range: bytes ", std::to_string(from),
                                "-", std::to_string(blob.size() - 1), "/",
                                std::to_string(blob.size()), "\r\n");
      const size_t send = ++answers <= 2 ? 70'000 : rest.size();
      return base::Cat(start, "Connection: close\r\nContent-Length: ", std::to_string(rest.size()),
                       "\r\n\r\n", rest.substr(0, send));
    });
    const auto out = Open(server)->ReadBlob(ctx_, d, 1 << 20);
    seen = server.Seen();
    return out;
  };
  std::vector<std::string> seen;
  EXPECT_EQ(*pull(true, seen), blob);
  EXPECT_THAT(seen, Contains("GET /v2/app/blobs/" + d.digest + " | Range: bytes=140000-"));
  EXPECT_EQ(*pull(false, seen), blob);
}

TEST_F(FaultTest, RefusesABlobThatIsAnother) {
  const struct {
    std::string name, answer, message;
  } cases[] = {
      {"other bytes", Http(200, "0123456789"),
       "error verifying sha256 checksum after reading 10 bytes; got \"sha256:"},
      {"too short", Http(200, "012"), "Content-Length header 3 does not match expected size 10"},
      {"too long", Http(200, "0123456789abc"),
       "Content-Length header 13 does not match expected size 10"},
      {"short, no length", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n012",
       "error verifying size; got 3, want 10"},
      {"not there",
       Http(404, R"({"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]})"),
       "BLOB_UNKNOWN: blob unknown to registry"},
      {"other range",
       "HTTP/1.1 206 P\r\nConnection: close\r\nContent-Range: bytes 5-9/10\r\nContent-Length: "
       "5\r\n\r\n56789",
       "sent another range"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ScriptedServer server(
        [&](const std::string& head) { return IsPing(head) ? Http(200, "") : c.answer; });
    Descriptor d;
    d.digest = base::Digest::Sha256("9876543210").ToString();
    d.size = 10;
    EXPECT_THAT(Open(server)->ReadBlob(ctx_, d, 100).status().message(), HasSubstr(c.message));
  }
}

TEST_F(FaultTest, RefusesAManifestThatIsAnother) {
  ScriptedServer server(
      [](const std::string& head) { return IsPing(head) ? Http(200, "") : Http(200, "{}"); });
  const auto remote = Open(server);
  const std::string wanted = "sha256:" + std::string(64, 'b');
  EXPECT_EQ(remote->Get(ctx_, Reference::Digest(remote->name(), wanted)).status().message(),
            "manifest digest: \"" + base::Digest::Sha256("{}").ToString() +
                "\" does not match requested digest: \"" + wanted + "\" for \"" + server.address() +
                "/app@" + wanted + "\"");
}

TEST_F(FaultTest, StopsAtTheDeadline) {
  ScriptedServer server(
      [](const std::string& head) { return IsPing(head) ? Http(200, "") : Http(503, ""); });
  RegistryClientOptions slow;
  slow.first_retry = std::chrono::milliseconds(60'000);
  RegistryClient client(*http_, slow);
  const auto remote = client.Open(*Repository::Parse(server.address() + "/app"), {});
  EXPECT_FALSE(remote->Head(ctx_.WithTimeout(std::chrono::milliseconds(50)), V1(*remote)).ok());
}

TEST_F(FaultTest, LinksDoNotLeadAway) {
  ScriptedServer server([](const std::string& head) {
    return IsPing(head) ? Http(200, "")
                        : Http(200, R"({"tags":["a"]})",
                               "Link: <http://127.0.0.1:1/v2/app/tags/list>; rel=\"next\"\r\n");
  });
  EXPECT_EQ(Open(server)->ListTags(ctx_).status().message(), "link header leads to another origin");
}

}  // namespace
}  // namespace sluice::oci
