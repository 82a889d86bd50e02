// GenerateKustomization: the kustomization file that Flux's kustomize-controller builds from: the
// one in the directory, or one that names every manifest below it, with the fields of a
// Kustomization object's spec edited in (kustomize-controller spec §5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "io/file_tree.h"
#include "kustomize/build.h"

namespace sluice::kustomize {

// Fields of spec of a Kustomization object (kustomize.toolkit.fluxcd.io); empty = leave the file's
// own.
struct KustomizationOverrides {
  std::string target_namespace, name_prefix, name_suffix;
  document::Value patches;                  // spec.patches: [{patch, target}], appended
  document::Value patches_strategic_merge;  // beta objects: a list of inline objects, appended
  document::Value patches_json6902;         // beta objects: [{patch: [op…], target}], appended
  // spec.images: [{name, newName, newTag, digest}], merged by name
  document::Value images;
  std::vector<std::string> components;  // appended
  bool ignore_missing_components = false;
  std::vector<std::string> build_metadata;  // replaces when not empty
};

struct GeneratedKustomization {
  std::string path;           // of the file: <dir>/kustomization.yaml, or the name that was found
  std::string text;           // put it into BuildOptions::overlay under `path`
  std::vector<Input> inputs;  // what was read for it: add these to the build's
};

// `display_root` as in BuildOptions, for messages. Errors are worded as Flux words them.
base::Result<GeneratedKustomization> GenerateKustomization(const io::FileTree& tree,
                                                           std::string_view directory,
                                                           const KustomizationOverrides& overrides,
                                                           std::string_view display_root = "");

// Both steps as the kustomize process needs them: generates, builds with Flux's options (no load
// restriction, no sorting, no plugins, openapi adds), and joins the inputs. Errors of the second
// step start with "kustomize build failed: ".
base::Result<BuildOutput> BuildForFlux(const io::FileTree& tree, std::string_view directory,
                                       const KustomizationOverrides& overrides,
                                       BuildOptions options = {});

}  // namespace sluice::kustomize
