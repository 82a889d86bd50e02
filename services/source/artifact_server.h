// ArtifactServer: artifacts over HTTP at --storage-addr. Started once this process leads.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "artifact/store.h"
#include "base/status.h"
#include "http/server.h"
#include "observe/log.h"

namespace sluice::source {

class ArtifactServer {
 public:
  // `ready`: every object has been looked at since the start, so what is absent is absent. Until
  // then a file that nobody has read yet is served only if `vouch` finds its bytes to be what its
  // object's status says: else 503, ask again. `store` outlives the server.
  ArtifactServer(const artifact::ArtifactStore& store, const std::string& address,
                 std::function<bool()> ready, std::function<bool(std::string_view path)> vouch,
                 observe::Logger log);

  base::Status Start() { return server_->Start(); }
  void Stop() { server_->Stop(); }
  std::string address() const { return server_->address(); }

 private:
  std::unique_ptr<http::Server> server_;
};

}  // namespace sluice::source
