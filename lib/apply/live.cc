#include "apply/live.h"

#include <map>

#include "kube/informer.h"
#include "managed_fields.h"
#include "observe/mutex.h"
#include "value_hash.h"

namespace sluice::apply {
namespace {

using document::Value;

// What the projection adds to an object: [content, owned, foreign, deleting, status, error].
constexpr std::string_view kDigestMember = "sluice";

LiveState ReduceObject(const Value& object, const ManagerRules& rules) {
  LiveState state;
  state.uid = kube::UidOf(object);
  state.resource_version = kube::ResourceVersionOf(object);
  ValueHasher hasher;
  const Value& metadata = object["metadata"];
  for (const char* map : {"labels", "annotations"}) {
    hasher.Add(metadata[map].empty() ? Value::Null() : metadata[map]);
  }
  for (const auto& [key, value] : object.members()) {
    if (key == "metadata" || key == "status") continue;
    hasher.AddText(key);
    hasher.Add(value);
  }
  state.content = hasher.Finish();
  state.owned = OwnedFieldsHash(object, rules, &state.foreign_managers);
  state.deleting = kube::IsBeingDeleted(object);
  const auto gvk = kube::GvkOf(object);
  const auto status = gvk.group == "batch" && gvk.kind == "Job" ? kube::ComputeJobStatus(object)
                                                                : kube::ComputeStatus(object);
  state.status = status.status;
  state.error = status.error;
  return state;
}

Value Pack(const LiveState& state) {
  return Value::Array({state.content, state.owned, state.foreign_managers, state.deleting,
                       static_cast<int>(state.status), state.error});
}

std::optional<LiveState> Unpack(const kube::ObjectPtr& object) {
  if (object == nullptr) return std::nullopt;
  const auto& packed = (*object)[kDigestMember].items();
  if (packed.size() != 6) return std::nullopt;
  LiveState state;
  state.uid = kube::UidOf(*object);
  state.resource_version = kube::ResourceVersionOf(*object);
  state.content = packed[0].AsString();
  state.owned = packed[1].AsString();
  state.foreign_managers = packed[2].AsBool();
  state.deleting = packed[3].AsBool();
  state.status = static_cast<kube::ObjectStatus>(packed[4].AsInt());
  state.error = packed[5].AsString();
  return state;
}

// The object cut down to its identity, its owner and the digest.
void Project(Value& object, const LiveOptions& options, const ManagerRules& rules) {
  const LiveState state = ReduceObject(object, rules);
  const Value& metadata = object["metadata"];
  Value labels = Value::Object();
  for (const auto& label : {options.owner_label, options.owner_namespace_label}) {
    if (const Value* value = metadata["labels"].Find(label)) labels.Set(label, *value);
  }
  Value kept = Value::Object();
  for (const char* key : {"name", "namespace", "uid", "resourceVersion"}) {
    if (const Value* value = metadata.Find(key)) kept.Set(key, *value);
  }
  kept.Set("labels", std::move(labels));
  object = Value::Object({{"apiVersion", object["apiVersion"]},
                          {"kind", object["kind"]},
                          {"metadata", std::move(kept)},
                          {std::string(kDigestMember), Pack(state)}});
}

class Followed : public FollowedObject {
 public:
  Followed(std::unique_ptr<kube::Informer> informer, kube::ObjectKey key)
      : informer_(std::move(informer)), key_(std::move(key)) {}
  bool Known() const override { return informer_->Synced(); }
  std::optional<LiveState> Get() const override { return Unpack(informer_->Get(key_)); }
  base::Status LastError() const override { return informer_->LastError(); }

 private:
  std::unique_ptr<kube::Informer> informer_;
  const kube::ObjectKey key_;
};

class Impl : public LiveObjects {
 public:
  Impl(kube::Client& client, LiveOptions options, observe::Logger log)
      : client_(client),
        options_(std::move(options)),
        rules_{options_.field_manager, options_.override_managers},
        log_(std::move(log)) {}

  void SetListener(Listener listener) override { listener_ = std::move(listener); }

  void Track(const kube::GroupVersionKind& gvk) override {
    const observe::MutexLock lock(mu_);
    auto& informer = kinds_[gvk];
    if (informer != nullptr) return;
    kube::InformerOptions options;
    options.gvk = gvk;
    options.label_selector = options_.owner_label;
    options.project = [this](Value& object) { Project(object, options_, rules_); };
    informer = kube::MakeInformer(client_, std::move(options), log_);
    informer->AddHandler([this, gvk](const kube::InformerEvent& event) { Notify(gvk, event); });
    informer->Start();
  }

  bool Known(const kube::GroupVersionKind& gvk) const override {
    const auto* informer = Find(gvk);
    return informer != nullptr && informer->Synced();
  }

  std::optional<LiveState> Get(const ObjectRef& object) const override {
    const auto* informer = Find(object.gvk());
    return informer == nullptr ? std::nullopt : Unpack(informer->Get(object.key));
  }

  std::unique_ptr<FollowedObject> Follow(const ObjectRef& object,
                                         std::function<void()> changed) override {
    kube::InformerOptions options;
    options.gvk = object.gvk();
    options.ns = object.key.ns;
    options.field_selector = "metadata.name=" + object.key.name;
    options.project = [this](Value& o) { Project(o, options_, rules_); };
    auto informer = kube::MakeInformer(client_, std::move(options), log_);
    informer->AddHandler([changed = std::move(changed)](const kube::InformerEvent&) { changed(); });
    informer->Start();
    return std::make_unique<Followed>(std::move(informer), object.key);
  }

  LiveState Observe(Value object) override {
    LiveState state = ReduceObject(object, rules_);
    if (auto* informer = Find(kube::GvkOf(object))) informer->Observe(std::move(object));
    return state;
  }

  LiveState Reduce(const Value& object) const override { return ReduceObject(object, rules_); }

 private:
  kube::Informer* Find(const kube::GroupVersionKind& gvk) const {
    const observe::MutexLock lock(mu_);
    const auto it = kinds_.find(gvk);
    return it == kinds_.end() ? nullptr : it->second.get();
  }

  void Notify(const kube::GroupVersionKind& gvk, const kube::InformerEvent& event) {
    if (!listener_ || event.object == nullptr) return;
    const Value& object = *event.object;
    const bool gone = event.type == kube::InformerEvent::Type::kDeleted;
    if (!gone && event.old_object != nullptr &&
        (*event.old_object)[kDigestMember] == object[kDigestMember])
      return;
    const ObjectRef ref{gvk.ToGroupKind(), kube::KeyOf(object), gvk.version};
    const kube::ObjectKey owner{std::string(kube::LabelOf(object, options_.owner_namespace_label)),
                                std::string(kube::LabelOf(object, options_.owner_label))};
    const auto before = Unpack(event.old_object), now = Unpack(event.object);
    const bool same = !gone && before && now && before->uid == now->uid &&
                      before->owned == now->owned && before->deleting == now->deleting;
    listener_(ref, owner, same ? Change::kStatus : Change::kOurs);
  }

  kube::Client& client_;
  const LiveOptions options_;
  const ManagerRules rules_;
  const observe::Logger log_;
  Listener listener_;
  mutable observe::Mutex mu_;
  std::map<kube::GroupVersionKind, std::unique_ptr<kube::Informer>> kinds_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace

std::unique_ptr<LiveObjects> LiveObjects::Make(kube::Client& client, LiveOptions options,
                                               observe::Logger log) {
  return std::make_unique<Impl>(client, std::move(options), std::move(log));
}

}  // namespace sluice::apply
