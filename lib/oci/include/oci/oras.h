// OrasRepository: one repository of a registry as Helm's client reads it: in the manner of oras-go
// and in its words, which Flux shows of HelmCharts. Made by RegistryClient::OpenOras. Thread-safe;
// calls block.
//
// What differs from RemoteRepository (client.h): nothing is asked before the request itself; https,
// or http where the registry is insecure, never the one after the other; credentials are shown only
// once the registry asked for them; every manifest of an index is read, not one platform's.
//
// Errors, e.g.
//   failed to perform "FetchReference" on source: registry.example.com/charts/app:1.0.0: not found
//   kNotFound GET "https://registry.example.com/v2/charts/app/tags/list": response status code 403:
//   denied: no pull for you      kPermissionDenied failed to perform "FetchReference" on source:
//   GET "https://…": basic credential not found                          kUnauthenticated failed to
//   perform "Push" on destination: mismatched digest kDataLoss
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "observe/context.h"
#include "oci/manifest.h"

namespace sluice::oci {

// What is wanted of an artifact: blobs by media type.
struct OrasWanted {
  std::vector<std::string_view> media_types;  // static storage
  // past it a blob is not downloaded: its `bytes` stay unset
  uint64_t max_blob_bytes = 32 << 20;
};

struct OrasPart {
  Descriptor descriptor;
  std::optional<std::string> bytes;
};

struct OrasArtifact {
  std::string digest, media_type;  // of the root
  // the wanted ones, in the manifests' order; of an index those of every manifest
  std::vector<OrasPart> parts;
  size_t manifests = 0;  // OCI manifests and indexes among what was read
};

class OrasRepository {
 public:
  virtual ~OrasRepository() = default;

  // The registry's tags, page by page. At most 1,000,000.
  virtual base::Result<std::vector<std::string>> Tags(const observe::Context& ctx) = 0;
  // Pulls the manifest or index of a tag or digest with what is wanted of it, everything checked
  // against its digest. At most 64 manifests.
  virtual base::Result<OrasArtifact> Pull(const observe::Context& ctx, const std::string& reference,
                                          const OrasWanted& wanted) = 0;
};

}  // namespace sluice::oci
