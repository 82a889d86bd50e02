#include "fieldspec.h"

#include "base/strings.h"
#include "document/yaml.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Status;

// Takes the next segment off `rest`; `buffer` holds it where an escape had to be removed.
std::string_view TakeSegment(std::string_view& rest, std::string& buffer) {
  size_t end = 0;
  bool escaped = false;
  while (end < rest.size() && rest[end] != '/') {
    if (rest[end] == '\\' && end + 1 < rest.size() && rest[end + 1] == '/') {
      escaped = true;
      ++end;
    }
    ++end;
  }
  const std::string_view raw = rest.substr(0, end);
  rest.remove_prefix(end < rest.size() ? end + 1 : end);
  if (!escaped) return raw;
  buffer = base::ReplaceAll(raw, "\\/", "/");
  return buffer;
}

std::string SegmentsText(std::string_view rest) {
  return Cat("[", base::Join(SplitPath(rest), " "), "]");
}

// A mapping's fields are found by the peer's general look-up, to which some segments mean elements
// of a list.
Status CheckFieldName(std::string_view name, const Node& node) {
  const bool element = name == "-" || (name.starts_with('[') && name.ends_with(']'));
  const auto index = base::ParseInt64(name.starts_with('+') ? name.substr(1) : name);
  if (index.has_value() && *index < 0)
    return base::InvalidArgument(
        Cat("array index ", std::to_string(*index), " cannot be negative"));
  if (element || index.has_value()) return WrongKind("SequenceNode", node);
  return name == "*" ? base::InvalidArgument("wildcard is not supported in PathGetter") : Status();
}

class Walk {
 public:
  Walk(const FieldSpec& spec, CreateKind create, const Setter& set)
      : spec_(spec), create_(create), set_(set) {}

  // `rest` is what is left of the path, `done` that nothing is.
  Status Visit(Node* node, std::string_view rest, bool done) {
    if (done) return set_(node);
    if (node->is_scalar() && node->tag_id() == Tag::kNull) return {};
    switch (node->kind()) {
      case Node::Kind::kSequence:
        for (Node* item : node->items()) {
          if (Status s = Visit(item, rest, false); !s.ok()) {
            return std::move(s).Wrap(Cat("visit traversal on path: ", SegmentsText(rest)));
          }
        }
        return {};
      case Node::Kind::kMapping:
        return VisitMapping(node, rest);
      case Node::Kind::kAlias:
        return Visit(const_cast<Node*>(node->target()), rest, false);
      case Node::Kind::kScalar:
        break;
    }
    return base::InvalidArgument("expected sequence or mapping node");
  }

 private:
  Status VisitMapping(Node* node, std::string_view rest) {
    std::string buffer;
    std::string_view name = TakeSegment(rest, buffer);
    const bool last = rest.empty();
    const bool sequence = name.ends_with("[]");
    if (sequence) name.remove_suffix(2);
    if (name.empty()) return base::InvalidArgument("cannot set or create an empty field name");
    if (Status s = CheckFieldName(name, *node); !s.ok())
      return std::move(s).Wrap(Cat("fieldName: ", name));
    const bool may_create = spec_.create && create_ != CreateKind::kNone && !sequence;
    Node* field = node->Find(name);
    if (field == nullptr) {
      if (!may_create) return {};
      field = Make(node->arena(), last);
      AddField(node, name, field);
    } else if (field->IsNull()) {
      if (sequence)
        field->Assign(*node->arena().NewSequence());
      else if (may_create)
        field->Assign(*Make(node->arena(), last));
    }
    return Visit(field, rest, last);
  }

  Node* Make(document::Arena& arena, bool last) const {
    if (last && create_ == CreateKind::kScalar) return arena.NewScalar("");
    return arena.NewMapping();
  }

  const FieldSpec& spec_;
  CreateKind create_;
  const Setter& set_;
};

}  // namespace

Status MergeOne(FieldSpecs& list, const FieldSpec& spec) {
  for (const FieldSpec& have : list) {
    if (have.path != spec.path || !have.gvk.Matches(spec.gvk)) continue;
    if (have.create != spec.create) return base::InvalidArgument("conflicting fieldspecs");
    return {};
  }
  list.push_back(spec);
  return {};
}

Status MergeAll(FieldSpecs& list, const FieldSpecs& other) {
  for (const FieldSpec& spec : other) SLUICE_TRY(MergeOne(list, spec));
  return {};
}

Status VisitField(Node* object, const FieldSpec& spec, CreateKind create, const Setter& set,
                  const std::function<std::string()>& id) {
  std::string_view path = spec.path;
  if (path.starts_with('/')) path.remove_prefix(1);
  Status s = Walk(spec, create, set).Visit(object, path, false);
  if (s.ok()) return s;
  return std::move(s).Wrap(Cat("considering field '", spec.path, "' of object ", id()));
}

std::vector<std::string> SplitPath(std::string_view path, char separator) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\' && i + 1 < path.size() && path[i + 1] == separator)
      parts.back() += path[++i];
    else if (path[i] == separator)
      parts.emplace_back();
    else
      parts.back() += path[i];
  }
  return parts;
}

std::string_view KindName(const Node& node) {
  switch (node.kind()) {
    case Node::Kind::kScalar:
      return "ScalarNode";
    case Node::Kind::kSequence:
      return "SequenceNode";
    case Node::Kind::kMapping:
      return "MappingNode";
    case Node::Kind::kAlias:
      return "AliasNode";
  }
  return "";
}

Status WrongKind(std::string_view expected, const Node& node) {
  return base::InvalidArgument(
      Cat("wrong node kind: expected ", expected, " but got ", KindName(node), ": node contents:\n",
          document::WriteYaml3(node, {.indent = 2, .compact_sequences = true})));
}

Status SetScalarKeepingStyle(Node* node, std::string_view value, Tag tag) {
  if (!node->is_scalar()) return WrongKind("ScalarNode", *node);
  if (value.empty()) return {};
  // What is printed in quotes is a text.
  const bool quoted = node->style() != Node::Style::kPlain && node->style() != Node::Style::kFlow;
  node->SetScalar(value, quoted ? Tag::kStr : tag, node->style());
  node->set_tagged(false);
  return {};
}

void AddField(Node* map, std::string_view key, Node* value, Node::Style key_style) {
  document::Arena& arena = map->arena();
  map->AppendPair(arena.NewScalar(key, Tag::kNone, key_style), value);
}

Node* TextMap(const Node* map) {
  if (map == nullptr || !map->is_mapping() || map->empty()) return nullptr;
  document::Arena& arena = map->arena();
  Node* out = arena.NewMapping();
  for (const auto& [key, value] : map->pairs()) {
    Node* text = arena.NewString(value->is_scalar() ? value->value() : std::string_view());
    if (Node* old = out->Find(key->value()))
      old->Assign(*text);
    else
      AddField(out, key->value(), text);
  }
  return out;
}

Status SetEntry(Node* node, std::string_view key, std::string_view value) {
  if (!node->is_mapping()) return WrongKind("MappingNode", *node);
  Node* old = node->Find(key);
  if (old == nullptr) {
    AddField(node, key, node->arena().NewString(value));
    return {};
  }
  const Node::Style style = old->is_scalar() ? old->style() : Node::Style::kPlain;
  old->Assign(*node->arena().NewString(value));
  old->set_style(style);
  return {};
}

}  // namespace sluice::kustomize
