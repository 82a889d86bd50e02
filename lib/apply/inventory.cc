#include "apply/inventory.h"

#include <algorithm>
#include <unordered_set>

namespace sluice::apply {
namespace {

using base::Result;
using document::Value;

bool NameMayHoldColons(const kube::GroupKind& gk) {
  return gk.group == "rbac.authorization.k8s.io" &&
         (gk.kind == "Role" || gk.kind == "ClusterRole" || gk.kind == "RoleBinding" ||
          gk.kind == "ClusterRoleBinding");
}

std::string Replace(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (size_t at = 0;;) {
    const size_t hit = text.find(from, at);
    out += text.substr(at, hit == text.npos ? text.npos : hit - at);
    if (hit == text.npos) return out;
    out += to;
    at = hit + from.size();
  }
}

}  // namespace

ObjectRef ObjectRef::Of(const Value& object) {
  auto gvk = kube::GvkOf(object);
  return {{std::move(gvk.group), std::move(gvk.kind)}, kube::KeyOf(object), std::move(gvk.version)};
}

std::string ObjectRef::Subject() const { return gk.kind + "/" + key.ToString(); }

std::string ObjectRef::Id() const {
  const std::string name = NameMayHoldColons(gk) ? Replace(key.name, ":", "__") : key.name;
  return key.ns + "_" + name + "_" + gk.group + "_" + gk.kind;
}

Result<ObjectRef> ObjectRef::ParseId(std::string_view id, std::string_view version) {
  const auto fail = [&] {
    return base::InvalidArgument("unable to parse stored object metadata: " +
                                 std::string(id.substr(0, 512)));
  };
  const size_t first = id.find('_');
  const size_t last = id.rfind('_');
  if (first == id.npos || last <= first) return fail();
  const size_t group = id.rfind('_', last - 1);
  if (group == id.npos || group <= first) return fail();
  ObjectRef ref;
  ref.key.ns = id.substr(0, first);
  ref.key.name = Replace(id.substr(first + 1, group - first - 1), "__", ":");
  ref.gk.group = id.substr(group + 1, last - group - 1);
  ref.gk.kind = id.substr(last + 1);
  ref.version = version;
  if (ref.key.name.empty() || ref.gk.kind.empty()) return fail();
  return ref;
}

Result<Inventory> Inventory::FromStatus(const Value& inventory) {
  Inventory out;
  for (const Value& entry : inventory["entries"].items()) {
    SLUICE_TRY(auto ref, ObjectRef::ParseId(entry["id"].AsString(), entry["v"].AsString()));
    out.Add(std::move(ref));
  }
  return out;
}

Value Inventory::ToStatus() const {
  Value entries = Value::Array();
  for (const auto& ref : entries_)
    entries.Append(Value::Object({{"id", ref.Id()}, {"v", ref.version}}));
  return Value::Object({{"entries", std::move(entries)}});
}

void Inventory::Add(ObjectRef ref) {
  const auto it = std::ranges::find(entries_, ref);
  if (it == entries_.end()) {
    entries_.push_back(std::move(ref));
  } else {
    it->version = std::move(ref.version);
  }
}

void Inventory::Merge(const Inventory& other) {
  std::unordered_set<std::string> ids;
  for (const auto& ref : entries_) ids.insert(ref.Id());
  for (const auto& ref : other.entries_) {
    if (ids.insert(ref.Id()).second) entries_.push_back(ref);
  }
}

std::vector<ObjectRef> Inventory::Minus(const Inventory& next) const {
  std::unordered_set<std::string> ids;
  for (const auto& ref : next.entries_) ids.insert(ref.Id());
  std::vector<ObjectRef> out;
  for (const auto& ref : entries_) {
    if (!ids.contains(ref.Id())) out.push_back(ref);
  }
  return out;
}

bool operator==(const Inventory& a, const Inventory& b) {
  return std::ranges::equal(a.entries_, b.entries_, [](const ObjectRef& x, const ObjectRef& y) {
    return x == y && x.version == y.version;
  });
}

}  // namespace sluice::apply
