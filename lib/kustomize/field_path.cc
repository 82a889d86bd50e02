#include "field_path.h"

#include <span>

#include "base/strings.h"
#include "document/yaml.h"
#include "fieldspec.h"
#include "selector.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;

bool IsIndex(std::string_view part) { return base::ParseInt64(part).value_or(-1) >= 0; }
bool IsBracket(std::string_view part) {
  return part.size() >= 2 && part.front() == '[' && part.back() == ']';
}

struct NameValue {
  std::string_view name, value;
};
Result<NameValue> SplitBracket(std::string_view part) {
  const auto cut = base::Cut(part.substr(1, part.size() - 2), "=");
  if (!cut.has_value()) {
    return base::InvalidArgument(
        "list path element must contain fieldName=fieldValue for element to match");
  }
  return NameValue{cut->first, cut->second};
}

// Null nodes pass for any kind, as kyaml has it.
Status Expect(const Node* node, Node::Kind kind, std::string_view name) {
  if (node->kind() == kind || node->IsNull()) return {};
  return WrongKind(name, *node);
}

class Matcher {
 public:
  explicit Matcher(const MatchOptions& options) : options_(options) {}

  Status Visit(Node* node, std::span<const std::string> path) {
    if (path.empty()) {
      found.push_back(node);
      return {};
    }
    if (IsIndex(path[0])) return Index(node, path);
    if (IsBracket(path[0])) return Elements(node, path);
    if (path[0] == "*") {
      SLUICE_TRY(Expect(node, Node::Kind::kSequence, "SequenceNode"));
      for (Node* item : node->items()) SLUICE_TRY(Visit(item, path.subspan(1)));
      return {};
    }
    return Field(node, path);
  }

  std::vector<Node*> found;

 private:
  Node* Make(document::Arena& arena, std::span<const std::string> rest) const {
    if (rest.empty()) {
      switch (options_.leaf) {
        case Node::Kind::kSequence:
          return arena.NewSequence();
        case Node::Kind::kMapping:
          return arena.NewMapping();
        default:
          return arena.NewScalar("");
      }
    }
    if (IsIndex(rest[0]) || IsBracket(rest[0])) return arena.NewSequence();
    return arena.NewMapping();
  }

  // A text may be YAML itself: what is found in it is a copy, which nobody writes back.
  Status Inside(const Node& text, std::span<const std::string> path) {
    SLUICE_TRY(const auto documents,
               document::ParseYaml(text.arena(), text.value(), {.first_document_only = true}));
    if (!documents.empty()) return Visit(documents.front(), path);
    const bool list = IsIndex(path[0]) || IsBracket(path[0]) || path[0] == "*";
    return base::InvalidArgument(Cat("wrong node kind: expected ",
                                     list ? "SequenceNode" : "MappingNode",
                                     " but got : node contents:\nnull\n"));
  }

  Status Field(Node* node, std::span<const std::string> path) {
    // nothing has no name
    if (path[0].empty()) return Expect(node, Node::Kind::kScalar, "ScalarNode");
    SLUICE_TRY(Expect(node, Node::Kind::kMapping, "MappingNode"));
    Node* field = node->Find(path[0]);
    if (field == nullptr) {
      if (!options_.create) return {};
      if (!node->is_mapping()) node->Assign(*node->arena().NewMapping());
      field = Make(node->arena(), path.subspan(1));
      AddField(node, path[0], field);
    }
    if (field->is_scalar() && path.size() > 1) return Inside(*field, path.subspan(1));
    return Visit(field, path.subspan(1));
  }

  Status Index(Node* node, std::span<const std::string> path) {
    SLUICE_TRY(Expect(node, Node::Kind::kSequence, "SequenceNode"));
    const int64_t index = *base::ParseInt64(path[0]);
    if (options_.create && node->is_sequence() && static_cast<int64_t>(node->size()) == index) {
      node->Append(Make(node->arena(), path.subspan(1)));
    }
    if (index < 0 || static_cast<int64_t>(node->size()) <= index) {
      return base::InvalidArgument(Cat("index ", path[0], " specified but only ",
                                       std::to_string(node->size()), " elements found"));
    }
    return Visit(node->item(static_cast<size_t>(index)), path.subspan(1));
  }

