// Generators that feed each other: an artifact that is made, over however many ExternalArtifacts,
// of itself would be built for ever. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/external_artifact.h"
#include "base/status.h"
#include "kube/object.h"

namespace sluice::source {

// The ExternalArtifacts that an output of this spec takes something of, by its copy operations and
// revisions; each once. An output the spec does not list (its name comes of a path pattern) is
// taken to need every source.
std::vector<kube::ObjectKey> ArtifactsBehind(const api::GeneratorSpec& spec, const std::string& ns,
                                             const std::string& output);

// What ArtifactsBehind says of an ExternalArtifact's own generator; nothing where it has none.
using BehindArtifact = std::function<std::vector<kube::ObjectKey>(const kube::ObjectKey& artifact)>;

// kInvalidArgument where one of `outputs` leads back to itself: "artifact 'a' cannot be made of
// itself (by way of 'b', 'c')". Looks at a thousand artifacts at most.
base::Status NotInALoop(const api::GeneratorSpec& spec, const std::string& ns,
                        const std::vector<api::OutputArtifact>& outputs,
                        const BehindArtifact& behind);

}  // namespace sluice::source
