// Sources: the newest artifact of each source this process knows, from two tellers: the watches of
// the source kinds, which are the truth, and revision events of the bus, which are early. An event
// stands until the watch shows that the object moved past it. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/artifact.h"
#include "api/kustomization.h"
#include "base/clock.h"
#include "bus/source.h"
#include "kube/informer.h"
#include "observe/mutex.h"
#include "path_tables.h"

namespace sluice::kustomization {

using SourceRef = api::CrossNamespaceSourceRef;
std::string SourceKey(const SourceRef& ref);  // "GitRepository/flux-system/fleet"

// Cuts a source object down to identity and artifact: for InformerOptions::project.
void ProjectSource(document::Value& object);

class Sources {
 public:
  // on the kube or bus thread; must only enqueue
  using Listener = std::function<void(const SourceRef&)>;
  struct Found {
    bool exists = false;
    std::optional<api::Artifact> artifact;
    std::string origin_revision;
    PathTablePtr table;  // what lies at the artifact's paths; null if the source said nothing
  };

  explicit Sources(base::Clock& clock) : clock_(clock) {}
  // Before the informer starts; the informer outlives this.
  void Watch(const std::string& kind, kube::Informer& informer);
  void SetListener(Listener listener) {
    listener_ = std::move(listener);
  }  // before anything starts
  void OnRevision(const bus::RevisionEvent& event);

  bool Supports(const std::string& kind) const { return informers_.contains(kind); }
  Found Get(const SourceRef& ref) const;

 private:
  struct Early {
    api::Artifact artifact;
    std::string resource_version, origin_revision;
    base::Clock::SteadyTime at;
  };
  Found Newest(const SourceRef& ref) const;
  bool Stands(const Early& early, const document::Value* watched) const;

  base::Clock& clock_;
  std::map<std::string, kube::Informer*> informers_;
  Listener listener_;
  PathTables tables_;
  mutable observe::Mutex mu_;
  mutable std::map<std::string, Early> early_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::kustomization
