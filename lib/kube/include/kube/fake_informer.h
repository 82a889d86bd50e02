// FakeInformer: an informer whose objects and events a test makes. Thread-safe, but for AddHandler.
// Test only.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kube/informer.h"
#include "kube/object.h"
#include "observe/mutex.h"

namespace sluice::kube {

class FakeInformer final : public Informer {
 public:
  void AddHandler(std::function<void(const InformerEvent&)> handler) override {
    handlers_.push_back(std::move(handler));
  }
  void AddIndex(std::string,
                std::function<std::vector<std::string>(const document::Value&)>) override {}
  void Start() override {}
  bool Synced() const override { return synced; }
  base::Status WaitSynced(const observe::Context&) override { return {}; }
  ObjectPtr Get(const ObjectKey& key) const override {
    const observe::MutexLock lock(mu_);
    const auto it = objects_.find(key);
    return it == objects_.end() ? nullptr : it->second;
  }
  std::vector<ObjectPtr> List() const override { return {}; }
  std::vector<ObjectPtr> ByIndex(const std::string&, const std::string&) const override {
    return {};
  }
  void Observe(document::Value object) override { Put(std::move(object)); }
  base::Status LastError() const override { return {}; }

  void Put(document::Value object) {
    const ObjectKey key = KeyOf(object);
    const auto next = std::make_shared<const document::Value>(std::move(object));
    ObjectPtr old;
    {
      const observe::MutexLock lock(mu_);
      old = std::exchange(objects_[key], next);
    }
    using Type = InformerEvent::Type;
    for (const auto& handler : handlers_) handler({old ? Type::kUpdated : Type::kAdded, old, next});
  }
  void Delete(const ObjectKey& key) {
    ObjectPtr old;
    {
      const observe::MutexLock lock(mu_);
      const auto it = objects_.find(key);
      if (it == objects_.end()) return;
      old = std::move(it->second);
      objects_.erase(it);
    }
    for (const auto& handler : handlers_) handler({InformerEvent::Type::kDeleted, old, old});
  }

  std::atomic<bool> synced = true;

 private:
  mutable observe::Mutex mu_;
  std::map<ObjectKey, ObjectPtr> objects_ SLUICE_GUARDED_BY(mu_);
  std::vector<std::function<void(const InformerEvent&)>> handlers_;
};

}  // namespace sluice::kube
