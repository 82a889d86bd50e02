#include "json_stream.h"

#include "base/strings.h"
#include "document/json.h"

namespace sluice::helm {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// The first JSON value of `text`, which does not begin with a space: where it ends, or the whole
// text where it does not end well.
size_t JsonExtent(std::string_view text) {
  const auto run = [&](size_t at, auto in) {
    while (at < text.size() && in(text[at])) ++at;
    return at;
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const char first = text.empty() ? '\0' : text[0];
  if (first == '{' || first == '[' || first == '"') {
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (quoted) {
        if (c == '\\') ++i;
        if (c == '"') quoted = false;
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        --depth;
      }
      if (depth <= 0 && !quoted && i < text.size()) return i + 1;
    }
    return text.size();
  }
  for (const std::string_view word : {"true", "false", "null"}) {
    if (text.starts_with(word)) return word.size();
  }
  size_t at = first == '-' ? 1 : 0;
  if (at >= text.size() || !digit(text[at])) return text.size();
  at = text[at] == '0' ? at + 1 : run(at, digit);
  if (at < text.size() && text[at] == '.') {
    const size_t end = run(at + 1, digit);
    if (end == at + 1) return text.size();
    at = end;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    size_t from = at + 1;
    if (from < text.size() && (text[from] == '+' || text[from] == '-')) ++from;
    const size_t end = run(from, digit);
    if (end == from) return text.size();
    at = end;
  }
  return at;
}

}  // namespace

base::Result<document::Value> ReadJsonValue(std::string_view text, size_t* used) {
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return base::InvalidArgument("EOF");
  text.remove_prefix(begin);
  const size_t size = JsonExtent(text);
  *used = begin + size;
  const std::string_view own = text.substr(0, size);
  auto value = document::ParseSmallJson(own);
  if (value.ok()) return value;
  const std::string& words = value.status().message();
  bool cut = words == "unexpected end of JSON input";
  if (words.starts_with("invalid character ' '")) {  // of the end, or of a space that stands there
    cut = document::ParseSmallJson(base::Cat(own, "\x02")).status().message() != words;
  }
  if (cut) return base::InvalidArgument("unexpected EOF");
  return value;
}

}  // namespace sluice::helm
