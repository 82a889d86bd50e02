// Transfer: one Call: a request, its redirects, and the libcurl handle that carries the hop under
// way. Made on any thread, driven on the I/O thread only, except Cancel and Resume. Its client
// outlives it as far as the I/O thread goes.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "http/client.h"
#include "transport_error.h"

namespace sluice::http {

// What a Transfer needs of its client. All but Submit on the I/O thread.
class TransferHost {
 public:
  virtual ~TransferHost() = default;
  virtual void Submit(std::function<void()> fn) = 0;  // any thread: runs soon on the I/O thread
  virtual CURLM* multi() = 0;
  virtual CURLSH* share() = 0;
  virtual const ClientOptions& options() const = 0;
  virtual void SocketOpened(curl_socket_t fd) = 0;
  virtual void SocketClosed(curl_socket_t fd) = 0;
  // Acknowledges at once what has come in. A server that writes head and body apart waits for that
  // before it sends the body (Nagle), and the kernel would take 40 ms over it on a connection that
  // has just sent a request.
  virtual void AcknowledgeHeads() = 0;
  // /etc/ssl/certs can be used as a directory, read lazily
  virtual bool system_roots_hashed() const = 0;
  virtual void StartTimer(std::chrono::milliseconds delay, std::function<void()> fn) = 0;
  virtual void BytesCame() = 0;
  virtual void Finished(class Transfer* transfer) = 0;
};

class Transfer final : public Call, public std::enable_shared_from_this<Transfer> {
 public:
  Transfer(TransferHost& host, const observe::Context& ctx, Request request, Callbacks callbacks);
  ~Transfer() override;

  void Cancel() override;
  void Resume() override;

  // I/O thread.
  void Begin();
  void OnComplete(CURLcode code);
  void Abort(base::Status status);

 private:
  struct SlistDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  using Slist = std::unique_ptr<curl_slist, SlistDeleter>;
  class Stop {  // called by the stop token, on whatever thread stops it
   public:
    explicit Stop(std::weak_ptr<Transfer> t) : transfer_(std::move(t)) {}
    void operator()() const {
      if (const auto t = transfer_.lock()) t->Cancel();
    }

   private:
    std::weak_ptr<Transfer> transfer_;
  };

  base::Status StartHop();
  base::Status Configure();
  void ConfigureMethod();
  void ConfigureTls();
  base::Status ConfigureProxy();
  base::Status ConfigureHeaders();
  base::Status AppendHeader(Slist& list, std::string_view name, std::string_view value);
  base::Status AppendCredentials(Slist& list);
  bool OwnOrigin() const;
  bool FollowRedirect();
  void ArmStallTimer();
  void Detach();
  void Finish(base::Result<ResponseHead> result);
  TransportFailure Describe(CURLcode code);
  base::Status FailureStatus(CURLcode code);
  std::string ShownUrl() const;
  std::string_view body() const {
    return request_.shared_body ? *request_.shared_body : std::string_view(request_.body);
  }

  size_t HeaderLine(std::string_view line);
  void HeadComplete();
  size_t Data(char* data, size_t size);
  static size_t HeaderCallback(char* data, size_t size, size_t n, void* self);
  static size_t WriteCallback(char* data, size_t size, size_t n, void* self);
  static curl_socket_t OpenSocketCallback(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int CloseSocketCallback(void* host, curl_socket_t fd);
  static int SocketOptionsCallback(void* self, curl_socket_t fd, curlsocktype purpose);
  static CURLcode SslContextCallback(CURL* easy, void* ssl_context, void* self);

  TransferHost& host_;
  observe::Context ctx_;
  Request request_;
  Callbacks callbacks_;
  std::atomic<bool> cancelled_{false};
  std::optional<std::stop_callback<Stop>> on_stop_;

  CURL* easy_ = nullptr;
  Slist header_list_, connect_to_;
  char error_buffer_[CURL_ERROR_SIZE] = {};
  Url url_;              // of this hop
  Origin bound_origin_;  // where credentials may go
  bool left_origin_ = false;
  int redirects_ = 0;
  ResponseHead head_;
  bool head_done_ = false, redirecting_ = false, stopped_ = false, done_ = false, paused_ = false;
  uint64_t received_ = 0;
  observe::Context::Clock::time_point last_byte_;
  std::optional<base::Status> local_failure_;  // why a callback ended the transfer
  TransportFailure failure_;                   // filled in while the hop goes on
};

}  // namespace sluice::http
