// What a bad registry and a bad network do to the client: a scripted server answers byte by byte.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "observe/mutex.h"
#include "oci/client.h"

namespace sluice::oci {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

// One connection a request; `answer` gives the raw bytes, after which the connection is closed.
class ScriptedServer {
 public:
  using Answer = std::function<std::string(const std::string& head)>;
  explicit ScriptedServer(Answer answer) : answer_(std::move(answer)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 64), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { Serve(); });
  }
  ~ScriptedServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Request lines with their Authorization and Range headers.
  std::vector<std::string> Seen() {
    const observe::MutexLock lock(mu_);
    return seen_;
  }
  size_t Count(const std::string& start) {
    size_t n = 0;
    for (const auto& s : Seen()) n += s.starts_with(start) ? 1 : 0;
    return n;
  }

 private:
  void Serve() {
    for (int fd = accept(listener_, nullptr, nullptr); fd >= 0; fd = accept(listener_, nullptr, nullptr)) {
      std::string head;
      char buffer[4096];
      while (head.find("\r\n\r\n") == head.npos) {
        const ssize_t n = read(fd, buffer, sizeof buffer);
        if (n <= 0) break;
        head.append(buffer, static_cast<size_t>(n));
        if (head[0] == '\x16') break;  // a TLS hello
      }
      std::string out = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      if (head.find("\r\n\r\n") != head.npos) {
        Note(head);
        out = answer_(head);
      }
      for (size_t at = 0; at < out.size();) {
        const ssize_t n = send(fd, out.data() + at, out.size() - at, MSG_NOSIGNAL);
        if (n <= 0) break;
        at += static_cast<size_t>(n);
      }
      shutdown(fd, SHUT_WR);
      while (read(fd, buffer, sizeof buffer) > 0) {
      }
      close(fd);
    }
  }
  void Note(const std::string& head) {
    std::string line = head.substr(0, head.find(" HTTP/"));
    for (const auto part : base::Split(head, "\r\n")) {
      if (part.starts_with("Authorization:") || part.starts_with("Range:")) line += " | " + std::string(part);
    }
    const observe::MutexLock lock(mu_);
    seen_.push_back(std::move(line));
  }

  Answer answer_;
  int listener_ = -1, port_ = 0;
  observe::Mutex mu_;
  std::vector<std::string> seen_ SLUICE_GUARDED_BY(mu_);
  std::jthread thread_;
};

std::string Http(int status, const std::string& body, const std::string& headers = "") {
  return base::Cat("HTTP/1.1 ", std::to_string(status), " X\r\nConnection: close\r\nContent-Length: ", std::to_string(body.size()), "\r\n", headers,
                   "\r\n", body);
}
bool IsPing(const std::string& head) { return head.starts_with("GET /v2/ "); }
std::string HeadOk() {
  return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: 9\r\n"
         "Docker-Content-Digest: sha256:" + std::string(64, 'a') + "\r\n\r\n";
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
  ScriptedServer never([](const std::string& head) { return IsPing(head) ? Http(200, "") : Http(503, "down"); });
  const auto remote = Open(never);
  const auto status = remote->Get(ctx_, V1(*remote)).status();
  EXPECT_EQ(status.message(), "GET http://" + never.address() + "/v2/app/manifests/v1: unexpected status code 503 Service Unavailable: down");
  EXPECT_EQ(status.code(), base::StatusCode::kUnavailable);
  EXPECT_EQ(never.Count("GET /v2/app"), 3U);
}

