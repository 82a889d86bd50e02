// SourceKind: what is particular about one kind of source. The loop around it (finalizer,
// suspension, deletion, storage, conditions, events, the one status patch) is SourceReconciler's
// and the same for all (source.md §3). Adding a kind: a class here, a line in source_app.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/conditions.h"
#include "artifact/path_digests.h"
#include "artifact/store.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/status.h"
#include "base/strings.h"
#include "document/value.h"
#include "http/client.h"
#include "http/hold_off.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "kube/object.h"
#include "observe/context.h"
#include "revision_publisher.h"
#include "runtime/event_recorder.h"
#include "source_metrics.h"
#include "source_status.h"

namespace sluice::source {

// The other objects that this process follows, as its caches have them. Thread-safe.
class SourceObjects {
 public:
  virtual ~SourceObjects() = default;
  // null if absent
  virtual kube::ObjectPtr Find(std::string_view kind, const kube::ObjectKey& key) const = 0;
  // sorted by name
  virtual std::vector<kube::ObjectPtr> List(std::string_view kind, std::string_view ns) const = 0;
  // The object has another artifact, and the caches show it: what is made of it is woken.
  virtual void ArtifactChanged(std::string_view kind, const kube::ObjectKey& key) = 0;
};

// How an object is named where others refer to it.
inline std::string SourceKey(std::string_view kind, std::string_view ns, std::string_view name) {
  return base::Cat(kind, "/", ns, "/", name);
}

// What every kind stands on. Everything outlives the kinds.
struct SourceEnv {
  kube::Client& client;
  http::Client& http;
  artifact::ArtifactStore& store;
  RevisionPublisher& publisher;
  runtime::EventRecorder& events;
  SourceObjects& objects;
  SourceMetrics& metrics;
  int jitter_percentage = 0;
  base::Duration requeue_dependency = std::chrono::seconds(30);
  std::string temp_dir = "/tmp";  // for caches and spools: a kind makes its own folder below it
  base::Clock& clock = base::SystemClock();
  base::Random& random = base::SystemRandom();
  http::HoldOffs* hold_offs = nullptr;  // of the servers that are asked; null: of none
};

// Constants of a kind; static storage.
struct KindTraits {
  std::string_view api_version, kind;
  std::string_view controller;  // "gitrepository": metrics and logs
  std::string_view directory;   // below the storage path
  ConditionTraits conditions;
  // What an object is made of, by SourceKey: its includes, a chart's source. Null: of nothing but
  // upstream. Runs on the I/O thread.
  std::vector<std::string> (*sources_of)(const document::Value& object) = nullptr;
};

// The part of the spec the loop itself needs.
struct SpecHead {
  bool suspend = false;
  base::Duration interval{};
};

// What a pass made, beside conditions and status.artifact.
struct Made {
  std::string in_storage;  // ArtifactInStorage's message: "stored artifact for revision '…'"
  std::string message;     // of the success event: "stored artifact for commit '…'"
  std::string reason;  // of both; "" = Succeeded, and NewArtifact for the event of a new artifact
  artifact::PathDigests paths;  // of a new artifact; may stay empty
};

class SourceKind {
 public:
  virtual ~SourceKind() = default;
  virtual const KindTraits& traits() const = 0;
  // kInvalidArgument: the object is Stalled with it.
  virtual base::Result<SpecHead> Head(const document::Value& object) const = 0;
  // False: a static object (a HelmRepository of type oci): its artifact, finalizer and status go,
  // and it is left alone.
  virtual bool Follows(const document::Value& /*object*/) const { return true; }
  // From upstream to status.artifact. kNext: a new artifact was stored, or the old one confirmed;
  // kUnchanged: nothing was to do. A failure sets its own conditions (SourceStatus::Fail). Runs on
  // several workers, never twice at once for one object.
  virtual StepResult Run(const observe::Context& ctx, const kube::ObjectKey& key,
                         SourceStatus& status, Made& made) = 0;
  // The object is gone or going.
  virtual void Forget(const kube::ObjectKey& /*key*/) {}
  // Once each object there was at the start has been looked at, and hourly from then on: caches
  // nobody uses go.
  virtual base::Status Sweep() { return base::OkStatus(); }
};

}  // namespace sluice::source
