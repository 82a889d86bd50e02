// From trees to plain data, as go-yaml's decoders fill a Go interface{} and encoding/json prints
// it.
#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>
#include <vector>

#include "alias_budget.h"
#include "base/strings.h"
#include "decimal.h"
#include "document/json.h"
#include "document/yaml.h"
#include "resolve.h"
#include "value_rep.h"

namespace sluice::document {
namespace {

using base::InvalidArgument;
using base::Result;
using base::Status;

constexpr const char* kWantMap = "yaml: map merge requires map or sequence of maps as the value";

class Converter {
 public:
  explicit Converter(const ToValueOptions& options)
      : options_(options), v2_(options.dialect == YamlDialect::kGoYaml2) {}

  Result<Value> Run(const Node& root) {
    SLUICE_TRY(Value value, Any(root));
    if (!type_errors_.empty()) return InvalidArgument("yaml: unmarshal errors:" + type_errors_);
    if (!json_error_.empty()) return InvalidArgument(json_error_);
    if (infinite_) SLUICE_TRY(CheckFinite(value));
    return value;
  }

 private:
  Result<Value> Any(const Node& node) {
    if (!budget_.Add(1, alias_depth_ > 0)) return InvalidArgument(AliasBudget::kMessage);
    switch (node.kind()) {
      case Node::Kind::kScalar:
        return Scalar(node);
      case Node::Kind::kAlias: {
        if (depth_ >= options_.max_depth) return TooDeep();
        ++depth_, ++alias_depth_;
        SLUICE_TRY(Value value, Any(*node.target()));
        --depth_, --alias_depth_;
        return value;
      }
      case Node::Kind::kSequence: {
        if (depth_++ >= options_.max_depth) return TooDeep();
        Value array = ValueBuilder::MakeArray(node.size());
        for (const Node* item : node.items()) {
          SLUICE_TRY(Value value, Any(*item));
          ValueBuilder::Items(array).push_back(std::move(value));
        }
        --depth_;
        return array;
      }
      case Node::Kind::kMapping:
        break;
    }
    if (depth_++ >= options_.max_depth) return TooDeep();
    if (!options_.convert_keys && !IsStringMap(node))
      JsonError("json: unsupported type: map[interface {}]interface {}");
    Value object = ValueBuilder::MakeObject(node.size());
    SLUICE_TRY(Mapping(node, object, false));
    --depth_;
    return object;
  }

  Status TooDeep() const {
    return InvalidArgument("yaml: exceeded max depth of " + std::to_string(options_.max_depth));
  }

  Result<Value> Scalar(const Node& node) {
    const Tag tag = node.tag_id();
    if (tag == Tag::kStr || (tag == Tag::kNone && node.ShortTag() == Tag::kStr))
      return Value(node.value());
    // go-yaml v2 gives a date to an interface{} as the text it was, whatever its tag; v3 as a time.
    if (v2_ && tag == Tag::kTimestamp) return Value(node.value());
    SLUICE_TRY(Resolved r, ResolveTagged(tag == Tag::kCustom ? Tag::kCustom : tag, node.value(),
                                         options_.dialect));
    if (r.value.kind() == Value::Kind::kDouble && !std::isfinite(r.value.AsDouble())) {
      infinite_ = true;
      if (!options_.convert_keys) JsonError(Unsupported(r.value.AsDouble()));
    }
    return std::move(r.value);
  }

  static std::string Unsupported(double d) {
    std::string text = "json: unsupported value: ";
    AppendGoFloat(text, d);
    return text;
  }

  // sigs.k8s.io/yaml writes the finished data as JSON: what a later key has replaced is forgotten,
  // and keys come sorted.
  static Status CheckFinite(const Value& v) {
    if (v.kind() == Value::Kind::kDouble && !std::isfinite(v.AsDouble()))
      return InvalidArgument(Unsupported(v.AsDouble()));
    for (const Value& item : v.items()) SLUICE_TRY(CheckFinite(item));
    std::vector<const Value::Member*> members;
    for (const auto& member : v.members()) members.push_back(&member);
    std::ranges::sort(members, {}, [](const auto* m) -> std::string_view { return m->first; });
    for (const auto* member : members) SLUICE_TRY(CheckFinite(member->second));
    return {};
  }

  void JsonError(std::string message) {
    if (json_error_.empty()) json_error_ = std::move(message);
  }

  void TypeError(uint32_t line, const std::string& words) {
    type_errors_ += "\n  line " + std::to_string(line) + ": " + words;
  }

  // go-yaml v3 makes a map[string]interface{} of those; encoding/json knows no other.
  static bool IsStringMap(const Node& node) {
    for (const auto& [key, value] : node.pairs()) {
      const Tag tag = key->ShortTag();
      if (tag != Tag::kStr && tag != Tag::kMerge) return false;
    }
    return true;
  }

