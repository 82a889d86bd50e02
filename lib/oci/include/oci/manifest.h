// Manifests of the OCI image specification and docker's: what an artifact is made of. Values; pure.
// The bytes come from a stranger: they are parsed under limits, and a digest is text in the form
// "sha256:<hex>" before anything else happens.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sluice::oci {

inline constexpr std::string_view kDockerManifestV1 =
    "application/vnd.docker.distribution.manifest.v1+json";
inline constexpr std::string_view kDockerManifestV1Signed =
    "application/vnd.docker.distribution.manifest.v1+prettyjws";
inline constexpr std::string_view kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerManifestList =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kOciArtifact = "application/vnd.oci.artifact.manifest.v1+json";

inline constexpr uint64_t kMaxManifestBytes = 4 << 20;
inline constexpr size_t kMaxTag = 128;  // bytes
inline constexpr size_t kMaxLayers = 256, kMaxIndexEntries = 4096;

struct Platform {
  std::string os, architecture, variant, os_version;
  std::vector<std::string> os_features, features;
};

struct Descriptor {
  std::string media_type, digest, artifact_type;
  int64_t size = 0;
  std::map<std::string, std::string> annotations;
  std::optional<Platform> platform;
  std::optional<std::string> data;  // the bytes themselves, decoded
};

struct Manifest {
  std::string media_type, artifact_type;
  Descriptor config;
  std::vector<Descriptor> layers;  // `blobs` of an artifact manifest
  std::optional<Descriptor> subject;
  std::map<std::string, std::string> annotations;
};

struct Index {
  std::vector<Descriptor> manifests;
  std::optional<Descriptor> subject;
};

// Which of Go's libraries reads the manifest: its types are named in errors, and
// go-containerregistry refuses digests that are none at once, oras-go when they are used.
enum class ManifestWords : uint8_t { kContainerRegistry, kOras };

// Errors: encoding/json's words, `json: cannot unmarshal …` for a member of another type, "cannot
// parse hash: \"x\"", and kResourceExhausted. With kOras digests and sizes are what the text says.
base::Result<Manifest> ParseManifest(std::string_view json,
                                     ManifestWords whose = ManifestWords::kContainerRegistry);
base::Result<Index> ParseIndex(std::string_view json,
                               ManifestWords whose = ManifestWords::kContainerRegistry);

// "sha256:<64 hex>", or why not in go-containerregistry's words.
base::Status CheckHash(std::string_view text);

// The digest and size of `data` against the descriptor.
base::Status VerifyBytes(const Descriptor& descriptor, std::string_view bytes);

// True if something of platform `given` runs on `wanted`, field by field as go-containerregistry
// compares.
bool PlatformMatches(const Platform& given, const Platform& wanted);
Platform DefaultPlatform();  // linux/amd64: what Flux pulls of an index, wherever it runs

}  // namespace sluice::oci
