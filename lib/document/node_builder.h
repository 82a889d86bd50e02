// Turns libyaml's events into nodes: what the readers of whole documents and of pieces share.
// Private to the library.
#pragma once

#include <yaml.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "document/node.h"
#include "document/yaml.h"

namespace sluice::document {

inline std::string_view YamlView(const yaml_char_t* text, size_t size) {
  return {reinterpret_cast<const char*>(text), size};
}
inline std::string_view YamlView(const yaml_char_t* text) {
  return text == nullptr ? std::string_view()
                         : std::string_view(reinterpret_cast<const char*>(text));
}

// What the parser stumbled over, in go-yaml's words.
base::Status YamlSyntaxError(const yaml_parser_t& parser, YamlDialect dialect);

// Events of one tree at a time. One explicit stack: hostile nesting costs heap, and is bounded.
class NodeBuilder {
 public:
  NodeBuilder(Arena& arena, const YamlReadOptions& options) : arena_(arena), options_(options) {}

  base::Status Handle(const yaml_event_t& event);
  // The tree that is finished, which the builder then forgets; null while one is open or there is
  // none.
  Node* Take();
  const std::unordered_map<std::string, const Node*>& anchors() const { return anchors_; }

 private:
  struct Open {
    Node* node;
    size_t first_child;  // in children_
  };
  Node* New(const yaml_event_t& event, Node::Kind kind);
  void Scalar(const yaml_event_t& event);
  base::Status Alias(const yaml_event_t& event);
  base::Status Begin(const yaml_event_t& event, Node::Kind kind, std::string_view tag,
                     std::string_view anchor, bool flow);
  void End();
  void Register(Node& node, std::string_view anchor);

  Arena& arena_;
  const YamlReadOptions& options_;
  std::vector<Node*> children_;  // finished nodes whose parents are still open, innermost last
  std::vector<Open> open_;
  std::unordered_map<std::string, const Node*> anchors_;
};

}  // namespace sluice::document