TEST_F(FaultTest, LeavesARegistryAloneThatAsksForIt) {
  ScriptedServer server([](const std::string& head) {
    return IsPing(head) ? Http(200, "") : Http(429, R"({"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]})", "Retry-After: 60\r\n");
  });
  const auto remote = Open(server);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(remote->Get(ctx_, V1(*remote)).status().message(),
              "GET http://" + server.address() + "/v2/app/manifests/v1: TOOMANYREQUESTS: slow down");
  }
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
    if (IsPing(head)) return Http(401, "", "WWW-Authenticate: Bearer realm=\"" + realm + "\",service=\"s\"\r\n");
    if (head.starts_with("GET /token")) return Http(200, R"({"token":"t)" + std::to_string(++tokens) + "\"}");
    if (head.find("Bearer t2") != head.npos || head.find("Bearer t3") != head.npos) return HeadOk();
    return Http(401, "", "WWW-Authenticate: Bearer realm=\"" + realm + "\",scope=\"repository:app:pull,extra\"\r\n");
  });
  realm = "http://" + server.address() + "/token";
  const auto remote = Open(server, WithPassword());
  EXPECT_TRUE(remote->Head(ctx_, V1(*remote)).ok());
  EXPECT_TRUE(remote->Head(ctx_, V1(*remote)).ok());
  EXPECT_EQ(tokens, 2);
  EXPECT_THAT(server.Seen(), Contains(StartsWith("GET /token?scope=repository%3Aapp%3Apull%2Cextra&scope=repository%3Aapp%3Apull&service=s")));
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
      const std::string start = from == 0 ? "HTTP/1.1 200 OK\r\n"
                                          : base::Cat("HTTP/1.1 206 P\r\nContent-Range: bytes ", std::to_string(from), "-",
                                                      std::to_string(blob.size() - 1), "/", std::to_string(blob.size()), "\r\n");
      const size_t send = ++answers <= 2 ? 70'000 : rest.size();
      return base::Cat(start, "Connection: close\r\nContent-Length: ", std::to_string(rest.size()), "\r\n\r\n", rest.substr(0, send));
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
      {"other bytes", Http(200, "0123456789"), "error verifying sha256 checksum after reading 10 bytes; got \"sha256:"},
      {"too short", Http(200, "012"), "Content-Length header 3 does not match expected size 10"},
      {"too long", Http(200, "0123456789abc"), "Content-Length header 13 does not match expected size 10"},
      {"short, no length", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n012", "error verifying size; got 3, want 10"},
      {"not there", Http(404, R"({"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]})"), "BLOB_UNKNOWN: blob unknown to registry"},
      {"other range", "HTTP/1.1 206 P\r\nConnection: close\r\nContent-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n56789", "sent another range"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    ScriptedServer server([&](const std::string& head) { return IsPing(head) ? Http(200, "") : c.answer; });
    Descriptor d;
    d.digest = base::Digest::Sha256("9876543210").ToString();
    d.size = 10;
    EXPECT_THAT(Open(server)->ReadBlob(ctx_, d, 100).status().message(), HasSubstr(c.message));
  }
}

TEST_F(FaultTest, RefusesAManifestThatIsAnother) {
  ScriptedServer server([](const std::string& head) { return IsPing(head) ? Http(200, "") : Http(200, "{}"); });
  const auto remote = Open(server);
  const std::string wanted = "sha256:" + std::string(64, 'b');
  EXPECT_EQ(remote->Get(ctx_, Reference::Digest(remote->name(), wanted)).status().message(),
            "manifest digest: \"" + base::Digest::Sha256("{}").ToString() + "\" does not match requested digest: \"" + wanted + "\" for \"" +
                server.address() + "/app@" + wanted + "\"");
}

TEST_F(FaultTest, StopsAtTheDeadline) {
  ScriptedServer server([](const std::string& head) { return IsPing(head) ? Http(200, "") : Http(503, ""); });
  RegistryClientOptions slow;
  slow.first_retry = std::chrono::milliseconds(60'000);
  RegistryClient client(*http_, slow);
  const auto remote = client.Open(*Repository::Parse(server.address() + "/app"), {});
  EXPECT_FALSE(remote->Head(ctx_.WithTimeout(std::chrono::milliseconds(50)), V1(*remote)).ok());
}

TEST_F(FaultTest, LinksDoNotLeadAway) {
  ScriptedServer server([](const std::string& head) {
    return IsPing(head) ? Http(200, "") : Http(200, R"({"tags":["a"]})", "Link: <http://127.0.0.1:1/v2/app/tags/list>; rel=\"next\"\r\n");
  });
  EXPECT_EQ(Open(server)->ListTags(ctx_).status().message(), "link header leads to another origin");
}

}  // namespace
}  // namespace sluice::oci