  // v3 looks at a mapping's keys before anything else: equal text is a duplicate, whatever the
  // types.
  bool HasDuplicates(const Node& node) {
    if (v2_ || options_.duplicate_keys == DuplicateKeys::kLastWins) return false;
    const auto pairs = node.pairs();
    bool found = false;
    if (pairs.size() <= 16) {
      for (size_t i = 0; i < pairs.size() && !found; ++i) {
        for (size_t j = i + 1; j < pairs.size() && !found; ++j)
          found = Same(*pairs[i].key, *pairs[j].key);
      }
    } else {
      std::unordered_map<std::string_view, int> seen;
      for (const auto& pair : pairs) found |= ++seen[pair.key->value()] > 1;
    }
    if (!found) return false;
    const size_t before = type_errors_.size();
    for (size_t i = 0; i < pairs.size(); ++i) {
      for (size_t j = i + 1; j < pairs.size() && type_errors_.size() < kMostErrorText; ++j) {
        const Node &first = *pairs[i].key, &again = *pairs[j].key;
        if (!Same(first, again)) continue;
        TypeError(again.line(), "mapping key " + base::QuoteGo(again.value()) +
                                    " already defined at line " + std::to_string(first.line()));
      }
    }
    return type_errors_.size() > before;
  }
  static bool Same(const Node& a, const Node& b) {
    return a.kind() == b.kind() && a.value() == b.value();
  }

  // Adds the pairs of `node` to `object`. v2 takes them, merges included, one after the other, and
  // the last wins; v3 adds merges at the end, for keys not there yet.
  Status Mapping(const Node& node, Value& object, bool merging) {
    if (HasDuplicates(node)) return {};
    const Node* merge = nullptr;
    for (const auto& [key, value] : node.pairs()) {
      if (key->is_scalar() && key->tag_id() == Tag::kMerge) {
        merge = value;
        if (v2_) SLUICE_TRY(Merge(*value, object));
        continue;
      }
      SLUICE_TRY(const std::string name, Key(*key, *value));
      if (merging && !v2_ && object.Find(name) != nullptr) continue;
      SLUICE_TRY(Value converted, Any(*value));
      if (v2_ && options_.duplicate_keys == DuplicateKeys::kError && object.Find(name) != nullptr) {
        TypeError(value->line(), "key " + base::QuoteGo(name) + " already set in map");
        continue;
      }
      ValueBuilder::Add(object, name, std::move(converted));
    }
    if (merge != nullptr && !v2_) return Merge(*merge, object);
    return {};
  }

  Status Merge(const Node& value, Value& object) {
    if (!value.is_sequence()) return MergeOne(value, object);
    const auto items = value.items();
    for (size_t i = 0; i < items.size(); ++i) {
      // Earlier entries take precedence: v2 lets the last writer win, v3 the first.
      SLUICE_TRY(MergeOne(*items[v2_ ? items.size() - 1 - i : i], object));
    }
    return {};
  }

  Status MergeOne(const Node& value, Value& object) {
    const Node* map = value.Resolved();
    if (map == nullptr || !map->is_mapping()) return InvalidArgument(kWantMap);
    if (!budget_.Add(1, alias_depth_ > 0)) return InvalidArgument(AliasBudget::kMessage);
    if (depth_ >= options_.max_depth) return TooDeep();
    ++depth_;
    alias_depth_ += value.is_alias() ? 1 : 0;
    SLUICE_TRY(Mapping(*map, object, true));
    alias_depth_ -= value.is_alias() ? 1 : 0;
    --depth_;
    return {};
  }

  Result<std::string> Key(const Node& node, const Node& value) {
    const Node& key = *node.Resolved();
    if (!budget_.Add(1, alias_depth_ > 0)) return InvalidArgument(AliasBudget::kMessage);
    if (!key.is_scalar()) return InvalidArgument("yaml: invalid map key: " + DumpKey(key));
    if (key.ShortTag() == Tag::kStr) return std::string(key.value());
    if (!options_.convert_keys) return std::string(key.value());
    SLUICE_TRY(const Value v, Scalar(key));
    if (v.is_string()) return std::string(v.AsString());
    return KeyText(v, value);
  }

  // sigs.k8s.io/yaml: numbers and booleans become their text, floats through 32 bits.
  Result<std::string> KeyText(const Value& v, const Node& value) {
    switch (v.kind()) {
      case Value::Kind::kBool:
        return std::string(v.AsBool() ? "true" : "false");
      case Value::Kind::kInt:
        return std::to_string(v.AsInt());
      case Value::Kind::kDouble: {
        const double d = v.AsDouble();
        if (std::isnan(d)) return std::string(".nan");
        if (std::isinf(d)) return std::string(d > 0 ? ".inf" : "-.inf");
        std::string text;
        AppendGoFloat32(text, static_cast<float>(d));
        return text;
      }
      default:
        break;
    }
    const bool null = v.is_null();
    SLUICE_TRY(const Value shown, Any(value));
    JsonError(std::string("unsupported map key of type: ") + (null ? "%!s(<nil>)" : "uint64") +
              ", key: " + (null ? "<nil>" : "0x" + Hex(v.AsUint())) +
              ", value: " + (shown.is_null() ? "<nil>" : GoDump(shown)));
    return std::string(null ? "null" : std::to_string(v.AsUint()));
  }

