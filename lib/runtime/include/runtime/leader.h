// LeaderElector: holds a Lease so that one replica of a process acts. A thread of its own renews
// it; when the election is off there is no thread and the process leads from the start.
// Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/duration.h"
#include "kube/client.h"
#include "observe/context.h"
#include "observe/metrics.h"

namespace sluice::runtime {

struct LeaderElectionOptions {
  std::string name;  // LeaseName(…)
  std::string ns, identity;
  base::Duration lease_duration, renew_deadline, retry_period;
  bool release_on_cancel = true;
};

// "<controller>-leader-election", with a selector "-" and the first 8 hex digits of its SHA-256
// behind.
std::string LeaseName(const std::string& controller, const std::string& watch_label_selector);

class LeaderElector {
 public:
  virtual ~LeaderElector() = default;  // releases the lease if options say so
  // `on_lost` runs on the elector's thread when the lease could not be renewed in time: the process
  // must end.
  virtual void Start(std::function<void()> on_lead, std::function<void()> on_lost) = 0;
  // Stops; gives the lease up at once if options say so.
  virtual void Stop() = 0;
  virtual bool leading() const = 0;
  // An annotation kept on the lease from the next renewal on (soon).
  virtual void SetAnnotation(const std::string& key, const std::string& value) = 0;
};

std::unique_ptr<LeaderElector> MakeLeaderElector(kube::Client& client,
                                                 LeaderElectionOptions options,
                                                 observe::Registry& registry, observe::Logger log);

}  // namespace sluice::runtime
