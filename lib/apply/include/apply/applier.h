// Applier: one staged server-side apply of a set of objects. In each stage every object whose
// manifest or live state changed is dry-run (all in flight at once); if all pass, those that
// drifted are applied in order. An object whose manifest is the one of the last clean apply and
// whose live state is the one that apply left costs no request.
//
// A pass never blocks on the cluster's own progress: after a stage of definitions or classes that
// is not Current yet, Run() returns kWaiting; the caller lets its worker go and calls Run() again
// when LiveObjects reports a change or the time is up. One Applier is one pass of one
// Kustomization: used by one thread at a time, not copyable.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "apply/change_set.h"
#include "apply/live.h"
#include "apply/order.h"
#include "base/status.h"
#include "document/value.h"
#include "kube/client.h"
#include "observe/context.h"

namespace sluice::apply {

// Paths excluded from drift detection and apply (spec.ignore). Empty target fields match all; the
// rest are anchored regexes.
struct IgnoreRule {
  std::vector<std::string> paths;  // JSON pointers
  std::string group, version, kind, ns, name, label_selector, annotation_selector;
};

struct ApplyOptions {
  std::string field_manager;  // "kustomize-controller"
  std::string owner_group;    // "kustomize.toolkit.fluxcd.io": the control annotations' prefix
  bool force = false;         // recreate on an immutable field
  std::vector<IgnoreRule> ignore;
  std::vector<kube::GroupKind> custom_stage;
  std::vector<std::string> override_managers;
  size_t concurrency = 4;  // dry-runs in flight
  std::chrono::seconds stage_timeout{60};
  // "2026-02-03T10:11:12Z": a pass that began then was cut off before it could tell what it did.
  // What the server's timestamps show of its work is reported as this pass's. A clock that is off
  // by more than a pass's length repeats or omits such a line.
  std::string resumes_since;
};

// What the last clean apply of each object looked like; kept by the owner between passes, one per
// Kustomization. Losing it costs dry-runs, never correctness. Used by one pass at a time.
struct AppliedObject {
  ObjectRef object;
  std::string manifest;    // hash of the intended object and the options that shape it
  std::string uid, owned;  // what the live object showed then

  // The live object is still what the apply left.
  bool Matches(const LiveObjects& live) const;
};
using ApplyMemory = std::unordered_map<std::string, AppliedObject>;  // by inventory id

enum class ApplyState : uint8_t { kDone, kWaiting, kFailed };

struct ApplyResult {
  ApplyState state = ApplyState::kFailed;
  // kFailed: the error, with the lines of what was changed before it
  base::Status status;
  std::chrono::milliseconds retry_after{0};  // kWaiting: look again no later than this
};

class Applier {
 public:
  // `objects`: as built, owner labels set. `memory` and `live` outlive the applier. `client` acts
  // as whom the objects are applied.
  static std::unique_ptr<Applier> Make(kube::Client& client, LiveObjects& live, ApplyMemory& memory,
                                       std::vector<document::Value> objects, ApplyOptions options);
  virtual ~Applier() = default;

  // Called once, before the first write of the pass, with every object of the set in apply order:
  // the place to record ids that are new. A failure stops the pass.
  virtual void OnFirstWrite(std::function<base::Status(const Inventory&)> hook) = 0;
  virtual ApplyResult Run(const observe::Context& ctx) = 0;
  // What has been done so far; after kDone: everything.
  virtual const ChangeSet& changes() const = 0;
};

// Objects as they are sent: server-populated metadata and status removed, protocol defaults, Secret
// stringData folded into data.
base::Status Normalize(document::Value& object);
// Labels and annotations set over equal ones.
void SetMetadata(document::Value& object, const document::Value& labels,
                 const document::Value& annotations);
// `text` with every value of the Secret's data and stringData replaced by "*****".
std::string MaskSecretValues(std::string text, const document::Value& secret);

}  // namespace sluice::apply
