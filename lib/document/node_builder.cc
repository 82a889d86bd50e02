#include "node_builder.h"

#include "node_access.h"
#include "resolve.h"

namespace sluice::document {
namespace {

using base::InvalidArgument;
using base::Status;

Status YamlFail(size_t line, std::string_view words) {
  std::string message = "yaml: ";
  if (line != 0) message += "line " + std::to_string(line) + ": ";
  return InvalidArgument(message.append(words));
}

}  // namespace

// go-yaml's parser.fail(): which mark gives the line differs between the generations.
Status YamlSyntaxError(const yaml_parser_t& parser, YamlDialect dialect) {
  const size_t context = parser.context_mark.line, problem = parser.problem_mark.line;
  const size_t step = parser.error == YAML_SCANNER_ERROR ? 1 : 0;
  size_t line = 0;
  if (dialect == YamlDialect::kGoYaml3) {
    line = context != 0 ? context + step : problem != 0 ? problem + step : 0;
  } else {
    line = problem != 0 ? problem + step : context;
  }
  const char* words = parser.problem != nullptr && *parser.problem != '\0'
                          ? parser.problem
                          : "unknown problem parsing YAML content";
  return YamlFail(line, words);
}

Status NodeBuilder::Handle(const yaml_event_t& event) {
  switch (event.type) {
    case YAML_SCALAR_EVENT:
      Scalar(event);
      return {};
    case YAML_ALIAS_EVENT:
      return Alias(event);
    case YAML_SEQUENCE_START_EVENT: {
      const auto& e = event.data.sequence_start;
      return Begin(event, Node::Kind::kSequence, YamlView(e.tag), YamlView(e.anchor),
                   e.style == YAML_FLOW_SEQUENCE_STYLE);
    }
    case YAML_MAPPING_START_EVENT: {
      const auto& e = event.data.mapping_start;
      return Begin(event, Node::Kind::kMapping, YamlView(e.tag), YamlView(e.anchor),
                   e.style == YAML_FLOW_MAPPING_STYLE);
    }
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
      End();
      return {};
    default:
      return {};
  }
}

Node* NodeBuilder::Take() {
  if (!open_.empty() || children_.empty()) return nullptr;
  Node* root = children_.back();
  children_.clear();
  return root;
}

Node* NodeBuilder::New(const yaml_event_t& event, Node::Kind kind) {
  return NodeAccess::New(arena_, kind, static_cast<uint32_t>(event.start_mark.line + 1),
                         static_cast<uint32_t>(event.start_mark.column + 1));
}

void NodeBuilder::Scalar(const yaml_event_t& event) {
  const auto& e = event.data.scalar;
  Node* node = New(event, Node::Kind::kScalar);
  const std::string_view text = YamlView(e.value, e.length);
  // Keys recur; so do short values such as types.
  const bool key = !open_.empty() && open_.back().node->is_mapping() &&
                   (children_.size() - open_.back().first_child) % 2 == 0;
  NodeAccess::SetText(*node, key || text.size() <= 8 ? arena_.Intern(text) : arena_.Copy(text));
  switch (e.style) {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE:
      node->set_style(Node::Style::kSingleQuoted);
      break;
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
      node->set_style(Node::Style::kDoubleQuoted);
      break;
    case YAML_LITERAL_SCALAR_STYLE:
      node->set_style(Node::Style::kLiteral);
      break;
    case YAML_FOLDED_SCALAR_STYLE:
      node->set_style(Node::Style::kFolded);
      break;
    default:
      break;
  }
  const std::string_view tag = YamlView(e.tag);
  if (!tag.empty() && tag != "!") {
    node->SetTag(tag);
    node->set_tagged(true);
  } else if (node->style() != Node::Style::kPlain ||
             (tag == "!" && options_.dialect == YamlDialect::kGoYaml2)) {
    node->SetTag(Tag::kStr);
  } else {
    node->SetTag(ResolveTag(text, options_.dialect));
  }
  Register(*node, YamlView(e.anchor));
  children_.push_back(node);
}

Status NodeBuilder::Alias(const yaml_event_t& event) {
  const std::string_view name = YamlView(event.data.alias.anchor);
  const auto it = anchors_.find(std::string(name));
  if (it == anchors_.end())
    return InvalidArgument("yaml: unknown anchor '" + std::string(name) + "' referenced");
  for (const Open& open : open_) {
    if (open.node == it->second)
      return InvalidArgument("yaml: anchor '" + std::string(name) + "' value contains itself");
  }
  Node* node = New(event, Node::Kind::kAlias);
  NodeAccess::MutableExtras(*node).anchor = arena_.Copy(name);
  NodeAccess::SetTarget(*node, it->second);
  children_.push_back(node);
  return {};
}

Status NodeBuilder::Begin(const yaml_event_t& event, Node::Kind kind, std::string_view tag,
                          std::string_view anchor, bool flow) {
  if (open_.size() >= options_.max_depth) {
    return YamlFail(event.start_mark.line + 1,
                    "exceeded max depth of " + std::to_string(options_.max_depth));
  }
  Node* node = New(event, kind);
  if (flow) node->set_style(Node::Style::kFlow);
  if (!tag.empty() && tag != "!") {
    node->SetTag(tag);
    node->set_tagged(true);
  } else {
    node->SetTag(kind == Node::Kind::kMapping ? Tag::kMap : Tag::kSeq);
  }
  Register(*node, anchor);
  children_.push_back(node);
  open_.push_back({node, children_.size()});
  return {};
}

void NodeBuilder::End() {
  const Open open = open_.back();
  open_.pop_back();
  NodeAccess::SetChildren(*open.node, std::span<Node* const>(children_).subspan(open.first_child));
  children_.resize(open.first_child);
}

void NodeBuilder::Register(Node& node, std::string_view anchor) {
  if (anchor.empty()) return;
  node.SetAnchor(anchor);
  anchors_[std::string(anchor)] = &node;
}

}  // namespace sluice::document
