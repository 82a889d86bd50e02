// The wall's event loop: one thread owns every connection that is not being answered. It accepts,
// reads requests under the limits, hands complete ones to the workers and takes the connection
// back. epoll with the next deadline as its time-out: nothing polls.
#include "http/server.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/strings.h"
#include "listen_address.h"
#include "observe/mutex.h"
#include "request_reader.h"
#include "response_writer.h"
#include "router.h"
#include "worker_pool.h"

namespace sluice::http {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Connection {
  enum class Phase : uint8_t { kIdle, kReading, kAnswering, kDraining } phase = Phase::kIdle;
  int fd = -1;
  std::string remote;
  RequestReader reader;
  std::string pending;  // read past the end of a request: the next one
  SteadyClock::time_point deadline;
  size_t drained = 0;
  size_t counted = 0;  // its part of buffered_
};

class ServerImpl final : public Server {
 public:
  ServerImpl(ServerOptions options, observe::Logger log)
      : options_(std::move(options)),
        log_(std::move(log)),
        writer_({options_.write_timeout, options_.min_write_rate},
                [this](ServerRequest r) { return Serve(std::move(r)); }),
        workers_(options_.threads) {}
  ~ServerImpl() override { Stop(); }

  void Handle(std::string method, std::string path, Handler handler) override {
    router_.Add(std::move(method), std::move(path), false, std::move(handler));
  }
  void HandlePrefix(std::string method, std::string prefix, Handler handler) override {
    router_.Add(std::move(method), std::move(prefix), true, std::move(handler));
  }
  base::Status Start() override;
  uint16_t port() const override { return bound_.port; }
  std::string address() const override { return bound_.text; }
  void Stop() override;

 private:
  void Loop();
  int NextTimeout() const;
  void Accept();
  bool MakeRoom();
  void Readable(Connection& c);
  void Consume(Connection& c, std::string_view bytes);
  void Dispatch(Connection& c);
  void TakeBack();
  void Expire();
  void Refuse(Connection& c, int status);
  void Drain(Connection& c);
  void Watch(Connection& c, bool add);
  void Unwatch(const Connection& c) { epoll_ctl(epoll_, EPOLL_CTL_DEL, c.fd, nullptr); }
  void Recount(Connection& c, size_t now) {
    buffered_ = buffered_ - c.counted + now;
    c.counted = now;
  }
  void Close(int fd);
  void Wake() const {
    const uint64_t one = 1;
    (void)!write(wake_, &one, sizeof one);
  }
  ServerResponse Serve(ServerRequest request);

  const ServerOptions options_;
  const observe::Logger log_;
  Router router_;
  ResponseWriter writer_;
  ReaderLimits ReadLimits() const {
    return {options_.max_body, options_.max_header_line, options_.max_header_bytes,
            options_.max_headers};
  }

  BoundAddress bound_;
  int epoll_ = -1, wake_ = -1, listener_ = -1;
  std::atomic<bool> stopping_{false}, cut_{false};

  // Loop thread only.
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
  size_t buffered_ = 0, answering_ = 0;
  bool accept_paused_ = false;
  SteadyClock::time_point accept_again_;

  struct Returned {
    int fd;
    bool keep;
  };
  observe::Mutex mu_;
  std::vector<Returned> returned_ SLUICE_GUARDED_BY(mu_);

