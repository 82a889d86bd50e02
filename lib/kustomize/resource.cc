#include "resource.h"

#include <algorithm>
#include <map>

#include "base/strings.h"
#include "document/yaml.h"
#include "fieldspec.h"
#include "schema.h"

namespace sluice::kustomize {
namespace {

using base::Status;

constexpr std::string_view kInternal = "internal.config.kubernetes.io/";
constexpr std::string_view kBuildAnnotations[] = {
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    "internal.config.kubernetes.io/needsHashSuffix",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "internal.config.kubernetes.io/helm-generated",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
};

bool IsBuildAnnotation(std::string_view key) {
  return std::ranges::find(kBuildAnnotations, key) != std::end(kBuildAnnotations);
}

std::string_view ValueOf(const Node* node) {
  return node != nullptr && node->is_scalar() ? node->value() : "";
}

// The peer's scalars have no tag: an empty one is a null, "1" a number, unless the quotes of what
// was there say otherwise.
void SetField(Node& map, std::string_view key, std::string_view value) {
  Node* old = map.Find(key);
  if (old == nullptr) {
    AddField(&map, key, map.arena().NewScalar(value));
    return;
  }
  const Node::Style style = old->is_scalar() ? old->style() : Node::Style::kPlain;
  old->Assign(*map.arena().NewScalar(value, Tag::kNone, style));
}

std::vector<std::string_view> SplitList(std::string_view text) {
  if (text.empty()) return {};
  return base::Split(text, ",");
}

}  // namespace

std::string_view BehaviorName(Behavior behavior) {
  switch (behavior) {
    case Behavior::kUnspecified:
      return "unspecified";
    case Behavior::kCreate:
      return "create";
    case Behavior::kMerge:
      return "merge";
    case Behavior::kReplace:
      return "replace";
  }
  return "";
}

bool Resource::IsNilOrEmpty() const {
  return root_ == nullptr || root_->IsNull() || (!root_->is_scalar() && root_->empty());
}

std::string_view Resource::api_version() const { return ValueOf(root_->Find("apiVersion")); }
std::string_view Resource::kind() const { return ValueOf(root_->Find("kind")); }
std::string_view Resource::name() const { return ValueOf(root_->At({"metadata", "name"})); }
std::string_view Resource::ns() const { return ValueOf(root_->At({"metadata", "namespace"})); }
bool Resource::IsClusterScoped() const { return schema_->IsClusterScoped(api_version(), kind()); }

ResId Resource::id() const { return {gvk(), name(), ns(), IsClusterScoped()}; }
ResId Resource::original_id() const { return previous_.empty() ? id() : previous_id(0); }

ResId Resource::previous_id(size_t i) const {
  const PreviousId& p = previous_[i];
  Gvk now = gvk();
  now.kind = p.kind;
  return {now, p.name, p.ns, false};
}

bool Resource::HasPreviousName(std::string_view name) const {
  return std::ranges::any_of(previous_, [&](const PreviousId& p) { return p.name == name; });
}

void Resource::StorePreviousId() {
  const ResId now = id();
  previous_.push_back({now.name, now.effective_namespace(), now.gvk.kind});
}

bool Resource::AnyId(const std::function<bool(const ResId&)>& match) const {
  if (match(id())) return true;
  for (size_t i = 0; i < previous_.size(); ++i) {
    if (match(previous_id(i))) return true;
  }
  return false;
}

void Resource::SetName(std::string_view name) {
  SetField(*root_->FindOrAddMapping("metadata"), "name", name);
}

void Resource::SetNamespace(std::string_view ns) {
  Node* meta = metadata();
  if (ns.empty()) {
    if (meta != nullptr) meta->Erase("namespace");
    return;
  }
  SetField(meta == nullptr ? *root_->FindOrAddMapping("metadata") : *meta, "namespace", ns);
}

void Resource::SetKind(std::string_view kind) { SetField(*root_, "kind", kind); }
void Resource::SetApiVersion(std::string_view api_version) {
  SetField(*root_, "apiVersion", api_version);
}

Node* Resource::metadata() const {
  Node* meta = root_->Find("metadata");
  return meta != nullptr && meta->is_mapping() ? meta : nullptr;
}

Node* Resource::annotations() const {
  Node* map = root_->At({"metadata", "annotations"});
  return map != nullptr && map->is_mapping() ? map : nullptr;
}

Node* Resource::labels() const {
  Node* map = root_->At({"metadata", "labels"});
  return map != nullptr && map->is_mapping() ? map : nullptr;
}

std::string_view Resource::annotation(std::string_view key) const {
  const Node* map = annotations();
  return map == nullptr ? "" : ValueOf(map->Find(key));
}

void Resource::SetAnnotation(std::string_view key, std::string_view value) {
  Node* meta = root_->FindOrAddMapping("metadata");
  Node* map = meta->Find("annotations");
  if (map == nullptr || !map->is_mapping())
    map = meta->Set("annotations", root_->arena().NewMapping());
  map->Set(key, value);
}

void Resource::MakeAnnotationsTexts() {
  Node* map = annotations();
  if (map == nullptr) return;
  if (Node* texts = TextMap(map))
    metadata()->Set("annotations", texts);
  else
    metadata()->Erase("annotations");
}

void Resource::ForEachBuildAnnotation(
    const std::function<void(std::string_view, std::string_view)>& visit) const {
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) visit(base::Cat(kInternal, key), value);
  };
  std::vector<std::string_view> names, namespaces, kinds;
  for (const PreviousId& p : previous_) {
    names.push_back(p.name);
    namespaces.push_back(p.ns);
    kinds.push_back(p.kind);
  }
  add("previousKinds", base::Join(kinds, ","));
  add("previousNames", base::Join(names, ","));
  add("previousNamespaces", base::Join(namespaces, ","));
  add("prefixes", base::Join(prefixes, ","));
  add("suffixes", base::Join(suffixes, ","));
  add("refBy", base::Join(referrers, ","));
  if (behavior.has_value()) add("generatorBehavior", std::string(BehaviorName(*behavior)));
  if (needs_hash) add("needsHashSuffix", "enabled");
  if (allow_name_change) add("allowNameChange", "enabled");
  if (allow_kind_change) add("allowKindChange", "enabled");
}

