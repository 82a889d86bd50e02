// schema: values.schema.json, alone or of a chart with subcharts.
#include "document/yaml.h"
#include "helm/schema.h"
#include "runner.h"

namespace sluice::conformance {
namespace {

using base::Result;
using document::Value;

Result<Value> Single(const Case& c) {
  if (c.json.Find("schema") == nullptr) return base::Unimplemented("a chart's schemas");
  SLUICE_TRY(Value values, document::ParseYamlToValue(c.Text("values")));
  if (values.is_null()) values = Value::Object();
  SLUICE_TRY(const auto schema, helm::Schema::Compile(c.Text("schema"), c.version));
  SLUICE_TRY(schema->Validate(values));
  return Value("valid");
}

constexpr Op kOps[] = {{"schema", Single}};

}  // namespace

Family SchemaFamily() { return {kOps}; }

}  // namespace sluice::conformance
