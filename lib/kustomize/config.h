// TransformerConfig: which fields the built-in transformers act on: the peer's defaults, and what
// `configurations` and `crds` add (spec §10.2, §11–§19, §20.2–20.3).
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "fieldspec.h"

namespace sluice::kustomize {

struct NameReference {
  Gvk referent;
  FieldSpecs referrers;
};

struct TransformerConfig {
  FieldSpecs name_prefix, name_suffix, namespaces, common_labels, labels, template_labels,
      common_annotations, var_reference, images, replicas;
  std::vector<NameReference> name_reference;

  // Fails on a conflict of `create`.
  base::Status Merge(const TransformerConfig& other);
};

// The defaults; made on first use, immutable.
const TransformerConfig& DefaultConfig();

// Owns the texts that field specs from files point to: one a build.
using TextPool = std::deque<std::string>;

// One file of `configurations`, decoded strictly.
base::Result<TransformerConfig> ParseConfiguration(std::string_view text, TextPool& pool);
// One file of `crds`: a map of OpenAPI type definitions.
base::Result<TransformerConfig> ConfigurationFromCrds(std::string_view text, TextPool& pool);

}  // namespace sluice::kustomize
