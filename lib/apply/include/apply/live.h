// LiveObjects: what the API server shows of the objects we applied: one informer for each kind in
// use, limited to objects that carry the owner label, each object reduced to what skipping, drift
// and health need. Its callbacks tell the owner of an object that changed; nothing polls. An
// informer whose list is refused (RBAC) or not synced yet answers "not known", and callers fall
// back to asking. Thread-safe; outlives every Applier and HealthCheck made from it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apply/inventory.h"
#include "kube/client.h"
#include "kube/kstatus.h"
#include "observe/log.h"

namespace sluice::apply {

struct LiveState {
  std::string uid, resource_version;
  // Hash of labels, annotations and everything but metadata and status: equal hashes, nothing
  // drifted.
  std::string content;
  // Hash of what managedFields say our field manager owns: another writer taking a field of ours
  // changes it.
  std::string owned;
  bool foreign_managers = false;  // a manager whose fields apply takes over (kubectl …) is present
  bool deleting = false;
  kube::ObjectStatus status = kube::ObjectStatus::kUnknown;
  std::string error;  // why the status is unknown
};

struct LiveOptions {
  std::string field_manager;
  std::string owner_label;  // the label whose presence selects: "kustomize.toolkit.fluxcd.io/name"
  std::string owner_namespace_label;
  std::vector<std::string> override_managers;
};

// One object followed by name, whoever owns it.
class FollowedObject {
 public:
  virtual ~FollowedObject() = default;
  virtual bool Known() const = 0;  // the first answer is in
  virtual std::optional<LiveState> Get() const = 0;
  virtual base::Status LastError() const = 0;
};

class LiveObjects {
 public:
  enum class Change : uint8_t {
    kOurs,    // it appeared, went away, or what our field manager owns of it is not what it was
    kStatus,  // only its status or fields of others moved
  };
  // Runs on the I/O thread (or in Observe), must only enqueue. `owner` is read from the owner
  // labels.
  using Listener =
      std::function<void(const ObjectRef& object, const kube::ObjectKey& owner, Change change)>;

  static std::unique_ptr<LiveObjects> Make(kube::Client& client, LiveOptions options,
                                           observe::Logger log = {});
  virtual ~LiveObjects() = default;
  virtual void SetListener(Listener listener) = 0;  // before the first Track

  // Opens the kind's watch if it is not open. Cheap when it is.
  virtual void Track(const kube::GroupVersionKind& gvk) = 0;
  virtual bool Known(const kube::GroupVersionKind& gvk) const = 0;  // its first list is in
  virtual std::optional<LiveState> Get(const ObjectRef& object) const = 0;
  virtual std::unique_ptr<FollowedObject> Follow(const ObjectRef& object,
                                                 std::function<void()> changed) = 0;
  // The answer to a write of ours, so that reads do not lag behind it and its watch event is no
  // news.
  virtual LiveState Observe(document::Value object) = 0;
  // The same reduction without storing anything.
  virtual LiveState Reduce(const document::Value& object) const = 0;
};

}  // namespace sluice::apply
