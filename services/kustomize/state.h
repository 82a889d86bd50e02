// What the process remembers of each Kustomization between reconciles. Everything here can be lost:
// a reconcile without it asks the API server instead.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apply/applier.h"
#include "base/clock.h"
#include "baseline.h"
#include "kube/object.h"
#include "observe/mutex.h"
#include "pass.h"

namespace sluice::kustomization {

// How the last pass ended, and of what.
struct Finished {
  int64_t generation = 0;
  std::string revision, artifact_digest, requested_at;
  bool ok = false;
  base::Clock::SteadyTime due;  // the next pass when nothing else happens
};

struct State {
  // Reachable from watch threads.
  std::atomic<bool> touched{false};  // an object of ours moved: compare with memory
  std::atomic<bool> parked{false};   // a pass waits for the cluster
  std::atomic<bool> working{false};  // a worker is on it: it compares when it is done

  // One worker at a time.
  apply::ApplyMemory memory;
  std::unique_ptr<Pass> pass;  // parked
  std::optional<Baseline> baseline;
  std::optional<std::string> interrupted_since;  // unset: not looked yet; "": no pass was cut off
                                                 // (Reporter::InterruptedSince)
  bool waits_for_dependency = false;
  std::string last_dependency_error;
  std::optional<base::Clock::SteadyTime> dependency_since;
  int interval_runs = 0, fetch_attempts = 0;
  base::Clock::SteadyTime drift_next{};  // no drift repair before
  base::Duration drift_delay{};
  std::vector<apply::ObjectRef> terminating;  // finalizer: deleted, waited for
  std::optional<base::Clock::SteadyTime> terminating_until;

  // Read by workers of others (dependants).
  void Finish(Finished finished);
  std::optional<Finished> finished() const;

 private:
  mutable observe::Mutex mu_;
  std::optional<Finished> finished_ SLUICE_GUARDED_BY(mu_);
};

// Thread-safe.
class States {
 public:
  std::shared_ptr<State> Of(const kube::ObjectKey& key);          // made when absent
  std::shared_ptr<State> Find(const kube::ObjectKey& key) const;  // null when absent
  void Drop(const kube::ObjectKey& key);

 private:
  mutable observe::Mutex mu_;
  std::map<kube::ObjectKey, std::shared_ptr<State>> states_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::kustomization
