#include "loop.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <future>

#include "base/clock.h"
#include "bus/keys.h"
#include "envelope.h"
#include "zap.h"

namespace sluice::bus {
namespace {

constexpr size_t kMailboxLimit = 4096;

}  // namespace

base::Result<std::unique_ptr<Loop>> Loop::Start(BusOptions options) {
  std::unique_ptr<Loop> loop(new Loop(std::move(options)));
  SLUICE_TRY(loop->Init());
  return loop;
}

Loop::Loop(BusOptions options)
    : options_(std::move(options)),
      epoch_(std::max<uint64_t>(1, base::SystemRandom().Next())),
      metrics_(options_.registry),
      context_(options_.io_threads),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

base::Status Loop::Init() {
  if (!wake_) return base::Unavailable("eventfd failed");
  if (!options_.keys_dir.empty()) {
    const auto own = LoadKeyPair(options_.keys_dir, options_.role).status();
    if (own.code() == base::StatusCode::kNotFound) {
      options_.log.Info("bus keys are not there: tcp waits for them",
                        {{"path", options_.keys_dir}});
    } else if (!own.ok()) {
      return own;
    }
    zap_ = std::make_unique<ZapHandler>(*this, options_.keys_dir);
  }
  thread_ = std::jthread([this] { Run(); });
  return base::OkStatus();
}

Loop::~Loop() {
  if (!thread_.joinable()) return;
  {
    observe::MutexLock lock(mu_);
    stopping_ = true;
  }
  Wake();
  thread_.join();
  SLUICE_CHECK(entries_.size() <= (zap_ ? 1u : 0u));  // a channel outlived its Bus
  zap_.reset();
}

void Loop::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(wake_.get(), &one, sizeof one);
}

void Loop::Post(Task task) {
  bool wake = false;
  {
    observe::MutexLock lock(mu_);
    // The bus thread itself must not wait for room that only it can make.
    if (std::this_thread::get_id() != thread_.get_id()) {
      while (mailbox_.size() >= kMailboxLimit) space_.wait(mu_);
    }
    wake = mailbox_.empty();
    mailbox_.push_back(std::move(task));
  }
  if (wake) Wake();
}

void Loop::Call(const Task& task) {
  if (std::this_thread::get_id() == thread_.get_id()) return task();
  std::promise<void> done;
  Post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void Loop::Add(Socket& socket, Pollee& owner) {
  entries_.push_back({&socket, &owner});
  changed_ = true;
}

void Loop::Remove(Socket& socket) {
  std::erase_if(entries_, [&](const Entry& e) { return e.socket == &socket; });
  changed_ = true;
}

Loop::TimerId Loop::After(int ms, Task task) {
  const TimerId id = next_timer_++;
  timers_.emplace(Clock::now() + std::chrono::milliseconds(ms),
                  std::make_pair(id, std::move(task)));
  return id;
}

void Loop::Cancel(TimerId& id) {
  if (id == 0) return;
  const auto it =
      std::ranges::find_if(timers_, [&](const auto& t) { return t.second.first == id; });
  if (it != timers_.end()) timers_.erase(it);
  id = 0;
}

std::string Loop::UniqueName(std::string_view prefix) {
  return std::string(prefix) + std::to_string(next_name_++);
}

std::string Loop::HelloFrame(uint64_t sequence) const {
  return EncodeHello(
      {kProtocolMajor, kProtocolMinor, std::string(RoleName(options_.role)), epoch_, sequence});
}

base::Result<CurveServer> Loop::ServerKeys(const std::string& endpoint) const {
  if (!NeedsKeys(endpoint)) return CurveServer{};
  if (!options_.keys_dir.empty()) {
    SLUICE_TRY(auto own, LoadKeyPair(options_.keys_dir, options_.role));
    return CurveServer{own.secret_key};
  }
  if (options_.insecure) return CurveServer{};
  return base::FailedPrecondition("'" + endpoint + "' needs --bus-keys (or --bus-insecure)");
}

base::Result<CurveClient> Loop::ClientKeys(const std::string& endpoint, Role server) const {
  if (!NeedsKeys(endpoint)) return CurveClient{};
  if (!options_.keys_dir.empty()) {
    SLUICE_TRY(auto own, LoadKeyPair(options_.keys_dir, options_.role));
    SLUICE_TRY(auto pinned, LoadPublicKey(options_.keys_dir, server));
    return CurveClient{std::move(pinned), own.public_key, own.secret_key};
  }
  if (options_.insecure) return CurveClient{};
  return base::FailedPrecondition("'" + endpoint + "' needs --bus-keys (or --bus-insecure)");
}

long Loop::PollTimeout() const {
  if (timers_.empty()) return -1;
  const auto left = timers_.begin()->first - Clock::now();
  return std::max<long>(0, std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

void Loop::Run() {
  std::vector<zmq_pollitem_t> items;
  std::vector<std::pair<Entry, bool>> owners;  // of items[1…]; true: the monitor
  while (true) {
    if (changed_) {
      items.assign(1, {nullptr, wake_.get(), ZMQ_POLLIN, 0});
      owners.clear();
      for (const Entry& e : entries_) {
        items.push_back({e.socket->raw().handle(), 0, ZMQ_POLLIN, 0});
        owners.emplace_back(e, false);
        if (!e.socket->monitored()) continue;
        items.push_back({e.socket->monitor().handle(), 0, ZMQ_POLLIN, 0});
        owners.emplace_back(e, true);
      }
      changed_ = false;
    }
    zmq_poll(items.data(), static_cast<int>(items.size()), PollTimeout());
    if (items[0].revents != 0) {
      uint64_t count = 0;
      [[maybe_unused]] const auto n = ::read(wake_.get(), &count, sizeof count);
      RunTasks();
      observe::MutexLock lock(mu_);
      if (stopping_ && mailbox_.empty()) return;
    }
    RunTimers();
    Dispatch(items, owners);
  }
}

bool Loop::Has(const Entry& entry) const {
  return std::ranges::any_of(entries_, [&](const Entry& e) { return e.socket == entry.socket; });
}

// Connection events come before messages: a message is judged by the connection it came on.
void Loop::Dispatch(const std::vector<zmq_pollitem_t>& items,
                    const std::vector<std::pair<Entry, bool>>& owners) {
  for (const bool monitors : {true, false}) {
    for (size_t i = 0; i < owners.size(); ++i) {
      const auto& [entry, is_monitor] = owners[i];
      if (is_monitor != monitors || items[i + 1].revents == 0) continue;
      if (changed_ && !Has(entry)) continue;  // removed by an earlier handler
      if (is_monitor) {
        entry.owner->OnLinkEvents(*entry.socket);
      } else {
        entry.owner->OnMessages(*entry.socket);
      }
    }
  }
}

void Loop::RunTasks() {
  std::vector<Task> tasks;
  {
    observe::MutexLock lock(mu_);
    tasks.swap(mailbox_);
  }
  space_.notify_all();
  for (const Task& task : tasks) task();
}

void Loop::RunTimers() {
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    Task task = std::move(timers_.begin()->second.second);
    timers_.erase(timers_.begin());
    task();
  }
}

}  // namespace sluice::bus
