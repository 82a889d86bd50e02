// Resource: one object of a build with its history, and ResMap, the ordered list of them (spec
// §6.3–6.5). The peer keeps the history as annotations of the object; here it stands beside the
// tree, and Dump() puts it back for messages.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "document/node.h"
#include "ids.h"

namespace sluice::kustomize {

using document::Arena;
using document::Node;
using document::Tag;

class BuildContext;

struct PreviousId {
  std::string_view name, ns, kind;  // ns is effective
};

struct Identifier {  // kyaml's ResourceIdentifier
  std::string api_version, kind, name, ns;
};

struct Origin {
  std::string path, repo, ref, configured_in;
  Identifier configured_by;

  // Joins `path` to the origin's, or enters the repository that it names.
  Origin Append(std::string_view path) const;
  std::string ToYaml() const;
};
inline constexpr std::string_view kOriginAnnotation = "config.kubernetes.io/origin";
inline constexpr std::string_view kTransformationsAnnotation =
    "alpha.config.kubernetes.io/transformations";

enum class Behavior : uint8_t { kUnspecified, kCreate, kMerge, kReplace };
std::string_view BehaviorName(Behavior behavior);

class Resource {
 public:
  Resource(const Schema& schema, Node* root) : root_(root), schema_(&schema) {}

  Node* root() const { return root_; }
  void set_root(Node* root) { root_ = root; }
  bool IsNilOrEmpty() const;

  std::string_view api_version() const;
  std::string_view kind() const;
  std::string_view name() const;
  std::string_view ns() const;
  Gvk gvk() const { return MakeGvk(api_version(), kind()); }
  bool IsClusterScoped() const;

  ResId id() const;           // current
  ResId original_id() const;  // the first of the history, or the current one
  size_t previous_count() const { return previous_.size(); }
  ResId previous_id(size_t i) const;
  bool HasPreviousName(std::string_view name) const;
  void StorePreviousId();
  // True for the current or any former id.
  bool AnyId(const std::function<bool(const ResId&)>& match) const;

  void SetName(std::string_view name);
  void SetNamespace(std::string_view ns);  // "": removed
  void SetKind(std::string_view kind);
  void SetApiVersion(std::string_view api_version);

  Node* metadata() const;  // null: not there
  Node* annotations() const;
  Node* labels() const;
  std::string_view annotation(std::string_view key) const;
  void SetAnnotation(std::string_view key, std::string_view value);

  // Where it came from and what changed it are annotations like others, so patches reach them.
  std::optional<Origin> origin() const;
  void SetOrigin(const Origin& origin);
  void AddTransformation(const Origin& by);  // becomes the origin where there is none

  // Every value becomes a text: so the peer leaves the annotations of what it has written an origin
  // or transformation to.
  void MakeAnnotationsTexts();

  // What the peer keeps among the annotations while it builds.
  void ForEachBuildAnnotation(
      const std::function<void(std::string_view key, std::string_view value)>& visit) const;
  // The object as the peer holds it, build annotations included.
  Node* Dump(Arena& arena) const;

  std::vector<std::string_view> prefixes, suffixes;
  std::optional<Behavior> behavior;  // of what a generator made
  bool needs_hash = false;
  bool allow_name_change = false, allow_kind_change = false;
  bool helm_generated = false;
  std::vector<std::string> referrers;  // who refers to it, for dumps only
  std::vector<std::string> var_names;  // vars that read from it

 private:
  friend void AdoptBuildAnnotations(Resource& resource);
  std::vector<PreviousId> previous_;
  Node* root_;
  const Schema* schema_;
};

// Reads build annotations that the user wrote, which act as the peer's own.
void AdoptBuildAnnotations(Resource& resource);
// Removes build annotations and makes the others strings, as the peer does to every object at the
// end (spec §23.3).
void FinishAnnotations(Resource& resource);

class ResMap {
 public:
  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  Resource* operator[](size_t i) const { return items_[i]; }
  std::vector<Resource*>& items() { return items_; }

  // Fails where a resource of the same current id is there.
  base::Status Append(Resource* resource);
  base::Status AppendAll(const ResMap& other);
  void Replace(size_t i, Resource* resource);
  void DropEmpties();
  void Clear();
  // The names of resources may have changed: look-ups are built anew.
  void Touch() { index_.reset(); }

  std::vector<Resource*> FindByCurrentId(const ResId& id) const;
  std::vector<size_t> FindByAnyId(const ResId& id) const;  // positions
  base::Result<Resource*> GetById(const ResId& id) const;  // exactly one, by any id

 private:
  using Index = std::unordered_multimap<std::string_view, size_t>;  // any name → position
  const Index& index() const;
  void AddToIndex(Index& index, size_t i) const;

  std::vector<Resource*> items_;
  mutable std::optional<Index> index_;
};

}  // namespace sluice::kustomize
