// A server on loopback that answers byte by byte: what a bad server and a bad network do.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sluice::test_support {

// One connection a request, one after the other; `answer` gives the raw bytes for a request (head
// and body), after which the connection is closed.
class ScriptedServer {
 public:
  using Answer = std::function<std::string(const std::string& head)>;
  explicit ScriptedServer(Answer answer);
  ~ScriptedServer();

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Request lines with their Authorization and Range headers.
  std::vector<std::string> Seen();
  size_t Count(const std::string& start);

 private:
  void Serve();
  void Note(const std::string& head);

  Answer answer_;
  int listener_ = -1, port_ = 0;
  std::mutex mu_;
  std::vector<std::string> seen_;
  std::thread thread_;
};

// A whole answer. `headers` each end in CRLF.
std::string Http(int status, const std::string& body, const std::string& headers = "");

}  // namespace sluice::test_support
