#include "helm/dependencies.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/semver.h"
#include "base/strings.h"
#include "helm/values.h"
#include "tables.h"
#include "values_tables.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

using Charts = std::vector<std::unique_ptr<Chart>>;

// The table at a dotted path; null where there is none.
const Value* TableAt(const Value& values, std::string_view path) {
  const Value* at = &values;
  for (const std::string_view part : base::Split(path, ".")) {
    at = at->Find(part);
    if (at == nullptr || !at->is_object()) return nullptr;
  }
  return at;
}

// The value at a dotted path that is no table; null where there is none.
const Value* ScalarAt(const Value& values, std::string_view path) {
  const size_t dot = path.rfind('.');
  const Value* table = dot == path.npos ? &values : TableAt(values, path.substr(0, dot));
  const Value* value = table == nullptr ? nullptr : table->Find(dot == path.npos ? path : path.substr(dot + 1));
  return value == nullptr || value->is_object() ? nullptr : value;
}

// `tags` of the values: one that is true enables, else one that is false disables.
void ApplyTags(std::vector<Dependency>& dependencies, const Value& values) {
  const Value* tags = TableAt(values, "tags");
  if (tags == nullptr) return;
  for (Dependency& d : dependencies) {
    bool any_true = false, any_false = false;
    for (const std::string& tag : d.tags) {
      const Value* set = tags->Find(tag);
      if (set == nullptr || !set->is_bool()) continue;
      (set->AsBool() ? any_true : any_false) = true;
    }
    d.enabled = any_true || !any_false;
  }
}

// The first of the comma-separated paths that names a bool decides.
void ApplyConditions(std::vector<Dependency>& dependencies, const Value& values, std::string_view prefix) {
  for (Dependency& d : dependencies) {
    for (const std::string_view path : base::Split(base::TrimSpace(d.condition), ",")) {
      if (path.empty()) continue;
      const Value* value = ScalarAt(values, Cat(prefix, path));
      if (value == nullptr || !value->is_bool()) continue;
      d.enabled = value->AsBool();
      break;
    }
  }
}

bool Declares(const Dependency& d, const Chart& chart) {
  return chart.name() == d.name && IsCompatibleRange(d.version, chart.metadata.version);
}

// Helm copies a chart it takes for a declaration; how deep the copy goes shows in the paths below it.
std::unique_ptr<Chart> CopyFor(const Dependency& d, const Chart& chart, HelmVersion version) {
  auto copy = chart.Clone();
  for (size_t i = 0; i < chart.dependencies().size(); ++i) {
    Chart& child = *copy->dependencies()[i];
    if (version == HelmVersion::kV3) {
      child.PinParentPath(chart.full_path());
    } else {
      for (const auto& grandchild : child.dependencies()) grandchild->PinParentPath(chart.dependencies()[i]->full_path());
    }
  }
  if (!d.alias.empty()) copy->metadata.name = d.alias;
  return copy;
}

// The subcharts that remain: first those nobody declared, then one copy for each declaration.
Charts PickDeclared(Chart& chart, HelmVersion version) {
  Charts picked;
  std::vector<Dependency>& declared = chart.metadata.dependencies;
  std::vector<bool> undeclared;
  for (const auto& child : chart.dependencies()) {
    undeclared.push_back(std::ranges::none_of(declared, [&](const Dependency& d) { return Declares(d, *child); }));
  }
  Charts copies;
  for (Dependency& d : declared) {
    const auto& children = chart.dependencies();
    const auto at = std::ranges::find_if(children, [&](const auto& child) { return Declares(d, *child); });
    if (at != children.end()) copies.push_back(CopyFor(d, **at, version));
    if (!d.alias.empty()) d.name = d.alias;
  }
  Charts all = chart.TakeDependencies();
  for (size_t i = 0; i < all.size(); ++i) {
    if (undeclared[i]) picked.push_back(std::move(all[i]));
  }
  std::ranges::move(copies, std::back_inserter(picked));
  return picked;
}

void SetDependencies(Chart& chart, Charts children) {
  chart.TakeDependencies();
  for (auto& child : children) chart.AddDependency(std::move(child));
}