Node* Resource::Dump(Arena& arena) const {
  Node* copy = root_->Clone(arena);
  Resource dumped(*schema_, copy);
  ForEachBuildAnnotation(
      [&](std::string_view key, std::string_view value) { dumped.SetAnnotation(key, value); });
  return copy;
}

void AdoptBuildAnnotations(Resource& resource) {
  Node* map = resource.annotations();
  if (map == nullptr) return;
  bool any = false;
  for (const auto& [key, value] : map->pairs()) any = any || key->value().starts_with(kInternal);
  if (!any) return;
  const auto take = [&](std::string_view key) {
    const std::string full = base::Cat(kInternal, key);
    const std::string_view value = ValueOf(map->Find(full));
    map->Erase(full);
    return value;
  };
  const auto names = SplitList(take("previousNames")),
             namespaces = SplitList(take("previousNamespaces")),
             kinds = SplitList(take("previousKinds"));
  if (names.size() == namespaces.size() && names.size() == kinds.size()) {
    for (size_t i = 0; i < names.size(); ++i)
      resource.previous_.push_back({names[i], namespaces[i], kinds[i]});
  }
  resource.prefixes = SplitList(take("prefixes"));
  resource.suffixes = SplitList(take("suffixes"));
  resource.needs_hash = take("needsHashSuffix") == "enabled";
  resource.helm_generated = take("helm-generated") == "true";
}

namespace {

// A list where a map should be: the peer takes its elements for keys and values in turn, the last
// of equal keys for the key's.
Node* PairsOf(const Node& list) {
  std::map<std::string_view, std::string_view> sorted;
  for (size_t i = 0; i + 1 < list.size(); i += 2)
    sorted[list.item(i)->value()] = list.item(i + 1)->value();
  Node* const map = list.arena().NewMapping();
  for (const auto& [key, value] : sorted)
    map->AppendPair(list.arena().NewScalar(key), list.arena().NewString(value));
  return map;
}

}  // namespace

