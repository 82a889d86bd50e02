// GeneratorBuilder: an ArtifactGenerator's copy operations on its sources' files (source.md §12.2):
// cp's semantics over trees, nothing on disk but what Extract unpacks. Errors are Flux's to the
// word. Pure but for that spool; thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/external_artifact.h"
#include "base/status.h"
#include "generated_tree.h"
#include "io/rooted_fs.h"
#include "observe/context.h"

namespace sluice::source {

using SourceTrees = std::map<std::string, std::shared_ptr<const io::FileTree>>;  // by alias

struct BuildLimits {
  uint64_t max_tarball = 100 << 20;     // of one extracted tarball, unpacked; Flux's
  uint64_t max_extracted = 4ull << 30;  // of all of one artifact
  uint64_t max_merged = 16 << 20;       // of a file that is merged
};

// `spool` takes what tarballs hold, one file each, unlinked at once. "failed to apply copy
// operations: …".
base::Result<std::shared_ptr<const GeneratedTree>> BuildArtifact(
    const observe::Context& ctx, const api::OutputArtifact& artifact, const SourceTrees& sources,
    const io::RootedFs& spool, const BuildLimits& limits = {});

// "<n>.tar.gz", n = Adler-32 over the files' Adler-32 and names: as Flux names it. "failed to hash
// staging dir: …".
base::Result<std::string> ArtifactFileName(const std::string& artifact, const io::FileTree& tree);

// spec.artifacts, once for each directory that spec.pathPattern matches; as they are where there is
// none. kInvalidArgument: nothing but another spec or other files help.
base::Result<std::vector<api::OutputArtifact>> ExpandPathPattern(const api::GeneratorSpec& spec,
                                                                 const SourceTrees& sources);

}  // namespace sluice::source
