#include "helm/dependencies.h"

#include <algorithm>
#include <deque>
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

constexpr size_t kMaxCharts = 2000;  // aliases of charts of aliases multiply

// A declared dependency as Helm's charts point to it: copies of a chart may share it.
struct Declared {
  Dependency d;
  bool imported = false;  // its import-values have been resolved, and are no longer looked at
};
struct SharedMetadata {
  Metadata metadata;  // without dependencies
  std::vector<std::shared_ptr<Declared>> dependencies;
  bool nil = true;  // no list at all
};

// A chart while dependencies are chosen. Helm copies charts shallowly, and in 3 more so than in 4:
// who shares what with whom, and whom a chart takes for its parent, shows in the result.
struct Node {
  const Chart* source = nullptr;
  std::shared_ptr<SharedMetadata> shared;
  std::shared_ptr<const Value> defaults;
  std::vector<Node*> children;
  Node* parent = nullptr;

  const std::string& name() const { return shared->metadata.name; }
  const Value& values() const { return *defaults; }
  const std::vector<Node*>& dependencies() const { return children; }
  std::string Path() const {
    return parent == nullptr ? name() : Cat(parent->Path(), "/charts/", name());
  }
  void SetChildren(std::vector<Node*> nodes) {
    children = std::move(nodes);
    for (Node* child : children) child->parent = this;
  }
};

// The table at a dotted path; null where there is none.
Table* TableAt(Table* table, std::string_view path) {
  for (const std::string_view part : base::Split(path, ".")) {
    Item* item = table->Find(part);
    table = item == nullptr ? nullptr : AsTable(*item);
    if (table == nullptr) return nullptr;
  }
  return table;
}

// The value at a dotted path that is no table; null where there is none.
const Value* ScalarAt(Table* values, std::string_view path) {
  const size_t dot = path.rfind('.');
  Table* table = dot == path.npos ? values : TableAt(values, path.substr(0, dot));
  const Item* item =
      table == nullptr ? nullptr : table->Find(dot == path.npos ? path : path.substr(dot + 1));
  return item == nullptr || AsTable(*item) != nullptr ? nullptr : std::get<const Value*>(*item);
}

using DeclaredList = std::vector<std::shared_ptr<Declared>>;

// Says what Helm's log says.
struct Teller {
  HelmVersion version;
  const WarningSink& warn;

  // `what` names the entry in Helm 3's sentence, `key` in Helm 4's fields.
  void NoBool(std::string_view place, std::string_view what, std::string_view key,
              std::string_view name, std::string_view chart) const {
    if (!warn) return;
    if (version == HelmVersion::kV3) {
      return warn({.place = place,
                   .text = Cat("Warning: ", what, " '", name, "' for chart ", chart,
                               " returned non-bool value")});
    }
    warn({.level = WarningLevel::kWarn,
          .place = place,
          .text = "returned non-bool value",
          .fields = {{key, std::string(name)}, {"chart", std::string(chart)}}});
  }
  // The first part of `path` that is no table of `values` is named.
  void NoTable(Table* values, std::string_view path, std::string_view chart, bool named) const {
    if (!warn) return;
    std::string missing;
    for (const std::string_view part : base::Split(path, ".")) {
      Item* item = values->Find(part);
      values = item == nullptr ? nullptr : AsTable(*item);
      missing = Cat(base::QuoteGo(part), " is not a table");
      if (values == nullptr) break;
    }
    if (version == HelmVersion::kV3) {
      return warn({.place = named ? "dependencies.go:270" : "dependencies.go:287",
                   .text = named ? Cat("Warning: ImportValues missing table from chart ", chart,
                                       ": ", missing)
                                 : Cat("Warning: ImportValues missing table: ", missing)});
    }
    Warning warning{
        .level = WarningLevel::kWarn,
        .text = named ? "ImportValues missing table from chart" : "ImportValues missing table"};
    if (named) warning.fields.push_back({"chart", std::string(chart)});
    warning.fields.push_back({"error", std::move(missing)});
    warn(warning);
  }
};

// `tags` of the values: one that is true enables, else one that is false disables.
void ApplyTags(const DeclaredList& dependencies, Table* values, const Teller& tell) {
  Table* tags = TableAt(values, "tags");
  if (tags == nullptr) return;
  for (const auto& entry : dependencies) {
    bool any_true = false, any_false = false;
    for (const std::string& tag : entry->d.tags) {
      const Item* item = tags->Find(tag);
      if (item == nullptr) continue;
      const Value* set = AsTable(*item) != nullptr ? nullptr : std::get<const Value*>(*item);
      if (set == nullptr || !set->is_bool()) {
        tell.NoBool("dependencies.go:95", "Tag", "tag", tag, entry->d.name);
      } else {
        (set->AsBool() ? any_true : any_false) = true;
      }
    }
    entry->d.enabled = any_true || !any_false;
  }
}

