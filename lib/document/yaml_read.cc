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

  const yaml_parser_t& parser() const { return parser_; }

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

constexpr size_t kMostRepairs = 64;
constexpr size_t kMostRepairWork = 8 << 20;  // bytes read anew

// Where libyaml's character number `index` begins.
size_t ByteAt(std::string_view text, size_t index) {
  size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  for (; index > 0 && at < text.size(); --index) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  }
  return at;
}

// In a flow collection libyaml refuses a plain scalar whose colon stands before an indicator, as in "[a:]". go-yaml takes the colon into the
// scalar and ends it there. False: something else was wrong; true: `text` has that scalar in quotes, which means the same to libyaml.
bool QuoteUpToColon(const yaml_parser_t& parser, std::string& text) {
  if (parser.error != YAML_SCANNER_ERROR || parser.encoding != YAML_UTF8_ENCODING) return false;
  if (parser.problem == nullptr || std::string_view(parser.problem) != "found unexpected ':'") return false;
  const size_t begin = ByteAt(text, parser.context_mark.index), colon = ByteAt(text, parser.problem_mark.index);
  if (begin >= colon || colon >= text.size() || text[colon] != ':') return false;
  std::string quoted = "\"";
  for (const char c : std::string_view(text).substr(begin, colon + 1 - begin)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  text.replace(begin, colon + 1 - begin, quoted += '"');
  return true;
}

}  // namespace

Result<std::vector<Node*>> ReadWithLibyaml(Arena& arena, std::string_view text, const YamlReadOptions& options) {
  std::string repaired;
  for (size_t tries = 0;; ++tries) {
    Reader reader(arena, text, options);
    auto roots = reader.Run();
    if (roots.ok() || tries == kMostRepairs || tries * text.size() > kMostRepairWork) return roots;
    if (tries == 0 && reader.parser().error == YAML_SCANNER_ERROR) repaired = text;
    if (!QuoteUpToColon(reader.parser(), repaired)) return roots;
    text = repaired;
  }
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
