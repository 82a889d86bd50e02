// Pass: one run of the pipeline for one Kustomization: fetch, build, apply, prune, health. It can
// stop half-way to wait for the cluster (parked) and goes on from there in a later reconcile. Used
// by one worker at a time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/artifact.h"
#include "api/kustomization.h"
#include "apply/applier.h"
#include "apply/health.h"
#include "apply/inventory.h"
#include "base/clock.h"
#include "baseline.h"
#include "path_tables.h"

namespace sluice::kustomization {

struct Pass {
  // What it is about.
  api::Artifact artifact;
  std::string origin_revision, requested_at;
  int64_t generation = 0;
  bool full = false;   // no short cut by unchanged inputs
  bool news = false;   // spec, revision or request: not the interval, nor drift
  PathTablePtr table;  // what the source said of the artifact; null if nothing, or no longer needed
  bool believes_table = false;  // where it knows a path, the bytes are not asked
  base::Clock::SteadyTime started;

  // How far it is.
  enum class Step : uint8_t { kFetch, kBuild, kApply, kPrune, kHealth, kDone } step = Step::kFetch;
  std::string progress;    // the message of Reconciling
  bool attempted = false;  // the revision counts as attempted: fetched, path found
  bool announced = false;  // the status shows that the pass is running
  bool was_healthy = false, healthy_now = false;

  // What it found and did.
  std::string path;
  Baseline baseline;  // to be, where all is applied
  bool unchanged_inputs = false;
  bool yielded = false;                       // let those whose inputs did change go first
  std::vector<document::Value> objects;       // until the applier takes them
  std::vector<apply::ObjectRef> ttl_jobs;     // may be gone when they are done
  apply::Inventory old_inventory, inventory;  // before; what holds now
  apply::ChangeSet changes;                   // of the apply
  bool pruned = false;
  std::unique_ptr<apply::Applier> applier;
  std::unique_ptr<apply::HealthCheck> health;

  // Keys of its events.
  std::map<std::string, std::string> EventMetadata() const {
    std::map<std::string, std::string> out{
        {std::string(api::kKustomizeRevisionKey), artifact.revision}};
    if (!origin_revision.empty())
      out[std::string(api::kKustomizeOriginRevisionKey)] = origin_revision;
    return out;
  }
};

// How a step ended. kFailed: `reason` is the Ready condition's, `status` its message.
struct StepResult {
  enum class State : uint8_t { kNext, kParked, kFailed, kRetrySoon } state = State::kNext;
  std::string reason;
  base::Status status;
  base::Duration retry_after{};
  bool artifact_gone = false;  // 404: the source is about to show another artifact

  static StepResult Next() { return {}; }
  static StepResult Parked(base::Duration after) { return {State::kParked, "", {}, after, false}; }
  static StepResult RetrySoon(base::Duration after) {
    return {State::kRetrySoon, "", {}, after, false};
  }
  static StepResult Failed(std::string_view reason, base::Status status) {
    return {State::kFailed, std::string(reason), std::move(status), {}, false};
  }
};

}  // namespace sluice::kustomization
