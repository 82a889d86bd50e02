// Builder: from an artifact to the objects of one Kustomization, ready to be applied: built,
// parsed, stamped. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "api/kustomization.h"
#include "document/value.h"
#include "io/file_tree.h"
#include "kube/object.h"
#include "kustomize/build.h"

namespace sluice::kustomization {

struct Built {
  std::vector<document::Value> objects;
  std::string digest;                    // "sha256:…" of what kustomize prints
  std::vector<kustomize::Input> inputs;  // what the build read
};

class Builder {
 public:
  // `temp_dir`: under which messages show the artifact, as "<temp_dir>/kustomization-<n>".
  explicit Builder(std::string temp_dir);

  std::string DisplayRoot(const kube::ObjectKey& key) const;
  // spec.path inside the artifact, cleaned; it cannot leave it. kNotFound: "kustomization path not
  // found: stat …".
  base::Result<std::string> FindPath(const io::FileTree& tree, const kube::ObjectKey& key,
                                     const api::KustomizationSpec& spec) const;
  base::Result<Built> Build(const io::FileTree& tree, const std::string& path,
                            const kube::ObjectKey& key, const api::KustomizationSpec& spec);

 private:
  const std::string temp_dir_;
  kustomize::BaseCache cache_;
};

}  // namespace sluice::kustomization
