// toYaml and toYamlPretty on template values.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/strings.h"
#include "document/node.h"
#include "document/yaml.h"
#include "document/yaml_emitter.h"
#include "go_time.h"
#include "text_formats.h"

namespace sluice::gotemplate {
namespace {

using base::Status;

constexpr int kMaxDepth = 1000;

Status TooLarge() { return base::ResourceExhausted("yaml: text exceeds the limit"); }
Status Cycle(const Value& v) {
  return base::InvalidArgument(
      base::Cat("json: unsupported value: encountered a cycle via ", v.TypeName()));
}

// The entries of a map in go-yaml's order: as they stand, or sorted into `buffer`.
using KeyLess = bool(std::string_view, std::string_view);
std::span<const Map::Entry> InOrder(const Map& map, KeyLess* key_less,
                                    std::vector<Map::Entry>& buffer) {
  const auto less = [key_less](const Map::Entry& a, const Map::Entry& b) {
    return key_less(a.key, b.key);
  };
  const auto entries = map.entries();
  if (std::ranges::is_sorted(entries, less)) return entries;
  buffer.assign(entries.begin(), entries.end());
  std::ranges::stable_sort(buffer, less);
  return buffer;
}

class YamlWriter {
 public:
  explicit YamlWriter(std::string& out) : text_(out), out_(out) {}

  Status Document(const Value& value) {
    SLUICE_TRY(Any(value, false));
    out_.End();
    return {};
  }

 private:
  Status Any(const Value& v, bool in_mapping) {
    switch (v.kind()) {
      case Kind::kNil:
        out_.Null();
        return {};
      case Kind::kBool:
        out_.Bool(v.bool_value());
        return {};
      case Kind::kInt:
      case Kind::kInt64:
        out_.Int(v.int_value());
        return {};
      case Kind::kUint8:
      case Kind::kUint32:
      case Kind::kUint64:
        out_.Uint(v.uint_value());
        return {};
      case Kind::kFloat64:
        return out_.Double(v.float_value());
      case Kind::kComplex128:
        return base::InvalidArgument("json: unsupported type: complex128");
      case Kind::kString:
        return out_.Text(v.text());
      case Kind::kBytes:
        return out_.Text(base::Base64Encode(v.text()));
      case Kind::kList:
        return Sequence(v, in_mapping);
      case Kind::kMap:
        return Mapping(v, v.map());
      case Kind::kObject:
        break;
    }
    if (const document::Value* data = v.object().Data()) return out_.Data(*data, in_mapping);
    if (const Map* map = v.object().AsMap()) return Mapping(v, *map);
    out_.Empty("{}");
    return {};
  }

  // Before each collection: fails where the text or the nesting has got too large.
  Status Check(const Value& v) const {
    if (text_.size() > kMaxFormatted) return TooLarge();
    return depth_ >= kMaxDepth ? Cycle(v) : Status();
  }

  Status Sequence(const Value& v, bool in_mapping) {
    const List& list = v.list();
    if (list.empty()) {
      list.is_nil() ? out_.Null() : out_.Empty("[]");
      return {};
    }
    SLUICE_TRY(Check(v));
    ++depth_;
    const int outer = out_.EnterSequence(in_mapping);
    for (const Value& item : list.items()) {
      out_.Dash();
      SLUICE_TRY(Any(item, false));
    }
    out_.Leave(outer);
    --depth_;
    return {};
  }

  Status Mapping(const Value& v, const Map& map) {
    if (map.empty()) {
      map.is_nil() ? out_.Null() : out_.Empty("{}");
      return {};
    }
    SLUICE_TRY(Check(v));
    ++depth_;
    const int outer = out_.EnterMapping();
    std::vector<Map::Entry> buffer;
    for (const Map::Entry& entry : InOrder(map, document::NaturalKeyLess, buffer)) {
      SLUICE_TRY(out_.Key(entry.key));
      SLUICE_TRY(Any(entry.value, true));
    }
    out_.Leave(outer);
    --depth_;
    return {};
  }

  const std::string& text_;
  document::YamlEmitter out_;
  int depth_ = 0;
};

// The tree go-yaml v3 would walk by reflection: floats stay floats, times are timestamps, structs
// have lower-case fields.
class TreeBuilder {
 public:
  explicit TreeBuilder(document::Arena& arena) : arena_(arena) {}