// The first of the comma-separated paths that names a bool decides.
void ApplyConditions(const DeclaredList& dependencies, Table* values, std::string_view prefix,
                     const Teller& tell) {
  for (const auto& entry : dependencies) {
    for (const std::string_view path : base::Split(base::TrimSpace(entry->d.condition), ",")) {
      if (path.empty()) continue;
      const Value* value = ScalarAt(values, Cat(prefix, path));
      if (value != nullptr && !value->is_bool())
        tell.NoBool("dependencies.go:64", "Condition path", "path", path, entry->d.name);
      if (value == nullptr || !value->is_bool()) continue;
      entry->d.enabled = value->AsBool();
      break;
    }
  }
}

bool Declares(const Dependency& d, const Node& chart) {
  return chart.name() == d.name && IsCompatibleRange(d.version, chart.shared->metadata.version);
}

// {a: {b: data}} for "a.b"; the data itself for ".".
Table* Wrap(TableArena& arena, std::string_view path, Table* data) {
  if (path == ".") return data;
  const auto parts = base::Split(path, ".");
  for (size_t i = parts.size(); i-- > 0;) {
    Table* outer = arena.New();
    outer->Set(arena.Keep(parts[i]), data);
    data = outer;
  }
  return data;
}

// fmt's %v of a member; "<nil>" where it is absent.
std::string Shown(const Value& entry, std::string_view key) { return PlainText(entry[key]); }

class Processor {
 public:
  Processor(HelmVersion version, const WarningSink& warn) : version_(version), warn_(warn) {}

  Status Run(Chart& chart, const Value& values) {
    SLUICE_TRY(Node* const root, FromChart(chart));
    SLUICE_TRY(Enabled(*root, values, ""));
    SLUICE_TRY(ImportAll(*root));
    return ToChart(*root, chart);
  }

 private:
  Result<Node*> New() {
    if (nodes_.size() >= kMaxCharts) return base::ResourceExhausted("chart has too many subcharts");
    return &nodes_.emplace_back();
  }

  Result<Node*> FromChart(const Chart& chart) {
    SLUICE_TRY(Node* const node, New());
    node->source = &chart;
    node->shared = std::make_shared<SharedMetadata>();
    node->shared->metadata = chart.metadata;
    node->shared->nil = chart.metadata.dependencies.empty() && !chart.metadata.empty_dependencies;
    for (const Dependency& d : std::exchange(node->shared->metadata.dependencies, {})) {
      node->shared->dependencies.push_back(std::make_shared<Declared>(Declared{d}));
    }
    node->defaults = chart.shared_values();
    for (const auto& child : chart.dependencies()) {
      SLUICE_TRY(Node* const below, FromChart(*child));
      below->parent = node;
      node->children.push_back(below);
    }
    return node;
  }

  // The copy Helm makes of the chart that a declaration names.
  Result<Node*> CopyFor(const Dependency& d, const Node& chart) {
    SLUICE_TRY(Node* const copy, New());
    *copy = chart;
    copy->shared = std::make_shared<SharedMetadata>(*chart.shared);
    if (version_ == HelmVersion::kV4) {
      for (auto& entry : copy->shared->dependencies) entry = std::make_shared<Declared>(*entry);
      std::vector<Node*> children;
      for (const Node* child : chart.children) {
        SLUICE_TRY(children.emplace_back(), New());
        *children.back() = *child;
      }
      copy->SetChildren(std::move(children));
    }
    if (!d.alias.empty()) copy->shared->metadata.name = d.alias;
    return copy;
  }

  // The subcharts that remain: first those nobody declared, then one copy for each declaration.
  Result<std::vector<Node*>> PickDeclared(const Node& chart) {
    std::vector<Node*> picked;
    const DeclaredList& declared = chart.shared->dependencies;
    for (Node* child : chart.children) {
      if (std::ranges::none_of(declared,
                               [&](const auto& entry) { return Declares(entry->d, *child); }))
        picked.push_back(child);
    }
    for (const auto& entry : declared) {
      const auto at = std::ranges::find_if(
          chart.children, [&](const Node* child) { return Declares(entry->d, *child); });
      if (at != chart.children.end()) {
        SLUICE_TRY(picked.emplace_back(), CopyFor(entry->d, **at));
      }
      if (!entry->d.alias.empty()) entry->d.name = entry->d.alias;
    }
    return picked;
  }

  Status Enabled(Node& chart, const Value& values, const std::string& path) {
    if (chart.shared->nil) return {};
    SLUICE_TRY(std::vector<Node*> picked, PickDeclared(chart));
    chart.SetChildren(std::move(picked));
    for (const auto& entry : chart.shared->dependencies) entry->d.enabled = true;
    TableArena arena;
    SLUICE_TRY(Table* const table,
               CoalesceInto(arena, chart, values,
                            {.merge = false, .v4 = version_ == HelmVersion::kV4, .warn = &warn_}));
    ApplyTags(chart.shared->dependencies, table, {version_, warn_});
    ApplyConditions(chart.shared->dependencies, table, path, {version_, warn_});
    std::set<std::string, std::less<>> disabled;
    for (const auto& entry : chart.shared->dependencies) {
      if (!entry->d.enabled) disabled.insert(entry->d.name);
    }
    std::vector<Node*> children = chart.children;
    std::erase_if(children, [&](const Node* child) { return disabled.contains(child->name()); });
    DeclaredList remaining = chart.shared->dependencies;
    std::erase_if(remaining, [&](const auto& entry) { return disabled.contains(entry->d.name); });
    if (std::ranges::any_of(children, [](const Node* child) { return !child->shared->nil; })) {
      SLUICE_TRY(const Value coalesced, ToValue(*table));
      for (Node* child : children)
        SLUICE_TRY(Enabled(*child, coalesced, Cat(path, child->name(), ".")));
    }
    chart.shared->nil = remaining.empty();  // Helm's list becomes nil where nothing is left
    chart.shared->dependencies = std::move(remaining);
    chart.SetChildren(std::move(children));
    return {};
  }