Status ProcessEnabled(Chart& chart, const Value& values, const std::string& path, HelmVersion version) {
  Metadata& metadata = chart.metadata;
  if (metadata.dependencies.empty() && !metadata.empty_dependencies) return {};
  SetDependencies(chart, PickDeclared(chart, version));
  for (Dependency& d : metadata.dependencies) d.enabled = true;
  SLUICE_TRY(const Value coalesced, CoalesceValues(chart, values, version));
  ApplyTags(metadata.dependencies, coalesced);
  ApplyConditions(metadata.dependencies, coalesced, path);
  std::set<std::string, std::less<>> disabled;
  for (const Dependency& d : metadata.dependencies) {
    if (!d.enabled) disabled.insert(d.name);
  }
  Charts children = chart.TakeDependencies();
  std::erase_if(children, [&](const auto& child) { return disabled.contains(child->name()); });
  std::erase_if(metadata.dependencies, [&](const Dependency& d) { return disabled.contains(d.name); });
  metadata.empty_dependencies = false;  // Helm's list becomes nil where nothing is left
  SetDependencies(chart, std::move(children));
  for (const auto& child : chart.dependencies()) {
    SLUICE_TRY(ProcessEnabled(*child, coalesced, Cat(path, child->name(), "."), version));
  }
  return {};
}

Table* TableAt(Table* table, std::string_view path) {
  for (const std::string_view part : base::Split(path, ".")) {
    Item* item = table->Find(part);
    table = item == nullptr ? nullptr : AsTable(*item);
    if (table == nullptr) return nullptr;
  }
  return table;
}

// {a: {b: data}} for "a.b"; the data itself for ".".
Table* Wrap(TableArena& arena, std::string_view path, Table* data) {
  if (path == ".") return data;
  const auto parts = base::Split(path, ".");
  for (size_t i = parts.size(); i-- > 0;) {
    Table* outer = arena.New();
    outer->Set(parts[i], data);
    data = outer;
  }
  return data;
}

// fmt's %v of a member; "<nil>" where it is absent.
std::string Shown(const Value& entry, std::string_view key) { return PlainText(entry[key]); }

Status ImportValues(Chart& chart, HelmVersion version) {
  if (chart.metadata.dependencies.empty()) return {};
  const CoalesceMode mode{.merge = true, .v4 = version == HelmVersion::kV4};
  TableArena arena;
  SLUICE_TRY(Table* const values, CoalesceInto(arena, chart, Value::Object(), mode));
  Table* imported = arena.New();
  for (Dependency& d : chart.metadata.dependencies) {
    std::vector<Value> resolved;
    for (const Value& entry : d.import_values) {
      if (!entry.is_object() && !entry.is_string()) continue;
      const std::string child = entry.is_string() ? Cat("exports.", entry.AsString()) : Shown(entry, "child");
      const std::string parent = entry.is_string() ? "." : Shown(entry, "parent");
      resolved.push_back(Value::Object({{"child", child}, {"parent", parent}}));
      Table* table = TableAt(values, Cat(d.name, ".", child));
      if (table == nullptr) continue;  // Helm warns
      if (table->members.empty()) table = arena.New();
      CoalesceTables(imported, entry.is_string() ? table : Wrap(arena, parent, table), mode);
    }
    d.import_values = std::move(resolved);
  }
  // The parent's own values win. They are copied first: what was imported may share tables with them.
  SLUICE_TRY(const Value own, ToValue(*values));
  Table* result = arena.FromValue(own);
  CoalesceTables(result, imported, mode);
  SLUICE_TRY(Value merged, ToValue(*result));
  chart.set_values(std::move(merged));
  return {};
}

Status ImportAll(Chart& chart, HelmVersion version) {
  for (const auto& child : chart.dependencies()) SLUICE_TRY(ImportAll(*child, version));
  return ImportValues(chart, version);
}

}  // namespace

bool IsCompatibleRange(std::string_view range, std::string_view version) {
  const auto parsed = base::SemVer::Parse(version);
  const auto constraint = base::SemVerConstraint::Parse(range);
  return parsed.ok() && constraint.ok() && constraint->Matches(*parsed);
}

Status ProcessDependencies(Chart& chart, const Value& values, HelmVersion version) {
  SLUICE_TRY(ProcessEnabled(chart, values, "", version));
  return ImportAll(chart, version);
}

Status CheckDependencies(const Chart& chart) {
  std::vector<std::string_view> missing;
  for (const Dependency& d : chart.metadata.dependencies) {
    const auto& children = chart.dependencies();
    if (std::ranges::none_of(children, [&](const auto& child) { return child->name() == d.name; })) missing.push_back(d.name);
  }
  if (missing.empty()) return {};
  return base::FailedPrecondition(Cat("found in Chart.yaml, but missing in charts/ directory: ", base::Join(missing, ", ")));
}

}  // namespace sluice::helm
