// Three processes on the bus, killed with SIGKILL at random 200 times: a source that keeps
// publishing revisions and events, a consumer that fetches each revision's artifact, and a notify
// that handles events. In the end the consumer has the newest revision of every source, and every
// event that Send had accepted was handled.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "base/digest.h"
#include "bus/events.h"
#include "bus/source.h"
#include "test_support.h"

namespace sluice::bus {
namespace {

constexpr int kSources = 8;
constexpr int kKills = 200;

observe::Context Soon(int ms) {
  return observe::Context().WithTimeout(std::chrono::milliseconds(ms));
}
void Pause(int ms) {
  static_cast<void>(observe::Context().Sleep(std::chrono::milliseconds(ms)).ok());
}

BusOptions ChaosOptions(Role role) {
  BusOptions options = TestOptions(role);
  options.silence_ms = 2000;
  return options;
}

struct Files {
  std::string dir;
  std::string source() const { return "ipc://" + dir + "/src"; }
  std::string notify() const { return "ipc://" + dir + "/ntf"; }
  std::string current(const std::string& name) const { return "current-" + name; }
  std::string applied(const std::string& name) const { return "applied-" + name; }
};

// A small one, and for one source in eight four megabytes: several chunks and credits.
std::string ArtifactOf(const std::string& name, const std::string& revision) {
  const size_t copies = name == "s0" ? 400000 : 10;
  const std::string line = name + "@" + revision + "\n";
  std::string out;
  for (size_t i = 0; i < copies; ++i) out += line;
  return out;
}

class Bytes final : public ArtifactReader {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
  uint64_t size() const override { return bytes_.size(); }
  base::Result<size_t> ReadAt(uint64_t offset, std::span<char> out) override {
    const auto part =
        std::string_view(bytes_).substr(std::min<size_t>(offset, bytes_.size()), out.size());
    std::ranges::copy(part, out.begin());
    return part.size();
  }

 private:
  std::string bytes_;
};

void AppendLine(const std::string& path, const std::string& line) {
  std::ofstream(path, std::ios::app) << line + "\n" << std::flush;
}

// ---- the source ----

class SourceProcess {
 public:
  explicit SourceProcess(const std::string& dir)
      : files_{dir},
        fs_(*io::RootedFs::Open(dir)),
        bus_(StartBus(ChaosOptions(Role::kSource))),
        server_(*SourceServer::Bind(*bus_, files_.source(),
                                    [this](std::string_view d) { return Open(d); })),
        events_(*EventSender::Open(*bus_, {.journal = dir + "/outbox"})) {
    events_->SetEndpoint(files_.notify());
  }

  void Run() {
    for (int i = 0; i < kSources; ++i) {
      const std::string name = "s" + std::to_string(i);
      if (const auto current = fs_.ReadFile(files_.current(name)); current.ok())
        Publish(name, *current);
    }
    std::minstd_rand random(static_cast<unsigned>(::getpid()));
    while (!fs_.Stat("stop").ok()) {
      const std::string name = "s" + std::to_string(random() % kSources);
      const auto current = fs_.ReadFile(files_.current(name));
      const std::string revision = std::to_string(current.ok() ? std::stol(*current) + 1 : 1);
      // the truth first, as with status
      SLUICE_CHECK(fs_.WriteFile(files_.current(name), revision).ok());
      Publish(name, revision);
      Event event;
      event.id = name + "@" + revision;
      event.severity = "info";
      events_->Send(event);
      AppendLine(files_.dir + "/sent", event.id);
      Pause(1);
    }
    while (true) Pause(1000);  // until it is killed
  }

 private:
  void Publish(const std::string& name, const std::string& revision) {
    RevisionEvent event;
    event.source = {"GitRepository", "ns", name};
    event.revision = revision;
    const std::string bytes = ArtifactOf(name, revision);
    event.digest = base::Digest::Sha256(bytes).ToString();
    event.size = bytes.size();
    {
      observe::MutexLock lock(mu_);
      artifacts_[event.digest] = {name, revision};
    }
    server_->PublishRevision(event);
  }

  base::Result<std::unique_ptr<ArtifactReader>> Open(std::string_view digest) {
    observe::MutexLock lock(mu_);
    const auto it = artifacts_.find(std::string(digest));
    if (it == artifacts_.end()) return base::NotFound("no such artifact");
    return std::unique_ptr<ArtifactReader>(
        std::make_unique<Bytes>(ArtifactOf(it->second.first, it->second.second)));
  }

  Files files_;
  io::RootedFs fs_;
  observe::Mutex mu_;
  std::map<std::string, std::pair<std::string, std::string>> artifacts_;
  std::unique_ptr<Bus> bus_;
  std::unique_ptr<SourceServer> server_;
  std::unique_ptr<EventSender> events_;
};

// ---- the consumer ----

class ConsumerProcess {
 public:
  explicit ConsumerProcess(const std::string& dir)
      : files_{dir},
        fs_(*io::RootedFs::Open(dir)),
        bus_(StartBus(ChaosOptions(Role::kKustomize))),
        client_(SourceClient::Create(*bus_, {}, [this](const RevisionEvent& e) { Enqueue(e); })) {
    client_->SetEndpoints({files_.source()});
  }

  void Run() {
    while (true) {
      const RevisionEvent event = Dequeue();
      if (Handle(event)) continue;
      // the source is down or its artifact was replaced: again, unless something newer came
      Enqueue(event);
      Pause(2);
    }
  }