  base::Result<document::Node*> Any(const Value& v) {
    if (arena_.bytes() > kMaxFormatted) return TooLarge();
    switch (v.kind()) {
      case Kind::kNil:
        return arena_.NewNull();
      case Kind::kBool:
        return arena_.NewBool(v.bool_value());
      case Kind::kInt:
      case Kind::kInt64:
        return arena_.NewInt(v.int_value());
      case Kind::kUint8:
      case Kind::kUint32:
      case Kind::kUint64:
        return arena_.NewScalar(std::to_string(v.uint_value()), document::Tag::kInt);
      case Kind::kFloat64:
        return Float(v.float_value());
      case Kind::kComplex128:
        return base::InvalidArgument("cannot marshal type: complex128");
      case Kind::kString:
        return Text(v.text());
      case Kind::kBytes:
        return Bytes(v.text());
      case Kind::kList:
        return Sequence(v);
      case Kind::kMap:
        return Mapping(v, v.map());
      case Kind::kObject:
        return Object(v);
    }
    return arena_.NewNull();
  }

 private:
  document::Node* Float(double d) {
    if (std::isnan(d)) return arena_.NewScalar(".nan", document::Tag::kFloat);
    if (std::isinf(d)) return arena_.NewScalar(d > 0 ? ".inf" : "-.inf", document::Tag::kFloat);
    std::string text;
    AppendGoFloat(text, d);
    return arena_.NewScalar(text);
  }

  document::Node* Text(std::string_view text) {
    if (!base::IsValidUtf8(text)) {
      document::Node* node = arena_.NewScalar(base::Base64Encode(text), document::Tag::kBinary);
      node->set_tagged(true);
      return node;
    }
    // a merge key to readers, nothing special to the encoder
    if (text == "<<") return arena_.NewScalar(text);
    document::Node* node = arena_.NewString(text);
    // What YAML 1.1 takes for a boolean or a number of base 60 is quoted, though to v3 it is a
    // string.
    if (text.find('\n') == text.npos && document::IsYaml11Scalar(text))
      node->set_style(document::Node::Style::kDoubleQuoted);
    return node;
  }

  document::Node* Bytes(std::string_view bytes) {
    document::Node* node = arena_.NewSequence();
    for (const char c : bytes) node->Append(arena_.NewInt(static_cast<unsigned char>(c)));
    return node;
  }

  base::Result<document::Node*> Sequence(const Value& v) {
    if (depth_ >= kMaxDepth) return Cycle(v);
    ++depth_;
    document::Node* node = arena_.NewSequence();
    for (const Value& item : v.list().items()) {
      SLUICE_TRY(document::Node * child, Any(item));
      node->Append(child);
    }
    --depth_;
    return node;
  }

  base::Result<document::Node*> Mapping(const Value& v, const Map& map) {
    if (depth_ >= kMaxDepth) return Cycle(v);
    ++depth_;
    document::Node* node = arena_.NewMapping();
    std::vector<Map::Entry> buffer;
    for (const Map::Entry& entry : InOrder(map, document::NaturalKeyLess3, buffer)) {
      SLUICE_TRY(document::Node * child, Any(entry.value));
      node->AppendPair(Text(entry.key), child);
    }
    --depth_;
    return node;
  }

  base::Result<document::Node*> Object(const Value& v) {
    if (const GoTime* time = TimeOf(v)) return arena_.NewScalar(FormatRfc3339(*time));
    if (const Map* map = v.object().AsMap()) return Mapping(v, *map);
    document::Node* node = arena_.NewMapping();
    const document::Value* data = v.object().Data();
    if (data == nullptr) return node;
    if (!data->is_object()) return document::FromValue(arena_, *data);
    for (const auto& [key, value] : data->members())
      node->AppendPair(Text(base::ToLower(key)), document::FromValue(arena_, value));
    return node;
  }

  document::Arena& arena_;
  int depth_ = 0;
};

}  // namespace

Status AppendYaml(std::string& out, const Value& value) { return YamlWriter(out).Document(value); }

Status AppendYamlPretty(std::string& out, const Value& value) {
  document::Arena arena;
  SLUICE_TRY(const document::Node* root, TreeBuilder(arena).Any(value));
  out = document::WriteYaml3(*root, {.indent = 2});
  return {};
}

}  // namespace sluice::gotemplate
