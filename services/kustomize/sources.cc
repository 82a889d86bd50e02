#include "sources.h"

#include "base/strings.h"

namespace sluice::kustomization {
namespace {

using document::Value;

constexpr std::string_view kOriginRevision = "org.opencontainers.image.revision";
// How long an event may hold against a watch that shows a newer object with another, not newer,
// artifact: the status patch that follows the event is under way.
constexpr auto kPatience = std::chrono::seconds(10);

uint64_t VersionNumber(std::string_view text) { return base::ParseUint64(text).value_or(0); }

api::Artifact ArtifactOf(const bus::RevisionEvent& event) {
  api::Artifact artifact;
  artifact.url = event.url;
  artifact.revision = event.revision;
  artifact.digest = event.digest;
  artifact.last_update_time = event.last_update;
  artifact.size = static_cast<int64_t>(event.size);
  artifact.metadata = event.metadata;
  return artifact;
}

std::string OriginOf(const api::Artifact& artifact) {
  const auto it = artifact.metadata.find(std::string(kOriginRevision));
  return it == artifact.metadata.end() ? "" : it->second;
}

}  // namespace

std::string SourceKey(const SourceRef& ref) {
  return base::Cat(ref.kind, "/", ref.ns, "/", ref.name);
}

void ProjectSource(Value& object) {
  Value metadata = Value::Object();
  for (const char* key : {"name", "namespace", "uid", "resourceVersion"}) {
    if (const Value* value = object["metadata"].Find(key)) metadata.Set(key, *value);
  }
  Value reduced = Value::Object({{"apiVersion", object["apiVersion"]},
                                 {"kind", object["kind"]},
                                 {"metadata", std::move(metadata)}});
  if (const Value* artifact = object["status"].Find("artifact")) {
    reduced.Set("status", Value::Object({{"artifact", *artifact}}));
  }
  object = std::move(reduced);
}

void Sources::Watch(const std::string& kind, kube::Informer& informer) {
  informers_[kind] = &informer;
  informer.AddHandler([this, kind](const kube::InformerEvent& event) {
    const auto key = kube::KeyOf(*event.object);
    if (event.type == kube::InformerEvent::Type::kUpdated && event.old_object != nullptr) {
      const Value& before = (*event.old_object)["status"]["artifact"];
      const Value& after = (*event.object)["status"]["artifact"];
      if (before["revision"] == after["revision"] && before["digest"] == after["digest"]) return;
    }
    if (listener_) listener_({kind, key.ns, key.name});
  });
}

void Sources::OnRevision(const bus::RevisionEvent& event) {
  if (event.state == bus::RevisionEvent::State::kFailed) return;
  const SourceRef ref{event.source.kind, event.source.ns, event.source.name};
  const std::string key = SourceKey(ref);
  if (event.state == bus::RevisionEvent::State::kDeleted) {
    tables_.Drop(key);
    const observe::MutexLock lock(mu_);
    early_.erase(key);
  } else {
    tables_.Put(key, event.digest, event.path_table);
    const observe::MutexLock lock(mu_);
    early_[key] = {ArtifactOf(event), event.resource_version, event.origin_revision,
                   clock_.Steady()};
  }
  if (listener_) listener_(ref);
}

bool Sources::Stands(const Early& early, const Value* watched) const {
  if (watched == nullptr) return true;  // made and fetched before the watch showed it
  if (VersionNumber(kube::ResourceVersionOf(*watched)) <= VersionNumber(early.resource_version))
    return true;
  const auto artifact = api::ArtifactOf(*watched);
  if (artifact && artifact->revision == early.artifact.revision &&
      artifact->digest == early.artifact.digest)
    return false;
  if (artifact && artifact->last_update_time > early.artifact.last_update_time) return false;
  return clock_.Steady() - early.at < kPatience;
}

Sources::Found Sources::Get(const SourceRef& ref) const {
  Found found = Newest(ref);
  if (found.artifact) found.table = tables_.Of(SourceKey(ref), found.artifact->digest);
  return found;
}

Sources::Found Sources::Newest(const SourceRef& ref) const {
  const auto informer = informers_.find(ref.kind);
  if (informer == informers_.end()) return {};
  const kube::ObjectPtr watched = informer->second->Get({ref.ns, ref.name});
  Found found;
  found.exists = watched != nullptr;
  {
    const observe::MutexLock lock(mu_);
    if (const auto it = early_.find(SourceKey(ref)); it != early_.end()) {
      if (Stands(it->second, watched.get())) {
        found.exists = true;
        found.artifact = it->second.artifact;
        found.origin_revision = it->second.origin_revision;
        return found;
      }
      early_.erase(it);
    }
  }
  if (watched != nullptr) found.artifact = api::ArtifactOf(*watched);
  if (found.artifact) found.origin_revision = OriginOf(*found.artifact);
  return found;
}

}  // namespace sluice::kustomization
