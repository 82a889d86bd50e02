// render: the whole engine over a chart in memory.
#include "chart_case.h"
#include "document/yaml.h"
#include "helm/dependencies.h"
#include "helm/engine.h"
#include "helm/schema.h"
#include "helm/values.h"
#include "runner.h"

namespace sluice::conformance {
namespace {

using base::Result;
using document::Value;

Result<Value> Render(const Case& c) {
  SLUICE_TRY(const auto chart, LoadCase(c));
  SLUICE_TRY(Value values, helm::ParseValues(c.Text("values"), c.version));
  if (c.Text("numbers") == "int64") {  // as --set gives them
    SLUICE_TRY(values, document::ParseYamlToValue(c.Text("values")));
  }
  SLUICE_TRY(helm::ProcessDependencies(*chart, values, c.version));
  SLUICE_TRY(const Value all, helm::CoalesceValues(*chart, values, c.version));
  if (auto status = helm::ValidateAgainstSchemas(*chart, all, c.version); !status.ok()) {
    return base::InvalidArgument(
        "values don't meet the specifications of the schema(s) in the following chart(s):\n" +
        status.message());
  }
  helm::Capabilities capabilities = helm::Capabilities::Default(c.version);
  const std::string_view kube = c.Text("kubeVersion");
  SLUICE_TRY(capabilities.kube_version,
             helm::KubeVersion::Parse(kube.empty() ? "v1.31.0" : kube, c.version));
  for (const std::string& api : c.Texts("apiVersions")) capabilities.api_versions.push_back(api);
  const bool upgrade = c.json["release"]["isUpgrade"].AsBool();
  const helm::ReleaseOptions release{
      .name = "rel", .namespace_ = "ns", .is_upgrade = upgrade, .is_install = !upgrade};
  helm::EngineOptions options{
      .version = c.version, .strict = c.json["strict"].AsBool(), .lint = c.json["lint"].AsBool()};
  SLUICE_TRY(const auto files, helm::RenderTemplates(*chart, all, release, capabilities, options));
  Value out = Value::Object();
  for (const helm::RenderedFile& file : files) out.Set(file.path, file.content);
  return out;
}

constexpr Op kOps[] = {{"render", Render}};

}  // namespace

Family EngineFamily() { return {kOps}; }

}  // namespace sluice::conformance
