// Lease: coordination.k8s.io/v1 Leases with the rules of client-go's leader election. A LeaseLock
// holds no thread: its owner calls TryAcquireOrRenew every retry period.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "base/status.h"
#include "kube/client.h"

namespace sluice::kube {

struct LeaseOptions {
  ObjectKey key;
  std::string identity;  // "<pod>_<uuid>"
  // others may take it that long after the last renewal they saw
  std::chrono::seconds duration{35};
  // kept on the lease (the bus endpoints of a process)
  std::map<std::string, std::string> annotations;
};

// One holder's view of a Lease. Thread-compatible.
class LeaseLock {
 public:
  LeaseLock(Client& client, LeaseOptions options) : client_(client), options_(std::move(options)) {}

  // True: we hold it now. False: somebody else does. An error: unknown; the caller keeps leading
  // until its deadline passes.
  base::Result<bool> TryAcquireOrRenew(const observe::Context& ctx);
  // Gives it up at once, so that the next one need not wait for the duration to pass. Nothing is
  // asked when we cannot hold it; after a write whose outcome is unknown the server is.
  base::Status Release(const observe::Context& ctx);
  const std::string& holder() const { return holder_; }  // as last seen, "" if none
  void SetAnnotation(const std::string& key, const std::string& value) {
    options_.annotations[key] = value;
  }

 private:
  void Seen(document::Value lease);
  bool HeldByOther() const;
  document::Value Claimed() const;

  Client& client_;
  LeaseOptions options_;
  std::string holder_;
  document::Value lease_;  // as last read or written, null before
  bool unsure_ = false;    // a write of ours failed since: the server may have taken it
  observe::Context::Clock::time_point changed_at_{};  // when its spec was last seen to change
};

}  // namespace sluice::kube