  Status Elements(Node* node, std::span<const std::string> path) {
    SLUICE_TRY(const NameValue parts, SplitBracket(path[0]));
    const auto [name, value] = parts;
    SLUICE_TRY(Expect(node, Node::Kind::kSequence, "SequenceNode"));
    SLUICE_TRY(const Pattern pattern, Pattern::Unanchored(value));
    const size_t before = found.size();
    SLUICE_TRY(VisitMatching(node, name, pattern, path));
    if (found.size() > before || !options_.create) return {};
    document::Arena& arena = node->arena();
    Node* element = arena.NewScalar(value);
    if (!name.empty()) {
      Node* map = arena.NewMapping();
      AddField(map, name, element);
      element = map;
    }
    if (!node->is_sequence()) node->Assign(*arena.NewSequence());
    node->Append(element);
    return VisitMatching(node, name, pattern, path);
  }

  Status VisitMatching(Node* list, std::string_view name, const Pattern& pattern,
                       std::span<const std::string> path) {
    for (Node* item : list->items()) {
      if (name.empty()) {
        if (pattern.Matches(Text(*item))) found.push_back(item);
        continue;
      }
      const Node* field = item->Find(name);
      if (field != nullptr && pattern.Matches(Text(*field)))
        SLUICE_TRY(Visit(item, path.subspan(1)));
    }
    return {};
  }

  static std::string Text(const Node& node) {
    if (node.is_scalar() && node.style() == Node::Style::kPlain && node.ShortTag() == Tag::kStr)
      return std::string(node.value());
    return std::string(
        base::TrimSpace(document::WriteYaml3(node, {.indent = 2, .compact_sequences = true})));
  }

  const MatchOptions& options_;
};

}  // namespace

FieldPath SplitFieldPath(std::string_view path) {
  FieldPath out;
  if (path.starts_with('.')) path.remove_prefix(1);
  const auto parts = SplitPath(path, '.');
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].starts_with('[') || parts[i].ends_with(']')) {
      out.push_back(parts[i]);
      continue;
    }
    std::string group = parts[i];
    while (i + 1 < parts.size()) {
      group += Cat(".", parts[++i]);
      if (parts[i].ends_with(']')) break;
    }
    out.push_back(group.find('=') != std::string::npos ? group
                                                       : std::string(base::Trim(group, "[]")));
  }
  return out;
}

Result<Node*> LookupField(Node* root, const FieldPath& path) {
  Node* node = root;
  for (const std::string& part : path) {
    if (part.empty()) continue;
    if (const auto index = base::ParseInt64(part); index.has_value() || part == "-") {
      SLUICE_TRY(Expect(node, Node::Kind::kSequence, "SequenceNode"));
      if (index.has_value() && *index < 0)
        return base::InvalidArgument(Cat("array index ", part, " cannot be negative"));
      const size_t at = index.has_value() ? static_cast<size_t>(*index) : node->size() - 1;
      node = at < node->size() ? node->item(at) : nullptr;
    } else if (part == "*") {
      return base::InvalidArgument("wildcard is not supported in PathGetter");
    } else if (IsBracket(part)) {
      SLUICE_TRY(const NameValue split, SplitBracket(part));
      const auto [name, value] = split;
      SLUICE_TRY(Expect(node, Node::Kind::kSequence, "SequenceNode"));
      Node* match = nullptr;
      for (Node* item : node->items()) {
        const Node* field = name.empty() ? item : item->Find(name);
        if (field == nullptr || !field->is_scalar() || field->value() != value) continue;
        match = item;
        break;
      }
      node = match;
    } else {
      SLUICE_TRY(Expect(node, Node::Kind::kMapping, "MappingNode"));
      node = node->Find(part);
    }
    if (node == nullptr) return static_cast<Node*>(nullptr);
  }
  return node;
}

Result<std::vector<Node*>> MatchField(Node* root, const FieldPath& path,
                                      const MatchOptions& options) {
  Matcher matcher(options);
  SLUICE_TRY(matcher.Visit(root, path));
  return std::move(matcher.found);
}

}  // namespace sluice::kustomize
