#include "document/strategic_merge.h"

#include <algorithm>
#include <vector>

#include "document/json.h"

namespace sluice::document {
namespace {

using base::InvalidArgument;
using base::Result;
using base::Status;
using Strategy = FieldMerge::Strategy;

constexpr std::string_view kDirective = "$patch";
constexpr std::string_view kRetainKeys = "$retainKeys";
constexpr std::string_view kDeletePrefix = "$deleteFromPrimitiveList/";
constexpr std::string_view kOrderPrefix = "$setElementOrder/";
constexpr size_t kMaxDepth = 1000;

Status NoMergeKey(const Value& map, std::string_view key) {
  return InvalidArgument("map: " + ToJson(map) +
                         " does not contain declared merge key: " + std::string(key));
}
Status BadPatchType(const Value& directive, const Value& map) {
  return InvalidArgument("unknown patch type: " + std::string(directive.AsString()) +
                         " in map: " + ToJson(map));
}

bool Contains(const std::vector<Value>& list, const Value& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// Where in `list` an element equal to `item` (by merge key, or whole for scalars) stands;
// list.size() if nowhere.
size_t IndexOf(const std::vector<Value>& list, const Value& item, std::string_view key) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (key.empty() ? list[i] == item : list[i][key] == item[key]) return i;
  }
  return list.size();
}

// Drops directives from what is taken over as it stands; false if the value is itself one.
bool RemoveDirectives(Value& value) {
  if (value.is_array()) {
    std::erase_if(value.mutable_items(), [](Value& item) { return !RemoveDirectives(item); });
  } else if (value.is_object()) {
    if (value.Find(kDirective) != nullptr) return false;
    std::vector<std::string> gone;
    for (const auto& [key, member] : value.members()) {
      if (!RemoveDirectives(*value.Find(key))) gone.push_back(key);
    }
    for (const std::string& key : gone) value.Erase(key);
  }
  return true;
}

void DiscardNulls(Value& value) {
  if (value.is_array()) {
    for (Value& item : value.mutable_items()) DiscardNulls(item);
    return;
  }
  std::vector<std::string> gone;
  for (const auto& [key, member] : value.members()) {
    if (member.is_null()) {
      gone.push_back(key);
    } else {
      DiscardNulls(*value.Find(key));
    }
  }
  for (const std::string& key : gone) value.Erase(key);
}

// apimachinery's normalizeElementOrder: the patch's elements in the patch's order, those only the
// server has in theirs, woven together by the server's order.
std::vector<Value> Order(std::vector<Value> merged, const std::vector<Value>& patch_order,
                         const std::vector<Value>& server_order, std::string_view key) {
  std::vector<Value> patched, server_only;
  for (Value& item : merged) {
    (IndexOf(patch_order, item, key) < patch_order.size() ? patched : server_only)
        .push_back(std::move(item));
  }
  const auto by = [&](const std::vector<Value>& order) {
    return [&](const Value& a, const Value& b) {
      return IndexOf(order, a, key) < IndexOf(order, b, key);
    };
  };
  std::stable_sort(patched.begin(), patched.end(), by(patch_order));
  std::stable_sort(server_only.begin(), server_only.end(), by(server_order));
  std::vector<Value> all;
  size_t i = 0, j = 0;
  while (i < server_only.size() || j < patched.size()) {
    bool take_server = j >= patched.size();
    if (!take_server && i < server_only.size()) {
      const size_t left = IndexOf(server_order, server_only[i], key),
                   right = IndexOf(server_order, patched[j], key);
      take_server = right < server_order.size() && left < right;
    }
    all.push_back(std::move(take_server ? server_only[i++] : patched[j++]));
  }
  return all;
}

class Merger {
 public:
  explicit Merger(const MergeSchema& schema) : schema_(schema) {}

