// apimachinery's three-way strategic merge patch: what the new object changes of the live one, and
// what it drops of the previous one.
#include "helm/patch.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/strings.h"
#include "document/patch.h"
#include "values_tables.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::InvalidArgument;
using base::Result;
using base::Status;
using document::FieldMerge;
using document::MergeSchema;
using document::Value;
using Strategy = FieldMerge::Strategy;

constexpr std::string_view kDirective = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kDeletePrefix = "$deleteFromPrimitiveList/";
constexpr std::string_view kOrderPrefix = "$setElementOrder/";
constexpr int kMaxDepth = 500;

std::string Join(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : Cat(path, ".", key);
}

// Go's reflect.TypeOf: numbers are of two types there, which a change of value shows anyway.
bool SameType(const Value& a, const Value& b) {
  return a.kind() == b.kind() || (a.is_number() && b.is_number());
}

Status NoMergeKey(const Value& map, std::string_view key) {
  return InvalidArgument(
      Cat("map: ", PlainText(map), " does not contain declared merge key: ", key));
}

// Elements of a list all maps or all scalars.
Status CheckElements(std::initializer_list<const Value*> lists, bool& maps) {
  const Value* first = nullptr;
  for (const Value* list : lists) {
    for (const Value& item : list->items()) {
      if (item.is_array()) return InvalidArgument("lists of lists are not supported");
      if (first == nullptr) first = &item;
      if (SameType(item, *first)) continue;
      Value all = Value::Array();
      for (const Value* each : lists) all.Append(*each);
      return InvalidArgument(Cat("list element types are not identical: ", PlainText(all)));
    }
  }
  maps = first != nullptr && first->is_object();
  return {};
}

size_t IndexOf(const std::vector<Value>& list, const Value& item, std::string_view key) {
  size_t i = 0;
  while (i < list.size() && !(key.empty() ? list[i] == item : list[i][key] == item[key])) ++i;
  return i;
}

bool IsDeletion(const Value& item) { return item[kDirective].AsString() == "delete"; }

// By the order of `order`, deletions last.
void SortBy(std::vector<Value>& items, const std::vector<Value>& order, std::string_view key) {
  std::ranges::stable_sort(items, {}, [&](const Value& item) {
    return IsDeletion(item) ? order.size() + 1 : IndexOf(order, item, key);
  });
}

struct DiffOptions {
  bool deletions, changes;
  bool retain_keys = false;
};

class Differ {
 public:
  explicit Differ(const MergeSchema& schema) : schema_(schema) {}

  Result<Value> Maps(const Value& original, const Value& modified, const std::string& path,
                     DiffOptions options, int depth) {
    if (depth > kMaxDepth) return InvalidArgument("exceeded max depth");
    Value patch = Value::Object();
    std::vector<std::string> kept;
    for (const auto& [key, value] : modified.members()) {
      if (options.retain_keys && !value.is_null()) kept.push_back(key);
      const Value* old = original.Find(key);
      if (old == nullptr || !SameType(*old, value)) {
        if (options.changes) patch.Set(key, value);
        continue;
      }
      if (value.is_object())
        SLUICE_TRY(Map(*old, value, path, key, options, depth, patch));
      else if (value.is_array())
        SLUICE_TRY(List(*old, value, path, key, options, depth, patch));
      else if (options.changes && !(*old == value))
        patch.Set(key, value);
    }
    if (options.deletions) {
      for (const auto& [key, value] : original.members()) {
        if (modified.Find(key) == nullptr) patch.Set(key, nullptr);
      }
    }
    const bool dropped = std::ranges::any_of(
        original.members(), [&](const auto& m) { return modified.Find(m.first) == nullptr; });
    if (!kept.empty() && (!patch.empty() || dropped)) {
      std::ranges::sort(kept);
      Value list = Value::Array();
      for (const std::string& key : kept) list.Append(key);
      patch.Set(kRetainKeys, std::move(list));
    }
    return patch;
  }

