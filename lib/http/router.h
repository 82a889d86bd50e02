// Router: which handler a method and path go to. Filled in before the server starts, read-only
// afterwards: thread-safe then.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace sluice::http {

class Router {
 public:
  void Add(std::string method, std::string path, bool prefix, Server::Handler handler);

  struct Match {
    const Server::Handler* handler = nullptr;  // null: 404, or 405 when `allow` is not empty
    std::string allow;                         // "GET, HEAD, POST"
  };
  Match Find(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method, path;
    bool prefix;
    Server::Handler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace sluice::http
