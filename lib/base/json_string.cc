#include "base/json_string.h"

#include <cstddef>

#include "base/utf8.h"

namespace sluice::base {
namespace {

// Bytes that encoding/json copies as they are; the others end a run.
constexpr auto kPlainByte = [] {
  struct {
    bool plain[256] = {};
  } table;
  for (int c = 0x20; c < 0x80; ++c)
    table.plain[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
  return table;
}();

void AppendEscapedByte(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  constexpr char kHex[] = "0123456789abcdef";
  out += "\\u00";
  out += kHex[c >> 4];
  out += kHex[c & 0xf];
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text, bool escape_html) {
  out += '"';
  size_t done = 0;
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (kPlainByte.plain[c] || (!escape_html && (c == '<' || c == '>' || c == '&'))) {
      ++i;
      continue;
    }
    if (c < 0x80 && c != 0x7f) {
      out.append(text.substr(done, i - done));
      AppendEscapedByte(out, c);
      done = ++i;
      continue;
    }
    const Rune r = DecodeRune(text, i);
    if (!r.ok || r.code == 0x2028 || r.code == 0x2029) {
      out.append(text.substr(done, i - done));
      out += !r.ok ? "\\ufffd" : r.code == 0x2028 ? "\\u2028" : "\\u2029";
      done = i + r.size;
    }
    i += r.size;
  }
  out.append(text.substr(done));
  out += '"';
}

}  // namespace sluice::base
