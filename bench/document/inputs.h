// Made-up inputs of the shapes that matter: big CRDs, many small manifests, a list response of the
// API server.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sluice::bench {

// one stream, nested schemas with long descriptions
std::string BigCrds(size_t bytes);
// Deployments, Services and ConfigMaps of about 1 KB
std::vector<std::string> SmallManifests(size_t n);
// JSON: n Deployments as the API server returns them
std::string ObjectList(size_t n);

}  // namespace sluice::bench
