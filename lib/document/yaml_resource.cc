// kustomize's way from a resource's tree to text: go-yaml v3 writes it and reads it back, JSON
// carries it, go-yaml v2 writes it. Nearly every resource comes out of that as if its tree were
// written by v2 directly, so that is what is done; a tree with anything the detour changes or
// refuses is sent the long way.
#include <algorithm>
#include <utility>
#include <vector>

#include "document/reread.h"
#include "document/yaml.h"
#include "document/yaml_emitter.h"
#include "resolve.h"

namespace sluice::document {
namespace {

using base::Status;

// True where v3's text of a scalar does not read back as the same value: folded blocks, and blocks
// that begin with a tab.
bool ChangesOnRereading(const Node& scalar) {
  return scalar.style() == Node::Style::kFolded ||
         (scalar.value().starts_with('\t') && scalar.value().find('\n') != std::string_view::npos);
}

class DirectWriter {
 public:
  explicit DirectWriter(std::string& out) : out_(out) {}

  // False: take the long way; what has been written until then is worthless.
  bool Document(const Node& root) {
    if (!Any(root, false, 0)) return false;
    out_.End();
    return true;
  }

 private:
  static constexpr size_t kMaxDepth = 1000;

  bool Any(const Node& node, bool in_mapping, size_t depth) {
    if (depth > kMaxDepth) return false;
    switch (node.kind()) {
      case Node::Kind::kScalar:
        return Scalar(node);
      case Node::Kind::kSequence:
        return Sequence(node, in_mapping, depth);
      case Node::Kind::kMapping:
        return Mapping(node, depth);
      case Node::Kind::kAlias:
        break;
    }
    return false;
  }

  bool Scalar(const Node& node) {
    if (ChangesOnRereading(node)) return false;
    const Tag tag = node.ShortTag();
    if (in_flow_ && tag != Tag::kStr && node.value().empty()) return false;  // v3 writes '' there
    if (tag == Tag::kStr) return out_.Text(node.value()).ok();
    if (tag == Tag::kNull) return ResolveTag(node.value()) == Tag::kNull && (out_.Null(), true);
    const auto resolved = ResolveTagged(tag, node.value(), YamlDialect::kGoYaml3);
    if (!resolved.ok()) return false;
    return out_.Scalar(resolved->value).ok();
  }

  bool Sequence(const Node& node, bool in_mapping, size_t depth) {
    if (node.empty()) {
      out_.Empty("[]");
      return true;
    }
    const int outer = out_.EnterSequence(in_mapping);
    const bool outer_flow = std::exchange(in_flow_, in_flow_ || node.style() == Node::Style::kFlow);
    for (const Node* item : node.items()) {
      out_.Dash();
      if (!Any(*item, false, depth + 1)) return false;
    }
    in_flow_ = outer_flow;
    out_.Leave(outer);
    return true;
  }

  bool Mapping(const Node& node, size_t depth) {
    const auto pairs = node.pairs();
    if (pairs.empty()) {
      out_.Empty("{}");
      return true;
    }
    for (const auto& [key, value] : pairs) {
      if (!key->is_scalar() || key->ShortTag() != Tag::kStr || ChangesOnRereading(*key))
        return false;
    }
    if (HasDuplicates(pairs)) return false;
    const int outer = out_.EnterMapping();
    const bool outer_flow = std::exchange(in_flow_, in_flow_ || node.style() == Node::Style::kFlow);
    const auto less = [](const Node::Pair& a, const Node::Pair& b) {
      return NaturalKeyLess(a.key->value(), b.key->value());
    };
    const bool in_order = std::is_sorted(pairs.begin(), pairs.end(), less);
    // One stack for the sorted lists of all levels.
    const size_t mine = sorted_.size();
    if (!in_order) {
      sorted_.insert(sorted_.end(), pairs.begin(), pairs.end());
      std::stable_sort(sorted_.begin() + static_cast<std::ptrdiff_t>(mine), sorted_.end(), less);
    }
    for (size_t i = 0; i < pairs.size(); ++i) {
      const Node::Pair pair = in_order ? pairs[i] : sorted_[mine + i];
      if (!out_.Key(pair.key->value()).ok() || !Any(*pair.value, true, depth + 1)) return false;
    }
    sorted_.resize(mine);
    in_flow_ = outer_flow;
    out_.Leave(outer);
    return true;
  }

  bool HasDuplicates(std::span<const Node::Pair> pairs) {
    constexpr size_t kFew = 12;
    if (pairs.size() <= kFew) {
      for (size_t i = 1; i < pairs.size(); ++i) {
        for (size_t j = 0; j < i; ++j) {
          if (pairs[i].key->value() == pairs[j].key->value()) return true;
        }
      }
      return false;
    }
    keys_.clear();
    for (const auto& pair : pairs) keys_.push_back(pair.key->value());
    std::sort(keys_.begin(), keys_.end());
    return std::adjacent_find(keys_.begin(), keys_.end()) != keys_.end();
  }

  YamlEmitter out_;
  bool in_flow_ = false;
  std::vector<Node::Pair> sorted_;
  std::vector<std::string_view> keys_;
};

base::Result<Value> Reread(const Node& resource, const ToValueOptions& options) {
  SLUICE_TRY(const Document again,
             ParseYamlDocument(WriteYaml3(resource, {.indent = 2, .compact_sequences = true})));
  return again.root == nullptr ? Value() : ToValue(*again.root, options);
}

// False for what reading again may change; deep trees are not looked into, ToValue() refuses them.
bool Survives(const Node& node, bool in_flow, size_t depth) {
  if (node.is_scalar())
    return !ChangesOnRereading(node) &&
           !(in_flow && node.value().empty() && node.ShortTag() != Tag::kStr);
  if (depth > ToValueOptions().max_depth) return true;
  in_flow = in_flow || node.style() == Node::Style::kFlow;
  for (const Node* item : node.items()) {
    if (!Survives(*item, in_flow, depth + 1)) return false;
  }
  for (const auto& [key, value] : node.pairs()) {
    if (ChangesOnRereading(*key) || !Survives(*value, in_flow, depth + 1)) return false;
  }
  return true;
}

}  // namespace

base::Result<Value> ToValueAsWritten(const Node& node, const ToValueOptions& options) {
  return Survives(node, false, 0) ? ToValue(node, options) : Reread(node, options);
}

Status AppendResourceYaml(std::string& out, const Node& resource) {
  const size_t before = out.size();
  if (DirectWriter(out).Document(resource)) return {};
  out.resize(before);
  SLUICE_TRY(const Value value, Reread(resource, {}));  // errors name lines of the text in between
  return AppendYaml(out, value);
}

}  // namespace sluice::document