  Status Map(Value& original, Value patch, const std::string& path, size_t depth) {
    if (depth > kMaxDepth) return InvalidArgument("exceeded max depth");
    if (const Value* directive = patch.Find(kDirective); directive != nullptr) {
      if (*directive == Value("replace")) {
        patch.Erase(kDirective);
        original = std::move(patch);
        return {};
      }
      if (*directive == Value("delete")) {
        original = Value::Object();
        return {};
      }
      return BadPatchType(*directive, patch);
    }
    if (original.is_null()) original = Value::Object();
    SLUICE_TRY(RetainKeys(original, patch));
    SLUICE_TRY(ElementOrders(original, patch, path, depth));
    for (const auto& [key, value] : patch.members())
      SLUICE_TRY(Field(original, key, value, path, depth));
    return {};
  }

 private:
  static std::string Join(const std::string& path, std::string_view key) {
    return path.empty() ? std::string(key) : path + "." + std::string(key);
  }

  static Status RetainKeys(Value& original, Value& patch) {
    const Value* list = patch.Find(kRetainKeys);
    if (list == nullptr) return {};
    const Status bad = InvalidArgument("invalid patch format of retainKeys");
    if (!list->is_array()) return bad;
    const std::vector<Value> retained = list->items();
    patch.Erase(kRetainKeys);
    for (const auto& [key, value] : patch.members()) {
      if (value.is_null() || key.starts_with(kDeletePrefix) || key.starts_with(kOrderPrefix))
        continue;
      if (!Contains(retained, Value(key))) return bad;
    }
    std::vector<std::string> gone;
    for (const auto& [key, value] : original.members()) {
      if (!Contains(retained, Value(key))) gone.push_back(key);
    }
    for (const std::string& key : gone) original.Erase(key);
    return {};
  }

  Status ElementOrders(Value& original, Value& patch, const std::string& path, size_t depth) {
    std::vector<std::string> directives;
    for (const auto& [key, value] : patch.members()) {
      if (key.starts_with(kOrderPrefix)) directives.push_back(key);
    }
    for (const std::string& directive : directives) {
      const Value order = patch[directive];
      patch.Erase(directive);
      if (!order.is_array()) return InvalidArgument("invalid patch format of setElementOrder list");
      SLUICE_TRY(ElementOrder(original, patch, directive.substr(kOrderPrefix.size()), order.items(),
                              path, depth));
    }
    return {};
  }

  Status ElementOrder(Value& original, Value& patch, const std::string& key,
                      const std::vector<Value>& order, const std::string& path, size_t depth) {
    Value *old = original.Find(key), *change = patch.Find(key);
    if (old == nullptr && change == nullptr) return {};
    if ((old != nullptr && !old->is_array()) || (change != nullptr && !change->is_array())) {
      return InvalidArgument("expected a []interface {}, but received a " +
                             std::string("map[string]interface {}"));
    }
    const std::string field = Join(path, key);
    const FieldMerge merge = schema_(field, true);
    SLUICE_TRY(CheckOrder(change, order, merge.merge_key));
    const std::vector<Value> server_order = LiveOrder(old, change, merge.merge_key);
    Value merged;
    if (old == nullptr) {
      merged = *change;
      RemoveDirectives(merged);
    } else {
      merged = *old;
      if (change != nullptr) SLUICE_TRY(List(merged, *change, field, merge, false, depth));
    }
    for (const Value& item : merged.items()) {
      if (!merge.merge_key.empty() && item.Find(merge.merge_key) == nullptr)
        return NoMergeKey(item, merge.merge_key);
    }
    original.Set(key, Value::Array(Order(std::move(merged.mutable_items()), order, server_order,
                                         merge.merge_key)));
    patch.Erase(key);
    return {};
  }

