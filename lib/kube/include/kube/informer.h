// Informer: a list+watch of one resource kept in memory: only what its owner's projection keeps of
// each object. Bookmarks, 410 relist, resume at the last resource version; reconnects with back-off
// and jitter. All watches are streams of one connection. Handlers and projections run on the kube
// I/O thread and must only enqueue; what they throw is caught and logged, so one poisoned object
// cannot stop the rest. Reads are thread-safe snapshots. Informers may be made and destroyed at any
// time, on any thread but the I/O thread; the destructor ends the watch and returns once no handler
// runs any more. The client outlives them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "document/value.h"
#include "kube/client.h"

namespace sluice::kube {

using ObjectPtr = std::shared_ptr<const document::Value>;

struct InformerOptions {
  GroupVersionKind gvk;
  std::string ns;  // "" = all
  std::string label_selector, field_selector;
  bool metadata_only = false;
  // Reduces an object to what the owner needs before it is stored; it sees the managedFields, which
  // are always dropped afterwards. It may add members of its own, but must keep metadata.name,
  // namespace, uid and resourceVersion. Null keeps the rest. Runs on the I/O thread, and in Observe
  // on the caller's.
  std::function<void(document::Value&)> project;
};

struct InformerEvent {
  enum class Type : uint8_t { kAdded, kUpdated, kDeleted } type;
  ObjectPtr old_object;  // null for kAdded
  ObjectPtr object;      // for kDeleted the last known state
};

class Informer {
 public:
  virtual ~Informer() = default;
  // Handlers and indexes are added before Start.
  virtual void AddHandler(std::function<void(const InformerEvent&)> handler) = 0;
  // keys_of(object) → index keys; by_index(name, key) lists the objects that have it.
  virtual void AddIndex(
      std::string name,
      std::function<std::vector<std::string>(const document::Value&)> keys_of) = 0;
  virtual void Start() = 0;
  virtual bool Synced() const = 0;  // the first list is in
  virtual base::Status WaitSynced(const observe::Context& ctx) = 0;
  virtual ObjectPtr Get(const ObjectKey& key) const = 0;  // null if absent
  virtual std::vector<ObjectPtr> List() const = 0;
  virtual std::vector<ObjectPtr> ByIndex(const std::string& name, const std::string& key) const = 0;
  // The writer's own result, stored at once if newer than what the watch has shown: a reconcile
  // reads its own writes.
  virtual void Observe(document::Value object) = 0;
  // Why the last list or watch failed (RBAC, unknown kind), ok while it works: readiness and logs
  // show it.
  virtual base::Status LastError() const = 0;
};

std::unique_ptr<Informer> MakeInformer(Client& client, InformerOptions options,
                                       observe::Logger log = {});

}  // namespace sluice::kube
