#include "payload.h"

#include <gtest/gtest.h>

#include "metadata.h"
#include "test_events.h"

namespace sluice::notify {
namespace {

api::Event Combined() {
  api::Alert alert;
  alert.metadata = {{"cluster", "eu1"}};
  api::Event event = ExampleEvent();
  event.metadata = CombineMetadata(event, alert).metadata;
  return event;
}

ProviderConfig Config(std::string type, std::string address = "https://hooks.example.com/x?a=b") {
  ProviderConfig config;
  config.type = std::move(type);
  config.address = std::move(address);
  return config;
}

TEST(PayloadTest, SlackBodyIsThePeers) {
  auto config = Config("slack");
  config.channel = "ops";
  config.token = base::SecretString("t0ken");
  const auto payload = MakePayload(config, Combined());
  ASSERT_TRUE(payload.ok()) << payload.status().message();
  EXPECT_EQ(
      payload->request.body,
      R"({"channel":"ops","username":"kustomize-controller","icon_url":"","icon_emoji":"","attachments":[{"fallback":"kustomization/podinfo.flux-system: Applied revision: main@sha1:5394cb7f48332b2de7c17dd8b8384bbc84b7e738","color":"good","author_name":"kustomization/podinfo.flux-system","text":"Applied revision: main@sha1:5394cb7f48332b2de7c17dd8b8384bbc84b7e738","mrkdwn_in":["text"],"fields":[{"title":"cluster","value":"eu1","short":false},{"title":"env","value":"prod","short":false},{"title":"revision","value":"main@sha1:5394cb7f48332b2de7c17dd8b8384bbc84b7e738","short":false}]}]})");
  EXPECT_EQ(payload->request.credentials->bearer.Reveal(), "t0ken");
  EXPECT_FALSE(payload->slack_api_answer);
}

TEST(PayloadTest, SlackErrorsAreRedAndNameTheFirstLine) {
  auto event = Combined();
  event.severity = "error";
  event.message = "one\ntwo";
  event.metadata.clear();
  const auto payload =
      MakePayload(Config("slack", "https://slack.com/api/chat.postMessage"), event);
  ASSERT_TRUE(payload.ok());
  EXPECT_NE(payload->request.body.find(
                R"("fallback":"kustomization/podinfo.flux-system: one","color":"danger")"),
            std::string::npos);
  EXPECT_NE(payload->request.body.find(R"("fields":[])"), std::string::npos);
  EXPECT_TRUE(payload->slack_api_answer);
}

TEST(PayloadTest, DiscordGoesToItsSlackEndpoint) {
  const struct {
    const char *address, *want;
  } cases[] = {{"https://d.example/api/webhooks/1/t", "https://d.example/api/webhooks/1/t/slack"},
               {"https://d.example/w/", "https://d.example/w/slack"},
               {"https://d.example/w/slack?wait=true", "https://d.example/w/slack?wait=true"},
               {"https://d.example/w?thread_id=1", "https://d.example/w/slack?thread_id=1"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.address);
    auto config = Config("discord", c.address);
    config.channel = "ignored";
    config.username = "bot";
    const auto payload = MakePayload(config, Combined());
    ASSERT_TRUE(payload.ok());
    EXPECT_EQ(payload->request.url, c.want);
    EXPECT_NE(payload->request.body.find(R"({"channel":"","username":"bot")"), std::string::npos);
    EXPECT_NE(payload->request.body.find(R"("fallback":"")"), std::string::npos);
  }
}

TEST(PayloadTest, GenericForwardsTheEventAndItsHeaders) {
  auto config = Config("generic");
  config.headers = {{"X-Api-Key", "k"}};
  const auto payload = MakePayload(config, Combined());
  ASSERT_TRUE(payload.ok());
  EXPECT_EQ(payload->request.headers.Get("gotk-component"), "kustomize-controller");
  EXPECT_EQ(payload->request.secret_headers.Get("X-Api-Key"), "k");
  EXPECT_TRUE(payload->request.body.starts_with(
      R"({"involvedObject":{"kind":"Kustomization","namespace":"flux-system","name":"podinfo","uid":"7d0cdc51-)"));
}

TEST(PayloadTest, HmacSignsTheExactBytes) {
  auto config = Config("generic-hmac");
  EXPECT_EQ(MakePayload(config, Combined()).status().message(), "HMAC key is empty");
  config.token = base::SecretString("key");
  const auto payload = MakePayload(config, Combined());
  ASSERT_TRUE(payload.ok());
  EXPECT_TRUE(payload->request.headers.Get("X-Signature").starts_with("sha256="));
  EXPECT_EQ(payload->request.headers.Get("X-Signature").size(), 7u + 64u);
}

TEST(PayloadTest, RefusesWhatItCannotSend) {
  EXPECT_EQ(MakePayload(Config("telegram"), Combined()).status().message(),
            "provider telegram not supported");
  const auto bad = MakePayload(Config("slack", "not a url/SECRET"), Combined());
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.status().message().find("SECRET"), std::string::npos);
}

}  // namespace
}  // namespace sluice::notify