  Status ImportAll(Node& chart) {
    for (Node* child : chart.children) SLUICE_TRY(ImportAll(*child));
    return chart.shared->nil ? base::OkStatus() : Import(chart);
  }

  Status Import(Node& chart) {
    const CoalesceMode mode{.merge = true, .v4 = version_ == HelmVersion::kV4, .warn = &warn_};
    TableArena arena;
    SLUICE_TRY(Table* const values, CoalesceInto(arena, chart, Value::Object(), mode));
    Table* imported = arena.New();
    for (const auto& entry : chart.shared->dependencies)
      ImportFrom(*entry, values, imported, arena, mode);
    // The parent's own values win. They are copied first: what was imported may share tables with
    // them.
    SLUICE_TRY(Value merged, ToValue(*values));
    if (!imported->members.empty()) {
      const Value own = std::move(merged);
      Table* result = arena.FromValue(own);
      CoalesceTables(result, imported, mode);
      SLUICE_TRY(merged, ToValue(*result));
    }
    chart.defaults = std::make_shared<const Value>(std::move(merged));
    return {};
  }

  void ImportFrom(Declared& entry, Table* values, Table* imported, TableArena& arena,
                  const CoalesceMode& mode) {
    std::vector<Value> resolved;
    for (const Value& import : entry.d.import_values) {
      if (entry.imported || (!import.is_object() && !import.is_string())) continue;
      const std::string child =
          import.is_string() ? Cat("exports.", import.AsString()) : Shown(import, "child");
      const std::string parent = import.is_string() ? "." : Shown(import, "parent");
      resolved.push_back(Value::Object({{"child", child}, {"parent", parent}}));
      Table* table = TableAt(values, Cat(entry.d.name, ".", child));
      if (table == nullptr)
        Teller{version_, warn_}.NoTable(values, Cat(entry.d.name, ".", child), entry.d.name,
                                        import.is_object());
      if (table == nullptr) continue;
      if (table->members.empty()) table = arena.New();
      CoalesceTables(imported, import.is_string() ? table : Wrap(arena, parent, table), mode);
    }
    entry.d.import_values = std::move(resolved);
    entry.imported = true;
  }

  // Back into charts that own what is below them.
  Status ToChart(const Node& node, Chart& chart) {
    Metadata metadata = node.shared->metadata;
    for (const auto& entry : node.shared->dependencies) metadata.dependencies.push_back(entry->d);
    metadata.empty_dependencies = !node.shared->nil && metadata.dependencies.empty();
    std::vector<std::unique_ptr<Chart>> children;
    for (const Node* below : node.children) {
      if (++made_ > kMaxCharts) return base::ResourceExhausted("chart has too many subcharts");
      auto child = std::make_unique<Chart>();
      child->lock = below->source->lock;
      child->set_content(below->source->shared_content());
      children.push_back(std::move(child));
    }
    const auto former = chart.TakeDependencies();  // nodes point into them until all below are made
    chart.metadata = std::move(metadata);
    chart.set_values(node.defaults);
    for (size_t i = 0; i < children.size(); ++i) {
      Chart& child = *children[i];
      chart.AddDependency(std::move(children[i]));
      SLUICE_TRY(ToChart(*node.children[i], child));
      if (node.children[i]->parent->Path() != chart.full_path())
        child.PinParentPath(node.children[i]->parent->Path());
    }
    return {};
  }

  HelmVersion version_;
  const WarningSink& warn_;
  std::deque<Node> nodes_;
  size_t made_ = 0;
};

}  // namespace

bool IsCompatibleRange(std::string_view range, std::string_view version) {
  const auto parsed = base::SemVer::Parse(version);
  const auto constraint = base::SemVerConstraint::Parse(range);
  return parsed.ok() && constraint.ok() && constraint->Matches(*parsed);
}

Status ProcessDependencies(Chart& chart, const Value& values, HelmVersion version,
                           const WarningSink& warn) {
  return Processor(version, warn).Run(chart, values);
}

Status CheckDependencies(const Chart& chart) {
  std::vector<std::string_view> missing;
  for (const Dependency& d : chart.metadata.dependencies) {
    const auto& children = chart.dependencies();
    if (std::ranges::none_of(children, [&](const auto& child) { return child->name() == d.name; }))
      missing.push_back(d.name);
  }
  if (missing.empty()) return {};
  return base::FailedPrecondition(
      Cat("found in Chart.yaml, but missing in charts/ directory: ", base::Join(missing, ", ")));
}

}  // namespace sluice::helm
