#include "builder.h"

#include <algorithm>

#include "apply/applier.h"
#include "base/digest.h"
#include "base/hash.h"
#include "base/strings.h"
#include "kustomize/generate.h"

namespace sluice::kustomization {
namespace {

using base::Result;
using document::Value;

constexpr uint64_t kBaseCacheBytes = 1 << 20;

kustomize::KustomizationOverrides OverridesOf(const api::KustomizationSpec& spec) {
  kustomize::KustomizationOverrides out;
  out.target_namespace = spec.target_namespace;
  out.name_prefix = spec.name_prefix;
  out.name_suffix = spec.name_suffix;
  out.patches = spec.patches;
  out.patches_strategic_merge = spec.patches_strategic_merge;
  out.patches_json6902 = spec.patches_json6902;
  out.images = spec.images;
  out.components = spec.components;
  out.ignore_missing_components = spec.ignore_missing_components;
  out.build_metadata = spec.build_metadata;
  return out;
}

// An object is kept, a List gives its items, what has no identity or is a kustomization file is
// dropped.
void Collect(Value object, std::vector<Value>& out) {
  const auto kind = object["kind"].AsString();
  if (kind.ends_with("List") && object["items"].is_array()) {
    const Value items = object["items"];
    for (const Value& item : items.items()) Collect(item, out);
    return;
  }
  const auto api_version = object["apiVersion"].AsString();
  if (kind.empty() || api_version.empty() || object["metadata"]["name"].AsString().empty()) return;
  if (kind == "Kustomization" && api_version.starts_with("kustomize.config.k8s.io/")) return;
  out.push_back(std::move(object));
}

// A Secret as SOPS wrote it: applying it would store ciphertext.
bool IsEncryptedSecret(const Value& object) {
  return object["kind"].AsString() == "Secret" && object["apiVersion"].AsString() == "v1" &&
         !object["sops"]["mac"].AsString().empty() &&
         !base::EqualFold(
             object["metadata"]["annotations"]["kustomize.toolkit.fluxcd.io/decrypt"].AsString(),
             "disabled");
}

}  // namespace

Builder::Builder(std::string temp_dir) : temp_dir_(std::move(temp_dir)), cache_(kBaseCacheBytes) {}

std::string Builder::DisplayRoot(const kube::ObjectKey& key) const {
  // Stable, so that a failure that stays the same reads the same.
  return base::Cat(temp_dir_, "/kustomization-",
                   std::to_string(base::Fnv1a64(key.ToString()) % 10'000'000'000));
}

Result<std::string> Builder::FindPath(const io::FileTree& tree, const kube::ObjectKey& key,
                                      const api::KustomizationSpec& spec) const {
  std::string path = io::CleanPath("/" + spec.path).substr(1);
  if (tree.Stat(path).ok()) return path;
  const std::string shown =
      path.empty() ? DisplayRoot(key) : base::Cat(DisplayRoot(key), "/", path);
  return base::NotFound(
      base::Cat("kustomization path not found: stat ", shown, ": no such file or directory"));
}

Result<Built> Builder::Build(const io::FileTree& tree, const std::string& path,
                             const kube::ObjectKey& key, const api::KustomizationSpec& spec) {
  kustomize::BuildOptions options;
  options.display_root = DisplayRoot(key);
  options.cache = &cache_;
  SLUICE_TRY(const auto output,
             kustomize::BuildForFlux(tree, path, OverridesOf(spec), std::move(options)));
  Built built;
  built.inputs = output.inputs();
  built.digest = base::Digest::Sha256(output.ToYaml()).ToString();
  const Value owner = Value::Object({{std::string(api::kKustomizeOwnerNameLabel), key.name},
                                     {std::string(api::kKustomizeOwnerNamespaceLabel), key.ns}});
  for (size_t i = 0; i < output.size(); ++i) Collect(output.ToValue(i), built.objects);
  for (Value& object : built.objects) {
    if (IsEncryptedSecret(object)) {
      return base::FailedPrecondition(base::Cat(apply::ObjectRef::Of(object).Subject(),
                                                " is SOPS encrypted, configuring decryption is "
                                                "required for this secret to be reconciled"));
    }
    apply::SetMetadata(object, owner, Value());
    apply::SetMetadata(object, spec.common_labels, spec.common_annotations);
  }
  return built;
}

}  // namespace sluice::kustomization
