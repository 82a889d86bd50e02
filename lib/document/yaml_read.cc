#include <yaml.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "block_read.h"
#include "document/yaml.h"
#include "node_builder.h"

namespace sluice::document {
namespace {

using base::Result;
using base::Status;

size_t MarkSize(std::string_view text) { return text.starts_with("\xef\xbb\xbf") ? 3 : 0; }

// Where the character that is `count` behind the one at `at` begins.
size_t Behind(std::string_view text, size_t at, size_t count) {
  for (; count > 0 && at < text.size(); --count) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  }
  return at;
}

// Where libyaml's character number `index` begins.
size_t ByteAt(std::string_view text, size_t index) { return Behind(text, MarkSize(text), index); }

class Reader {
 public:
  Reader(Arena& arena, std::string_view text, const YamlReadOptions& options)
      : options_(options),
        builder_(arena, options),
        text_(text),
        slashes_(text.find("\\/") != text.npos),
        byte_(MarkSize(text)) {
    SLUICE_CHECK(yaml_parser_initialize(&parser_) == 1);
    const char* const bytes = text.empty() ? "" : text.data();  // libyaml refuses a null pointer
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(bytes),
                                 text.size());
  }
  ~Reader() { yaml_parser_delete(&parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  const yaml_parser_t& parser() const { return parser_; }
  // Run stopped where go-yaml would: with this byte changed to another, libyaml fails there too, in
  // the same words.
  struct Refusal {
    size_t byte;
    char instead;
  };
  const std::optional<Refusal>& refusal() const { return refusal_; }

  Result<std::vector<Node*>> Run() {
    std::vector<Node*> roots;
    yaml_event_t event;
    while (true) {
      if (yaml_parser_parse(&parser_, &event) != 1)
        return YamlSyntaxError(parser_, options_.dialect);
      const yaml_event_type_t type = event.type;
      if (!IsTaken(event)) {
        yaml_event_delete(&event);
        return base::InvalidArgument("a character that go-yaml does not take");
      }
      const Status status = builder_.Handle(event);
      yaml_event_delete(&event);
      if (!status.ok()) return status;
      if (type == YAML_DOCUMENT_END_EVENT) roots.push_back(builder_.Take());
      if (type == YAML_STREAM_END_EVENT ||
          (type == YAML_DOCUMENT_END_EVENT && options_.first_document_only))
        return roots;
    }
  }

 private:
  bool IsTaken(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_SEQUENCE_START_EVENT:
        flow_.push_back(event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
        return true;
      case YAML_MAPPING_START_EVENT:
        flow_.push_back(event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
        return true;
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        flow_.pop_back();
        return true;
      case YAML_SCALAR_EVENT:
        break;
      default:
        return true;
    }
    if (parser_.encoding != YAML_UTF8_ENCODING) return true;
    const auto& scalar = event.data.scalar;
    const std::string_view value(reinterpret_cast<const char*>(scalar.value), scalar.length);
    // go-yaml ends a plain scalar of a flow collection at a question mark; an opening brace does so
    // in both, and fits as little.
    const bool in_flow = !flow_.empty() && flow_.back();
    if (in_flow && scalar.style == YAML_PLAIN_SCALAR_STYLE && value.find('?', 1) != value.npos)
      return Refuse(event, "?", 0, '{');
    // It does not know \/.
    if (!slashes_ || scalar.style != YAML_DOUBLE_QUOTED_SCALAR_STYLE ||
        value.find('/') == value.npos)
      return true;
    return Refuse(event, "\\/", 1, 'z');
  }

  // False, with the refusal, if `what` stands in the scalar's source, past its first character and
  // behind no backslash of its own.
  bool Refuse(const yaml_event_t& event, std::string_view what, size_t offset, char instead) {
    const size_t begin = Advance(event.start_mark.index), end = Advance(event.end_mark.index);
    for (size_t i = begin + 1; i < end; ++i) {
      if (text_.substr(i).starts_with(what)) {
        refusal_ = Refusal{i + offset, instead};
        return false;
      }
      if (text_[i] == '\\' && what.front() == '\\') ++i;
    }
    return true;
  }

  // ByteAt for marks that never go back.
  size_t Advance(size_t index) {
    byte_ = Behind(text_, byte_, index - std::min(index, index_));
    index_ = index;
    return byte_;
  }

  const YamlReadOptions& options_;
  NodeBuilder builder_;
  yaml_parser_t parser_;
  std::vector<bool> flow_;  // of the collections around
  std::optional<Refusal> refusal_;
  const std::string_view text_;
  const bool slashes_;  // the text holds \/ somewhere
  size_t index_ = 0, byte_;
};

constexpr size_t kMostRepairs = 64;
constexpr size_t kMostRepairWork = 8 << 20;  // bytes read anew

// In a flow collection libyaml refuses a plain scalar whose colon stands before an indicator, as in
// "[a:]". go-yaml takes the colon into the scalar and ends it there. False: something else was
// wrong; true: `text` has that scalar in quotes, which means the same to libyaml.
bool QuoteUpToColon(const yaml_parser_t& parser, std::string& text) {
  if (parser.error != YAML_SCANNER_ERROR || parser.encoding != YAML_UTF8_ENCODING) return false;
  if (parser.problem == nullptr || std::string_view(parser.problem) != "found unexpected ':'")
    return false;
  const size_t begin = ByteAt(text, parser.context_mark.index),
               colon = ByteAt(text, parser.problem_mark.index);
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

// \' in double quotes, which libyaml does not know and go-yaml takes for a quote: made one, in the
// whole scalar.
bool UnescapeQuotes(const yaml_parser_t& parser, std::string& text) {
  if (parser.error != YAML_SCANNER_ERROR || parser.encoding != YAML_UTF8_ENCODING) return false;
  if (parser.problem == nullptr ||
      std::string_view(parser.problem) != "found unknown escape character")
    return false;
  const size_t begin = ByteAt(text, parser.context_mark.index),
               at = ByteAt(text, parser.problem_mark.index);
  if (begin >= at || text.substr(at, 2) != "\\'") return false;
  for (size_t i = begin + 1; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] != '\\') continue;
    if (i + 1 < text.size() && text[i + 1] == '\'')
      text.erase(i, 1);
    else
      ++i;
  }
  return true;
}

Result<std::vector<Node*>> ReadWithLibyaml(Arena& arena, std::string_view text,
                                           const YamlReadOptions& options) {
  std::string repaired;
  for (size_t tries = 0;; ++tries) {
    Reader reader(arena, text, options);
    auto roots = reader.Run();
    if (roots.ok() || tries == kMostRepairs || tries * text.size() > kMostRepairWork) return roots;
    if (tries == 0 && reader.parser().error == YAML_SCANNER_ERROR) repaired = text;
    if (reader.refusal()) {
      if (tries == 0) repaired = text;
      repaired[reader.refusal()->byte] = reader.refusal()->instead;
    } else if (!QuoteUpToColon(reader.parser(), repaired) &&
               !UnescapeQuotes(reader.parser(), repaired)) {
      return roots;
    }
    text = repaired;
  }
}

Result<std::vector<Node*>> ParseYaml(Arena& arena, std::string_view text,
                                     const YamlReadOptions& options) {
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
