// GitRepositoryReconciler: one pass over one GitRepository (source.md §3.3, §7): storage, source, artifact, then the revision on the bus and
// one status patch. Thread-safe; everything it is given outlives it.
#pragma once

#include "artifact/store.h"
#include "artifact_step.h"
#include "base/clock.h"
#include "git/repository.h"
#include "git_source_step.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "poke_ledger.h"
#include "revision_publisher.h"
#include "runtime/event_recorder.h"
#include "runtime/reconciler.h"
#include "runtime/status_writer.h"
#include "storage_step.h"

namespace sluice::source {

inline constexpr std::string_view kGitRepositoryDirectory = "gitrepository";

struct GitRepositoryReconcilerDeps {
  kube::Client& client;
  kube::Informer& informer;
  git::RepositoryPool& pool;
  artifact::ArtifactStore& store;
  RevisionPublisher& publisher;
  PokeLedger& pokes;
  runtime::EventRecorder& events;
  int jitter_percentage = 0;
  base::Clock& clock = base::SystemClock();
  base::Random& random = base::SystemRandom();
};

class GitRepositoryReconciler final : public runtime::Reconciler {
 public:
  explicit GitRepositoryReconciler(const GitRepositoryReconcilerDeps& deps);
  runtime::Outcome Reconcile(const observe::Context& ctx, const kube::ObjectKey& key) override;

 private:
  runtime::Outcome Gone(const kube::ObjectKey& key);
  runtime::Outcome Delete(const observe::Context& ctx, document::Value object);
  runtime::Outcome Suspended(const observe::Context& ctx, document::Value object);
  StepResult RunSteps(const observe::Context& ctx, const api::GitRepositorySpec& spec, SourceStatus& status);
  StepResult MakeArtifact(const observe::Context& ctx, const api::GitRepositorySpec& spec, Checkout checkout, SourceStatus& status);
  // The last step: status, events, what comes next.
  runtime::Outcome Settle(const observe::Context& ctx, const StepResult& result, base::Duration interval, SourceStatus& status);
  runtime::Outcome Next(base::Duration interval);
  void NotifySuccess(const SourceStatus& status, const std::string& message);
  static artifact::ObjectDirectory DirectoryOf(const kube::ObjectKey& key);

  GitRepositoryReconcilerDeps deps_;
  runtime::StatusWriter writer_;
  StorageStep storage_;
  GitSourceStep source_;
  ArtifactStep artifact_;
};

}  // namespace sluice::source
