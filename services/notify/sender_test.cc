#include "sender.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "http/server.h"

namespace sluice::notify {
namespace {

using std::chrono::milliseconds;

class SenderTest : public testing::Test {
 protected:
  void SetUp() override {
    auto client = http::Client::Create({});
    ASSERT_TRUE(client.ok()) << client.status().message();
    client_ = *std::move(client);
    server_ = http::Server::Create({.address = "127.0.0.1:0"});
    server_->HandlePrefix("POST", "/", [this](const http::ServerRequest& request) {
      const int n = attempts_++;
      return answer_(n, request);
    });
    ASSERT_TRUE(server_->Start().ok());
  }

  base::Status Send(milliseconds timeout = milliseconds(5000), bool slack_api = false) {
    Sender sender(
        *client_,
        {.max_retries = 4, .first_wait = milliseconds(1), .longest_wait = milliseconds(4)});
    Payload payload;
    payload.request.method = "POST";
    payload.request.url = "http://" + server_->address() + "/hook/PATHSECRET";
    payload.request.body = "{}";
    payload.slack_api_answer = slack_api;
    std::promise<base::Status> done;
    sender.Send(std::move(payload), timeout, base::SecretString("t0k"),
                [&](base::Status s) { done.set_value(std::move(s)); });
    return done.get_future().get();
  }

  std::atomic<int> attempts_{0};
  std::function<http::ServerResponse(int, const http::ServerRequest&)> answer_ =
      [](int, const auto&) { return http::ServerResponse::Text(200, "ok"); };
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(SenderTest, DeliversOnce) {
  EXPECT_TRUE(Send().ok());
  EXPECT_EQ(attempts_, 1);
}

TEST_F(SenderTest, RetriesUntilTheServerRecovers) {
  answer_ = [](int n, const auto&) { return http::ServerResponse::Text(n < 2 ? 503 : 204, ""); };
  EXPECT_TRUE(Send().ok());
  EXPECT_EQ(attempts_, 3);
}

TEST_F(SenderTest, GivesUpAfterFiveAttempts) {
  answer_ = [](int, const auto&) { return http::ServerResponse::Text(500, "no"); };
  const base::Status status = Send();
  EXPECT_EQ(attempts_, 5);
  EXPECT_NE(status.message().find("giving up after 5 attempt(s)"), std::string::npos)
      << status.message();
  EXPECT_EQ(status.message().find("PATHSECRET"), std::string::npos) << status.message();
}

TEST_F(SenderTest, AClientErrorIsFinalAndItsBodyMasked) {
  answer_ = [](int, const auto&) { return http::ServerResponse::Text(403, "bad token t0kkk!"); };
  EXPECT_EQ(
      Send().message(),
      "postMessage failed: request failed: request failed with status code 403: bad token *****!");
  EXPECT_EQ(attempts_, 1);
}

TEST_F(SenderTest, TheDeadlineEndsTheRetries) {
  answer_ = [](int, const auto&) {
    auto response = http::ServerResponse::Text(429, "");
    response.headers.Set("Retry-After", "3600");
    return response;
  };
  const base::Status status = Send(milliseconds(2000));
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(attempts_, 1);
  EXPECT_EQ(status.message().find("PATHSECRET"), std::string::npos) << status.message();
}

TEST_F(SenderTest, SlacksApiDecidesByItsBody) {
  answer_ = [](int, const auto&) {
    return http::ServerResponse::Json(200, R"({"ok":false,"error":"channel_not_found"})");
  };
  EXPECT_EQ(Send(milliseconds(5000), true).message(),
            "postMessage failed: Slack responded with error: channel_not_found");
}

TEST(MaskTokenTest, MasksEveryOccurrenceWithItsTail) {
  EXPECT_EQ(MaskToken("a tok b tokkk", "tok"), "a ***** b *****");
  EXPECT_EQ(MaskToken("nothing", ""), "nothing");
}

}  // namespace
}  // namespace sluice::notify
