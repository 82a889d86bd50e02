// The I/O thread: libcurl's multi handle, a mailbox others put functions into, and timers. It
// sleeps in curl_multi_poll until a socket, a timer or the mailbox has something.
#include "http/client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <thread>
#include <unordered_map>

#include "base/strings.h"
#include "observe/mutex.h"
#include "transfer.h"

namespace sluice::http {
namespace {

// True if the distribution's root directory has OpenSSL's hash links ("3513523f.0").
bool HasHashedRoots() {
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator("/etc/ssl/certs", ec)) {
    if (entry.path().extension() == ".0") return true;
  }
  return false;
}

class ClientImpl final : public Client, public TransferHost {
 public:
  explicit ClientImpl(ClientOptions options)
      : options_(std::move(options)), roots_hashed_(HasHashedRoots()) {
    curl_global_init(CURL_GLOBAL_DEFAULT);  // counted, and thread-safe since 7.84
    multi_ = curl_multi_init();
    share_ = curl_share_init();
    SLUICE_CHECK(multi_ != nullptr && share_ != nullptr);
    curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
    curl_multi_setopt(multi_, CURLMOPT_MAX_CONCURRENT_STREAMS, 1000L);
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
                      static_cast<long>(options_.max_connections_per_host));
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 64L);
    thread_ = std::jthread([this] { Run(); });
  }

  ~ClientImpl() override {
    {
      observe::MutexLock lock(mu_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    curl_multi_cleanup(multi_);
    curl_share_cleanup(share_);
    curl_global_cleanup();
  }

  base::Result<Response> Do(const observe::Context& ctx, Request request) override;
  std::shared_ptr<Call> Start(const observe::Context& ctx, Request request,
                              Callbacks callbacks) override {
    auto transfer =
        std::make_shared<Transfer>(*this, ctx, std::move(request), std::move(callbacks));
    Submit([this, transfer] {
      active_.emplace(transfer.get(), transfer);
      transfer->Begin();
    });
    return transfer;
  }

  void Post(std::function<void()> fn) override { Submit(std::move(fn)); }
  void PostAfter(std::chrono::milliseconds delay, std::function<void()> fn) override {
    if (OnIoThread()) {
      StartTimer(delay, std::move(fn));
    } else {
      Submit([this, delay, fn = std::move(fn)]() mutable { StartTimer(delay, std::move(fn)); });
    }
  }
  bool OnIoThread() const override { return std::this_thread::get_id() == thread_.get_id(); }

  // TransferHost.
  void Submit(std::function<void()> fn) override {
    bool wake = false;
    {
      observe::MutexLock lock(mu_);
      wake = mailbox_.empty();
      mailbox_.push_back(std::move(fn));
    }
    if (wake && !OnIoThread()) curl_multi_wakeup(multi_);
  }
  CURLM* multi() override { return multi_; }
  CURLSH* share() override { return share_; }
  const ClientOptions& options() const override { return options_; }
  bool system_roots_hashed() const override { return roots_hashed_; }
  void StartTimer(std::chrono::milliseconds delay, std::function<void()> fn) override {
    timers_.emplace(observe::Context::Clock::now() + delay, std::move(fn));
  }
  void BytesCame() override { quiet_passes_ = 0; }
  void Finished(Transfer* transfer) override { active_.erase(transfer); }
  void SocketOpened(curl_socket_t fd) override { sockets_.push_back(fd); }
  void SocketClosed(curl_socket_t fd) override { std::erase(sockets_, fd); }
  void AcknowledgeHeads() override {
    // libcurl does not tell which socket a transfer in flight has; they are few.
    constexpr size_t kFew = 16;
    if (sockets_.size() > kFew) return;
    const int on = 1;
    for (const curl_socket_t fd : sockets_)
      (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  }

 private:
  void Run();
  bool RunMailbox();  // false: stopping
  void RunTimers();
  void ReadMessages();
  int PollTimeout();
  void Sleep();
  static void Guarded(const std::function<void()>& fn) {
    try {
      fn();
    } catch (...) {  // a posted function of a poisoned object must not stop the thread
    }
  }

  const ClientOptions options_;
  const bool roots_hashed_;
  CURLM* multi_ = nullptr;
  CURLSH* share_ = nullptr;

  observe::Mutex mu_;
  std::vector<std::function<void()>> mailbox_ SLUICE_GUARDED_BY(mu_);
  bool stopping_ SLUICE_GUARDED_BY(mu_) = false;

  // I/O thread only.
  std::vector<std::function<void()>> batch_;
  std::multimap<observe::Context::Clock::time_point, std::function<void()>> timers_;
  std::unordered_map<Transfer*, std::shared_ptr<Transfer>> active_;
  std::vector<curl_socket_t> sockets_;  // open
  size_t quiet_passes_ = 0;             // since something happened
  std::jthread thread_;                 // last: joined before the rest goes
};

bool ClientImpl::RunMailbox() {
  {
    observe::MutexLock lock(mu_);
    if (stopping_) return false;
    batch_.swap(mailbox_);
  }
  for (const auto& fn : batch_) Guarded(fn);
  batch_.clear();
  return true;
}

void ClientImpl::RunTimers() {
  const auto now = observe::Context::Clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const auto node = timers_.extract(timers_.begin());
    Guarded(node.mapped());
  }
}

void ClientImpl::ReadMessages() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    const CURLcode code = message->data.result;
    const auto it = active_.find(transfer);
    if (it == active_.end()) continue;
    const auto keep = it->second;
    Guarded([&] { keep->OnComplete(code); });
  }
}

