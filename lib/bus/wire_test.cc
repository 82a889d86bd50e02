// The other side is played by hand here: peers that lose, repeat, mix up and forge messages.
#include <gtest/gtest.h>

#include <thread>
#include <zmq.hpp>

#include "bus/events.h"
#include "bus/pokes.h"
#include "bus/source.h"
#include "envelope.h"
#include "test_support.h"

namespace sluice::bus {
namespace {

std::string HelloOf(std::string_view role, uint32_t major = kProtocolMajor, uint64_t epoch = 77) {
  return EncodeHello({major, 0, std::string(role), epoch, 0});
}

// A source made of bare sockets.
class FakeSource {
 public:
  FakeSource(const std::string& endpoint, const std::string& hello)
      : hello_(hello),
        pub_(context_, zmq::socket_type::xpub),
        router_(context_, zmq::socket_type::router) {
    const std::string welcome = std::string(kHelloTopic) + hello;
    zmq_setsockopt(pub_.handle(), ZMQ_XPUB_WELCOME_MSG, welcome.data(), welcome.size());
    for (auto* socket : {&pub_, &router_}) {
      socket->set(zmq::sockopt::linger, 0);
      socket->set(zmq::sockopt::rcvtimeo, 10000);
    }
    pub_.bind(endpoint);
    router_.bind(SecondEndpoint(endpoint, "artifacts"));
  }

  // Answers the client's Hello; all its subscriptions are in force then.
  void Greet() {
    zmq::message_t part;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(pub_.recv(part));
    ASSERT_TRUE(std::holds_alternative<HelloMessage>(Next()));
    Answer(hello_);
  }
  Message Next() {
    zmq::message_t part;
    EXPECT_TRUE(router_.recv(part));
    peer_ = part.to_string();
    EXPECT_TRUE(router_.recv(part));
    auto message = Decode(part.to_string());
    EXPECT_TRUE(message.ok());
    return message.ok() ? *std::move(message) : Message(WhoAreYouMessage{});
  }
  void Answer(const std::string& frame) {
    router_.send(zmq::buffer(peer_), zmq::send_flags::sndmore);
    router_.send(zmq::buffer(frame), zmq::send_flags::none);
  }
  void Publish(const std::string& frame) { pub_.send(zmq::buffer(frame), zmq::send_flags::none); }
  void PublishEvent(uint64_t sequence, const std::string& name, uint64_t epoch = 77) {
    RevisionEvent e;
    e.source = {"GitRepository", "ns", name};
    e.epoch = epoch;
    e.sequence = sequence;
    e.revision = std::to_string(sequence);
    Publish(RevisionTopic(e.source) + EncodeRevision(e));
    last_[name] = e;
  }
  void AnswerSnapshot(uint64_t sequence, uint64_t epoch = 77) {
    Message asked = Next();
    ASSERT_TRUE(std::holds_alternative<SnapshotRequestMessage>(asked));
    SnapshotMessage snapshot{
        std::get<SnapshotRequestMessage>(asked).id, epoch, sequence, 0, true, {}};
    for (const auto& [name, event] : last_) snapshot.revisions.push_back(event);
    Answer(EncodeSnapshot(snapshot));
  }
  std::map<std::string, RevisionEvent> last_;

 private:
  std::string hello_, peer_;
  zmq::context_t context_;
  zmq::socket_t pub_, router_;
};

class WireTest : public testing::Test {
 protected:
  std::unique_ptr<SourceClient> Client() {
    auto client = SourceClient::Create(*bus_, {}, [this](const RevisionEvent& e) { told_.Add(e); });
    client->SetEndpoints({endpoint_});
    return client;
  }
  std::vector<std::string> Told() const {
    std::vector<std::string> out;
    for (const auto& e : told_.items()) out.push_back(e.source.name + ":" + e.revision);
    return out;
  }

