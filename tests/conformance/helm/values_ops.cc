// coalesce, deps, strvals, valueopts.
#include "base/strings.h"
#include "chart_case.h"
#include "helm/dependencies.h"
#include "helm/strvals.h"
#include "helm/value_options.h"
#include "helm/values.h"
#include "runner.h"

namespace sluice::conformance {
namespace {

using base::Result;
using document::Value;

Result<Value> Coalesce(const Case& c) {
  SLUICE_TRY(const auto chart, LoadCase(c));
  SLUICE_TRY(const Value values, helm::ParseValues(c.Text("values"), c.version));
  return c.Text("fn") == "merge" ? helm::MergeValues(*chart, values, c.version)
                                 : helm::CoalesceValues(*chart, values, c.version);
}

Result<Value> Dependencies(const Case& c) {
  SLUICE_TRY(const auto chart, LoadCase(c));
  SLUICE_TRY(const Value values, helm::ParseValues(c.Text("values"), c.version));
  SLUICE_TRY(helm::ProcessDependencies(*chart, values, c.version));
  SLUICE_TRY(Value coalesced, helm::CoalesceValues(*chart, values, c.version));
  return Value::Object({{"chartValues", chart->values()},
                        {"coalesced", std::move(coalesced)},
                        {"tree", TreeOf(*chart)}});
}

// The case's files, by name.
helm::FileReader FilesOf(const Case& c) {
  return [&c](std::string_view path) -> Result<std::string> {
    const Value* text = c.json["fileData"].Find(path);
    if (text == nullptr)
      return base::NotFound(base::Cat("open ", path, ": no such file or directory"));
    return std::string(text->AsString());
  };
}

// The Go type of each leaf.
Value TypesOf(const Value& v) {
  switch (v.kind()) {
    case Value::Kind::kNull:
      return "nil";
    case Value::Kind::kBool:
      return "bool";
    case Value::Kind::kInt:
      return "int64";
    case Value::Kind::kUint:
      return "uint64";
    case Value::Kind::kDouble:
      return "float64";
    case Value::Kind::kString:
      return "string";
    case Value::Kind::kArray: {
      Value out = Value::Array();
      for (const Value& item : v.items()) out.Append(TypesOf(item));
      return out;
    }
    case Value::Kind::kObject:
      break;
  }
  Value out = Value::Object();
  for (const auto& [key, value] : v.members()) out.Set(key, TypesOf(value));
  return out;
}

Result<Value> StrVals(const Case& c) {
  constexpr std::pair<std::string_view, helm::SetKind> kKinds[] = {
      {"set", helm::SetKind::kSet},
      {"set-string", helm::SetKind::kString},
      {"set-file", helm::SetKind::kFile},
      {"set-literal", helm::SetKind::kLiteral},
      {"set-json", helm::SetKind::kJson}};
  helm::SetKind kind = helm::SetKind::kSet;
  for (const auto& [name, k] : kKinds) {
    if (name == c.Text("fn")) kind = k;
  }
  Value values = Value::Object();
  if (c.json["base"].is_object()) values = c.AsHelmNumbers("base");
  SLUICE_TRY(helm::ParseSet(c.Text("input"), kind, c.version, &values, FilesOf(c)));
  Value types = TypesOf(values);
  return Value::Object({{"types", std::move(types)}, {"values", std::move(values)}});
}

Result<Value> ValueOpts(const Case& c) {
  const helm::ValueOptions options{.files = c.Texts("valueFiles"),
                                   .json = c.Texts("setJson"),
                                   .set = c.Texts("set"),
                                   .strings = c.Texts("setString"),
                                   .set_files = c.Texts("setFile"),
                                   .literals = c.Texts("setLiteral")};
  return helm::MergeValueOptions(options, c.version, FilesOf(c));
}

constexpr Op kOps[] = {
    {"coalesce", Coalesce}, {"deps", Dependencies}, {"strvals", StrVals}, {"valueopts", ValueOpts}};

}  // namespace

Family ValuesFamily() { return {kOps}; }

}  // namespace sluice::conformance
