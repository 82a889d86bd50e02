// go-yaml v2's encoder on plain data, behind sigs.k8s.io/yaml's detour over JSON text.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
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

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out, kIndent, kWidth) {}

  Status Document(const Value& value) {
    SLUICE_TRY(Node(value, false));
    out_.WriteIndent();  // ends the last line
    return {};
  }

 private:
  // `in_mapping`: this is a mapping's key or value.
  Status Node(const Value& value, bool in_mapping) {
    switch (value.kind()) {
      case Value::Kind::kArray: return Sequence(value, in_mapping);
      case Value::Kind::kObject: return Mapping(value);
      case Value::Kind::kString: return Text(value.AsString(), false);
      default: return Plain(value);
    }
  }

  Status Plain(const Value& value) {
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

  // JSON's text of the number, read again: what looks like an integer of 64 bits has become one.
  static std::string FloatText(double d) {
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

  Status Text(std::string_view text, bool simple_key) {
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

  void Scalar(std::string_view text, bool simple_key) {
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

  Status Sequence(const Value& value, bool in_mapping) {
    if (value.empty()) {
      out_.WriteIndicator("[", true, true, false);
      out_.WriteIndicator("]", false, false, false);
      return {};
    }
    const int outer = out_.indent;
    if (outer < 0) {
      out_.indent = 0;
    } else if (!(in_mapping && !out_.indention)) {
      out_.indent += kIndent;
    }
    for (const Value& item : value.items()) {
      out_.WriteIndent();
      out_.WriteIndicator("-", true, false, true);
      SLUICE_TRY(Node(item, false));
    }
    out_.indent = outer;
    return {};
  }

  Status Mapping(const Value& value) {
    if (value.empty()) {
      out_.WriteIndicator("{", true, true, false);
      out_.WriteIndicator("}", false, false, false);
      return {};
    }
    const int outer = out_.indent;
    out_.indent = outer < 0 ? 0 : outer + kIndent;
    const auto less = [](const Value::Member& a, const Value::Member& b) { return NaturalKeyLess(a.first, b.first); };
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
    out_.indent = outer;
    return {};
  }

  Status Member(const Value::Member& member) {
    out_.WriteIndent();
    const std::string_view key = member.first;
    if (key.size() <= kLongestSimpleKey && !(NeedsAnalysis(key) && AnalyzeScalar(key, false).multiline)) {
      SLUICE_TRY(Text(key, true));
      out_.WriteIndicator(":", false, false, false);
    } else {
      SLUICE_TRY(CheckJsonKey(key));  // a break, U+0085 among them, always leads here
      out_.WriteIndicator("?", true, false, true);
      SLUICE_TRY(Text(key, false));
      out_.WriteIndent();
      out_.WriteIndicator(":", true, false, true);
    }
    return Node(member.second, true);
  }

  YamlOut out_;
};

}  // namespace

Status AppendYaml(std::string& out, const Value& value) {
  const size_t before = out.size();
  std::string piece;
  std::string& target = before == 0 ? out : piece;  // columns count from a line's start
  Status status = Writer(target).Document(value);
  if (!status.ok()) {
    out.resize(before);
  } else if (&target != &out) {
    out += piece;
  }
  return status;
}

std::string ToYaml(const Value& value) {
  std::string out;
  if (!AppendYaml(out, value).ok()) out.clear();
  return out;
}

}  // namespace sluice::document
