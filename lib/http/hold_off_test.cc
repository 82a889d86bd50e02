#include "http/hold_off.h"

#include <gtest/gtest.h>

#include <deque>

#include "base/fake_clock.h"

namespace sluice::http {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

ResponseHead Head(int status, const std::string& retry_after = "", const std::string& date = "") {
  ResponseHead head;
  head.status = status;
  if (!retry_after.empty()) head.headers.Set("Retry-After", retry_after);
  if (!date.empty()) head.headers.Set("Date", date);
  return head;
}

Request Get(const std::string& url, const std::string& user = "",
            const std::string& method = "GET") {
  Request request;
  request.method = method;
  request.url = url;
  if (!user.empty())
    request.credentials =
        std::make_shared<Credentials>(Credentials{user, base::SecretString("p"), {}, {}});
  return request;
}

TEST(RetryAfterTest, ReadsSecondsAndTimes) {
  const base::Time now = *base::ParseHttpDate("Thu, 01 Jan 2026 00:00:00 GMT");
  const struct {
    std::string text, date;
    int64_t want;  // -1: none
  } cases[] = {
      {"", "", -1},
      {"0", "", 0},
      {"7", "", 7},
      {"86401", "", 86400},
      {"99999999999999999999999", "", 86400},
      {"-1", "", -1},
      {"1.5", "", -1},
      {"soon", "", -1},
      {"7 ", "", -1},
      {"Thu, 01 Jan 2026 00:00:09 GMT", "", 9},
      {"Thu, 01 Jan 2026 00:00:09 GMT", "Thu, 01 Jan 2026 00:00:05 GMT",
       4},  // the server's own clock counts
      {"Wed, 31 Dec 2025 00:00:00 GMT", "", 0},
      {"Fri, 01 Jan 2027 00:00:00 GMT", "", 86400},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto got = RetryAfter(Head(429, c.text, c.date), now);
    EXPECT_EQ(got ? got->count() : -1, c.want);
  }
}

TEST(HoldOffsTest, StandUntilTheirTime) {
  base::FakeClock clock;
  HoldOffs holds(clock);
  const Request request = Get("https://h/a/repo.git/info/refs?service=x");
  holds.Note(request, Head(429, "60"), "slow down");
  for (int i = 0; i < 2; ++i) {
    const auto standing = holds.Standing(request);
    ASSERT_TRUE(standing);
    EXPECT_EQ(standing->status, 429);
    EXPECT_EQ(standing->body, "slow down");
    EXPECT_EQ(standing->headers.Get("Retry-After"), i == 0 ? "60" : "1");
    clock.Advance(seconds(59));
  }
  EXPECT_FALSE(holds.Standing(request));
  EXPECT_EQ(holds.Left(*Url::Parse("https://h/a/repo.git")).count(), 0);
}

TEST(HoldOffsTest, NobodyIsBelievedForever) {
  base::FakeClock clock;
  HoldOffs holds(clock);
  const Request request = Get("https://h/x");
  holds.Note(request, Head(503, "31536000"), "");
  EXPECT_EQ(holds.Left(*Url::Parse("https://h/x")), minutes(15));
  clock.Advance(minutes(15));
  EXPECT_FALSE(holds.Standing(request));
}

TEST(HoldOffsTest, OnlyAnswersThatAskForPatienceAreKept) {
  base::FakeClock clock;
  HoldOffs holds(clock);
  for (const auto& head : {Head(200, "60"), Head(301, "60"), Head(404, "60"), Head(429), Head(503),
                           Head(429, "0"), Head(429, "never")}) {
    holds.Note(Get("https://h/x"), head, "");
  }
  EXPECT_FALSE(holds.Standing(Get("https://h/x")));
}

TEST(HoldOffsTest, AFullServerIsAboutWhatWasAskedForAndALimitAboutWhoAsks) {
  const struct {
    int status;
    std::string asked, user, next, next_user;
    bool held;
  } cases[] = {
      {429, "https://h/a/x", "", "https://h/b/y", "", true},
      {403, "https://h/a/x", "u", "https://h/b/y", "u", true},
      {429, "https://h/a/x", "u", "https://h/a/x", "v", false},
      {429, "https://h/a/x", "u", "https://h/a/x", "", false},
      {429, "https://h/a/x", "", "http://h/a/x", "", false},
      {429, "https://h/a/x", "", "https://h:8443/a/x", "", false},
      {429, "https://h/a/x", "", "https://g.h/a/x", "", false},
      {503, "https://h/a/x", "", "https://h/a/x?q", "", true},
      {503, "https://h/a/x", "", "https://h/a/y", "", true},
      {503, "https://h/a/x", "", "https://h/ab/x", "", false},
      {503, "https://h/a/x", "", "https://h/b", "", false},
      {500, "https://h/x", "", "https://h/b/y", "", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::to_string(c.status) + " " + c.asked + " " + c.next);
    base::FakeClock clock;
    HoldOffs holds(clock);
    holds.Note(Get(c.asked, c.user), Head(c.status, "60"), "");
    EXPECT_EQ(holds.Standing(Get(c.next, c.next_user)).has_value(), c.held);
  }
}

TEST(HoldOffsTest, AnAnswerWithoutBodyLeavesTheQuestionWhatItWouldSay) {
  base::FakeClock clock;
  HoldOffs holds(clock);
  holds.Note(Get("https://h/x", "", "HEAD"), Head(429, "60"), "");
  EXPECT_TRUE(holds.Standing(Get("https://h/x", "", "HEAD")));
  EXPECT_FALSE(holds.Standing(Get("https://h/x")));
  holds.Note(Get("https://h/x"), Head(429, "60"), "TOOMANYREQUESTS");
  EXPECT_EQ(holds.Standing(Get("https://h/x"))->body, "TOOMANYREQUESTS");
  EXPECT_EQ(holds.Standing(Get("https://h/x", "", "HEAD"))->body, "");
}

TEST(HoldOffsTest, TellsHowLongAnUpstreamIsLeftAlone) {
  const struct {
    int status;
    std::string asked, upstream;
    bool held;
  } cases[] = {
      {503, "https://h/a/repo.git/info/refs", "https://h/a/repo.git", true},
      {503, "https://h/a/repo.git/info/refs", "https://h/a/other.git", false},
      {503, "https://h/charts/index.yaml", "https://h/charts/", true},
      {503, "https://h/charts/index.yaml", "https://h", true},
      {429, "https://h/a/repo.git/info/refs", "https://h/b", true},
      {429, "https://fleet.s3.host/x", "https://s3.host", true},
      {429, "https://fleets3.host/x", "https://s3.host", false},
      {429, "https://h:1/x", "https://h:2/x", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.asked + " " + c.upstream);
    base::FakeClock clock;
    HoldOffs holds(clock);
    holds.Note(Get(c.asked, "u"), Head(c.status, "60"), "");
    EXPECT_EQ(holds.Left(*Url::Parse(c.upstream)) == seconds(60), c.held);
  }
}

TEST(HoldOffsTest, KeepsNoMoreThanItCanUse) {
  base::FakeClock clock;
  HoldOffs holds(clock);
  for (int i = 0; i < 1500; ++i)
    holds.Note(Get("https://h" + std::to_string(i) + "/"), Head(429, std::to_string(600 + i % 100)),
               std::string(1 << 20, 'x'));
  EXPECT_EQ(holds.Standing(Get("https://h1499/"))->body.size(), 4096u);
  int held = 0;
  for (int i = 0; i < 1500; ++i)
    held += holds.Standing(Get("https://h" + std::to_string(i) + "/")) ? 1 : 0;
  EXPECT_EQ(held, 1000);
}

// Answers as told; what it was asked is counted.
class ScriptedClient final : public Client {
 public:
  base::Result<Response> Do(const observe::Context&, Request) override {
    ++asked;
    return answer;
  }
  std::shared_ptr<Call> Start(const observe::Context&, Request, Callbacks callbacks) override {
    ++asked;
    callbacks.on_head(answer);
    callbacks.on_data(answer.body);
    callbacks.on_done(static_cast<const ResponseHead&>(answer));
    return nullptr;
  }
  void Post(std::function<void()> fn) override { posted.push_back(std::move(fn)); }
  void PostAfter(std::chrono::milliseconds, std::function<void()>) override {}
  bool OnIoThread() const override { return true; }
  void Run() {
    for (; !posted.empty(); posted.pop_front()) posted.front()();
  }

