#include "test_support/http.h"

#include <curl/curl.h>

#include <mutex>

#include "base/status.h"

namespace sluice::test_support {
namespace {

constexpr long kTimeoutSeconds = 60;

size_t Append(char* data, size_t size, size_t count, void* body) {
  static_cast<std::string*>(body)->append(data, size * count);
  return size * count;
}

}  // namespace

struct HttpClient::Impl {
  std::mutex mu;
  CURL* curl = nullptr;
  std::string ca_file;
};

HttpClient::HttpClient(std::string ca_file) : impl_(std::make_unique<Impl>()) {
  impl_->curl = curl_easy_init();
  impl_->ca_file = std::move(ca_file);
  SLUICE_CHECK(impl_->curl != nullptr);
}

HttpClient::~HttpClient() { curl_easy_cleanup(impl_->curl); }

HttpResponse HttpClient::Send(const std::string& method, const std::string& url,
                              const std::string& body, const std::vector<std::string>& headers) {
  const std::scoped_lock lock(impl_->mu);
  CURL* curl = impl_->curl;
  HttpResponse response;
  curl_slist* list = curl_slist_append(nullptr, "Expect:");  // no 100-continue round trip
  for (const auto& header : headers) list = curl_slist_append(list, header.c_str());
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
  if (!body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.c_str());
  }
  if (!impl_->ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, impl_->ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response.body);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kTimeoutSeconds);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);  // hostile paths go out as written
  if (curl_easy_perform(curl) == CURLE_OK || !response.body.empty()) {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
  }
  curl_slist_free_all(list);
  return response;
}

}  // namespace sluice::test_support
