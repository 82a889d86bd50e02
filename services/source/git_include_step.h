// GitIncludeStep: artifacts of other GitRepositories inside this one's (source.md §7.8): which they
// are now, and their files at their places.
#pragma once

#include <string>
#include <vector>

#include "api/artifact.h"
#include "api/source.h"
#include "artifact/store.h"
#include "base/duration.h"
#include "composed_tree.h"
#include "source_kind.h"
#include "source_status.h"

namespace sluice::source {

class GitIncludeStep {
 public:
  explicit GitIncludeStep(const SourceEnv& env) : env_(env) {}

  // The artifacts that spec.include names, in its order. One that is not there makes the object
  // wait.
  StepResult Find(const std::string& ns, const api::GitRepositorySpec& spec, SourceStatus& status,
                  std::vector<api::Artifact>& included) const;
  // Their files into `tree`, from local storage; what is read from it is checked against its
  // digest.
  StepResult Mount(const api::GitRepositorySpec& spec, const std::vector<api::Artifact>& included,
                   SourceStatus& status, ComposedTree& tree) const;

 private:
  base::Status MountOne(const api::GitInclude& include, const api::Artifact& artifact,
                        const std::string& to, ComposedTree& tree) const;
  const SourceEnv env_;
};

// A path of the spec below a root it cannot leave: cleaned, ".." stopping at the root. "" is the
// root.
std::string PathBelowRoot(std::string_view path);

}  // namespace sluice::source
