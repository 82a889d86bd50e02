#include "runtime/http_event_sink.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>

#include "base/fake_clock.h"
#include "http/server.h"

namespace sluice::runtime {
namespace {

api::Event Event(const std::string& message) {
  api::Event e;
  e.involved_object = {"Thing", "ns", "app", "u", "g.io/v1", "1", ""};
  e.severity = "info";
  e.timestamp = base::FromUnixSeconds(1);
  e.message = message;
  e.reason = "R";
  return e;
}

// A real server that answers with the codes it is given, 202 past them.
class HttpEventSinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    http::ServerOptions options;
    options.address = "127.0.0.1:0";
    server_ = http::Server::Create(std::move(options));
    server_->Handle("POST", "/", [this](const http::ServerRequest& request) {
      const observe::MutexLock lock(mu_);
      bodies_.push_back(request.body);
      types_.emplace_back(request.headers.Get("Content-Type"));
      int code = 202;
      if (!codes_.empty()) {
        code = codes_.front();
        codes_.pop_front();
      }
      return http::ServerResponse::Text(code, "");
    });
    ASSERT_TRUE(server_->Start().ok());
    auto client = http::Client::Create({});
    ASSERT_TRUE(client.ok());
    client_ = *std::move(client);
    sink_ = MakeHttpEventSink(
        *client_, timer_,
        {.url = "http://" + server_->address() + "/", .first_delay = std::chrono::milliseconds(1)},
        observe::Logger(), [this](const api::Event& e) {
          const observe::MutexLock lock(mu_);
          failed_.push_back(e.message);
        });
  }
  void Codes(std::deque<int> codes) {
    const observe::MutexLock lock(mu_);
    codes_ = std::move(codes);
  }
  base::Status Flush() {
    return sink_->Flush(observe::Context().WithTimeout(std::chrono::seconds(30)));
  }

  observe::Mutex mu_;
  std::deque<int> codes_;
  std::vector<std::string> bodies_, types_, failed_;
  Timer timer_{base::SystemClock()};
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<EventSink> sink_;
};

TEST_F(HttpEventSinkTest, PostsJson) {
  sink_->Send(Event("hello"));
  ASSERT_TRUE(Flush().ok());
  ASSERT_EQ(bodies_.size(), 1u);
  EXPECT_EQ(bodies_[0], api::ToJsonText(Event("hello")));
  EXPECT_EQ(types_[0], "application/json");
}

TEST_F(HttpEventSinkTest, RetriesServerErrorsAndTakesADuplicateForSuccess) {
  Codes({500, 503, 429});
  sink_->Send(Event("m"));
  ASSERT_TRUE(Flush().ok());
  EXPECT_EQ(bodies_.size(), 3u);
  EXPECT_TRUE(failed_.empty());
}

TEST_F(HttpEventSinkTest, GivesUpAfterFourRetriesAndAtOnceOnRefusals) {
  Codes({500, 500, 500, 500, 500});
  sink_->Send(Event("server down"));
  ASSERT_TRUE(Flush().ok());
  EXPECT_EQ(bodies_.size(), 5u);
  Codes({400});
  sink_->Send(Event("refused"));
  ASSERT_TRUE(Flush().ok());
  Codes({501});
  sink_->Send(Event("never"));
  ASSERT_TRUE(Flush().ok());
  EXPECT_EQ(bodies_.size(), 7u);
  EXPECT_EQ(failed_, (std::vector<std::string>{"server down", "refused", "never"}));
}

TEST_F(HttpEventSinkTest, ADeadAddressFails) {
  server_->Stop();
  sink_->Send(Event("m"));
  ASSERT_TRUE(Flush().ok());
  EXPECT_EQ(failed_, std::vector<std::string>{"m"});
}

TEST_F(HttpEventSinkTest, WithoutAnAddressNothingIsKept) {
  const auto off = MakeHttpEventSink(*client_, timer_, {}, observe::Logger());
  off->Send(Event("m"));
  EXPECT_FALSE(off->connected());
  EXPECT_TRUE(off->Flush({}).ok());
}

class SwitchedSink final : public EventSink {
 public:
  void Send(const api::Event& event) override { events.push_back(event.message); }
  bool connected() const override { return on; }
  base::Status Flush(const observe::Context&) override { return {}; }
  bool on = false;
  std::vector<std::string> events;
};

TEST(FallbackSinkTest, TheBusComesFirst) {
  SwitchedSink bus, http;
  const auto sink = MakeFallbackSink(bus, http);
  sink->Send(Event("nowhere to post: the outbox keeps it"));
  http.on = true;
  sink->Send(Event("posted"));
  bus.on = true;
  sink->Send(Event("sent"));
  EXPECT_EQ(bus.events.size(), 2u);
  EXPECT_EQ(http.events, std::vector<std::string>{"posted"});
}

}  // namespace
}  // namespace sluice::runtime
