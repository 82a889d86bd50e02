#include "managed_fields.h"

#include <algorithm>
#include <array>
#include <optional>

#include "document/json.h"
#include "document/patch.h"
#include "kube/object.h"
#include "value_hash.h"

namespace sluice::apply {
namespace {

using document::Value;

constexpr std::array<std::string_view, 3> kForeignAnnotations = {
    "kubectl.kubernetes.io/last-applied-configuration", "kustomize.toolkit.fluxcd.io/checksum",
    "fluxcd.io/sync-checksum"};
constexpr std::array<std::string_view, 1> kForeignLabels = {"fluxcd.io/sync-gc-mark"};

bool IsOurs(const Value& entry, const ManagerRules& rules) {
  return entry["manager"].AsString() == rules.manager && entry["operation"].AsString() == "Apply" &&
         entry["subresource"].AsString().empty();
}

bool IsForeign(const Value& entry, const ManagerRules& rules) {
  if (!entry["subresource"].AsString().empty()) return false;
  const auto manager = entry["manager"].AsString();
  const bool update = entry["operation"].AsString() == "Update";
  if (manager.starts_with("kubectl")) return true;
  if (update && (manager.starts_with("before-first-apply") || manager.starts_with(rules.manager)))
    return true;
  return std::ranges::any_of(rules.override_managers,
                             [&](const std::string& m) { return manager.starts_with(m); });
}

// The union of two field sets.
void MergeFields(Value& into, const Value& from) {
  for (const auto& [key, value] : from.members()) {
    Value* mine = into.Find(key);
    if (mine == nullptr) {
      into.Set(key, value);
    } else if (value.is_object()) {
      MergeFields(*mine, value);
    }
  }
}

Value MergedManagers(const Value& managed, const ManagerRules& rules) {
  Value out = Value::Array();
  std::optional<size_t> ours;
  for (const Value& entry : managed.items()) {
    if (!IsOurs(entry, rules) && !IsForeign(entry, rules)) {
      out.Append(entry);
    } else if (!ours) {  // our entry, or the first one to take over, which becomes ours
      ours = out.size();
      Value mine = entry;
      mine.Set("manager", rules.manager);
      mine.Set("operation", "Apply");
      out.Append(std::move(mine));
    } else {
      Value& mine = out.mutable_items()[*ours];
      if (IsOurs(entry, rules)) {
        mine.Set("apiVersion", entry["apiVersion"]);
        mine.Set("time", entry["time"]);
      }
      MergeFields(mine.Mutable("fieldsV1"), entry["fieldsV1"]);
    }
  }
  return out;
}

// The child of a field set that list index `index` of `list` selects.
const Value* FindItem(const Value& fields, const Value& list, size_t index) {
  if (index >= list.size()) return nullptr;
  const Value& item = list.items()[index];
  for (const auto& [key, child] : fields.members()) {
    if (!key.starts_with("k:")) continue;
    const auto keys = document::ParseJson(std::string_view(key).substr(2));
    if (!keys.ok()) continue;
    const bool all = std::ranges::all_of(keys->members(),
                                         [&](const auto& m) { return item[m.first] == m.second; });
    if (all) return &child;
  }
  return nullptr;
}

bool OwnsPath(const Value& fields, const Value& live, const std::vector<std::string>& path) {
  const Value* set = &fields;
  const Value* at = &live;
  for (const auto& token : path) {
    const Value* next = nullptr;
    if (at->is_array() && !token.empty() && token.find_first_not_of("0123456789") == token.npos) {
      const size_t index = token.size() > 9 ? at->size() : static_cast<size_t>(std::stoul(token));
      next = FindItem(*set, *at, index);
      at = index < at->size() ? &at->items()[index] : &Value::Null();
    } else {
      next = set->Find("f:" + token);
      at = &(*at)[token];
    }
    // a leaf above owns all below it
    if (next == nullptr) return set->is_object() && set->empty() && set != &fields;
    set = next;
  }
  return true;
}

}  // namespace

std::string OwnedFieldsHash(const Value& object, const ManagerRules& rules, bool* foreign) {
  ValueHasher hasher;
  *foreign = false;
  for (const Value& entry : object["metadata"]["managedFields"].items()) {
    const bool theirs = IsForeign(entry, rules);
    *foreign |= theirs;
    if (!theirs && !IsOurs(entry, rules)) continue;
    hasher.AddText(entry["manager"].AsString());
    hasher.AddText(entry["operation"].AsString());
    hasher.Add(entry["fieldsV1"]);
  }
  return hasher.Finish();
}

std::string_view LastAppliedAt(const Value& object, const ManagerRules& rules) {
  for (const Value& entry : object["metadata"]["managedFields"].items()) {
    if (IsOurs(entry, rules)) return entry["time"].AsString();
  }
  return {};
}

bool NeedsCleanup(const Value& object, const ManagerRules& rules) {
  const Value& metadata = object["metadata"];
  const auto has = [](const Value& map) {
    return [&map](std::string_view key) { return map.Find(key) != nullptr; };
  };
  return std::ranges::any_of(kForeignAnnotations, has(metadata["annotations"])) ||
         std::ranges::any_of(kForeignLabels, has(metadata["labels"])) ||
         std::ranges::any_of(metadata["managedFields"].items(),
                             [&](const Value& e) { return IsForeign(e, rules); });
}

Value CleanupPatch(const Value& live, const ManagerRules& rules) {
  Value patch = Value::Array();
  const Value& metadata = live["metadata"];
  const auto remove = [&](const char* map, std::string_view key) {
    if (metadata[map].Find(key) == nullptr) return;
    patch.Append(Value::Object(
        {{"op", "remove"},
         {"path", std::string("/metadata/") + map + "/" + document::EscapePointerToken(key)}}));
  };
  for (const auto key : kForeignAnnotations) remove("annotations", key);
  for (const auto key : kForeignLabels) remove("labels", key);
  const Value& managed = metadata["managedFields"];
  if (std::ranges::any_of(managed.items(), [&](const Value& e) { return IsForeign(e, rules); })) {
    patch.Append(Value::Object({{"op", "replace"},
                                {"path", "/metadata/managedFields"},
                                {"value", MergedManagers(managed, rules)}}));
  }
  return patch;
}

bool OwnedByOtherApplier(const Value& live, std::string_view pointer,
                         std::string_view our_manager) {
  const auto path = document::ParsePointer(pointer);
  if (!path.ok()) return false;
  return std::ranges::any_of(live["metadata"]["managedFields"].items(), [&](const Value& entry) {
    return entry["operation"].AsString() == "Apply" && entry["manager"].AsString() != our_manager &&
           OwnsPath(entry["fieldsV1"], live, *path);
  });
}

}  // namespace sluice::apply
