// Made-up inputs of the shapes that matter: big CRDs, many small manifests, a list response of the API server.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace sluice::bench {

std::string BigCrds(size_t bytes);                   // one stream, nested schemas with long descriptions
std::vector<std::string> SmallManifests(size_t n);   // Deployments, Services and ConfigMaps of about 1 KB
std::string ObjectList(size_t n);                    // JSON: n Deployments as the API server returns them

}  // namespace sluice::bench