 private:
  void Enqueue(const RevisionEvent& event) {
    {
      observe::MutexLock lock(mu_);
      auto& slot = queue_[event.source.name];
      if (slot.revision.empty() || std::stol(slot.revision) <= std::stol(event.revision))
        slot = event;
    }
    changed_.notify_one();
  }

  RevisionEvent Dequeue() {
    observe::MutexLock lock(mu_);
    changed_.wait(mu_, [&] { return !queue_.empty(); });
    auto it = queue_.upper_bound(last_);
    if (it == queue_.end()) it = queue_.begin();
    RevisionEvent event = std::move(it->second);
    last_ = it->first;
    queue_.erase(it);
    return event;
  }

  bool Handle(const RevisionEvent& event) {
    std::string bytes;
    const auto status = client_->FetchArtifact(
        Soon(5000), event.digest, {.expected_size = event.size}, [&](std::string_view part) {
          bytes += part;
          return base::OkStatus();
        });
    if (!status.ok()) return false;
    SLUICE_CHECK(bytes == ArtifactOf(event.source.name, event.revision));
    return fs_.WriteFile(files_.applied(event.source.name), event.revision).ok();
  }

  Files files_;
  io::RootedFs fs_;
  observe::Mutex mu_;
  observe::CondVar changed_;
  std::map<std::string, RevisionEvent> queue_;
  std::string last_;
  std::unique_ptr<Bus> bus_;
  std::unique_ptr<SourceClient> client_;
};

// ---- notify ----

void RunNotify(const std::string& dir) {
  const Files files{dir};
  observe::Mutex mu;
  observe::CondVar changed;
  std::deque<std::string> queue;
  auto bus = StartBus(ChaosOptions(Role::kNotify));
  auto server =
      *EventServer::Bind(*bus, files.notify(), {.journal = dir + "/inbox"}, [&](const Event& e) {
        {
          observe::MutexLock lock(mu);
          queue.push_back(e.id);
        }
        changed.notify_one();
      });
  while (true) {
    std::string id;
    {
      observe::MutexLock lock(mu);
      changed.wait(mu, [&] { return !queue.empty(); });
      id = std::move(queue.front());
      queue.pop_front();
    }
    AppendLine(dir + "/handled", id);  // "sent to the chat"
    server->Done(id);
  }
}

// ---- the one that kills ----

class Child {
 public:
  Child(std::string role, std::string dir) : role_(std::move(role)), dir_(std::move(dir)) {
    Start();
  }
  ~Child() { Kill(); }
  void Restart() {
    Kill();
    Start();
  }

 private:
  void Start() {
    pid_ = ::fork();
    ASSERT_GE(pid_, 0);
    if (pid_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execl("/proc/self/exe", "bus_chaos_test", "--as", role_.c_str(), dir_.c_str(), nullptr);
    ::_exit(127);
  }
  void Kill() {
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    // It must not have died before, of anything else.
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        << role_ << " ended by itself: " << status;
  }

  const std::string role_, dir_;
  pid_t pid_ = -1;
};

std::multiset<std::string> Lines(const std::string& path) {
  std::multiset<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.insert(line);
  return lines;
}

TEST(BusChaosTest, NothingIsLostWhenProcessesAreKilled) {
  const auto dir = NewTempDir();
  const Files files{dir->path()};
  Child source("source", dir->path()), consumer("consumer", dir->path()),
      notify("notify", dir->path());
  Child* children[] = {&source, &consumer, &notify};
  std::minstd_rand random(20261123);
  for (int i = 0; i < kKills; ++i) {
    Pause(static_cast<int>(5 + random() % 60));
    children[random() % 3]->Restart();
  }
  ASSERT_TRUE(dir->fs().WriteFile("stop", "").ok());

  const auto current_of = [&](int i) {
    return dir->fs().ReadFile(files.current("s" + std::to_string(i)));
  };
  EXPECT_TRUE(Eventually(
      [&] {
        for (int i = 0; i < kSources; ++i) {
          const auto current = current_of(i);
          const auto applied = dir->fs().ReadFile(files.applied("s" + std::to_string(i)));
          if (!current.ok() || !applied.ok() || *current != *applied) return false;
        }
        return true;
      },
      std::chrono::seconds(30)))
      << "a revision was lost";
  std::multiset<std::string> sent, handled;
  EXPECT_TRUE(Eventually(
      [&] {
        sent = Lines(dir->path() + "/sent");
        handled = Lines(dir->path() + "/handled");
        return std::ranges::all_of(sent,
                                   [&](const std::string& id) { return handled.contains(id); });
      },
      std::chrono::seconds(30)))
      << "an event was lost";

  const std::set<std::string> distinct(handled.begin(), handled.end());
  RecordProperty("events", static_cast<int>(sent.size()));
  RecordProperty("repeated", static_cast<int>(handled.size() - distinct.size()));
  EXPECT_GT(sent.size(), 100u);
  // Only an event that was being handled when notify died may come twice.
  EXPECT_LE(handled.size() - distinct.size(), static_cast<size_t>(kKills));
}

}  // namespace
}  // namespace sluice::bus

int main(int argc, char** argv) {
  using namespace sluice::bus;  // NOLINT
  if (argc == 4 && std::string_view(argv[1]) == "--as") {
    const std::string_view role = argv[2];
    if (role == "source") SourceProcess(argv[3]).Run();
    if (role == "consumer") ConsumerProcess(argv[3]).Run();
    if (role == "notify") RunNotify(argv[3]);
    return 2;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
