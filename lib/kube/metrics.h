// rest_client_requests_total{code,method,host}, client-go's name and labels. Thread-safe.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "kube/client.h"
#include "observe/metrics.h"
#include "observe/mutex.h"

namespace sluice::kube {

struct ClientMetrics {
  explicit ClientMetrics(observe::Registry& registry);
  // code 0: no answer, "<error>".
  void Count(int code, const std::string& method, const std::string& host);

 private:
  observe::Family<observe::Counter>& requests_;
  observe::Mutex mu_;
  std::map<std::tuple<int, std::string, std::string>, observe::Counter*> series_
      SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::kube
