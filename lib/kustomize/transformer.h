// Transformer and Generator: the steps a kustomization is made of. Each is configured (files read,
// options checked) before the first one runs; one that is made acts on the resources it is given,
// in the context it was made in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "context.h"
#include "kustfile.h"
#include "loader.h"
#include "resource.h"

namespace sluice::kustomize {

class Transformer {
 public:
  virtual ~Transformer() = default;
  virtual base::Status Transform(ResMap& map) = 0;
  std::optional<Origin> origin;  // recorded on every resource, where asked for
};
using TransformerPtr = std::unique_ptr<Transformer>;

class Generator {
 public:
  virtual ~Generator() = default;
  virtual base::Result<ResMap> Generate() = 0;
  std::optional<Origin> origin;
};
using GeneratorPtr = std::unique_ptr<Generator>;

// What a plugin is configured with: where files come from, and the text of its configuration for
// messages.
struct PluginContext {
  BuildContext& build;
  const Loader& loader;
};

struct NamespaceConfig {
  enum class Subjects : uint8_t { kDefaultOnly, kAllServiceAccounts, kNone };
  std::string ns;
  FieldSpecs specs;
  bool unset_only = false;
  std::string subjects;  // "" = defaultOnly
};
TransformerPtr MakeNamespaceTransformer(BuildContext& context, NamespaceConfig config);
// That of one object, its history left as it is.
base::Status SetNamespace(BuildContext& context, std::string ns, Resource& resource);

// Prefix and suffix.
TransformerPtr MakeNameTransformer(BuildContext& context, bool suffix, std::string text,
                                   FieldSpecs specs);
// Labels and annotations.
TransformerPtr MakeEntriesTransformer(StringMap entries, FieldSpecs specs);
base::Result<TransformerPtr> MakeImageTransformer(BuildContext& context, Image image,
                                                  FieldSpecs specs);
TransformerPtr MakeReplicaTransformer(BuildContext& context, Replica replica, FieldSpecs specs);

// `config` is the configuration as the peer prints it.
base::Result<TransformerPtr> MakePatchTransformer(PluginContext plugin, Patch patch,
                                                  const std::string& config);
base::Result<TransformerPtr> MakeStrategicMergeTransformer(PluginContext plugin,
                                                           const std::vector<std::string>& paths,
                                                           const std::string& patches);
struct Json6902Config {
  std::optional<Selector> target;
  std::string path, json_op;
};
base::Result<TransformerPtr> MakeJson6902Transformer(PluginContext plugin, Json6902Config config);
base::Result<TransformerPtr> MakeReplacementTransformer(
    PluginContext plugin, const std::vector<ReplacementField>& fields);

struct ValueAddTarget {
  std::optional<Selector> selector;
  std::string field_path;
  int file_path_position = 0;
};
struct ValueAddConfig {
  std::string value;
  std::vector<ValueAddTarget> targets;
  std::string target_file_path;
};
base::Result<TransformerPtr> MakeValueAddTransformer(PluginContext plugin, ValueAddConfig config);

GeneratorPtr MakeConfigMapGenerator(PluginContext plugin, GeneratorArgs args);
GeneratorPtr MakeSecretGenerator(PluginContext plugin, GeneratorArgs args, std::string type);
struct IamPolicyConfig {
  std::string cloud, kubernetes_name, kubernetes_namespace, account_name, project_id;
};
base::Result<GeneratorPtr> MakeIamPolicyGenerator(BuildContext& context, IamPolicyConfig config);
base::Result<GeneratorPtr> MakeHelmGenerator(PluginContext plugin, HelmChartEntry chart,
                                             const std::optional<HelmGlobals>& globals,
                                             std::string inherited_namespace);

// Name hashes of generated resources (spec §9).
base::Status AddNameHashes(BuildContext& context, ResMap& map);
// Merges, replaces or appends what a generator made (spec §8.4).
base::Status Absorb(BuildContext& context, ResMap& map, const ResMap& generated);
// spec §22.4
base::Status SortLegacy(ResMap& map, const std::optional<LegacySortOptions>& options);

// The field specs of one transformer as read from a file; texts go to the pool.
FieldSpecs ToSpecs(BuildContext& context, const std::vector<FieldSpecEntry>& entries);

}  // namespace sluice::kustomize
