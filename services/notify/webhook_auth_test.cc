#include "webhook_auth.h"

#include <gtest/gtest.h>

namespace sluice::notify {
namespace {

constexpr const char* kSha256 =
    "sha256=e7481c3660bbc281df32c0c935f35a49afa561d43aba4777b7df51b46627cf3e";
constexpr const char* kSha1 = "sha1=959a89058111690a183e2abd54d120abe221c3f2";

struct Case {
  std::string type;
  std::vector<std::string> events;
  http::Headers headers;
  bool accepted;
};

TEST(WebhookAuthTest, ChecksEachType) {
  const Case cases[] = {
      {"generic", {}, {}, true},
      {"generic-hmac", {}, {{"X-Signature", kSha256}}, true},
      {"generic-hmac", {}, {{"X-Signature", kSha1}}, true},
      {"generic-hmac", {}, {{"X-Signature", "sha256=00"}}, false},
      {"generic-hmac", {}, {{"X-Signature", "md5=00"}}, false},
      {"generic-hmac", {}, {{"X-Signature", "nonsense"}}, false},
      {"generic-hmac", {}, {}, false},
      {"github",
       {},
       {{"X-Hub-Signature-256", kSha256}, {"Content-Type", "application/json"}},
       true},
      {"github",
       {},
       {{"X-Hub-Signature", kSha1}, {"Content-Type", "application/json; charset=utf-8"}},
       true},
      {"github",
       {},
       {{"X-Hub-Signature-256", "sha256=00"},
        {"X-Hub-Signature", kSha1},
        {"Content-Type", "application/json"}},
       false},
      {"github", {}, {{"X-Hub-Signature-256", kSha256}, {"Content-Type", "text/plain"}}, false},
      {"github", {}, {{"Content-Type", "application/json"}}, false},
      {"github",
       {"push"},
       {{"X-Hub-Signature-256", kSha256},
        {"Content-Type", "application/json"},
        {"X-GitHub-Event", "PUSH"}},
       true},
      {"github",
       {"push"},
       {{"X-Hub-Signature-256", kSha256},
        {"Content-Type", "application/json"},
        {"X-GitHub-Event", "issues"}},
       false},
      {"gitlab", {}, {{"X-Gitlab-Token", "f9b3e1c8a7d2"}}, true},
      {"gitlab", {}, {{"X-Gitlab-Token", "f9b3e1c8a7d"}}, false},
      {"bitbucket",
       {"repo:push"},
       {{"X-Hub-Signature", kSha256}, {"X-Event-Key", "repo:push"}},
       true},
      {"harbor", {}, {{"Authorization", "f9b3e1c8a7d2"}}, true},
      {"harbor", {}, {{"Authorization", ""}}, false},
      {"gcr", {}, {}, false},
  };
  const base::SecretString token("f9b3e1c8a7d2");
  for (size_t i = 0; i < std::size(cases); ++i) {
    SCOPED_TRACE(std::to_string(i) + " " + cases[i].type);
    http::ServerRequest request;
    request.body = R"({"ref":"refs/heads/main"})";
    request.headers = cases[i].headers;
    api::Receiver receiver;
    receiver.type = cases[i].type;
    receiver.events = cases[i].events;
    const auto verdict = CheckWebhook(receiver, token, request);
    EXPECT_EQ(verdict.status.ok(), cases[i].accepted) << verdict.status.message();
    EXPECT_EQ(verdict.status.message().find("f9b3"), std::string::npos);
  }
}

TEST(WebhookAuthTest, SaysWhatIsRefusedInThePeersWords) {
  http::ServerRequest request;
  request.body = R"({"ref":"refs/heads/main"})";
  request.headers = {{"X-Hub-Signature-256", kSha256},
                     {"Content-Type", "application/json"},
                     {"X-GitHub-Event", "ping"}};
  api::Receiver receiver;
  receiver.type = "github";
  receiver.events = {"push"};
  EXPECT_EQ(CheckWebhook(receiver, base::SecretString("f9b3e1c8a7d2"), request).status.message(),
            "the GitHub event \"ping\" is not authorised");
}

}  // namespace
}  // namespace sluice::notify
