#include "helm/values.h"

#include <string>
#include <utility>

#include "base/strings.h"
#include "document/number.h"
#include "document/yaml.h"
#include "tables.h"
#include "values_tables.h"
#include "yaml_documents.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

// One document, as sigs.k8s.io/yaml reads it into a map that is there: null leaves it empty.
Result<Value> ParseOne(std::string_view text) {
  auto value = document::ParseYamlToValue(text);
  if (!value.ok()) return std::move(value).status().Wrap("error converting YAML to JSON");
  if (value->is_null()) return Value::Object();
  if (!value->is_object()) {
    const std::string_view kind = value->is_array()    ? "array"
                                  : value->is_string() ? "string"
                                  : value->is_bool()   ? "bool"
                                                       : "number";
    return base::InvalidArgument(
        Cat("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ", kind,
            " into Go value of type map[string]interface {}"));
  }
  NumbersToDouble(*value);
  return value;
}

// fmt's %v, and %t of what is no bool: "%!t(float64=5)", "[]".
void AppendPlain(std::string& out, const Value& v);
void AppendAsBool(std::string& out, const Value& v, bool within = false) {
  switch (v.kind()) {
    case Value::Kind::kNull:
      out += within ? "<nil>" : "%!t(<nil>)";
      return;
    case Value::Kind::kBool:
      out += v.AsBool() ? "true" : "false";
      return;
    case Value::Kind::kInt:
      out += "%!t(int64=";
      break;
    case Value::Kind::kUint:
      out += "%!t(uint64=";
      break;
    case Value::Kind::kDouble:
      out += "%!t(float64=";
      break;
    case Value::Kind::kString:
      out += "%!t(string=";
      break;
    case Value::Kind::kArray:
    case Value::Kind::kObject: {
      out += v.is_array() ? "[" : "map[";
      bool first = true;
      for (const Value& item : v.items()) {
        if (!std::exchange(first, false)) out += ' ';
        AppendAsBool(out, item, true);
      }
      Value sorted = v;
      sorted.SortMembers();
      for (const auto& [key, item] : sorted.members()) {
        if (!std::exchange(first, false)) out += ' ';
        out.append("%!t(string=").append(key).append("):");
        AppendAsBool(out, item, true);
      }
      out += ']';
      return;
    }
  }
  AppendPlain(out, v);
  out += ')';
}

void AppendPlain(std::string& out, const Value& v) {
  switch (v.kind()) {
    case Value::Kind::kNull:
      out += "<nil>";
      return;
    case Value::Kind::kBool:
      out += v.AsBool() ? "true" : "false";
      return;
    case Value::Kind::kInt:
      out += std::to_string(v.AsInt());
      return;
    case Value::Kind::kUint:
      out += std::to_string(v.AsUint());
      return;
    case Value::Kind::kDouble:
      document::AppendGoFloat(out, v.AsDouble());
      return;
    case Value::Kind::kString:
      out += v.AsString();
      return;
    case Value::Kind::kArray:
    case Value::Kind::kObject:
      break;
  }
  out += v.is_array() ? "[" : "map[";
  bool first = true;
  for (const Value& item : v.items()) {
    if (!std::exchange(first, false)) out += ' ';
    AppendPlain(out, item);
  }
  Value sorted = v;
  sorted.SortMembers();
  for (const auto& [key, item] : sorted.members()) {
    if (!std::exchange(first, false)) out += ' ';
    out.append(key).append(1, ':');
    AppendPlain(out, item);
  }
  out += ']';
}

Result<Value> Run(const Chart& chart, const Value& values, const CoalesceMode& mode) {
  TableArena arena;
  SLUICE_TRY(Table* const table, CoalesceInto(arena, chart, values, mode));
  return ToValue(*table);
}

}  // namespace

std::string PlainText(const Value& value) {
  std::string out;
  AppendPlain(out, value);
  return out;
}

std::string NoBoolText(const Value& value) {
  std::string out;
  AppendAsBool(out, value);
  return out;
}

void NumbersToDouble(Value& value) {
  if (value.is_number()) {
    if (value.kind() != Value::Kind::kDouble) value = Value(value.AsDouble());
  } else if (value.is_array()) {
    for (Value& item : value.mutable_items()) NumbersToDouble(item);
  } else if (value.is_object()) {
    for (const auto& [key, item] : value.members()) {
      if (item.is_number() || item.is_array() || item.is_object())
        NumbersToDouble(*value.Find(key));
    }
  }
}

Result<Value> ParseValues(std::string_view text, HelmVersion version) {
  if (version == HelmVersion::kV3) return ParseOne(text);
  Value values = Value::Object();
  DocumentReader reader(text);
  std::string document;
  for (bool first = true;; first = false) {
    SLUICE_TRY(const bool more, reader.Next(&document).Wrap("error reading yaml document"));
    if (!more) return values;
    SLUICE_TRY(Value next, ParseOne(document).Wrap("cannot unmarshal yaml document"));
    values = first ? std::move(next) : MergeMaps(std::move(values), next);
  }
}

Value MergeMaps(Value base, const Value& over) {
  for (const auto& [key, value] : over.members()) {
    Value* own = value.is_object() ? base.Find(key) : nullptr;
    if (own != nullptr && own->is_object()) {
      *own = MergeMaps(std::move(*own), value);
    } else {
      base.Set(key, value);
    }
  }
  return base;
}

Result<Value> CoalesceValues(const Chart& chart, const Value& values, HelmVersion version,
                             const WarningSink& warn) {
  return Run(chart, values, {.merge = false, .v4 = version == HelmVersion::kV4, .warn = &warn});
}

Result<Value> MergeValues(const Chart& chart, const Value& values, HelmVersion version,
                          const WarningSink& warn) {
  return Run(chart, values, {.merge = true, .v4 = version == HelmVersion::kV4, .warn = &warn});
}

Value CoalesceTables(const Value& over, const Value& defaults, HelmVersion version,
                     const WarningSink& warn) {
  TableArena arena;
  Table* table = arena.FromValue(over);
  CoalesceTables(table, arena.FromValue(defaults),
                 {.merge = false, .v4 = version == HelmVersion::kV4, .warn = &warn});
  auto out = ToValue(*table);
  return out.ok() ? *std::move(out) : over;  // no sharing here: it is no larger than both together
}

}  // namespace sluice::helm
