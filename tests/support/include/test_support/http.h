// A small blocking HTTP client of the tests' own, so that ours is not tested with itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace sluice::test_support {

struct HttpResponse {
  int status = 0;  // 0 = no answer
  std::string body;
  bool ok() const { return status >= 200 && status < 300; }
};

// Keeps one connection; requests one after the other. Thread-safe.
class HttpClient {
 public:
  explicit HttpClient(std::string ca_file = "");
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `headers`: "Name: value".
  HttpResponse Send(const std::string& method, const std::string& url, const std::string& body = "",
                    const std::vector<std::string>& headers = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::test_support
