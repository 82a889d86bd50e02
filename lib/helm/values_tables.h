// Laying values over a chart's defaults, within an arena; what values.cc and dependencies.cc share.
#pragma once

#include <string>

#include "base/status.h"
#include "base/strings.h"
#include "document/value.h"
#include "tables.h"

namespace sluice::helm {

std::string PlainText(const document::Value& value);  // fmt's %v
std::string NoBoolText(
    const document::Value& value);  // fmt's %t of what is no bool: "%!t(float64=5)", "[]"

// Helm's coalesce of a chart and those below it. C is a Chart, or has its name(), values() and
// dependencies().
template <class C>
class ChartCoalescer {
 public:
  ChartCoalescer(TableArena& arena, const CoalesceMode& mode) : arena_(arena), mode_(mode) {}

  // `prefix` names the charts above, for warnings.
  base::Status Run(const C& chart, Table* values, const std::string& prefix = {}) {
    const std::string path = mode_.warns() ? JoinKeys(prefix, chart.name()) : "";
    Defaults(chart, values, path);
    for (const auto& child : chart.dependencies()) SLUICE_TRY(Subchart(*child, values, path));
    return {};
  }

 private:
  void Defaults(const C& chart, Table* values, const std::string& path) {
    const Table* defaults = arena_.FromValue(chart.values());
    for (const auto& [key, item] : defaults->members) {
      Item* own = values->Find(key);
      if (own == nullptr) {
        Add(values, key, item);
      } else if (IsNull(*own) && !mode_.merge) {
        values->Erase(key);
      } else if (AsTable(*own) != nullptr && AsTable(item) != nullptr) {
        // A subchart's table keeps its nulls: they are to delete the subchart's own defaults.
        const CoalesceMode mode{mode_.merge || IsChild(chart, key), mode_.v4, mode_.warn};
        if (!mode.merge && mode.v4) DropNulls(AsTable(item));
        CoalesceTables(AsTable(*own), AsTable(item), mode,
                       mode_.warns() ? JoinKeys(path, key) : path);
      } else if (mode_.warns() && AsTable(*own) != nullptr && !IsNull(item)) {
        mode_.Warn("coalesce.go:237",
                   base::Cat("warning: skipped value for ", JoinKeys(path, key), ": Not a table."));
      }
    }
  }

  void Add(Table* values, std::string_view key, const Item& item) {
    if (!mode_.merge && mode_.v4) {
      if (IsNull(item)) return;
      if (AsTable(item) != nullptr) DropNulls(AsTable(item));
    }
    values->Set(key, item);
  }

  static bool IsChild(const C& chart, std::string_view key) {
    for (const auto& child : chart.dependencies()) {
      if (child->name() == key) return true;
    }
    return false;
  }

  base::Status Subchart(const C& child, Table* values, const std::string& path) {
    Item* own = values->Find(child.name());
    if (own == nullptr) own = &values->Set(child.name(), arena_.New());
    Table* table = AsTable(*own);
    if (table == nullptr) {
      return base::InvalidArgument(base::Cat("type mismatch on ", child.name(), ": ",
                                             NoBoolText(*std::get<const document::Value*>(*own))));
    }
    Globals(table, values, path);
    return Run(child, table, path);
  }

  void Globals(Table* child, Table* parent, const std::string& path) {
    constexpr std::string_view kGlobal = "global";
    Item* child_item = child->Find(kGlobal);
    Table* to = child_item == nullptr ? arena_.New() : AsTable(*child_item);
    Item* parent_item = parent->Find(kGlobal);
    Table* from = parent_item == nullptr ? arena_.New() : AsTable(*parent_item);
    if (to == nullptr || from == nullptr) {  // no tables: left alone
      if (!mode_.warns()) return;
      return mode_.Warn(
          to == nullptr ? "coalesce.go:138" : "coalesce.go:145",
          base::Cat("warning: skipping globals because ", to == nullptr ? "destination" : "source",
                    " global is not a table."));
    }
    for (const auto& [key, item] : from->members) {
      Item* own = to->Find(key);
      Table* own_table = own == nullptr ? nullptr : AsTable(*own);
      if (const Table* table = AsTable(item)) {
        if (own != nullptr && own_table == nullptr) {
          if (mode_.warns())
            mode_.Warn("coalesce.go:161", base::Cat("Conflict: cannot merge map onto non-map for ",
                                                    base::QuoteGo(key), ". Skipping."));
          continue;
        }
        Table* copy = arena_.ShallowCopy(*table);
        if (own_table != nullptr)
          CoalesceTables(copy, own_table, {true, mode_.v4, mode_.warn},
                         mode_.warns() ? JoinKeys(path, key) : path);
        to->Set(key, copy);
      } else if (own_table == nullptr) {
        to->Set(key, item);
      } else if (mode_.warns()) {
        mode_.Warn("coalesce.go:175", base::Cat("key ", key, " is table. Skipping"));
      }
    }
    child->Set(kGlobal, to);
  }

  TableArena& arena_;
  CoalesceMode mode_;
};

// CoalesceValues or MergeValues within an arena. Error: "type mismatch on …".
template <class C>
base::Result<Table*> CoalesceInto(TableArena& arena, const C& chart, const document::Value& values,
                                  const CoalesceMode& mode) {
  Table* table = arena.FromValue(values);
  SLUICE_TRY(ChartCoalescer<C>(arena, mode).Run(chart, table));
  return table;
}

}  // namespace sluice::helm
