// GeneratorReconciler: one pass over an ArtifactGenerator (source.md §12.2): sources, drift, build,
// ExternalArtifacts, what is orphaned, one status patch and the events. Its own loop: it has
// neither an interval nor an artifact of its own. Thread-safe; what it is given outlives it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/artifact.h"
#include "api/external_artifact.h"
#include "generator_loop.h"
#include "generator_sources.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "observe/mutex.h"
#include "revision_publisher.h"
#include "runtime/event_recorder.h"
#include "runtime/reconciler.h"
#include "runtime/status_writer.h"

namespace sluice::source {

struct GeneratorParts {
  kube::Client& client;
  kube::Informer& generators;
  kube::Informer& artifacts;  // ExternalArtifacts
  artifact::ArtifactStore& store;
  RevisionPublisher& publisher;
  runtime::EventRecorder& events;
  const GeneratorSources& sources;
  base::Clock& clock;
  base::Random& random;
  // An ExternalArtifact has another artifact: whoever is made of it has to know.
  std::function<void(std::string_view kind, const kube::ObjectKey& key)> artifact_changed;
  std::string temp_dir;
  bool no_cross_namespace_refs = false;
  int jitter_percentage = 0;
  base::Duration requeue_dependency = std::chrono::seconds(5);
  base::Duration timeout = std::chrono::minutes(10);
};

class GeneratorReconciler final : public runtime::Reconciler {
 public:
  explicit GeneratorReconciler(GeneratorParts parts);
  runtime::Outcome Reconcile(const observe::Context& ctx, const kube::ObjectKey& key) override;

  // Whether a change of an ExternalArtifact is not our own doing, so that its generator has to look
  // after it. One that comes while the generator is under way, and may be its own, is looked at
  // again at the end of that pass.
  bool IsDrift(const kube::InformerEvent& event);

 private:
  struct Pass;  // one object on its way
  runtime::Outcome Delete(const observe::Context& ctx, document::Value object);
  runtime::Outcome Finish(const observe::Context& ctx, Pass& pass, runtime::Outcome outcome);
  runtime::Outcome Fail(const observe::Context& ctx, Pass& pass, std::string_view reason,
                        base::Status why, runtime::Outcome outcome);
  runtime::Outcome Stall(const observe::Context& ctx, Pass& pass, std::string_view reason,
                         const base::Status& why);
  runtime::Outcome Run(const observe::Context& ctx, Pass& pass);
  runtime::Outcome Build(const observe::Context& ctx, Pass& pass,
                         const std::map<std::string, api::ObservedSource>& observed);
  runtime::Outcome Succeed(const observe::Context& ctx, Pass& pass,
                           std::vector<api::GeneratedRef> refs, const std::string& sources_digest);

  bool IsOurs(const kube::ObjectKey& key, const document::Value* live) const SLUICE_REQUIRES(mu_);
  bool DriftedMeanwhile(const std::string& uid);  // and ends the time under way
  std::string_view Drift(const Pass& pass,
                         const std::string& sources_digest);  // why a build is due; "" = it is not
  bool ArtifactsDrifted(const Pass& pass) const;
  base::Result<api::Artifact> Store(const observe::Context& ctx, const Pass& pass,
                                    const api::OutputArtifact& output,
                                    const std::map<std::string, api::ObservedSource>& observed,
                                    const GeneratedTree& tree, artifact::PathDigests& paths);
  base::Status Publish(const observe::Context& ctx, const Pass& pass,
                       const api::OutputArtifact& output, api::Artifact artifact,
                       const artifact::PathDigests& paths);
  void Remove(const observe::Context& ctx, const document::Value& generator,
              const std::vector<api::GeneratedRef>& refs);
  // ExternalArtifacts that one is made of
  std::vector<kube::ObjectKey> Behind(const kube::ObjectKey& artifact) const;
  // In the inventory, or made by this generator without being there.
  std::vector<api::GeneratedRef> Owned(const document::Value& generator) const;

  const GeneratorParts parts_;
  runtime::StatusWriter writer_;
  CirclePace pace_;
  mutable observe::Mutex mu_;
  // digest and URL that we gave an ExternalArtifact
  std::map<kube::ObjectKey, std::string> known_ SLUICE_GUARDED_BY(mu_);
  // UIDs of generators under way, with what changed meanwhile
  std::map<std::string, std::set<kube::ObjectKey>> busy_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::source