  WorkerPool workers_;
  std::jthread loop_;
};

base::Status ServerImpl::Start() {
  SLUICE_TRY(bound_, Listen(options_.address));
  listener_ = bound_.fd;
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll_ < 0 || wake_ < 0) return base::ResourceExhausted("epoll: too many open files");
  for (const int fd : {listener_, wake_}) {
    epoll_event event{EPOLLIN, {}};
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  loop_ = std::jthread([this] { Loop(); });
  return {};
}

void ServerImpl::Stop() {
  if (!loop_.joinable() || stopping_.exchange(true)) return;
  Wake();
  loop_.join();
  workers_.Stop();
  for (const auto& [fd, c] : connections_) close(fd);
  connections_.clear();
  for (const int fd : {listener_, epoll_, wake_}) close(fd);
}

void ServerImpl::Loop() {
  pthread_setname_np(pthread_self(), "http-server");
  SteadyClock::time_point cut_at = SteadyClock::time_point::max();
  std::vector<epoll_event> events(64);
  for (;;) {
    if (stopping_ && cut_at == SteadyClock::time_point::max()) {
      cut_at = SteadyClock::now() + options_.stop_grace;
      epoll_ctl(epoll_, EPOLL_CTL_DEL, listener_, nullptr);
    }
    if (stopping_ && answering_ == 0) return;
    // writers look at it; the loop goes on until they are back
    if (SteadyClock::now() >= cut_at) cut_ = true;
    int timeout = NextTimeout();
    if (stopping_) timeout = timeout < 0 ? 100 : std::min(timeout, 100);
    const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout);
    for (int i = 0; i < n; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == wake_) {
        uint64_t count;
        (void)!read(wake_, &count, sizeof count);
      } else if (fd == listener_) {
        Accept();
      } else if (const auto it = connections_.find(fd); it != connections_.end()) {
        Readable(*it->second);
      }
    }
    TakeBack();
    Expire();
  }
}

int ServerImpl::NextTimeout() const {
  auto next = accept_paused_ ? accept_again_ : SteadyClock::time_point::max();
  for (const auto& [fd, c] : connections_) {
    if (c->phase != Connection::Phase::kAnswering) next = std::min(next, c->deadline);
  }
  if (next == SteadyClock::time_point::max()) return -1;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(next - SteadyClock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(ms, 0, 3600 * 1000));
}

void ServerImpl::Accept() {
  for (int i = 0; i < 64; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int fd =
        accept4(listener_, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        epoll_ctl(epoll_, EPOLL_CTL_DEL, listener_, nullptr);  // level-triggered: it would spin
        accept_paused_ = true;
        accept_again_ = SteadyClock::now() + std::chrono::milliseconds(100);
      }
      return;
    }
    if (connections_.size() >= options_.max_connections && !MakeRoom()) {
      close(fd);
      continue;
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto c = std::make_unique<Connection>(
        Connection{.phase = Connection::Phase::kIdle,
                   .fd = fd,
                   .remote = AddressText(peer),
                   .reader = RequestReader(ReadLimits()),
                   .pending = {},
                   .deadline = SteadyClock::now() + options_.request_timeout});
    Watch(*c, true);
    connections_[fd] = std::move(c);
  }
}

// Closes the longest idle connection for a new one.
bool ServerImpl::MakeRoom() {
  const Connection* oldest = nullptr;
  for (const auto& [fd, c] : connections_) {
    const bool quiet =
        c->phase == Connection::Phase::kIdle || c->phase == Connection::Phase::kDraining;
    if (quiet && (oldest == nullptr || c->deadline < oldest->deadline)) oldest = c.get();
  }
  if (oldest == nullptr) return false;
  Close(oldest->fd);
  return true;
}

void ServerImpl::Watch(Connection& c, bool add) {
  epoll_event event{EPOLLIN | EPOLLRDHUP, {}};
  event.data.fd = c.fd;
  epoll_ctl(epoll_, add ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, c.fd, &event);
}

void ServerImpl::Close(int fd) {
  const auto it = connections_.find(fd);
  if (it == connections_.end()) return;
  Recount(*it->second, 0);
  close(fd);  // leaves the epoll set with it
  connections_.erase(it);
}

void ServerImpl::Readable(Connection& c) {
  if (c.phase == Connection::Phase::kDraining) return Drain(c);
  char buffer[16u << 10];
  const ssize_t n = recv(c.fd, buffer, sizeof buffer, 0);
  if (n > 0) return Consume(c, std::string_view(buffer, static_cast<size_t>(n)));
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  Close(c.fd);
}

void ServerImpl::Consume(Connection& c, std::string_view bytes) {
  if (c.phase == Connection::Phase::kIdle) {
    c.phase = Connection::Phase::kReading;
    c.deadline = SteadyClock::now() + options_.request_timeout;
  }
  const size_t used = c.reader.Feed(bytes);
  Recount(c, c.reader.buffered());
  if (c.reader.state() == RequestReader::State::kError) return Refuse(c, c.reader.error());
  if (buffered_ > options_.max_buffered) return Refuse(c, 503);
  if (c.reader.TakeContinue() && c.reader.state() == RequestReader::State::kBody) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    (void)!send(c.fd, kContinue.data(), kContinue.size(), MSG_NOSIGNAL);
  }
  if (c.reader.state() != RequestReader::State::kDone) return;
  c.pending = bytes.substr(used);
  Dispatch(c);
}

