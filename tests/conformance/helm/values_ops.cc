// coalesce, deps.
#include "chart_case.h"
#include "helm/dependencies.h"
#include "helm/values.h"
#include "runner.h"

namespace sluice::conformance {
namespace {

using base::Result;
using document::Value;

Result<Value> Coalesce(const Case& c) {
  SLUICE_TRY(const auto chart, LoadCase(c));
  SLUICE_TRY(const Value values, helm::ParseValues(c.Text("values"), c.version));
  return c.Text("fn") == "merge" ? helm::MergeValues(*chart, values, c.version) : helm::CoalesceValues(*chart, values, c.version);
}

Result<Value> Dependencies(const Case& c) {
  SLUICE_TRY(const auto chart, LoadCase(c));
  SLUICE_TRY(const Value values, helm::ParseValues(c.Text("values"), c.version));
  SLUICE_TRY(helm::ProcessDependencies(*chart, values, c.version));
  SLUICE_TRY(Value coalesced, helm::CoalesceValues(*chart, values, c.version));
  return Value::Object({{"chartValues", chart->values()}, {"coalesced", std::move(coalesced)}, {"tree", TreeOf(*chart)}});
}

constexpr Op kOps[] = {{"coalesce", Coalesce}, {"deps", Dependencies}};

}  // namespace

Family ValuesFamily() { return {kOps}; }

}  // namespace sluice::conformance