 private:
  Status Map(const Value& old, const Value& value, const std::string& path, const std::string& key,
             DiffOptions options, int depth, Value& patch) {
    const std::string field = Join(path, key);
    const FieldMerge merge = schema_(field, false);
    options.retain_keys = merge.strategy == Strategy::kRetainKeys;
    if (merge.strategy == Strategy::kAtomic) {
      if (options.changes) patch.Set(key, value);
      return {};
    }
    SLUICE_TRY(Value below, Maps(old, value, field, options, depth + 1));
    if (!below.empty()) patch.Set(key, std::move(below));
    return {};
  }

  Status List(const Value& old, const Value& value, const std::string& path, const std::string& key,
              DiffOptions options, int depth, Value& patch) {
    const std::string field = Join(path, key);
    const FieldMerge merge = schema_(field, true);
    if (merge.strategy == Strategy::kAtomic) {
      if (options.changes && !(old == value)) patch.Set(key, value);
      return {};
    }
    options.retain_keys = merge.strategy == Strategy::kRetainKeys;
    if (old.empty()) {
      if (!value.empty() && options.changes) patch.Set(key, value);
      return {};
    }
    bool maps = false;
    SLUICE_TRY(CheckElements({&old, &value}, maps));
    if (maps) return MapList(old, value, field, key, merge.merge_key, options, depth, patch);
    Scalars(old, value, key, options, patch);
    return {};
  }

  static std::vector<const Value*> Sorted(const Value& list, std::string_view key) {
    std::vector<const Value*> out;
    for (const Value& item : list.items()) out.push_back(&item);
    std::ranges::stable_sort(
        out, {}, [&](const Value* item) { return PlainText(key.empty() ? *item : (*item)[key]); });
    return out;
  }

  Status MapList(const Value& old, const Value& value, const std::string& path,
                 const std::string& key, const std::string& merge_key, const DiffOptions& options,
                 int depth, Value& patch) {
    for (const Value* list : {&old, &value}) {
      for (const Value& item : list->items()) {
        if (item.Find(merge_key) == nullptr) return NoMergeKey(item, merge_key);
      }
    }
    std::vector<Value> changes, gone;
    const auto before = Sorted(old, merge_key), after = Sorted(value, merge_key);
    size_t i = 0, j = 0;
    while (i < before.size() || j < after.size()) {
      const std::string a = i < before.size() ? PlainText((*before[i])[merge_key]) : "",
                        b = j < after.size() ? PlainText((*after[j])[merge_key]) : "";
      if (i < before.size() && j < after.size() && a == b) {
        SLUICE_TRY(Value below, Maps(*before[i++], *after[j], path, options, depth + 1));
        if (!below.empty()) {
          below.Set(merge_key, (*after[j])[merge_key]);
          changes.push_back(std::move(below));
        }
        ++j;
      } else if (i == before.size() || (j < after.size() && a > b)) {
        if (options.changes) changes.push_back(*after[j]);
        ++j;
      } else {
        if (options.deletions)
          gone.push_back(Value::Object(
              {{merge_key, (*before[i])[merge_key]}, {std::string(kDirective), "delete"}}));
        ++i;
      }
    }
    SortBy(changes, value.items(), merge_key);
    bool same_order = old.size() == value.size();
    for (size_t k = 0; same_order && k < old.size(); ++k)
      same_order = old.items()[k][merge_key] == value.items()[k][merge_key];
    std::ranges::move(gone, std::back_inserter(changes));
    if ((options.changes && (!changes.empty() || !same_order)) ||
        (options.deletions && !changes.empty())) {
      Value order = Value::Array();
      for (const Value& item : value.items())
        order.Append(Value::Object({{merge_key, item[merge_key]}}));
      if (!order.empty()) patch.Set(Cat(kOrderPrefix, key), std::move(order));
    }
    if (!changes.empty()) patch.Set(key, Value::Array(std::move(changes)));
    return {};
  }