int ClientImpl::PollTimeout() {
  {
    observe::MutexLock lock(mu_);
    if (!mailbox_.empty() || stopping_) return 0;
  }
  constexpr int64_t kLongest = 3600 * 1000;
  if (timers_.empty()) return static_cast<int>(kLongest);
  const auto left = timers_.begin()->first - observe::Context::Clock::now();
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<int64_t>(ms, 0, kLongest));
}

// Until something happens. A pass over the transfers is repeated soon after the last thing that
// happened: where one stream of an HTTP/2 connection reads another's bytes, libcurl 7.88 sets that
// one a timer for "now", and curl_multi_perform may drop it at the end of the same pass (it
// compares whole milliseconds with a clock that moved on). The bytes would lie there until the next
// event, and with them all streams of the connection if that one's buffer is full.
void ClientImpl::Sleep() {
  constexpr int kRepeatAfter[] = {1, 20};  // milliseconds
  const int timeout = PollTimeout();
  if (timeout <= 0) return;
  const bool settled = quiet_passes_ == std::size(kRepeatAfter) || active_.empty();
  const int longest = settled ? timeout : kRepeatAfter[quiet_passes_];
  const auto due = observe::Context::Clock::now() + std::chrono::milliseconds(longest);
  curl_multi_poll(multi_, nullptr, 0, std::min(timeout, longest), nullptr);
  const bool nothing = longest < timeout && observe::Context::Clock::now() >= due;
  quiet_passes_ = nothing ? quiet_passes_ + 1 : 0;
}

void ClientImpl::Run() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  // libcurl leaves SIGPIPE alone under CURLOPT_NOSIGNAL
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  pthread_setname_np(pthread_self(), "http-io");
  while (RunMailbox()) {
    RunTimers();
    int running = 0;
    curl_multi_perform(multi_, &running);
    ReadMessages();
    Sleep();
  }
  std::vector<std::function<void()>> rest;
  {
    observe::MutexLock lock(mu_);
    rest.swap(mailbox_);
  }
  for (const auto& fn : rest) Guarded(fn);  // calls just started end below as well
  while (!active_.empty()) active_.begin()->second->Abort(base::Cancelled("http client is closed"));
}

// The caller's half of a blocking call; callbacks fill it in on the I/O thread.
struct Waiter {
  observe::Mutex mu;
  observe::CondVar changed;
  bool done SLUICE_GUARDED_BY(mu) = false;
  base::Result<ResponseHead> head SLUICE_GUARDED_BY(mu) = base::Internal("not done");
  std::string body;  // I/O thread until done
};

base::Result<Response> ClientImpl::Do(const observe::Context& ctx, Request request) {
  SLUICE_CHECK(!OnIoThread());
  const auto waiter = std::make_shared<Waiter>();
  const uint64_t limit = request.max_response_bytes;
  Callbacks callbacks;
  callbacks.on_head = [waiter, limit](const ResponseHead& head) {
    constexpr uint64_t kMostReserved = 16u << 20;
    const auto length = base::ParseUint64(head.headers.Get("Content-Length"));
    if (length) waiter->body.reserve(std::min({*length, limit, kMostReserved}));
  };
  callbacks.on_data = [waiter](std::string_view chunk) {
    waiter->body += chunk;
    return Flow::kContinue;
  };
  callbacks.on_done = [waiter](base::Result<ResponseHead> head) {
    observe::MutexLock lock(waiter->mu);
    waiter->head = std::move(head);
    waiter->done = true;
    waiter->changed.notify_all();
  };
  (void)Start(ctx, std::move(request), std::move(callbacks));
  observe::MutexLock lock(waiter->mu);
  while (!waiter->done) waiter->changed.wait(waiter->mu);
  if (!waiter->head.ok()) return waiter->head.status();
  Response response;
  static_cast<ResponseHead&>(response) = *std::move(waiter->head);
  response.body = std::move(waiter->body);
  return response;
}

}  // namespace

base::Result<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  return std::unique_ptr<Client>(std::make_unique<ClientImpl>(std::move(options)));
}

}  // namespace sluice::http
