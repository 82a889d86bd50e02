#include "bus/source.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>
#include <zmq.hpp>

#include "base/digest.h"
#include "bus/events.h"
#include "bus/keys.h"
#include "envelope.h"
#include "test_support.h"

namespace sluice::bus {
namespace {

// An artifact that is computed, not kept.
class GeneratedReader final : public ArtifactReader {
 public:
  explicit GeneratedReader(uint64_t size) : size_(size) {
    block_.resize(1 << 20);
    for (size_t i = 0; i < block_.size(); ++i)
      block_[i] = static_cast<char>((i * 2654435761u) >> 13);
  }
  uint64_t size() const override { return size_; }
  base::Result<size_t> ReadAt(uint64_t offset, std::span<char> out) override {
    size_t done = 0;
    while (done < out.size() && offset + done < size_) {
      const size_t at = (offset + done) % block_.size();
      const size_t n =
          std::min<uint64_t>({block_.size() - at, out.size() - done, size_ - offset - done});
      std::copy_n(block_.data() + at, n, out.data() + done);
      done += n;
    }
    return done;
  }
  std::string Digest() {
    base::Hasher hasher;
    std::string buffer(1 << 20, '\0');
    for (uint64_t at = 0; at < size_; at += buffer.size()) {
      hasher.Update({buffer.data(), *ReadAt(at, buffer)});
    }
    return hasher.Finish().ToString();
  }

 private:
  uint64_t size_;
  std::string block_;
};

class SourceTest : public testing::Test {
 protected:
  static ArtifactOpener Opener(std::map<std::string, uint64_t> sizes) {
    return [sizes = std::move(sizes)](
               std::string_view digest) -> base::Result<std::unique_ptr<ArtifactReader>> {
      const auto it = sizes.find(std::string(digest));
      if (it == sizes.end()) return base::NotFound("no such artifact");
      return std::unique_ptr<ArtifactReader>(std::make_unique<GeneratedReader>(it->second));
    };
  }

  static RevisionEvent EventOf(const std::string& name, const std::string& revision) {
    RevisionEvent e;
    e.source = {"GitRepository", "ns", name};
    e.revision = revision;
    return e;
  }

  std::unique_ptr<SourceClient> Client(Bus& bus, const std::string& endpoint,
                                       std::vector<std::string> kinds = {}) {
    auto client = SourceClient::Create(bus, std::move(kinds),
                                       [this](const RevisionEvent& e) { told_.Add(e); });
    client->SetEndpoints({endpoint});
    return client;
  }

