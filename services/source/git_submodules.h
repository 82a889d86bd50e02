// Submodules of a commit, each from its own repository, as source.md §7.10 has it: ten levels deep,
// one commit each, the parent's credentials only where the submodule lives at the same origin as
// spec.url.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "composed_tree.h"
#include "git/repository.h"
#include "observe/context.h"

namespace sluice::source {

struct SubmoduleRequest {
  git::RepositoryPool& pool;
  std::string url;  // of the top repository, whose credentials `auth` holds
  const git::RemoteAuth& auth;
};

// Mounts what `commit` (of `session`) names as submodules into `tree`. `kept` gets the repositories
// that are read, to be held for as long as the object follows them. Errors name the submodule's
// path and URL.
base::Status MountSubmodules(const observe::Context& ctx, const SubmoduleRequest& request,
                             const git::MirrorSession& session, const git::ObjectId& commit,
                             ComposedTree& tree,
                             std::vector<std::shared_ptr<git::Repository>>& kept);

}  // namespace sluice::source
