// FakeInformer: an informer whose objects a test puts in by hand. Test only.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "kube/informer.h"

namespace sluice::kustomization {

class FakeInformer : public kube::Informer {
 public:
  // What a watch would show.
  void Put(document::Value object) {
    auto next = std::make_shared<const document::Value>(std::move(object));
    auto& slot = objects_[kube::KeyOf(*next)];
    const auto type = slot == nullptr ? kube::InformerEvent::Type::kAdded : kube::InformerEvent::Type::kUpdated;
    const kube::InformerEvent event{type, std::exchange(slot, next), next};
    for (const auto& handler : handlers_) handler(event);
  }
  void Take(const kube::ObjectKey& key) {
    const auto it = objects_.find(key);
    if (it == objects_.end()) return;
    const kube::InformerEvent event{kube::InformerEvent::Type::kDeleted, it->second, it->second};
    objects_.erase(it);
    for (const auto& handler : handlers_) handler(event);
  }

  void AddHandler(std::function<void(const kube::InformerEvent&)> handler) override { handlers_.push_back(std::move(handler)); }
  void AddIndex(std::string, std::function<std::vector<std::string>(const document::Value&)>) override {}
  void Start() override {}
  bool Synced() const override { return true; }
  base::Status WaitSynced(const observe::Context&) override { return {}; }
  kube::ObjectPtr Get(const kube::ObjectKey& key) const override {
    const auto it = objects_.find(key);
    return it == objects_.end() ? nullptr : it->second;
  }
  std::vector<kube::ObjectPtr> List() const override { return {}; }
  std::vector<kube::ObjectPtr> ByIndex(const std::string&, const std::string&) const override { return {}; }
  void Observe(document::Value object) override { Put(std::move(object)); }
  base::Status LastError() const override { return {}; }

 private:
  std::map<kube::ObjectKey, kube::ObjectPtr> objects_;
  std::vector<std::function<void(const kube::InformerEvent&)>> handlers_;
};

}  // namespace sluice::kustomization
