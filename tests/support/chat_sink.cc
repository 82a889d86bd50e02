#include "test_support/chat_sink.h"

#include <httplib.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/status.h"

namespace sluice::test_support {

struct ChatSink::Impl {
  mutable std::mutex mu;
  mutable std::condition_variable changed;
  std::vector<Message> messages;
  int fail = 0, fail_status = 0;
  httplib::Server server;
  int port = 0;
  std::thread thread;
};

namespace {

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

ChatSink::ChatSink() : impl_(std::make_unique<Impl>()) {
  const auto record = [impl = impl_.get()](const httplib::Request& request,
                                           httplib::Response& response) {
    const std::scoped_lock lock(impl->mu);
    if (impl->fail > 0) {
      --impl->fail;
      response.status = impl->fail_status;
      return;
    }
    Message message{request.path, {}, request.body};
    for (const auto& [name, value] : request.headers) message.headers[Lower(name)] = value;
    impl->messages.push_back(std::move(message));
    impl->changed.notify_all();
    response.status = 200;
    response.set_content("ok", "text/plain");
  };
  impl_->server.Post(".*", record);
  impl_->server.Put(".*", record);
  impl_->port = impl_->server.bind_to_any_port("127.0.0.1");
  SLUICE_CHECK(impl_->port > 0);
  impl_->thread = std::thread([impl = impl_.get()] { impl->server.listen_after_bind(); });
  while (!impl_->server.is_running()) std::this_thread::yield();
}

ChatSink::~ChatSink() {
  impl_->server.stop();
  impl_->thread.join();
}

std::string ChatSink::Url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(impl_->port) + path;
}

std::vector<ChatSink::Message> ChatSink::Messages() const {
  const std::scoped_lock lock(impl_->mu);
  return impl_->messages;
}

size_t ChatSink::Count(const std::string& text) const {
  const std::scoped_lock lock(impl_->mu);
  return static_cast<size_t>(std::ranges::count_if(
      impl_->messages, [&](const Message& m) { return m.body.find(text) != m.body.npos; }));
}

void ChatSink::Clear() {
  const std::scoped_lock lock(impl_->mu);
  impl_->messages.clear();
}

void ChatSink::FailNext(int n, int status) {
  const std::scoped_lock lock(impl_->mu);
  impl_->fail = n;
  impl_->fail_status = status;
}

bool ChatSink::WaitFor(std::chrono::milliseconds timeout,
                       const std::function<bool(const Message&)>& wanted) const {
  std::unique_lock lock(impl_->mu);
  return impl_->changed.wait_for(lock, timeout,
                                 [&] { return std::ranges::any_of(impl_->messages, wanted); });
}

bool ChatSink::WaitForText(std::chrono::milliseconds timeout, const std::string& text) const {
  return WaitFor(timeout, [&](const Message& m) { return m.body.find(text) != m.body.npos; });
}

}  // namespace sluice::test_support