  int asked = 0;
  Response answer;
  std::deque<std::function<void()>> posted;
};

TEST(PatientClientTest, DoesNotSendWhatComesTooEarly) {
  base::FakeClock clock;
  HoldOffs holds(clock);
  ScriptedClient server;
  PatientClient client(server, holds);
  static_cast<ResponseHead&>(server.answer) = Head(429, "60");
  server.answer.body = "slow down";
  const auto start = [&](std::string& heard) {
    Callbacks cb;
    cb.on_head = [&heard](const ResponseHead& head) { heard += std::to_string(head.status) + " "; };
    cb.on_data = [&heard](std::string_view piece) {
      heard += piece;
      return Flow::kContinue;
    };
    cb.on_done = [&heard](base::Result<ResponseHead> result) {
      heard += result.ok() ? " done" : result.status().message();
    };
    return client.Start({}, Get("https://h/x"), std::move(cb));
  };
  std::string first, second, third;
  start(first);
  EXPECT_EQ(first, "429 slow down done");
  const auto call = start(second), gone = start(third);
  EXPECT_EQ(second, "") << "no callback from inside the caller";
  gone->Cancel();
  server.Run();
  EXPECT_EQ(second, first);
  EXPECT_EQ(third, "context canceled");
  EXPECT_EQ(client.Do({}, Get("https://h/x"))->body, "slow down");
  EXPECT_EQ(server.asked, 1);
  clock.Advance(seconds(60));
  static_cast<ResponseHead&>(server.answer) = Head(200);
  EXPECT_EQ(client.Do({}, Get("https://h/x"))->status, 200);
  EXPECT_EQ(client.Do({}, Get("https://h/x"))->status, 200);
  EXPECT_EQ(server.asked, 3);
}

}  // namespace
}  // namespace sluice::http
