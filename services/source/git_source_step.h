// GitSourceStep: which commit the object follows, and its objects (source.md §7.3, §7.4). Holds the
// repository of each object, so that its mirror lives as long as somebody follows it. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "api/source.h"
#include "composed_tree.h"
#include "git/repository.h"
#include "git_auth.h"
#include "git_verify_step.h"
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
  // Where the artifact is more or less than the commit's files: the tree to archive, over
  // `session`. Includes are mounted by their own step.
  std::unique_ptr<ComposedTree> composed;
};

// From the process's flags.
struct GitOptions {
  std::string ssh_kex_algorithms{}, ssh_hostkey_algorithms{};  // comma separated
};

class GitSourceStep {
 public:
  GitSourceStep(kube::Client& client, http::Client& http, git::RepositoryPool& pool,
                runtime::EventRecorder& events, CloudAccess& cloud, base::Clock& clock,
                const GitOptions& options)
      : auth_(client, http, cloud, clock, options.ssh_kex_algorithms,
              options.ssh_hostkey_algorithms),
        verify_(client, events),
        pool_(pool),
        events_(events) {}  // outlive this

  // `included`: the artifacts of spec.include now. kUnchanged: the artifact is what upstream has,
  // made as the spec asks for.
  StepResult Run(const observe::Context& ctx, const kube::ObjectKey& key,
                 const api::GitRepositorySpec& spec, const git::RemoteAuth& auth,
                 const std::vector<api::Artifact>& included, SourceStatus& status, Checkout& out);
  GitAuth& auth() { return auth_; }
  void Forget(const kube::ObjectKey& key);

 private:
  using Repositories = std::vector<std::shared_ptr<git::Repository>>;
  StepResult CheckOut(const observe::Context& ctx, const api::GitRepositorySpec& spec,
                      const git::RemoteAuth& auth, Repositories& repositories, SourceStatus& status,
                      Checkout& out);
  // Submodules and sparse paths.
  StepResult Compose(const observe::Context& ctx, const api::GitRepositorySpec& spec,
                     const git::RemoteAuth& auth, Repositories& repositories, SourceStatus& status,
                     Checkout& out);
  StepResult Verify(const observe::Context& ctx, const std::string& ns,
                    const api::GitRepositorySpec& spec, SourceStatus& status, const Checkout& out);
  void RecordUnchanged(const api::GitRepositorySpec& spec, const std::string& revision,
                       SourceStatus& status);
  void Keep(const kube::ObjectKey& key, Repositories repositories);
  void KeepTop(const kube::ObjectKey& key, std::shared_ptr<git::Repository> repository);

  GitAuth auth_;
  GitVerifyStep verify_;
  git::RepositoryPool& pool_;
  runtime::EventRecorder& events_;
  observe::Mutex mu_;
  std::map<kube::ObjectKey, Repositories> repositories_ SLUICE_GUARDED_BY(mu_);
};

// Whether the artifact is of this revision; those of former versions are written otherwise
// ("main/<hex>", "HEAD/<hex>").
bool IsRevision(const api::Artifact& artifact, const std::string& revision);

}  // namespace sluice::source
