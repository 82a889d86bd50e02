#include <yaml.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "document/yaml.h"
#include "node_access.h"
#include "resolve.h"

namespace sluice::document {
namespace {

using base::InvalidArgument;
using base::Result;
using base::Status;

std::string_view View(const yaml_char_t* text, size_t size) { return {reinterpret_cast<const char*>(text), size}; }
std::string_view View(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

// Turns libyaml's events into nodes. One explicit stack: hostile nesting costs heap, and is bounded.
class Builder {
 public:
  Builder(Arena& arena, std::string_view text, const YamlReadOptions& options) : arena_(arena), options_(options) {
    SLUICE_CHECK(yaml_parser_initialize(&parser_) == 1);
    const char* const bytes = text.empty() ? "" : text.data();  // libyaml refuses a null pointer
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(bytes), text.size());
  }
  ~Builder() { yaml_parser_delete(&parser_); }
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  Result<std::vector<Node*>> Run() {
    yaml_event_t event;
    while (true) {
      if (yaml_parser_parse(&parser_, &event) != 1) return SyntaxError();
      const yaml_event_type_t type = event.type;
      const Status status = Handle(event);
      yaml_event_delete(&event);
      if (!status.ok()) return status;
      if (type == YAML_STREAM_END_EVENT || (type == YAML_DOCUMENT_END_EVENT && options_.first_document_only)) return std::move(roots_);
    }
  }

 private:
  struct Open {
    Node* node;
    size_t first_child;  // in children_
  };

  // go-yaml's parser.fail(): which mark gives the line differs between the generations.
  Status SyntaxError() const {
    const size_t context = parser_.context_mark.line, problem = parser_.problem_mark.line;
    const size_t step = parser_.error == YAML_SCANNER_ERROR ? 1 : 0;
    size_t line = 0;
    if (options_.dialect == YamlDialect::kGoYaml3) {
      line = context != 0 ? context + step : problem != 0 ? problem + step : 0;
    } else {
      line = problem != 0 ? problem + step : context;
    }
    const char* words = parser_.problem != nullptr && *parser_.problem != '\0' ? parser_.problem : "unknown problem parsing YAML content";
    return Fail(line, words);
  }

  static Status Fail(size_t line, std::string_view words) {
    std::string message = "yaml: ";
    if (line != 0) message += "line " + std::to_string(line) + ": ";
    return InvalidArgument(message.append(words));
  }

  Status Handle(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_SCALAR_EVENT: Scalar(event); return {};
      case YAML_ALIAS_EVENT: return Alias(event);
      case YAML_SEQUENCE_START_EVENT: {
        const auto& e = event.data.sequence_start;
        return Begin(event, Node::Kind::kSequence, View(e.tag), View(e.anchor), e.style == YAML_FLOW_SEQUENCE_STYLE);
      }
      case YAML_MAPPING_START_EVENT: {
        const auto& e = event.data.mapping_start;
        return Begin(event, Node::Kind::kMapping, View(e.tag), View(e.anchor), e.style == YAML_FLOW_MAPPING_STYLE);
      }
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT: End(); return {};
      case YAML_DOCUMENT_END_EVENT:
        roots_.push_back(children_.back());
        children_.clear();
        return {};
      default: return {};
    }
  }

  Node* New(const yaml_event_t& event, Node::Kind kind) {
    return NodeAccess::New(arena_, kind, static_cast<uint32_t>(event.start_mark.line + 1), static_cast<uint32_t>(event.start_mark.column + 1));
  }

  void Scalar(const yaml_event_t& event) {
    const auto& e = event.data.scalar;
    Node* node = New(event, Node::Kind::kScalar);
    const std::string_view text = View(e.value, e.length);
    // Keys recur; so do short values such as types.
    const bool key = !open_.empty() && open_.back().node->is_mapping() && (children_.size() - open_.back().first_child) % 2 == 0;
    NodeAccess::SetText(*node, key || text.size() <= 8 ? arena_.Intern(text) : arena_.Copy(text));
    switch (e.style) {
      case YAML_SINGLE_QUOTED_SCALAR_STYLE: node->set_style(Node::Style::kSingleQuoted); break;
      case YAML_DOUBLE_QUOTED_SCALAR_STYLE: node->set_style(Node::Style::kDoubleQuoted); break;
      case YAML_LITERAL_SCALAR_STYLE: node->set_style(Node::Style::kLiteral); break;
      case YAML_FOLDED_SCALAR_STYLE: node->set_style(Node::Style::kFolded); break;
      default: break;
    }
    const std::string_view tag = View(e.tag);
    if (!tag.empty() && tag != "!") {
      node->SetTag(tag);
      node->set_tagged(true);
    } else if (node->style() != Node::Style::kPlain || (tag == "!" && options_.dialect == YamlDialect::kGoYaml2)) {
      node->SetTag(Tag::kStr);
    } else {
      node->SetTag(ResolveTag(text, options_.dialect));
    }
    Register(*node, View(e.anchor));
    children_.push_back(node);
  }

  Status Alias(const yaml_event_t& event) {
    const std::string_view name = View(event.data.alias.anchor);
    const auto it = anchors_.find(std::string(name));
    if (it == anchors_.end()) return InvalidArgument("yaml: unknown anchor '" + std::string(name) + "' referenced");
    for (const Open& open : open_) {
      if (open.node == it->second) return InvalidArgument("yaml: anchor '" + std::string(name) + "' value contains itself");
    }
    Node* node = New(event, Node::Kind::kAlias);
    NodeAccess::MutableExtras(*node).anchor = arena_.Copy(name);
    NodeAccess::SetTarget(*node, it->second);
    children_.push_back(node);
    return {};
  }

  Status Begin(const yaml_event_t& event, Node::Kind kind, std::string_view tag, std::string_view anchor, bool flow) {
    if (open_.size() >= options_.max_depth) {
      return Fail(event.start_mark.line + 1, "exceeded max depth of " + std::to_string(options_.max_depth));
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

  void End() {
    const Open open = open_.back();
    open_.pop_back();
    NodeAccess::SetChildren(*open.node, std::span<Node* const>(children_).subspan(open.first_child));
    children_.resize(open.first_child);
  }

  void Register(Node& node, std::string_view anchor) {
    if (anchor.empty()) return;
    node.SetAnchor(anchor);
    anchors_[std::string(anchor)] = &node;
  }

  Arena& arena_;
  const YamlReadOptions& options_;
  yaml_parser_t parser_;
  std::vector<Node*> roots_;
  std::vector<Node*> children_;  // finished nodes whose parents are still open, innermost last
  std::vector<Open> open_;
  std::unordered_map<std::string, const Node*> anchors_;
};

}  // namespace

Result<std::vector<Node*>> ParseYaml(Arena& arena, std::string_view text, const YamlReadOptions& options) {
  return Builder(arena, text, options).Run();
}

Result<Document> ParseYamlDocument(std::string_view text, const YamlReadOptions& options) {
  YamlReadOptions first = options;
  first.first_document_only = true;
  Document document;
  SLUICE_TRY(const std::vector<Node*> roots, ParseYaml(*document.arena, text, first));
  if (!roots.empty()) document.root = roots.front();
  return document;
}

}  // namespace sluice::document
