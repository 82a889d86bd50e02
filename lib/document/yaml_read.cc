#include <yaml.h>

#include <string>
#include <vector>

#include "block_read.h"
#include "document/yaml.h"
#include "node_builder.h"

namespace sluice::document {
namespace {

using base::Result;
using base::Status;

class Reader {
 public:
  Reader(Arena& arena, std::string_view text, const YamlReadOptions& options) : options_(options), builder_(arena, options) {
    SLUICE_CHECK(yaml_parser_initialize(&parser_) == 1);
    const char* const bytes = text.empty() ? "" : text.data();  // libyaml refuses a null pointer
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(bytes), text.size());
  }
  ~Reader() { yaml_parser_delete(&parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  Result<std::vector<Node*>> Run() {
    std::vector<Node*> roots;
    yaml_event_t event;
    while (true) {
      if (yaml_parser_parse(&parser_, &event) != 1) return YamlSyntaxError(parser_, options_.dialect);
      const yaml_event_type_t type = event.type;
      const Status status = builder_.Handle(event);
      yaml_event_delete(&event);
      if (!status.ok()) return status;
      if (type == YAML_DOCUMENT_END_EVENT) roots.push_back(builder_.Take());
      if (type == YAML_STREAM_END_EVENT || (type == YAML_DOCUMENT_END_EVENT && options_.first_document_only)) return roots;
    }
  }

 private:
  const YamlReadOptions& options_;
  NodeBuilder builder_;
  yaml_parser_t parser_;
};

}  // namespace

Result<std::vector<Node*>> ReadWithLibyaml(Arena& arena, std::string_view text, const YamlReadOptions& options) {
  return Reader(arena, text, options).Run();
}

Result<std::vector<Node*>> ParseYaml(Arena& arena, std::string_view text, const YamlReadOptions& options) {
  std::vector<Node*> roots;
  if (ReadBlocks(arena, text, options, roots)) return roots;
  return ReadWithLibyaml(arena, text, options);
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