  static void Scalars(const Value& old, const Value& value, const std::string& key,
                      const DiffOptions& options, Value& patch) {
    std::vector<Value> added, gone;
    const auto before = Sorted(old, ""), after = Sorted(value, "");
    size_t i = 0, j = 0;
    while (i < before.size() || j < after.size()) {
      const std::string a = i < before.size() ? PlainText(*before[i]) : "",
                        b = j < after.size() ? PlainText(*after[j]) : "";
      if (i < before.size() && j < after.size() && a == b) {
        ++i, ++j;
      } else if (i == before.size() || (j < after.size() && a > b)) {
        if (options.changes) added.push_back(*after[j]);
        ++j;
      } else {
        if (options.deletions && std::ranges::find(gone, *before[i]) == gone.end())
          gone.push_back(*before[i]);
        ++i;
      }
    }
    SortBy(added, value.items(), "");
    const bool order = (options.deletions && !gone.empty()) || (options.changes && !(old == value));
    if (!added.empty()) patch.Set(key, Value::Array(std::move(added)));
    if (!gone.empty()) patch.Set(Cat(kDeletePrefix, key), Value::Array(std::move(gone)));
    if (order && !value.empty()) patch.Set(Cat(kOrderPrefix, key), value);
  }

  const MergeSchema& schema_;
};

// The changes laid over the deletions: both are patches, so that nulls and directives stay.
class PatchMerger {
 public:
  explicit PatchMerger(const MergeSchema& schema) : schema_(schema) {}

  Status Maps(Value& deletions, Value changes, const std::string& path, int depth) {
    if (depth > kMaxDepth) return InvalidArgument("exceeded max depth");
    if (const Value* directive = changes.Find(kDirective); directive != nullptr) {
      if (directive->AsString() != "delete") changes.Erase(kDirective);
      deletions = directive != nullptr && changes.Find(kDirective) != nullptr ? Value::Object()
                                                                              : std::move(changes);
      return {};
    }
    if (const Value* kept = changes.Find(kRetainKeys); kept != nullptr) {
      if (const Value* other = deletions.Find(kRetainKeys);
          other != nullptr && !(*other == *kept)) {
        return InvalidArgument(
            Cat(PlainText(*other), " and ", PlainText(*kept),
                " are not deep equal: this may happen when calculating the 3-way diff patch"));
      }
      deletions.Set(kRetainKeys, *kept);
      changes.Erase(kRetainKeys);
    }
    SLUICE_TRY(Orders(deletions, changes, path, depth));
    for (const auto& [key, change] : changes.members())
      SLUICE_TRY(Field(deletions, key, change, path, depth));
    return {};
  }

 private:
  Status Orders(Value& deletions, Value& changes, const std::string& path, int depth) {
    std::vector<std::string> directives;
    for (const auto& [key, value] : changes.members()) {
      if (key.starts_with(kOrderPrefix)) directives.push_back(key);
    }
    for (const std::string& directive : directives) {
      const Value order = changes[directive];
      if (const Value* other = deletions.Find(directive); other != nullptr && !(*other == order)) {
        return InvalidArgument("invalid patch format of setElementOrder list");
      }
      deletions.Set(directive, order);
      changes.Erase(directive);
      const std::string key = directive.substr(kOrderPrefix.size()), field = Join(path, key);
      const Value *old = deletions.Find(key), *change = changes.Find(key);
      if (old == nullptr && change == nullptr) continue;
      const FieldMerge merge = schema_(field, true);
      Value merged = old != nullptr ? *old : *change;
      if (old != nullptr && change != nullptr)
        SLUICE_TRY(Lists(merged, *change, field, merge, depth));
      const std::vector<Value> server = old != nullptr ? old->items() : std::vector<Value>();
      if (old == nullptr)
        std::erase_if(merged.mutable_items(),
                      [](const Value& v) { return v.Find(kDirective) != nullptr; });
      Weave(merged, order.items(), server, merge.merge_key);
      deletions.Set(key, std::move(merged));
      changes.Erase(key);
    }
    return {};
  }

  // What `order` names by its order, the rest by `server`'s, woven together.
  static void Weave(Value& list, const std::vector<Value>& order, const std::vector<Value>& server,
                    std::string_view key) {
    std::vector<Value> named, rest, all;
    for (Value& item : list.mutable_items())
      (IndexOf(order, item, key) < order.size() ? named : rest).push_back(std::move(item));
    SortBy(named, order, key);
    SortBy(rest, server, key);
    size_t i = 0, j = 0;
    while (i < rest.size() || j < named.size()) {
      bool take_rest = j == named.size();
      if (!take_rest && i < rest.size()) {
        const size_t left = IndexOf(server, rest[i], key), right = IndexOf(server, named[j], key);
        take_rest = left < server.size() && right < server.size() && left < right;
      }
      all.push_back(std::move(take_rest ? rest[i++] : named[j++]));
    }
    list = Value::Array(std::move(all));
  }