  static std::string Hex(uint64_t u) {
    std::string out;
    do {
      out.insert(out.begin(), "0123456789abcdef"[u & 0xf]);
      u >>= 4;
    } while (u != 0);
    return out;
  }

  std::string DumpKey(const Node& key) {
    const Result<Value> v = Any(key);
    return v.ok()             ? GoDump(*v)
           : key.is_mapping() ? "map[interface {}]interface {}{}"
                              : "[]interface {}{}";
  }

  // %#v of decoded data, as messages show it.
  std::string GoDump(const Value& v) const {
    switch (v.kind()) {
      case Value::Kind::kString:
        return base::QuoteGo(v.AsString());
      case Value::Kind::kNull:
        return "interface {}(nil)";
      case Value::Kind::kArray: {
        std::string out = "[]interface {}{";
        for (const Value& item : v.items())
          out.append(out.back() == '{' ? "" : ", ").append(GoDump(item));
        return out + "}";
      }
      case Value::Kind::kObject: {
        std::string out = v2_ ? "map[interface {}]interface {}{" : "map[string]interface {}{";
        bool first = true;
        for (const auto& [key, value] : v.members()) {
          out.append(first ? "" : ", ")
              .append(base::QuoteGo(key))
              .append(":")
              .append(GoDump(value));
          first = false;
        }
        return out + "}";
      }
      case Value::Kind::kDouble: {
        std::string out;
        AppendGoFloat(out, v.AsDouble());
        return out;
      }
      default:
        return ToJson(v);
    }
  }

  static constexpr size_t kMostErrorText = 16 << 10;  // the message may end in a condition
  const ToValueOptions& options_;
  const bool v2_;
  AliasBudget budget_;
  size_t depth_ = 0, alias_depth_ = 0;
  std::string type_errors_;
  std::string json_error_;
  bool infinite_ = false;
};

}  // namespace

Result<Value> ToValue(const Node& node, const ToValueOptions& options) {
  return Converter(options).Run(node);
}

namespace {

ToValueOptions SigsOptions(const YamlValueOptions& options) {
  return {.dialect = YamlDialect::kGoYaml2,
          .duplicate_keys = options.duplicate_keys,
          .convert_keys = true,
          .max_depth = options.max_depth};
}

}  // namespace

Result<Value> ParseYamlToValue(std::string_view text, const YamlValueOptions& options) {
  SLUICE_TRY(const Document document, ParseYamlDocument(text, {.dialect = YamlDialect::kGoYaml2,
                                                               .max_depth = options.max_depth}));
  if (document.root == nullptr) return Value();
  return ToValue(*document.root, SigsOptions(options));
}

Result<std::vector<Value>> ParseYamlStream(std::string_view text, const YamlValueOptions& options) {
  Arena arena;
  SLUICE_TRY(
      const std::vector<Node*> roots,
      ParseYaml(arena, text, {.dialect = YamlDialect::kGoYaml2, .max_depth = options.max_depth}));
  std::vector<Value> values;
  for (const Node* root : roots) {
    SLUICE_TRY(Value value, ToValue(*root, SigsOptions(options)));
    if (!value.is_null()) values.push_back(std::move(value));
  }
  return values;
}

Node* FromValue(Arena& arena, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return arena.NewNull();
    case Value::Kind::kBool:
      return arena.NewBool(value.AsBool());
    case Value::Kind::kInt:
      return arena.NewInt(value.AsInt());
    case Value::Kind::kUint:
      return arena.NewScalar(std::to_string(value.AsUint()), Tag::kInt);
    case Value::Kind::kDouble: {
      std::string text;
      const double d = value.AsDouble();
      if (std::isnan(d)) {
        text = ".nan";
      } else if (std::isinf(d)) {
        text = d > 0 ? ".inf" : "-.inf";
      } else {
        AppendGoFloat(text, d);
      }
      return arena.NewScalar(text, Tag::kFloat);
    }
    case Value::Kind::kString:
      return arena.NewString(value.AsString());
    case Value::Kind::kArray: {
      Node* node = arena.NewSequence();
      for (const Value& item : value.items()) node->Append(FromValue(arena, item));
      return node;
    }
    case Value::Kind::kObject:
      break;
  }
  Node* node = arena.NewMapping();
  for (const auto& [key, member] : value.members())
    node->AppendPair(arena.NewString(key), FromValue(arena, member));
  return node;
}

}  // namespace sluice::document
