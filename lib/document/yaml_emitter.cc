#include "document/yaml_emitter.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "decimal.h"
#include "document/json.h"
#include "document/yaml.h"
#include "json_detour.h"
#include "resolve.h"
#include "yaml_out.h"

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

YamlEmitter::YamlEmitter(std::string& out)
    : out_(std::make_unique<YamlOut>(out, kIndent, kWidth)) {}
YamlEmitter::~YamlEmitter() = default;

void YamlEmitter::Null() { out_->WritePlain("null", true); }
void YamlEmitter::Bool(bool b) { out_->WritePlain(b ? "true" : "false", true); }

void YamlEmitter::Int(int64_t i) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), i).ptr;
  out_->WritePlain({buffer, static_cast<size_t>(end - buffer)}, true);
}

void YamlEmitter::Uint(uint64_t u) { out_->WritePlain(std::to_string(u), true); }

Status YamlEmitter::Double(double d) {
  if (!std::isfinite(d)) {
    std::string text;
    AppendGoFloat(text, d);
    return base::InvalidArgument("json: unsupported value: " + text);
  }
  out_->WritePlain(FloatText(d), true);
  return {};
}

Status YamlEmitter::Scalar(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
      Bool(value.AsBool());
      return {};
    case Value::Kind::kInt:
      Int(value.AsInt());
      return {};
    case Value::Kind::kUint:
      Uint(value.AsUint());
      return {};
    case Value::Kind::kDouble:
      return Double(value.AsDouble());
    case Value::Kind::kString:
      return Text(value.AsString());
    default:
      Null();
      return {};
  }
}

Status YamlEmitter::Text(std::string_view text, bool simple_key) {
  std::string changed;
  if (NeedsDetour(text)) {
    SLUICE_TRY(changed, DetourOverJson(text));
    text = changed;
  }
  const int outer = out_->indent;
  out_->indent = outer < 0 ? kIndent : outer + kIndent;
  TextScalar(text, simple_key);
  out_->indent = outer;
  return {};
}

void YamlEmitter::TextScalar(std::string_view text, bool simple_key) {
  const bool resolves = MayResolve(text) &&
                        (ResolveTag(text, YamlDialect::kGoYaml2) != Tag::kStr || IsBase60(text)) &&
                        text != "<<";
  if (!resolves && !NeedsAnalysis(text)) {
    out_->WritePlain(text, !simple_key);
    return;
  }
  const ScalarShape shape = AnalyzeScalar(text, false);
  ScalarStyle style = text.find('\n') != text.npos ? ScalarStyle::kLiteral
                      : resolves                   ? ScalarStyle::kDoubleQuoted
                                                   : ScalarStyle::kPlain;
  if (simple_key && shape.multiline) style = ScalarStyle::kDoubleQuoted;
  if (style == ScalarStyle::kPlain && !shape.block_plain) style = ScalarStyle::kSingleQuoted;
  if (style == ScalarStyle::kSingleQuoted && !shape.single_quoted)
    style = ScalarStyle::kDoubleQuoted;
  if (style == ScalarStyle::kLiteral && (!shape.block || simple_key))
    style = ScalarStyle::kDoubleQuoted;
  switch (style) {
    case ScalarStyle::kPlain:
      out_->WritePlain(text, !simple_key);
      break;
    case ScalarStyle::kSingleQuoted:
      out_->WriteSingleQuoted(text, !simple_key);
      break;
    case ScalarStyle::kLiteral:
      out_->WriteLiteral(text);
      break;
    default:
      out_->WriteDoubleQuoted(text, !simple_key);
      break;
  }
}

Status YamlEmitter::Key(std::string_view key) {
  out_->WriteIndent();
  if (key.size() <= kLongestSimpleKey &&
      !(NeedsAnalysis(key) && AnalyzeScalar(key, false).multiline)) {
    SLUICE_TRY(Text(key, true));
    out_->WriteIndicator(":", false, false, false);
    return {};
  }
  SLUICE_TRY(CheckJsonKey(key));  // a break, U+0085 among them, always leads here
  out_->WriteIndicator("?", true, false, true);
  SLUICE_TRY(Text(key, false));
  out_->WriteIndent();
  out_->WriteIndicator(":", true, false, true);
  return {};
}

int YamlEmitter::EnterMapping() {
  const int outer = out_->indent;
  out_->indent = outer < 0 ? 0 : outer + kIndent;
  return outer;
}

int YamlEmitter::EnterSequence(bool in_mapping) {
  const int outer = out_->indent;
  if (outer < 0) {
    out_->indent = 0;
  } else if (!(in_mapping && !out_->indention)) {
    out_->indent += kIndent;
  }
  return outer;
}

void YamlEmitter::Leave(int outer) { out_->indent = outer; }
void YamlEmitter::End() { out_->WriteIndent(); }

void YamlEmitter::Dash() {
  out_->WriteIndent();
  out_->WriteIndicator("-", true, false, true);
}

void YamlEmitter::Empty(std::string_view brackets) {
  out_->WriteIndicator(brackets.substr(0, 1), true, true, false);
  out_->WriteIndicator(brackets.substr(1), false, false, false);
}

Status YamlEmitter::Data(const Value& value, bool in_mapping) {
  switch (value.kind()) {
    case Value::Kind::kArray:
      return Array(value, in_mapping);
    case Value::Kind::kObject:
      return Object(value);
    default:
      return Scalar(value);
  }
}

Status YamlEmitter::Array(const Value& value, bool in_mapping) {
  if (value.empty()) {
    Empty("[]");
    return {};
  }
  const int outer = EnterSequence(in_mapping);
  for (const Value& item : value.items()) {
    Dash();
    SLUICE_TRY(Data(item, false));
  }
  Leave(outer);
  return {};
}

Status YamlEmitter::Object(const Value& value) {
  if (value.empty()) {
    Empty("{}");
    return {};
  }
  const int outer = EnterMapping();
  const auto less = [](const Value::Member& a, const Value::Member& b) {
    return NaturalKeyLess(a.first, b.first);
  };
  const auto& members = value.members();
  if (std::is_sorted(members.begin(), members.end(), less)) {
    for (const Value::Member& member : members) SLUICE_TRY(Member(member));
  } else {
    std::vector<const Value::Member*> sorted;
    sorted.reserve(members.size());
    for (const Value::Member& member : members) sorted.push_back(&member);
    std::stable_sort(sorted.begin(), sorted.end(), [&](auto* a, auto* b) { return less(*a, *b); });
    for (const Value::Member* member : sorted) SLUICE_TRY(Member(*member));
  }
  Leave(outer);
  return {};
}

Status YamlEmitter::Member(const Value::Member& member) {
  SLUICE_TRY(Key(member.first));
  return Data(member.second, true);
}

}  // namespace sluice::document