void ServerImpl::Dispatch(Connection& c) {
  c.phase = Connection::Phase::kAnswering;
  Unwatch(c);
  ++answering_;
  workers_.Submit([this, fd = c.fd, remote = c.remote, request = c.reader.Take()]() mutable {
    const bool keep =
        writer_.Answer(fd, std::move(request), remote, !stopping_, [this] { return cut_.load(); });
    {
      observe::MutexLock lock(mu_);
      returned_.push_back({fd, keep});
    }
    Wake();
  });
}

void ServerImpl::TakeBack() {
  std::vector<Returned> returned;
  {
    observe::MutexLock lock(mu_);
    returned.swap(returned_);
  }
  for (const auto& r : returned) {
    --answering_;
    const auto it = connections_.find(r.fd);
    if (it == connections_.end()) continue;
    Connection& c = *it->second;
    Recount(c, 0);
    if (!r.keep || stopping_) {
      // The answer may still be on its way: half-close and read what the client sends meanwhile.
      shutdown(c.fd, SHUT_WR);
      c.phase = Connection::Phase::kDraining;
      c.deadline = SteadyClock::now() + std::chrono::seconds(1);
      Watch(c, true);
      continue;
    }
    c.phase = Connection::Phase::kIdle;
    c.deadline = SteadyClock::now() + options_.idle_timeout;
    Watch(c, true);
    const std::string next = std::move(c.pending);  // a pipelined request
    c.pending.clear();
    if (!next.empty()) Consume(c, next);
  }
}

void ServerImpl::Expire() {
  const auto now = SteadyClock::now();
  if (accept_paused_ && now >= accept_again_) {
    accept_paused_ = false;
    epoll_event event{EPOLLIN, {}};
    event.data.fd = listener_;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
  }
  std::vector<int> late;
  for (const auto& [fd, c] : connections_) {
    if (c->phase != Connection::Phase::kAnswering && c->deadline <= now) late.push_back(fd);
  }
  for (const int fd : late) {
    Connection& c = *connections_.at(fd);
    if (c.phase == Connection::Phase::kReading)
      Refuse(c, 408);
    else
      Close(fd);
  }
}

// Answers without a worker and closes, so that the client sees the answer although it may still be
// sending.
void ServerImpl::Refuse(Connection& c, int status) {
  const std::string text = PlainResponse(status);
  (void)!send(c.fd, text.data(), text.size(), MSG_NOSIGNAL);
  shutdown(c.fd, SHUT_WR);
  Recount(c, 0);
  c.reader = RequestReader(ReadLimits());
  c.phase = Connection::Phase::kDraining;
  c.deadline = SteadyClock::now() + std::chrono::seconds(2);
}

void ServerImpl::Drain(Connection& c) {
  constexpr size_t kMost = 64u << 20;
  char buffer[16u << 10];
  const ssize_t n = recv(c.fd, buffer, sizeof buffer, 0);
  if (n > 0) {
    c.drained += static_cast<size_t>(n);
    if (c.drained <= kMost) return;
  }
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
  Close(c.fd);
}

ServerResponse ServerImpl::Serve(ServerRequest request) {
  const auto match = router_.Find(request.method, request.path);
  if (match.handler == nullptr) {
    if (match.allow.empty()) return ServerResponse::Text(404, "404 page not found\n");
    ServerResponse r = ServerResponse::Text(405, "Method Not Allowed\n");
    r.headers.Set("Allow", match.allow);
    return r;
  }
  const std::string path = request.path;
  try {
    return (*match.handler)(request);
  } catch (const std::exception& e) {
    log_.Error(base::Internal(e.what()), "HTTP handler failed", {{"path", path}});
  } catch (...) {
    log_.Error(base::Internal("unknown exception"), "HTTP handler failed", {{"path", path}});
  }
  return ServerResponse::Text(500, "Internal Server Error\n");
}

}  // namespace

std::unique_ptr<Server> Server::Create(ServerOptions options, observe::Logger log) {
  return std::make_unique<ServerImpl>(std::move(options), std::move(log));
}

}  // namespace sluice::http