  // The live elements' order. apimachinery edits their array in place: what is appended takes the
  // room of what was deleted.
  static std::vector<Value> LiveOrder(const Value* old, const Value* change, std::string_view key) {
    std::vector<Value> order = old != nullptr ? old->items() : std::vector<Value>();
    if (change == nullptr || key.empty()) return order;
    const size_t room = order.size();
    for (const Value& item : change->items()) {
      if (item[kDirective] == Value("delete"))
        std::erase_if(order, [&](const Value& live) { return live[key] == item[key]; });
    }
    for (const Value& item : change->items()) {
      const bool fresh =
          item.Find(kDirective) == nullptr && IndexOf(order, item, key) == order.size();
      if (fresh && order.size() < room) order.push_back(item);
    }
    return order;
  }

  // The patch's elements must stand in $setElementOrder's list, in its order.
  static Status CheckOrder(const Value* change, const std::vector<Value>& order,
                           std::string_view key) {
    if (change == nullptr || change->empty() || order.empty()) return {};
    size_t next = 0;
    for (const Value& item : change->items()) {
      if (item.Find(kDirective) != nullptr) continue;
      while (next < order.size() &&
             !(key.empty() ? item == order[next] : item[key] == order[next][key]))
        ++next;
      if (next == order.size()) {
        return InvalidArgument("The order in patch list:\n" + ToJson(*change) +
                               "\n doesn't match $setElementOrder list:\n" +
                               ToJson(Value::Array(order)) + "\n");
      }
      ++next;
    }
    return {};
  }

  Status Field(Value& original, std::string_view raw_key, const Value& change,
               const std::string& path, size_t depth) {
    const bool delete_list = raw_key.starts_with(kDeletePrefix);
    if (!delete_list && raw_key.starts_with("$deleteFromPrimitiveList"))
      return InvalidArgument("invalid patch format of primitive list");
    const std::string key(delete_list ? raw_key.substr(kDeletePrefix.size()) : raw_key);
    if (change.is_null()) {
      original.Erase(key);
      return {};
    }
    Value* old = original.Find(key);
    const std::string field = Join(path, key);
    if (old != nullptr && old->is_object() && change.is_object()) {
      if (schema_(field, false).strategy == Strategy::kAtomic) {
        *old = change;
        return {};
      }
      return Map(*old, change, field, depth + 1);
    }
    if (old != nullptr && old->is_array() && change.is_array()) {
      const FieldMerge merge = schema_(field, true);
      if (delete_list || merge.strategy != Strategy::kAtomic)
        return List(*old, change, field, merge, delete_list, depth + 1);
      *old = change;
      return {};
    }
    if (delete_list) return {};
    Value taken = change;
    DiscardNulls(taken);
    if (RemoveDirectives(taken)) {
      original.Set(key, std::move(taken));
    } else {
      original.Erase(key);
    }
    return {};
  }

  // All elements must be of one kind, and none a list.
  static Status CheckElements(const Value& a, const Value& b, bool& maps) {
    const Value* first = !a.empty() ? &a.items().front() : &b.items().front();
    maps = first->is_object();
    for (const Value* list : {&a, &b}) {
      for (const Value& item : list->items()) {
        if (item.is_array()) return InvalidArgument("lists of lists are not supported");
        if (item.is_object() != maps)
          return InvalidArgument("list element types are not identical: " + ToJson(*list));
      }
    }
    return {};
  }

  Status List(Value& original, const Value& change, const std::string& path,
              const FieldMerge& merge, bool delete_list, size_t depth) {
    if (original.empty() && change.empty()) return {};
    bool maps = false;
    SLUICE_TRY(CheckElements(original, change, maps));
    auto& items = original.mutable_items();
    if (!maps) {
      if (delete_list) {
        std::erase_if(items, [&](const Value& item) { return Contains(change.items(), item); });
        return {};
      }
      const std::vector<Value> server_order = items;
      for (const Value& item : change.items()) {
        if (!Contains(items, item)) items.push_back(item);
      }
      items = Order(std::move(items), change.items(), server_order, "");
      return {};
    }
    if (merge.merge_key.empty())
      return InvalidArgument("cannot merge lists without merge key for " + path);
    std::vector<Value> additions;
    SLUICE_TRY(Directives(items, change, merge.merge_key, additions));
    const std::vector<Value> server_order = items;
    for (const Value& addition : additions) {
      if (addition.Find(merge.merge_key) == nullptr) return NoMergeKey(addition, merge.merge_key);
      const size_t i = IndexOf(items, addition, merge.merge_key);
      if (i == items.size()) {
        items.push_back(addition);
        continue;
      }
      SLUICE_TRY(Map(items[i], addition, path, depth + 1));
    }
    for (const Value& item : items) {
      if (item.Find(merge.merge_key) == nullptr) return NoMergeKey(item, merge.merge_key);
    }
    items = Order(std::move(items), additions, server_order, merge.merge_key);
    return {};
  }

