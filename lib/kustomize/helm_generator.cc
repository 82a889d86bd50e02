// helmCharts: the checks of spec §21.3; a chart is inflated by the caller's engine.
#include "base/strings.h"
#include "document/reread.h"
#include "document/yaml.h"
#include "merge.h"
#include "reader.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;

class HelmGenerator final : public Generator {
 public:
  HelmGenerator(PluginContext plugin, HelmChart chart)
      : plugin_(plugin), chart_(std::move(chart)) {}

  Result<ResMap> Generate() override {
    const BuildOptions& options = plugin_.build.options;
    const std::string_view home = chart_.entry["chartHome"].AsString("charts");
    const std::string_view name = chart_.entry["name"].AsString(),
                           version = chart_.entry["version"].AsString();
    const bool pulled = !version.empty() && !chart_.entry["repo"].AsString().empty();
    chart_.directory = plugin_.loader.Absolute(
        pulled ? Cat(home, "/", name, "-", version, "/", name) : Cat(home, "/", name));
    if (!plugin_.loader.IsDirectory(chart_.directory)) {
      if (chart_.entry["repo"].AsString().empty())
        return base::NotFound("no repo specified for pull, no chart found at ''");
      return base::Unimplemented(Cat("chart '", name, "' is not in '", home,
                                     "', and charts are not pulled: fetch it there first"));
    }
    SLUICE_TRY(chart_.values, Values());
    for (const auto& file : chart_.entry["additionalValuesFiles"].items()) {
      chart_.more_values.push_back(plugin_.loader.Absolute(file.AsString()));
    }
    if (!options.inflate_chart)
      return base::Unimplemented("helmCharts: this build has no Helm engine");
    SLUICE_TRY(const std::string text, options.inflate_chart(plugin_.loader.tree(), chart_));
    auto map = ReadResMap(plugin_.build, text);
    if (!map.ok()) {
      // Helm may print notes before the first document.
      const size_t start = text.find("\n---\n");
      if (start == text.npos) return map;
      map = ReadResMap(plugin_.build, std::string_view(text).substr(start + 5));
      if (!map.ok()) return map;
    }
    for (Resource* r : *map) r->helm_generated = true;
    return map;
  }

 private:
  // The values file's text, or the data of both: `override` lets what stands inline win, `merge`
  // the file, `replace` leaves the file out.
  Result<std::string> Values() {
    const document::Value& entry = chart_.entry;
    std::string file(entry["valuesFile"].AsString());
    if (file.empty()) file = Cat(chart_.directory, "/values.yaml");
    const document::Value& values = entry["valuesInline"];
    if (values.empty()) return plugin_.loader.Load(file);
    const std::string_view how = entry["valuesMerge"].AsString("override");
    if (how == "replace") return document::ToYaml(values);
    SLUICE_TRY(const std::string text, plugin_.loader.Load(file));
    document::Arena& arena = plugin_.build.arena;
    SLUICE_TRY(const auto documents,
               document::ParseYaml(arena, text, {.first_document_only = true}));
    Node* const of_file = documents.empty() ? arena.NewMapping() : documents.front();
    SLUICE_TRY(document::ExpandAliases(of_file));
    SLUICE_TRY(Node* const of_entry, document::FromValueAsWritten(arena, values));
    SLUICE_TRY(const Node* const merged,
               how == "merge" ? PlainMerge(of_entry, of_file) : PlainMerge(of_file, of_entry));
    if (merged == nullptr) return std::string();
    SLUICE_TRY(const document::Value data, document::ToValue(*merged, {.convert_keys = true}));
    return document::ToYaml(data);
  }

  PluginContext plugin_;
  HelmChart chart_;
};

}  // namespace

Result<GeneratorPtr> MakeHelmGenerator(PluginContext plugin, HelmChartEntry chart,
                                       const std::optional<HelmGlobals>& globals,
                                       std::string inherited_namespace) {
  const BuildOptions& options = plugin.build.options;
  if (!options.enable_helm) return base::FailedPrecondition("must specify --enable-helm");
  if (options.helm_command.empty()) return base::FailedPrecondition("must specify --helm-command");
  if (chart.name.empty()) return base::InvalidArgument("chart name cannot be empty");
  for (const std::string& file : chart.additional_values_files) {
    if (auto text = plugin.loader.Load(file); !text.ok()) {
      return std::move(text).status().Wrap("could not load additionalValuesFile");
    }
  }
  if (!chart.values_merge.empty() && chart.values_merge != "merge" &&
      chart.values_merge != "override" && chart.values_merge != "replace") {
    return base::InvalidArgument("valuesMerge must be one of [merge override replace]");
  }
  if (chart.ns.empty()) chart.ns = std::move(inherited_namespace);
  HelmChart request;
  request.root = plugin.loader.RelativeToTree(plugin.loader.root()).value_or("");
  request.entry = ToConfig(chart, globals);
  request.api_versions = options.helm_api_versions;
  request.kube_version = options.helm_kube_version;
  return GeneratorPtr(std::make_unique<HelmGenerator>(plugin, std::move(request)));
}

}  // namespace sluice::kustomize