void FinishAnnotations(Resource& resource) {
  if (resource.root()->Find("metadata") == nullptr) resource.root()->FindOrAddMapping("metadata");
  Node* meta = resource.metadata();
  if (meta == nullptr) return;
  Node* map = meta->Find("annotations");
  if (map == nullptr) return;
  if (map->is_sequence() && map->size() % 2 == 0) map->Assign(*PairsOf(*map));
  if (!map->is_mapping()) {
    if (map->is_scalar()) meta->Erase("annotations");
    return;
  }
  for (size_t i = map->size(); i-- > 0;) {
    if (IsBuildAnnotation(map->pair(i).key->value())) map->RemovePair(i);
  }
  if (map->empty()) {
    meta->Erase("annotations");
    return;
  }
  for (const auto& [key, value] : map->pairs()) {
    // Keys are written anew without a tag: "1" becomes a number, and the object cannot be printed.
    if (document::ResolveTag(key->value()) != Tag::kStr) key->SetScalar(key->value(), Tag::kNone);
    if (value->is_scalar() && value->tag_id() == Tag::kStr && !value->tagged()) continue;
    Arena& arena = map->arena();
    value->Assign(*arena.NewString(value->is_scalar() ? arena.Copy(value->value()) : ""));
  }
}

// ---- ResMap ----

namespace {

constexpr size_t kLinear = 12;  // below this many resources a scan is cheaper than an index

}  // namespace

void ResMap::AddToIndex(Index& index, size_t i) const {
  const Resource& r = *items_[i];
  const std::string_view name = r.name();
  index.emplace(name, i);
  for (size_t k = 0; k < r.previous_count(); ++k) {
    const std::string_view old = r.previous_id(k).name;
    bool repeated = old == name;
    for (size_t j = 0; j < k && !repeated; ++j) repeated = r.previous_id(j).name == old;
    if (!repeated) index.emplace(old, i);
  }
}

const ResMap::Index& ResMap::index() const {
  if (!index_.has_value()) {
    index_.emplace();
    index_->reserve(items_.size() * 2);
    for (size_t i = 0; i < items_.size(); ++i) AddToIndex(*index_, i);
  }
  return *index_;
}

std::vector<Resource*> ResMap::FindByCurrentId(const ResId& id) const {
  std::vector<Resource*> found;
  const auto test = [&](Resource* r) {
    if (r->name() == id.name && r->id().Equals(id)) found.push_back(r);
  };
  if (items_.size() <= kLinear) {
    for (Resource* r : items_) test(r);
  } else {
    const auto [first, last] = index().equal_range(id.name);
    for (auto it = first; it != last; ++it) test(items_[it->second]);
  }
  return found;
}

std::vector<size_t> ResMap::FindByAnyId(const ResId& id) const {
  std::vector<size_t> found;
  const auto test = [&](size_t i) {
    if (items_[i]->AnyId([&](const ResId& other) { return other.Equals(id); })) found.push_back(i);
  };
  if (items_.size() <= kLinear) {
    for (size_t i = 0; i < items_.size(); ++i) test(i);
  } else {
    const auto [first, last] = index().equal_range(id.name);
    for (auto it = first; it != last; ++it) test(it->second);
    std::ranges::sort(found);
  }
  return found;
}

base::Result<Resource*> ResMap::GetById(const ResId& id) const {
  const auto found = FindByAnyId(id);
  if (found.size() == 1) return items_[found[0]];
  return base::NotFound(
      base::Cat(found.empty() ? "no matches" : "multiple matches", " for Id ", id.ToString()));
}

Status ResMap::Append(Resource* resource) {
  const ResId id = resource->id();
  if (!FindByCurrentId(id).empty()) {
    return base::AlreadyExists(
        base::Cat("may not add resource with an already registered id: ", id.ToString()));
  }
  items_.push_back(resource);
  if (index_.has_value()) AddToIndex(*index_, items_.size() - 1);
  return {};
}

Status ResMap::AppendAll(const ResMap& other) {
  for (Resource* r : other) SLUICE_TRY(Append(r));
  return {};
}

void ResMap::Replace(size_t i, Resource* resource) {
  items_[i] = resource;
  Touch();
}

void ResMap::DropEmpties() {
  const auto removed = std::erase_if(items_, [](const Resource* r) { return r->IsNilOrEmpty(); });
  if (removed > 0) Touch();
}

void ResMap::Clear() {
  items_.clear();
  Touch();
}

}  // namespace sluice::kustomize