  // Takes the elements with "$patch" out of `change`: delete removes the element of that key,
  // replace everything.
  static Status Directives(std::vector<Value>& items, const Value& change, std::string_view key,
                           std::vector<Value>& additions) {
    bool replace = false;
    for (const Value& item : change.items()) {
      const Value* directive = item.Find(kDirective);
      if (directive == nullptr) {
        additions.push_back(item);
      } else if (*directive == Value("delete")) {
        if (item.Find(key) == nullptr) return NoMergeKey(item, key);
        std::erase_if(items, [&](const Value& old) { return old[key] == item[key]; });
      } else if (*directive == Value("replace")) {
        replace = true;
      } else if (*directive == Value("merge")) {
        return InvalidArgument("merging lists cannot yet be specified in the patch");
      } else {
        return BadPatchType(*directive, item);
      }
    }
    if (replace) {
      items = std::move(additions);
      additions.clear();
    }
    return {};
  }

  const MergeSchema& schema_;
};

struct BuiltinField {
  std::string_view suffix;
  std::string_view merge_key;
};
// From the patchMergeKey tags of the Kubernetes API types (core/v1, apps/v1, batch/v1); a path ends
// in ".suffix" or is it.
constexpr BuiltinField kBuiltinLists[] = {
    {"containers", "name"},
    {"initContainers", "name"},
    {"ephemeralContainers", "name"},
    {"volumes", "name"},
    {"imagePullSecrets", "name"},
    {"hostAliases", "ip"},
    {"topologySpreadConstraints", "topologyKey"},
    {"resourceClaims", "name"},
    {"schedulingGates", "name"},
    {"containers.ports", "containerPort"},
    {"initContainers.ports", "containerPort"},
    {"ephemeralContainers.ports", "containerPort"},
    {"spec.ports", "port"},
    {"env", "name"},
    {"volumeMounts", "mountPath"},
    {"volumeDevices", "devicePath"},
    {"secrets", "name"},
    {"ownerReferences", "uid"},
    {"finalizers", ""},
    {"status.conditions", "type"},
    {"addresses", "type"},
    {"podIPs", "ip"},
    {"hostIPs", "ip"},
    {"webhooks", "name"},
    {"podCIDRs", ""},
};

}  // namespace

FieldMerge BuiltinMerge(std::string_view path, bool is_list) {
  if (!is_list) return {Strategy::kMerge, ""};
  for (const BuiltinField& field : kBuiltinLists) {
    const bool whole = path == field.suffix;
    const bool tail = path.size() > field.suffix.size() && path.ends_with(field.suffix) &&
                      path[path.size() - field.suffix.size() - 1] == '.';
    if (whole || tail) return {Strategy::kMerge, std::string(field.merge_key)};
  }
  return {};
}

Status ApplyStrategicMerge(Value& target, const Value& patch, const MergeSchema& schema) {
  if (!target.is_object() || !patch.is_object()) return InvalidArgument("invalid JSON document");
  Value merged = target;
  SLUICE_TRY(Merger(schema).Map(merged, patch, "", 0));
  target = std::move(merged);
  return {};
}

}  // namespace sluice::document
