// Target: one kustomization being accumulated (spec §7): its resources, and recursively those of
// its bases and components.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "context.h"
#include "kustfile.h"
#include "loader.h"
#include "transformer.h"
#include "vars.h"

namespace sluice::kustomize {

// What grows while a kustomization is worked through.
struct Accumulator {
  ResMap resources;
  const TransformerConfig* config = nullptr;  // the defaults, or one of the context's pool
  VarSet vars;
};

class Target {
 public:
  Target(BuildContext& context, std::unique_ptr<Loader> loader)
      : context_(context), loader_(std::move(loader)) {}

  // Finds and reads the kustomization file.
  base::Status Load(bool strict = true);
  // As the top: accumulates, adds hashes, fixes references, resolves vars, drops local
  // configuration.
  base::Result<ResMap> Run();

  const Kustomization& kustomization() const { return file_; }
  base::Status SetSchema(bool top);

 private:
  base::Status Accumulate(Accumulator& into);
  base::Status AccumulateResources(Accumulator& into, const std::vector<std::string>& paths);
  base::Status AccumulateFile(Accumulator& into, const std::string& path);
  base::Status AccumulateComponents(Accumulator& into);
  base::Status AccumulateDirectory(Accumulator& into, std::unique_ptr<Loader> loader,
                                   const std::string& path, bool component);

  base::Status MergeConfig(Accumulator& into, const TransformerConfig& config);
  base::Status LoadConfigurations(Accumulator& into);

  base::Status RunGenerators(Accumulator& into);
  base::Status RunTransformers(Accumulator& into);
  base::Status RunValidators(Accumulator& into);
  base::Result<std::vector<GeneratorPtr>> BuiltinGenerators();
  base::Result<std::vector<TransformerPtr>> BuiltinTransformers(const TransformerConfig& config);
  base::Status PatchTransformers(std::vector<TransformerPtr>& out);
  base::Status LabelTransformers(const TransformerConfig& config, std::vector<TransformerPtr>& out);
  base::Status LateTransformers(const TransformerConfig& config, std::vector<TransformerPtr>& out);
  void Add(std::vector<TransformerPtr>& out, TransformerPtr transformer,
           std::string_view kind) const;
  // The resources that configure plugins: inline or by path.
  base::Result<ResMap> PluginConfigs(const std::vector<std::string>& entries,
                                     std::string_view what);
  base::Status Apply(const std::vector<TransformerPtr>& transformers, ResMap& map) const;

  PluginContext plugin() { return {context_, *loader_}; }
  std::optional<Origin> OriginBy(std::string_view kind) const;
  std::string InheritedNamespace() const;

  BuildContext& context_;
  std::unique_ptr<Loader> loader_;
  const Target* parent_ = nullptr;
  Kustomization file_;
  std::string file_name_;
  std::optional<Origin> origin_;
};

}  // namespace sluice::kustomize
