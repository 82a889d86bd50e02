#include "router.h"

#include <algorithm>

namespace sluice::http {

void Router::Add(std::string method, std::string path, bool prefix, Server::Handler handler) {
  routes_.push_back({std::move(method), std::move(path), prefix, std::move(handler)});
}

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  // The best path first, whatever the method: an exact one beats every prefix, a longer prefix a
  // shorter one.
  const auto rank = [&](const Route& r) -> size_t {
    if (!r.prefix) return r.path == path ? path.size() + 2 : 0;
    return path.starts_with(r.path) ? r.path.size() + 1 : 0;
  };
  size_t best = 0;
  for (const auto& r : routes_) best = std::max(best, rank(r));
  Match match;
  if (best == 0) return match;
  for (const auto& r : routes_) {
    if (rank(r) != best) continue;
    if (r.method == method || (method == "HEAD" && r.method == "GET")) return {&r.handler, ""};
    match.allow +=
        (match.allow.empty() ? "" : ", ") + r.method + (r.method == "GET" ? ", HEAD" : "");
  }
  return match;
}

}  // namespace sluice::http
