// schema: values.schema.json, alone or of a chart with subcharts.
#include "helm/dependencies.h"
#include "helm/loader.h"
#include "helm/schema.h"
#include "helm/values.h"
#include "runner.h"

namespace sluice::conformance {
namespace {

using base::Result;
using document::Value;

Result<Value> Charts(const Case& c) {
  std::vector<helm::File> files;
  for (const auto& [name, text] : c.json["files"].members())
    files.push_back({name, std::string(text.AsString())});
  SLUICE_TRY(const auto chart, helm::LoadFiles(std::move(files), {.version = c.version}));
  SLUICE_TRY(const Value values, helm::ParseValues(c.Text("values"), c.version));
  SLUICE_TRY(helm::ProcessDependencies(*chart, values, c.version));
  SLUICE_TRY(const Value all, helm::CoalesceValues(*chart, values, c.version));
  SLUICE_TRY(helm::ValidateAgainstSchemas(*chart, all, c.version));
  return Value("valid");
}

Result<Value> Single(const Case& c) {
  if (c.json.Find("schema") == nullptr) return Charts(c);
  SLUICE_TRY(const Value values, helm::ParseValues(c.Text("values"), c.version));
  SLUICE_TRY(const auto schema, helm::Schema::Compile(c.Text("schema"), c.version));
  SLUICE_TRY(schema->Validate(values));
  return Value("valid");
}

constexpr Op kOps[] = {{"schema", Single}};

}  // namespace

Family SchemaFamily() { return {kOps}; }

}  // namespace sluice::conformance
