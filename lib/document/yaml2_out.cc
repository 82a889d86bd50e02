#include "yaml2_out.h"

#include <charconv>
#include <cmath>

#include "decimal.h"
#include "document/json.h"
#include "json_detour.h"
#include "resolve.h"

namespace sluice::document {
namespace {

using base::Status;

constexpr int kIndent = 2;
constexpr int kWidth = 80;
constexpr size_t kLongestSimpleKey = 128;

// JSON's text of the number, read again: what looks like an integer of 64 bits has become one.
std::string FloatText(double d) {
  std::string json;
  AppendJsonNumber(json, d);
  if (json.find_first_of(".e") == json.npos) {
    const char* const end = json.data() + json.size();
    int64_t i = 0;
    if (std::from_chars(json.data(), end, i).ec == std::errc()) return std::to_string(i);
    uint64_t u = 0;
    if (std::from_chars(json.data(), end, u).ec == std::errc()) return std::to_string(u);
  }
  std::string text;
  AppendGoFloat(text, d);
  return text;
}

}  // namespace

Yaml2Out::Yaml2Out(std::string& out) : out_(out, kIndent, kWidth) {}

Status Yaml2Out::Plain(const Value& value) {
  char buffer[32];
  std::string text;
  switch (value.kind()) {
    case Value::Kind::kBool: out_.WritePlain(value.AsBool() ? "true" : "false", true); return {};
    case Value::Kind::kInt: {
      const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value.AsInt()).ptr;
      out_.WritePlain({buffer, static_cast<size_t>(end - buffer)}, true);
      return {};
    }
    case Value::Kind::kUint: out_.WritePlain(std::to_string(value.AsUint()), true); return {};
    case Value::Kind::kDouble:
      if (!std::isfinite(value.AsDouble())) {
        AppendGoFloat(text, value.AsDouble());
        return base::InvalidArgument("json: unsupported value: " + text);
      }
      out_.WritePlain(FloatText(value.AsDouble()), true);
      return {};
    default: out_.WritePlain("null", true); return {};
  }
}

Status Yaml2Out::Text(std::string_view text, bool simple_key) {
  std::string changed;
  if (NeedsDetour(text)) {
    SLUICE_TRY(changed, DetourOverJson(text));
    text = changed;
  }
  const int outer = out_.indent;
  out_.indent = outer < 0 ? kIndent : outer + kIndent;
  Scalar(text, simple_key);
  out_.indent = outer;
  return {};
}

void Yaml2Out::Scalar(std::string_view text, bool simple_key) {
  const bool resolves = MayResolve(text) && (ResolveTag(text, YamlDialect::kGoYaml2) != Tag::kStr || IsBase60(text)) && text != "<<";
  if (!resolves && !NeedsAnalysis(text)) {
    out_.WritePlain(text, !simple_key);
    return;
  }
  const ScalarShape shape = AnalyzeScalar(text, false);
  ScalarStyle style = text.find('\n') != text.npos ? ScalarStyle::kLiteral : resolves ? ScalarStyle::kDoubleQuoted : ScalarStyle::kPlain;
  if (simple_key && shape.multiline) style = ScalarStyle::kDoubleQuoted;
  if (style == ScalarStyle::kPlain && !shape.block_plain) style = ScalarStyle::kSingleQuoted;
  if (style == ScalarStyle::kSingleQuoted && !shape.single_quoted) style = ScalarStyle::kDoubleQuoted;
  if (style == ScalarStyle::kLiteral && (!shape.block || simple_key)) style = ScalarStyle::kDoubleQuoted;
  switch (style) {
    case ScalarStyle::kPlain: out_.WritePlain(text, !simple_key); break;
    case ScalarStyle::kSingleQuoted: out_.WriteSingleQuoted(text, !simple_key); break;
    case ScalarStyle::kLiteral: out_.WriteLiteral(text); break;
    default: out_.WriteDoubleQuoted(text, !simple_key); break;
  }
}

Status Yaml2Out::Key(std::string_view key) {
  out_.WriteIndent();
  if (key.size() <= kLongestSimpleKey && !(NeedsAnalysis(key) && AnalyzeScalar(key, false).multiline)) {
    SLUICE_TRY(Text(key, true));
    out_.WriteIndicator(":", false, false, false);
    return {};
  }
  SLUICE_TRY(CheckJsonKey(key));  // a break, U+0085 among them, always leads here
  out_.WriteIndicator("?", true, false, true);
  SLUICE_TRY(Text(key, false));
  out_.WriteIndent();
  out_.WriteIndicator(":", true, false, true);
  return {};
}

int Yaml2Out::EnterMapping() {
  const int outer = out_.indent;
  out_.indent = outer < 0 ? 0 : outer + kIndent;
  return outer;
}

int Yaml2Out::EnterSequence(bool in_mapping) {
  const int outer = out_.indent;
  if (outer < 0) {
    out_.indent = 0;
  } else if (!(in_mapping && !out_.indention)) {
    out_.indent += kIndent;
  }
  return outer;
}

void Yaml2Out::Dash() {
  out_.WriteIndent();
  out_.WriteIndicator("-", true, false, true);
}

void Yaml2Out::Empty(std::string_view brackets) {
  out_.WriteIndicator(brackets.substr(0, 1), true, true, false);
  out_.WriteIndicator(brackets.substr(1), false, false, false);
}

}  // namespace sluice::document
