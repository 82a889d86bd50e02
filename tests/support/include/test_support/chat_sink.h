// ChatSink: an HTTP server that records what is posted to it, in place of Slack and the like.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sluice::test_support {

// Thread-safe. Serves from construction to destruction.
class ChatSink {
 public:
  struct Message {
    std::string path;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
  };

  ChatSink();
  ~ChatSink();
  ChatSink(const ChatSink&) = delete;
  ChatSink& operator=(const ChatSink&) = delete;

  std::string Url(const std::string& path) const;  // http://127.0.0.1:PORT + path
  std::vector<Message> Messages() const;
  size_t Count(const std::string& text) const;  // messages whose body has `text`
  void Clear();
  // Answers the next `n` posts with `status` and does not record them.
  void FailNext(int n, int status);
  // Waits until a recorded message satisfies `wanted`.
  bool WaitFor(std::chrono::milliseconds timeout,
               const std::function<bool(const Message&)>& wanted) const;
  bool WaitForText(std::chrono::milliseconds timeout, const std::string& text) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::test_support
