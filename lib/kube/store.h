// ObjectStore: an informer's objects by key, with indexes, newest version wins. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "kube/informer.h"
#include "observe/mutex.h"

namespace sluice::kube {

// Resource versions are decimal numbers that grow (Kubernetes ≥ 1.35 says so, etcd always did).
// Other texts: no order, false.
bool IsNewer(std::string_view version, std::string_view than);

class ObjectStore {
 public:
  using KeysOf = std::function<std::vector<std::string>(const document::Value&)>;

  void AddIndex(std::string name, KeysOf keys_of);  // while empty
  // What changed, nullopt for an object that is as old as the stored one or older.
  std::optional<InformerEvent> Put(document::Value object);
  // `last` is the object as the deletion event shows it; a newer stored one (made again meanwhile)
  // stays.
  std::optional<InformerEvent> Remove(document::Value last);
  // After a list at `version`: drops what it did not show, except objects stored since.
  std::vector<InformerEvent> RemoveAllBut(const std::unordered_set<ObjectKey>& seen,
                                          std::string_view version);

  ObjectPtr Get(const ObjectKey& key) const;
  std::vector<ObjectPtr> List() const;
  std::vector<ObjectPtr> ByIndex(const std::string& name, const std::string& key) const;

 private:
  struct Index {
    KeysOf keys_of;
    std::unordered_map<std::string, std::unordered_set<ObjectKey>> keys;
  };
  void Unindex(const ObjectKey& key, const document::Value& object) SLUICE_REQUIRES(mu_);
  void Reindex(const ObjectKey& key, const document::Value& object) SLUICE_REQUIRES(mu_);

  mutable observe::Mutex mu_;
  std::unordered_map<ObjectKey, ObjectPtr> objects_ SLUICE_GUARDED_BY(mu_);
  std::map<std::string, Index> indexes_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::kube