  Status Field(Value& deletions, const std::string& key, const Value& change,
               const std::string& path, int depth) {
    Value* old = deletions.Find(key);
    if (key.starts_with(kDeletePrefix) || old == nullptr || old->is_null() ||
        !SameType(*old, change)) {
      deletions.Set(key, change);
      return {};
    }
    const std::string field = Join(path, key);
    if (change.is_object()) {
      if (schema_(field, false).strategy != Strategy::kAtomic)
        return Maps(*old, change, field, depth + 1);
    } else if (change.is_array()) {
      const FieldMerge merge = schema_(field, true);
      if (merge.strategy != Strategy::kAtomic) {
        const std::vector<Value> server = old->items();
        SLUICE_TRY(Lists(*old, change, field, merge, depth));
        Weave(*old, change.items(), server, merge.merge_key);
        return {};
      }
    }
    *old = change;
    return {};
  }

  Status Lists(Value& list, const Value& changes, const std::string& path, const FieldMerge& merge,
               int depth) {
    bool maps = false;
    SLUICE_TRY(CheckElements({&list, &changes}, maps));
    auto& items = list.mutable_items();
    for (const Value& change : changes.items()) {
      const size_t i = IndexOf(items, change, maps ? merge.merge_key : "");
      if (i == items.size()) {
        items.push_back(change);
      } else if (maps) {
        SLUICE_TRY(Maps(items[i], change, path, depth + 1));
      }
    }
    return {};
  }

  const MergeSchema& schema_;
};

Result<Value> StrategicPatch(const Value& original, const Value& modified, const Value& live,
                             const MergeSchema& schema) {
  Differ differ(schema);
  SLUICE_TRY(Value changes,
             differ.Maps(live, modified, "", {.deletions = false, .changes = true}, 0));
  SLUICE_TRY(Value patch,
             differ.Maps(original, modified, "", {.deletions = true, .changes = false}, 0));
  SLUICE_TRY(PatchMerger(schema).Maps(patch, std::move(changes), "", 0));
  return patch;
}

// Only nulls, or all but them; maps that become empty go.
Value Nulls(const Value& patch, bool keep) {
  Value out = Value::Object();
  for (const auto& [key, value] : patch.members()) {
    if (value.is_object() && !value.empty()) {
      if (Value below = Nulls(value, keep); !below.empty()) out.Set(key, std::move(below));
    } else if (value.is_null() == keep) {
      out.Set(key, value);
    }
  }
  return out;
}

Result<Value> ThreeWayMergePatch(const Value& original, const Value& modified, const Value& live) {
  Value patch = Nulls(document::MakeMergePatch(original, modified), true);
  document::ApplyMergePatch(patch, Nulls(document::MakeMergePatch(live, modified), false));
  if (patch.Find("apiVersion") != nullptr || patch.Find("kind") != nullptr ||
      patch["metadata"].Find("name") != nullptr) {
    return InvalidArgument(Cat("precondition failed for: ", PlainText(patch)));
  }
  return patch;
}

}  // namespace

Result<UpdatePatch> MakeUpdatePatch(const Value& original, const Value& modified, const Value& live,
                                    bool three_way) {
  const std::string_view api_version = modified["apiVersion"].AsString(),
                         kind = modified["kind"].AsString();
  if (IsBuiltinKind(api_version, kind)) {
    SLUICE_TRY(Value patch,
               StrategicPatch(original, modified, live, PatchSchemaOf(api_version, kind)));
    return UpdatePatch{PatchType::kStrategic, std::move(patch)};
  }
  if (!three_way)
    return UpdatePatch{PatchType::kMerge, document::MakeMergePatch(original, modified)};
  SLUICE_TRY(Value patch, ThreeWayMergePatch(original, modified, live));
  return UpdatePatch{PatchType::kMerge, std::move(patch)};
}

}  // namespace sluice::helm
