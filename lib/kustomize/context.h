// BuildContext: what every step of one build shares. One thread.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config.h"
#include "kustomize/build.h"
#include "resource.h"
#include "schema.h"

namespace sluice::kustomize {

class BuildContext {
 public:
  explicit BuildContext(const BuildOptions& opts) : options(opts), schema(opts.openapi_adds) {}
  BuildContext(const BuildContext&) = delete;
  BuildContext& operator=(const BuildContext&) = delete;

  Resource* NewResource(Node* root) { return &resources_.emplace_back(schema, root); }
  Resource* Copy(const Resource& resource);  // deep

  const BuildOptions& options;
  std::unique_ptr<Arena> arena_owner = std::make_unique<Arena>();
  Arena& arena = *arena_owner;
  Schema schema;
  TextPool pool;
  std::deque<TransformerConfig> configs;
  std::vector<std::string> warnings;
  std::set<Input> inputs;
  std::vector<std::shared_ptr<const io::FileTree>> trees;  // of remote bases

 private:
  std::deque<Resource> resources_;
};

// Codes that tell failures apart where the peer tells them apart by type.
inline constexpr base::StatusCode kMalformedYaml = base::StatusCode::kDataLoss;
inline constexpr base::StatusCode kHttpFailure = base::StatusCode::kUnavailable;
inline constexpr base::StatusCode kPanic = base::StatusCode::kInternal;
inline constexpr base::StatusCode kTimeout = base::StatusCode::kDeadlineExceeded;

}  // namespace sluice::kustomize
