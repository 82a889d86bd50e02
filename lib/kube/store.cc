#include "store.h"

#include "base/strings.h"

namespace sluice::kube {

bool IsNewer(std::string_view version, std::string_view than) {
  const auto a = base::ParseUint64(version), b = base::ParseUint64(than);
  return a && b && *a > *b;
}

namespace {

bool SameOrOlder(const document::Value& object, const document::Value& stored) {
  const auto version = ResourceVersionOf(object), have = ResourceVersionOf(stored);
  return version == have || IsNewer(have, version);
}

}  // namespace

void ObjectStore::AddIndex(std::string name, KeysOf keys_of) {
  observe::MutexLock lock(mu_);
  indexes_[std::move(name)].keys_of = std::move(keys_of);
}

void ObjectStore::Unindex(const ObjectKey& key, const document::Value& object) {
  for (auto& [name, index] : indexes_) {
    for (const auto& k : index.keys_of(object)) {
      const auto it = index.keys.find(k);
      if (it == index.keys.end()) continue;
      it->second.erase(key);
      if (it->second.empty()) index.keys.erase(it);
    }
  }
}

void ObjectStore::Reindex(const ObjectKey& key, const document::Value& object) {
  for (auto& [name, index] : indexes_) {
    for (auto& k : index.keys_of(object)) index.keys[std::move(k)].insert(key);
  }
}

std::optional<InformerEvent> ObjectStore::Put(document::Value object) {
  auto fresh = std::make_shared<const document::Value>(std::move(object));
  ObjectKey key = KeyOf(*fresh);
  observe::MutexLock lock(mu_);
  const auto it = objects_.find(key);
  if (it == objects_.end()) {
    Reindex(key, *fresh);
    objects_.emplace(std::move(key), fresh);
    return InformerEvent{InformerEvent::Type::kAdded, nullptr, std::move(fresh)};
  }
  if (SameOrOlder(*fresh, *it->second)) return std::nullopt;
  Unindex(key, *it->second);
  Reindex(key, *fresh);
  ObjectPtr old = std::exchange(it->second, fresh);
  return InformerEvent{InformerEvent::Type::kUpdated, std::move(old), std::move(fresh)};
}

std::optional<InformerEvent> ObjectStore::Remove(document::Value last) {
  auto gone = std::make_shared<const document::Value>(std::move(last));
  const ObjectKey key = KeyOf(*gone);
  observe::MutexLock lock(mu_);
  const auto it = objects_.find(key);
  if (it == objects_.end()) return std::nullopt;
  if (UidOf(*it->second) != UidOf(*gone) &&
      IsNewer(ResourceVersionOf(*it->second), ResourceVersionOf(*gone))) {
    return std::nullopt;
  }
  Unindex(key, *it->second);
  ObjectPtr old = std::move(it->second);
  objects_.erase(it);
  return InformerEvent{InformerEvent::Type::kDeleted, std::move(old), std::move(gone)};
}

std::vector<InformerEvent> ObjectStore::RemoveAllBut(const std::unordered_set<ObjectKey>& seen,
                                                     std::string_view version) {
  std::vector<InformerEvent> events;
  observe::MutexLock lock(mu_);
  for (auto it = objects_.begin(); it != objects_.end();) {
    if (seen.contains(it->first) || IsNewer(ResourceVersionOf(*it->second), version)) {
      ++it;
      continue;
    }
    Unindex(it->first, *it->second);
    events.push_back({InformerEvent::Type::kDeleted, it->second, it->second});
    it = objects_.erase(it);
  }
  return events;
}

ObjectPtr ObjectStore::Get(const ObjectKey& key) const {
  observe::MutexLock lock(mu_);
  const auto it = objects_.find(key);
  return it == objects_.end() ? nullptr : it->second;
}

std::vector<ObjectPtr> ObjectStore::List() const {
  observe::MutexLock lock(mu_);
  std::vector<ObjectPtr> out;
  out.reserve(objects_.size());
  for (const auto& [key, object] : objects_) out.push_back(object);
  return out;
}

std::vector<ObjectPtr> ObjectStore::ByIndex(const std::string& name, const std::string& key) const {
  observe::MutexLock lock(mu_);
  std::vector<ObjectPtr> out;
  const auto index = indexes_.find(name);
  if (index == indexes_.end()) return out;
  const auto keys = index->second.keys.find(key);
  if (keys == index->second.keys.end()) return out;
  for (const auto& k : keys->second) out.push_back(objects_.at(k));
  return out;
}

}  // namespace sluice::kube