  std::unique_ptr<io::TempDir> dir_ = NewTempDir();
  std::string endpoint_ = "ipc://" + dir_->path() + "/src";
  Collector<RevisionEvent> told_;
};

TEST_F(SourceTest, RevisionsReachSubscribersEarlyAndLate) {
  auto source = StartBus(TestOptions(Role::kSource));
  auto consumer = StartBus(TestOptions(Role::kKustomize));
  auto client = Client(*consumer, endpoint_);  // started before the source
  EXPECT_FALSE(client->connected());
  auto server = *SourceServer::Bind(*source, endpoint_, Opener({}));
  server->PublishRevision(EventOf("a", "1"));
  ASSERT_TRUE(told_.WaitFor(1));
  ASSERT_TRUE(Eventually([&] { return client->all_connected(); }));
  EXPECT_EQ(server->subscribers(), 1u);
  server->PublishRevision(EventOf("b", "1"));
  server->PublishRevision(EventOf("a", "2"));
  ASSERT_TRUE(told_.WaitFor(3));
  EXPECT_EQ(told_.items()[2].revision, "2");
  EXPECT_EQ(told_.items()[2].epoch, server->epoch());

  Collector<RevisionEvent> late;
  auto second = SourceClient::Create(*consumer, {"GitRepository"},
                                     [&](const RevisionEvent& e) { late.Add(e); });
  second->SetEndpoints({endpoint_});
  ASSERT_TRUE(late.WaitFor(2));
  second.reset();
  EXPECT_TRUE(Eventually([&] { return server->subscribers() == 1; }));
}

TEST_F(SourceTest, EndpointMayBecomeADirectoryLater) {
  auto consumer = StartBus(TestOptions(Role::kKustomize));
  const std::string endpoint = "ipc://" + dir_->path() + "/later";
  auto client = Client(*consumer, endpoint);
  ASSERT_TRUE(dir_->fs().MakeDirs("later").ok());
  auto source = StartBus(TestOptions(Role::kSource));
  auto server = *SourceServer::Bind(*source, endpoint, Opener({}));
  EXPECT_TRUE(Eventually([&] { return client->connected(); }));
}

TEST_F(SourceTest, OtherKindsAreNotTold) {
  auto source = StartBus(TestOptions(Role::kSource));
  auto server = *SourceServer::Bind(*source, endpoint_, Opener({}));
  auto client = Client(*source, endpoint_, {"HelmChart"});
  ASSERT_TRUE(Eventually([&] { return client->connected(); }));
  server->PublishRevision(EventOf("a", "1"));
  RevisionEvent chart = EventOf("c", "1");
  chart.source.kind = "HelmChart";
  server->PublishRevision(chart);
  ASSERT_TRUE(told_.WaitFor(1));
  EXPECT_EQ(told_.items()[0].source.kind, "HelmChart");
}

TEST_F(SourceTest, RestartedSourceIsFollowed) {
  auto consumer = StartBus(TestOptions(Role::kKustomize));
  auto client = Client(*consumer, endpoint_);
  for (int life = 0; life < 3; ++life) {
    SCOPED_TRACE(life);
    auto source = StartBus(TestOptions(Role::kSource));
    auto server = *SourceServer::Bind(*source, endpoint_, Opener({}));
    server->PublishRevision(EventOf("a", std::to_string(life)));
    ASSERT_TRUE(Eventually([&] {
      const auto items = told_.items();
      return !items.empty() && items.back().revision == std::to_string(life) && client->connected();
    }));
    server.reset();
    ASSERT_TRUE(Eventually([&] { return !client->connected(); }));
  }
}

TEST_F(SourceTest, SlowConsumerMissesNothingInTheEnd) {
  auto source = StartBus(TestOptions(Role::kSource));
  auto server = *SourceServer::Bind(*source, endpoint_, Opener({}));
  auto consumer = StartBus(TestOptions(Role::kKustomize));
  observe::Mutex mu;
  observe::CondVar go;
  bool open = false;
  std::map<std::string, std::string> latest;
  auto client = SourceClient::Create(*consumer, {}, [&](const RevisionEvent& e) {
    observe::MutexLock lock(mu);
    go.wait(mu, [&] { return open; });  // holds the whole bus thread of this process
    latest[e.source.name] = e.revision;
  });
  client->SetEndpoints({endpoint_});
  ASSERT_TRUE(Eventually([&] { return client->connected(); }));
  RevisionEvent event = EventOf("", "");
  event.message.assign(2000, 'x');
  for (int i = 0; i < 20000; ++i) {
    event.source.name = "s" + std::to_string(i % 100);
    event.revision = std::to_string(i);
    server->PublishRevision(event);
  }
  {
    observe::MutexLock lock(mu);
    open = true;
  }
  go.notify_all();
  EXPECT_TRUE(Eventually([&] {
    observe::MutexLock lock(mu);
    for (int i = 0; i < 100; ++i) {
      if (latest["s" + std::to_string(i)] != std::to_string(19900 + i)) return false;
    }
    return true;
  }));
}

TEST_F(SourceTest, ATooLargePathTableIsLeftOut) {
  auto source = StartBus(TestOptions(Role::kSource));
  auto server = *SourceServer::Bind(*source, endpoint_, Opener({}));
  auto client = Client(*source, endpoint_);
  ASSERT_TRUE(Eventually([&] { return client->connected(); }));
  RevisionEvent event = EventOf("a", "1");
  event.path_table.assign(1 << 20, 'a');
  server->PublishRevision(event);
  ASSERT_TRUE(told_.WaitFor(1));
  EXPECT_TRUE(told_.items()[0].path_table.empty());
}

TEST_F(SourceTest, LargeSnapshotsComeInParts) {
  auto source = StartBus(TestOptions(Role::kSource));
  auto server = *SourceServer::Bind(*source, endpoint_, Opener({}));
  for (int i = 0; i < 2000; ++i) {
    RevisionEvent event = EventOf("a" + std::to_string(i), "1");
    event.message.assign(2000, 'x');
    server->PublishRevision(event);
  }
  auto consumer = StartBus(TestOptions(Role::kKustomize));
  auto client = Client(*consumer, endpoint_);
  EXPECT_TRUE(told_.WaitFor(2000));
}

// ---- artifacts ----

TEST_F(SourceTest, FetchesArtifacts) {
  std::map<std::string, uint64_t> sizes;
  for (const uint64_t size :
       {uint64_t{0}, uint64_t{1}, uint64_t{262144}, uint64_t{262145}, uint64_t{5000000}}) {
    sizes[GeneratedReader(size).Digest()] = size;
  }
  auto source = StartBus(TestOptions(Role::kSource));
  auto server = *SourceServer::Bind(*source, endpoint_, Opener(sizes));
  auto client = Client(*source, endpoint_);
  ASSERT_TRUE(Eventually([&] { return client->connected(); }));
  const observe::Context ctx;
  for (const auto& [digest, size] : sizes) {
    SCOPED_TRACE(size);
    uint64_t got = 0;
    const auto sink = [&](std::string_view bytes) {
      got += bytes.size();
      return base::OkStatus();
    };
    EXPECT_EQ(client->FetchArtifact(ctx, digest, {.expected_size = size}, sink), base::OkStatus());
    EXPECT_EQ(got, size);
  }
  const auto ignore = [](std::string_view) { return base::OkStatus(); };
  const std::string big = GeneratedReader(5000000).Digest();
  using base::StatusCode;
  EXPECT_EQ(client->FetchArtifact(ctx, "sha256:" + std::string(64, '0'), {}, ignore).code(),
            StatusCode::kNotFound);
  EXPECT_EQ(client->FetchArtifact(ctx, "md5:x", {}, ignore).code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(client->FetchArtifact(ctx, big, {.max_size = 10}, ignore).code(),
            StatusCode::kResourceExhausted);
  EXPECT_EQ(client->FetchArtifact(ctx, big, {.expected_size = 10}, ignore).code(),
            StatusCode::kDataLoss);
  EXPECT_EQ(client->FetchArtifact(ctx, big, {},
                                  [](std::string_view) { return base::Unavailable("disk full"); }),
            base::Unavailable("disk full"));
  EXPECT_EQ(
      client->FetchArtifact(ctx.WithTimeout(std::chrono::nanoseconds(0)), big, {}, ignore).code(),
      StatusCode::kDeadlineExceeded);
}

TEST_F(SourceTest, WrongBytesAreRefused) {
  const std::string wrong = "sha256:" + std::string(64, '1');
  auto source = StartBus(TestOptions(Role::kSource));
  auto server = *SourceServer::Bind(*source, endpoint_, Opener({{wrong, 1000}}));
  auto client = Client(*source, endpoint_);
  ASSERT_TRUE(Eventually([&] { return client->connected(); }));
  const auto status =
      client->FetchArtifact({}, wrong, {}, [](std::string_view) { return base::OkStatus(); });
  EXPECT_EQ(status.code(), base::StatusCode::kDataLoss);
}

TEST_F(SourceTest, UnconnectedFetchFailsAtOnce) {
  auto consumer = StartBus(TestOptions(Role::kKustomize));
  auto client = Client(*consumer, endpoint_);
  const auto status = client->FetchArtifact({}, "sha256:" + std::string(64, '1'), {},
                                            [](std::string_view) { return base::OkStatus(); });
  EXPECT_EQ(status.code(), base::StatusCode::kUnavailable);
}

TEST_F(SourceTest, FetchIsResumedWhenTheSourceRestarts) {
  constexpr uint64_t kSize = 20 << 20;
  const std::string digest = GeneratedReader(kSize).Digest();
  auto consumer = StartBus(TestOptions(Role::kKustomize));
  auto client = Client(*consumer, endpoint_);
  auto source = StartBus(TestOptions(Role::kSource));
  auto server = *SourceServer::Bind(*source, endpoint_, Opener({{digest, kSize}}));
  ASSERT_TRUE(Eventually([&] { return client->connected(); }));
  uint64_t got = 0;
  bool restarted = false;
  const auto status = client->FetchArtifact({}, digest, {}, [&](std::string_view bytes) {
    got += bytes.size();
    if (!restarted && got > kSize / 2) {
      restarted = true;
      server.reset();
      server = *SourceServer::Bind(*source, endpoint_, Opener({{digest, kSize}}));
    }
    return base::OkStatus();
  });
  EXPECT_EQ(status, base::OkStatus());
  EXPECT_EQ(got, kSize);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t kConstantKb = 300 << 10;  // what was freed is kept for a while
#else
constexpr size_t kConstantKb = 16 << 10;
#endif

size_t ResidentKb() {
  std::ifstream file("/proc/self/status");
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6));
  }
  return 0;
}

TEST_F(SourceTest, StreamsAGibibyteInConstantMemory) {
  constexpr uint64_t kSize = 1 << 30;
  const std::string digest = GeneratedReader(kSize).Digest();
  auto source = StartBus(TestOptions(Role::kSource));
  auto server = *SourceServer::Bind(*source, endpoint_, Opener({{digest, kSize}}));
  auto consumer = StartBus(TestOptions(Role::kKustomize));
  auto client = Client(*consumer, endpoint_);
  ASSERT_TRUE(Eventually([&] { return client->connected(); }));
  const size_t before = ResidentKb();
  uint64_t got = 0;
  const auto status = client->FetchArtifact({}, digest, {}, [&](std::string_view bytes) {
    got += bytes.size();
    return base::OkStatus();
  });
  EXPECT_EQ(status, base::OkStatus());
  EXPECT_EQ(got, kSize);
  EXPECT_LT(ResidentKb() - before, kConstantKb);
}

TEST_F(SourceTest, StalledReaderHoldsNoMoreThanItsCredit) {
  constexpr uint64_t kSize = 200 << 20;
  const std::string digest = GeneratedReader(kSize).Digest();
  auto options = TestOptions(Role::kSource);
  auto source = StartBus(options);
  auto server = *SourceServer::Bind(*source, endpoint_, Opener({{digest, kSize}}));
  auto consumer = StartBus(TestOptions(Role::kKustomize));
  auto client = Client(*consumer, endpoint_);
  ASSERT_TRUE(Eventually([&] { return client->connected(); }));
  const size_t before = ResidentKb();
  bool first = true;
  const auto status = client->FetchArtifact({}, digest, {}, [&](std::string_view) {
    // While this reader waits, another fetch runs to its end: nothing is blocked, nothing piles up.
    if (std::exchange(first, false)) {
      EXPECT_EQ(
          client->FetchArtifact({}, digest, {}, [](std::string_view) { return base::OkStatus(); }),
          base::OkStatus());
      return base::OkStatus();
    }
    return base::ResourceExhausted("enough");
  });
  EXPECT_EQ(status.code(), base::StatusCode::kResourceExhausted);
  EXPECT_LT(ResidentKb() - before, kConstantKb);
}

// ---- keys ----

class KeyedTest : public SourceTest {
 protected:
  static BusOptions Keyed(Role role, const std::string& keys) {
    auto options = TestOptions(role);
    options.keys_dir = keys;
    return options;
  }
  std::string keys_ = dir_->path() + "/keys";
};

TEST_F(KeyedTest, CurveCarriesRevisionsAndArtifacts) {
  ASSERT_TRUE(GenerateKeys(keys_, false).ok());
  const std::string digest = GeneratedReader(3000000).Digest();
  auto source = StartBus(Keyed(Role::kSource, keys_));
  auto server = *SourceServer::Bind(*source, "tcp://127.0.0.1:0", Opener({{digest, 3000000}}));
  auto consumer = StartBus(Keyed(Role::kKustomize, keys_));
  auto client = Client(*consumer, server->endpoint());
  server->PublishRevision(EventOf("a", "1"));
  ASSERT_TRUE(told_.WaitFor(1));
  ASSERT_TRUE(Eventually([&] { return client->connected(); }));
  EXPECT_EQ(
      client->FetchArtifact({}, digest, {}, [](std::string_view) { return base::OkStatus(); }),
      base::OkStatus());
}

TEST_F(KeyedTest, UnknownClientIsRefused) {
  ASSERT_TRUE(GenerateKeys(keys_, false).ok());
  const std::string other = dir_->path() + "/other";
  ASSERT_TRUE(GenerateKeys(other, false).ok());
  // The intruder knows the server's public key, but its own is in nobody's directory.
  const auto pub = *LoadPublicKey(keys_, Role::kSource);
  ASSERT_TRUE(dir_->fs().WriteFile("other/source.pub", pub).ok());
  auto source = StartBus(Keyed(Role::kSource, keys_));
  auto server = *SourceServer::Bind(*source, "tcp://127.0.0.1:0", Opener({}));
  server->PublishRevision(EventOf("a", "1"));
  auto intruder = StartBus(Keyed(Role::kKustomize, other));
  auto client = Client(*intruder, server->endpoint());
  auto consumer = StartBus(Keyed(Role::kHelm, keys_));
  Collector<RevisionEvent> good;
  auto honest = SourceClient::Create(*consumer, {}, [&](const RevisionEvent& e) { good.Add(e); });
  honest->SetEndpoints({server->endpoint()});
  ASSERT_TRUE(good.WaitFor(1));
  EXPECT_FALSE(Eventually([&] { return client->connected() || told_.size() > 0; },
                          std::chrono::milliseconds(150)));
  // Its key is admitted from the next attempt on.
  ASSERT_TRUE(
      dir_->fs().WriteFile("keys/kustomize.pub", *LoadPublicKey(other, Role::kKustomize)).ok());
  EXPECT_TRUE(Eventually([&] { return client->connected(); }));
}

TEST_F(KeyedTest, WrongServerIsRefused) {
  ASSERT_TRUE(GenerateKeys(keys_, false).ok());
  auto source = StartBus(Keyed(Role::kSource, keys_));
  auto server = *SourceServer::Bind(*source, "tcp://127.0.0.1:0", Opener({}));
  const std::string other = dir_->path() + "/other";
  ASSERT_TRUE(GenerateKeys(other, false).ok());  // pins another source's key
  auto consumer = StartBus(Keyed(Role::kKustomize, other));
  auto client = Client(*consumer, server->endpoint());
  EXPECT_FALSE(Eventually([&] { return client->connected(); }, std::chrono::milliseconds(150)));
}

TEST_F(KeyedTest, PlainClientIsRefusedByAKeyedServer) {
  ASSERT_TRUE(GenerateKeys(keys_, false).ok());
  auto source = StartBus(Keyed(Role::kSource, keys_));
  auto server = *SourceServer::Bind(*source, "tcp://127.0.0.1:0", Opener({}));
  auto options = TestOptions(Role::kKustomize);
  options.insecure = true;
  auto consumer = StartBus(options);
  auto client = Client(*consumer, server->endpoint());
  EXPECT_FALSE(Eventually([&] { return client->connected(); }, std::chrono::milliseconds(150)));
}

TEST_F(KeyedTest, KeysThatComeLaterAreUsedThen) {
  auto source = StartBus(Keyed(Role::kSource, keys_));  // a folder that is not there yet
  auto notify = StartBus(Keyed(Role::kNotify, keys_));
  Collector<std::string> bound;
  auto server = *SourceServer::Bind(*source, "tcp://127.0.0.1:0", Opener({}),
                                    [&](const std::string& e) { bound.Add(e); });
  server->PublishRevision(EventOf("a", "1"));
  Collector<std::string> notify_bound;
  auto events = *EventServer::Bind(
      *notify, "tcp://127.0.0.1:0", {}, [](const Event&) {},
      [&](const std::string& e) { notify_bound.Add(e); });
  EXPECT_EQ(server->endpoint(), "");
  EXPECT_EQ(server->subscribers(), 0u);
  auto consumer = StartBus(Keyed(Role::kKustomize, keys_));
  auto client = Client(*consumer, "tcp://127.0.0.1:1");  // as if an old endpoint were known
  ASSERT_TRUE(GenerateKeys(keys_, false).ok());
  ASSERT_TRUE(bound.WaitFor(1));
  ASSERT_TRUE(notify_bound.WaitFor(1));
  EXPECT_EQ(bound.items()[0], server->endpoint());
  client->SetEndpoints({server->endpoint()});
  EXPECT_TRUE(told_.WaitFor(1));
  auto sender = *EventSender::Open(*consumer, {});
  sender->SetEndpoint(events->endpoint());
  EXPECT_TRUE(Eventually([&] { return sender->connected(); }));
}

TEST_F(KeyedTest, PlainTcpNeedsInsecure) {
  auto bus = StartBus(TestOptions(Role::kSource));
  const auto refused = SourceServer::Bind(*bus, "tcp://127.0.0.1:0", Opener({}));
  EXPECT_EQ(refused.status().code(), base::StatusCode::kFailedPrecondition);
  auto options = TestOptions(Role::kSource);
  options.insecure = true;
  auto open = StartBus(options);
  EXPECT_TRUE(SourceServer::Bind(*open, "tcp://127.0.0.1:0", Opener({})).ok());
}

}  // namespace
}  // namespace sluice::bus
