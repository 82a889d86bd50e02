// GitSourceStep: which commit the object follows, and its objects (source.md §7.3, §7.4). Holds the repository of each object, so that
// its mirror lives as long as somebody follows it. Thread-safe.
#pragma once

#include <map>
#include <memory>

#include "api/source.h"
#include "git/repository.h"
#include "git_auth.h"
#include "kube/object.h"
#include "observe/mutex.h"
#include "runtime/event_recorder.h"
#include "source_status.h"

namespace sluice::source {

// What the step found; the session is open only when an artifact is to be made.
struct Checkout {
  git::ResolvedReference ref;
  git::CommitInfo commit;
  std::unique_ptr<git::MirrorSession> session;
};

class GitSourceStep {
 public:
  GitSourceStep(kube::Client& client, git::RepositoryPool& pool, runtime::EventRecorder& events)
      : auth_(client), pool_(pool), events_(events) {}  // outlive this

  StepResult Run(const observe::Context& ctx, const kube::ObjectKey& key, const api::GitRepositorySpec& spec, SourceStatus& status,
                 Checkout& out);
  void Forget(const kube::ObjectKey& key);

 private:
  StepResult CheckOut(const observe::Context& ctx, const api::GitRepositorySpec& spec, git::Repository& repository, SourceStatus& status,
                      Checkout& out);
  std::shared_ptr<git::Repository> Keep(const kube::ObjectKey& key, std::shared_ptr<git::Repository> repository);

  GitAuth auth_;
  git::RepositoryPool& pool_;
  runtime::EventRecorder& events_;
  observe::Mutex mu_;
  std::map<kube::ObjectKey, std::shared_ptr<git::Repository>> repositories_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::source