  std::unique_ptr<io::TempDir> dir_ = NewTempDir();
  std::string endpoint_ = "ipc://" + dir_->path() + "/src";
  std::unique_ptr<Bus> bus_ = StartBus(TestOptions(Role::kKustomize));
  Collector<RevisionEvent> told_;
};

TEST_F(WireTest, LostDuplicatedAndReorderedMessages) {
  FakeSource source(endpoint_, HelloOf("source"));
  auto client = Client();
  source.Greet();
  source.PublishEvent(1, "a");
  source.PublishEvent(1, "a");  // twice
  source.PublishEvent(3, "b");  // 2 comes late
  source.PublishEvent(2, "c");
  ASSERT_TRUE(told_.WaitFor(3));
  EXPECT_EQ(Told(), (std::vector<std::string>{"a:1", "b:3", "c:2"}));
  source.AnswerSnapshot(3);  // asked for when 2 was missing; holds nothing new
  source.last_["lost"] = source.last_["a"];
  source.last_["lost"].source.name = "lost";
  source.last_["lost"].sequence = 4;
  source.PublishEvent(5, "a");  // 4 is lost
  source.AnswerSnapshot(5);
  ASSERT_TRUE(told_.WaitFor(5));
  EXPECT_EQ(Told()[3], "a:5");
  EXPECT_EQ(told_.items()[4].source.name, "lost");
  EXPECT_EQ(told_.size(), 5u);
}

TEST_F(WireTest, HeartbeatRevealsALostLastMessage) {
  FakeSource source(endpoint_, HelloOf("source"));
  auto client = Client();
  source.Greet();
  source.PublishEvent(1, "a");
  source.last_["b"] = source.last_["a"];
  source.last_["b"].source.name = "b";
  source.last_["b"].sequence = 2;
  source.Publish(std::string(kHeartbeatTopic) + EncodeHeartbeat({77, 2}));
  source.AnswerSnapshot(2);
  ASSERT_TRUE(told_.WaitFor(2));
  EXPECT_EQ(told_.items()[1].source.name, "b");
}

TEST_F(WireTest, AnotherEpochIsResynced) {
  FakeSource source(endpoint_, HelloOf("source"));
  auto client = Client();
  source.Greet();
  source.PublishEvent(1, "a");
  source.PublishEvent(2, "b");
  ASSERT_TRUE(told_.WaitFor(2));
  source.last_.clear();
  source.PublishEvent(4, "a", 78);
  source.AnswerSnapshot(2, 77);  // late, of the former life: ignored; the heartbeat asks again
  source.Publish(std::string(kHeartbeatTopic) + EncodeHeartbeat({78, 4}));
  source.last_["c"] = source.last_["a"];
  source.last_["c"].source.name = "c";
  source.last_["c"].sequence = 3;
  source.AnswerSnapshot(4, 78);
  ASSERT_TRUE(told_.WaitFor(4));
  EXPECT_EQ(Told(), (std::vector<std::string>{"a:1", "b:2", "a:4", "c:4"}));
}

TEST_F(WireTest, UnansweredSnapshotRequestIsRepeated) {
  FakeSource source(endpoint_, HelloOf("source"));
  auto client = Client();
  source.Greet();
  source.PublishEvent(2, "a");
  ASSERT_TRUE(std::holds_alternative<SnapshotRequestMessage>(source.Next()));  // dropped
  source.AnswerSnapshot(2);
  EXPECT_TRUE(Eventually([&] { return client->connected(); }));
}

TEST_F(WireTest, SilentSourceIsNotConnected) {
  FakeSource source(endpoint_, HelloOf("source"));
  auto client = Client();
  source.Greet();
  ASSERT_TRUE(Eventually([&] { return client->connected(); }));
  ASSERT_TRUE(Eventually([&] { return !client->connected(); }));  // no heartbeat for silence_ms
  source.Publish(std::string(kHeartbeatTopic) + EncodeHeartbeat({77, 0}));
  EXPECT_TRUE(Eventually([&] { return client->connected(); }));
}

TEST_F(WireTest, OtherProtocolMajorOrRoleIsRefused) {
  for (const auto& hello : {HelloOf("source", 2), HelloOf("notify")}) {
    FakeSource source(endpoint_, hello);
    auto client = Client();
    source.Greet();
    source.PublishEvent(1, "a");
    EXPECT_FALSE(Eventually([&] { return client->connected() || told_.size() > 0; },
                            std::chrono::milliseconds(100)));
  }
}

TEST_F(WireTest, ForgedFramesAreDropped) {
  FakeSource source(endpoint_, HelloOf("source"));
  auto client = Client();
  source.Greet();
  source.Publish("rev/no nul in it");
  source.Publish(std::string("rev/\0garbage", 12));
  source.Publish(std::string("rev/\0", 5) + EncodeAck("x"));
  source.Publish(std::string(kHeartbeatTopic) + std::string(1000, '\xff'));
  source.Answer("garbage");
  source.Answer(EncodeChunk({999, 0, 1, "x", true, ChunkError::kNone, ""}));  // nobody asked
  source.Answer(EncodeAck("x"));
  source.PublishEvent(1, "a");
  ASSERT_TRUE(told_.WaitFor(1));
  // the other channel may say hello later
  EXPECT_TRUE(Eventually([&] { return client->connected(); }));
}

TEST_F(WireTest, OversizedFrameClosesTheConnection) {
  FakeSource source(endpoint_, HelloOf("source"));
  auto client = Client();
  source.Greet();
  ASSERT_TRUE(Eventually([&] { return client->connected(); }));
  source.Publish(std::string("rev/\0", 5) + std::string(kRevisionLimit + 1, 'x'));
  ASSERT_TRUE(Eventually([&] { return !client->connected(); }));
  source.PublishEvent(1, "a");  // to nobody
  // The client comes back by itself and learns what it missed.
  ASSERT_TRUE(Eventually([&] {
    source.Publish(std::string(kHeartbeatTopic) + EncodeHeartbeat({77, 1}));
    return client->connected();
  }));
  source.AnswerSnapshot(1);
  EXPECT_TRUE(told_.WaitFor(1));
}

TEST_F(WireTest, ArtifactChunksOutOfOrderAreRefused) {
  const std::string digest = "sha256:" + std::string(64, '1');
  const ChunkMessage cases[] = {
      {0, 5, 10, "12345", false, ChunkError::kNone, ""},  // starts in the middle
      {0, 0, 3, "12345", true, ChunkError::kNone, ""},    // longer than it says
      {0, 0, 10, "12345", true, ChunkError::kNone, ""},   // ends early
      {0, uint64_t(-1), 10, "12345", false, ChunkError::kNone, ""},
  };
  FakeSource source(endpoint_, HelloOf("source"));
  auto client = Client();
  source.Greet();
  ASSERT_TRUE(Eventually([&] { return client->connected(); }));
  for (ChunkMessage chunk : cases) {
    base::Status status;
    std::jthread fetching([&] {
      status =
          client->FetchArtifact({}, digest, {}, [](std::string_view) { return base::OkStatus(); });
    });
    Message asked = source.Next();
    // CancelFetch of the last one
    while (!std::holds_alternative<FetchMessage>(asked)) asked = source.Next();
    chunk.id = std::get<FetchMessage>(asked).id;
    source.Answer(EncodeChunk(chunk));
    fetching.join();
    EXPECT_EQ(status.code(), base::StatusCode::kDataLoss);
  }
}

// ---- a bare client against our servers ----

class BareClient {
 public:
  explicit BareClient(const std::string& endpoint) : socket_(context_, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 10000);
    socket_.connect(endpoint);
  }
  void Send(const std::string& frame) { socket_.send(zmq::buffer(frame), zmq::send_flags::none); }
  zmq::socket_t& socket() { return socket_; }
  Message Next() {
    zmq::message_t part;
    EXPECT_TRUE(socket_.recv(part)) << "no answer";
    auto message = Decode(part.to_string());
    return message.ok() ? *std::move(message) : Message(AckMessage{"undecodable"});
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

class ServerWireTest : public WireTest {
 protected:
  std::unique_ptr<Bus> notify_ = StartBus(TestOptions(Role::kNotify));
  Collector<Event> handled_;
  std::unique_ptr<EventServer> server_ =
      *EventServer::Bind(*notify_, endpoint_, {}, [this](const Event& e) { handled_.Add(e); });
};

Event EventOf(const std::string& id) {
  Event e;
  e.id = id;
  return e;
}

TEST_F(ServerWireTest, StrangersAreAskedWhoTheyAre) {
  BareClient client(endpoint_);
  client.Send(EncodeEvent(EventOf("1")));
  EXPECT_TRUE(std::holds_alternative<WhoAreYouMessage>(client.Next()));
  client.Send(HelloOf("source"));
  EXPECT_TRUE(std::holds_alternative<HelloMessage>(client.Next()));
  client.Send(EncodeEvent(EventOf("1")));
  EXPECT_EQ(std::get<AckMessage>(client.Next()).id, "1");
  client.Send(EncodeEvent(EventOf("1")));  // repeated: acknowledged, not handled
  EXPECT_EQ(std::get<AckMessage>(client.Next()).id, "1");
  EXPECT_EQ(handled_.size(), 1u);
}

TEST_F(ServerWireTest, OtherMajorIsRefused) {
  BareClient client(endpoint_);
  client.Send(HelloOf("source", 9));
  EXPECT_TRUE(std::holds_alternative<RefusedMessage>(client.Next()));
  client.Send(EncodeEvent(EventOf("1")));
  EXPECT_TRUE(std::holds_alternative<WhoAreYouMessage>(client.Next()));
}

TEST_F(ServerWireTest, GarbageHarmsNobody) {
  BareClient bad(endpoint_), good(endpoint_);
  bad.Send(HelloOf("source"));
  EXPECT_TRUE(std::holds_alternative<HelloMessage>(bad.Next()));
  bad.Send("");
  bad.Send("garbage");
  bad.Send(std::string(1 << 20, '\xff'));
  bad.Send(EncodeAck("x"));
  bad.Send(EncodeEvent({}));  // no id
  for (int i = 0; i < 3; ++i) bad.socket().send(zmq::str_buffer("part"), zmq::send_flags::sndmore);
  bad.Send("end");
  bad.Send(std::string(kEventLimit + 1, 'x'));  // closes the connection
  good.Send(HelloOf("source"));
  EXPECT_TRUE(std::holds_alternative<HelloMessage>(good.Next()));
  good.Send(EncodeEvent(EventOf("2")));
  EXPECT_EQ(std::get<AckMessage>(good.Next()).id, "2");
  EXPECT_EQ(handled_.size(), 1u);
}

TEST(ArtifactWireTest, CreditBoundsWhatIsSent) {
  class Zeros final : public ArtifactReader {
   public:
    uint64_t size() const override { return 64 << 20; }
    base::Result<size_t> ReadAt(uint64_t, std::span<char> out) override {
      std::ranges::fill(out, '\0');
      return out.size();
    }
  };
  const auto dir = NewTempDir();
  const std::string endpoint = "ipc://" + dir->path() + "/src";
  auto bus = StartBus(TestOptions(Role::kSource));
  auto server = *SourceServer::Bind(
      *bus, endpoint, [](std::string_view) -> base::Result<std::unique_ptr<ArtifactReader>> {
        return std::unique_ptr<ArtifactReader>(std::make_unique<Zeros>());
      });
  BareClient client(SecondEndpoint(endpoint, "artifacts"));
  client.Send(HelloOf("kustomize"));
  EXPECT_TRUE(std::holds_alternative<HelloMessage>(client.Next()));
  const auto take = [&](uint64_t bytes) {
    uint64_t got = 0;
    while (got < bytes) got += std::get<ChunkMessage>(client.Next()).data.size();
    EXPECT_EQ(got, bytes);
  };
  const std::string digest = "sha256:" + std::string(64, '1');
  client.Send(EncodeFetch({1, digest, 0, 300000}));
  take(300000);
  client.Send(EncodeCredit({1, 1}));
  take(1);
  client.Send(EncodeCredit({1, uint64_t(-1)}));  // no overflow: at most four megabytes
  take(4 << 20);
  client.Send(EncodeCancel(1));
  client.Send(EncodeCredit({1, 1000}));
  client.Send(EncodeFetch({2, digest, uint64_t(-1), 10}));
  EXPECT_EQ(std::get<ChunkMessage>(client.Next()).error, ChunkError::kInvalid);
  client.Send(EncodeFetch({3, "sha256:zz", 0, 10}));
  EXPECT_EQ(std::get<ChunkMessage>(client.Next()).error, ChunkError::kInvalid);
  for (uint64_t i = 0; i < 16; ++i) client.Send(EncodeFetch({100 + i, digest, 0, 0}));
  client.Send(EncodeFetch({200, digest, 0, 10}));
  EXPECT_EQ(std::get<ChunkMessage>(client.Next()).error, ChunkError::kBusy);
}

}  // namespace
}  // namespace sluice::bus
