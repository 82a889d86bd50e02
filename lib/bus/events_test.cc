#include "bus/events.h"

#include <gtest/gtest.h>

#include "bus/pokes.h"
#include "test_support.h"

namespace sluice::bus {
namespace {

class EventsTest : public testing::Test {
 protected:
  std::unique_ptr<EventServer> Serve(Bus& bus, EventServerOptions options = {}) {
    auto server =
        EventServer::Bind(bus, endpoint_, options, [this](const Event& e) { handled_.Add(e); });
    EXPECT_TRUE(server.ok()) << server.status().message();
    return *std::move(server);
  }
  std::unique_ptr<EventSender> Sender(Bus& bus, EventSenderOptions options = {}) {
    auto sender = EventSender::Open(bus, options);
    EXPECT_TRUE(sender.ok()) << sender.status().message();
    (*sender)->SetEndpoint(endpoint_);
    return *std::move(sender);
  }
  static Event EventOf(const std::string& message) {
    Event e;
    e.message = message;
    e.severity = "info";
    return e;
  }
  observe::Context Soon() const { return observe::Context().WithTimeout(std::chrono::seconds(10)); }

  std::unique_ptr<io::TempDir> dir_ = NewTempDir();
  std::string endpoint_ = "ipc://" + dir_->path() + "/ntf";
  std::unique_ptr<Bus> source_ = StartBus(TestOptions(Role::kSource));
  std::unique_ptr<Bus> notify_ = StartBus(TestOptions(Role::kNotify));
  Collector<Event> handled_;
};

TEST_F(EventsTest, AreDeliveredInOrderAndAcknowledged) {
  auto server = Serve(*notify_);
  auto sender = Sender(*source_);
  ASSERT_TRUE(Eventually([&] { return sender->connected(); }));
  for (int i = 0; i < 1000; ++i) sender->Send(EventOf(std::to_string(i)));
  ASSERT_TRUE(sender->Flush(Soon()).ok());
  EXPECT_EQ(sender->depth(), 0u);
  const auto items = handled_.items();
  ASSERT_EQ(items.size(), 1000u);
  for (size_t i = 0; i < items.size(); ++i) EXPECT_EQ(items[i].message, std::to_string(i));
  EXPECT_EQ(server->pending(), 1000u);
  for (const auto& e : items) server->Done(e.id);
  EXPECT_TRUE(Eventually([&] { return server->pending() == 0; }));
}

TEST_F(EventsTest, WaitForAnAbsentServer) {
  auto sender = Sender(*source_);
  for (int i = 0; i < 10; ++i) sender->Send(EventOf(std::to_string(i)));
  EXPECT_FALSE(sender->connected());
  EXPECT_EQ(sender->Flush(observe::Context().WithTimeout(std::chrono::milliseconds(20))).code(),
            base::StatusCode::kDeadlineExceeded);
  auto server = Serve(*notify_);
  EXPECT_TRUE(sender->Flush(Soon()).ok());
  EXPECT_EQ(handled_.size(), 10u);
}

TEST_F(EventsTest, OutliveBothProcesses) {
  const EventSenderOptions out{.journal = dir_->path() + "/outbox"};
  const EventServerOptions in{.journal = dir_->path() + "/inbox"};
  {
    auto sender = Sender(*source_, out);
    for (int i = 0; i < 10; ++i) sender->Send(EventOf(std::to_string(i)));
  }
  {
    auto sender = Sender(*source_, out);
    EXPECT_EQ(sender->depth(), 10u);
    auto server = Serve(*notify_, in);
    ASSERT_TRUE(sender->Flush(Soon()).ok());
    for (int i = 0; i < 5; ++i) server->Done(handled_.items()[static_cast<size_t>(i)].id);
    ASSERT_TRUE(Eventually([&] { return server->pending() == 5; }));
  }
  ASSERT_EQ(handled_.size(), 10u);
  auto server = Serve(*notify_, in);  // handles what was not done
  ASSERT_EQ(handled_.size(), 15u);
  EXPECT_EQ(handled_.items()[10].message, "5");
}

TEST_F(EventsTest, FullServerLosesNothing) {
  auto server = Serve(*notify_, {.max_pending = 3});
  auto sender = Sender(*source_);
  for (int i = 0; i < 6; ++i) sender->Send(EventOf(std::to_string(i)));
  ASSERT_TRUE(handled_.WaitFor(3));
  for (int i = 0; i < 3; ++i) server->Done(handled_.items()[static_cast<size_t>(i)].id);
  EXPECT_TRUE(sender->Flush(Soon()).ok());
  EXPECT_EQ(handled_.size(), 6u);
}

TEST_F(EventsTest, SenderFollowsItsEndpoint) {
  auto server = Serve(*notify_);
  auto sender = Sender(*source_);
  ASSERT_TRUE(Eventually([&] { return sender->connected(); }));
  sender->SetEndpoint("");
  EXPECT_FALSE(sender->connected());
  sender->Send(EventOf("later"));
  sender->SetEndpoint(endpoint_);
  EXPECT_TRUE(sender->Flush(Soon()).ok());
  EXPECT_EQ(handled_.size(), 1u);
}

TEST_F(EventsTest, PokesReachTheirKinds) {
  auto publisher = PokePublisher::Create(*notify_);
  publisher->Publish({"v1", "Bucket", "ns", "b", "dropped"});
  ASSERT_TRUE(publisher->Bind(endpoint_).ok());
  Collector<ReconcileRequest> all, some;
  auto everybody =
      PokeSubscriber::Create(*source_, {}, [&](const ReconcileRequest& r) { all.Add(r); });
  auto gits = PokeSubscriber::Create(*source_, {"GitRepository"},
                                     [&](const ReconcileRequest& r) { some.Add(r); });
  everybody->SetEndpoint(endpoint_);
  gits->SetEndpoint(endpoint_);
  ASSERT_TRUE(Eventually([&] { return everybody->connected() && gits->connected(); }));
  const ReconcileRequest git{"source.toolkit.fluxcd.io/v1", "GitRepository", "ns", "app", "now"};
  ASSERT_TRUE(Eventually([&] {  // a poke is best effort: the subscription may not be in force yet
    publisher->Publish({"v1", "Bucket", "ns", "b", "now"});
    publisher->Publish(git);
    return all.size() >= 2 && some.size() >= 1;
  }));
  EXPECT_EQ(some.items()[0], git);
  publisher.reset();
  EXPECT_TRUE(Eventually([&] { return !everybody->connected(); }));
}

}  // namespace
}  // namespace sluice::bus
