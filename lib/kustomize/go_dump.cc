#include "go_dump.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "base/strings.h"
#include "document/yaml.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using document::Node;
using document::Tag;
using document::Value;

Value Scalar(const Node& node) {
  const bool number = node.tagged() && (node.tag_id() == Tag::kInt || node.tag_id() == Tag::kFloat);
  if (number) return document::ResolvePlain(node.value()).value;
  if (node.style() != Node::Style::kPlain || node.tag_id() == Tag::kStr) return Value(node.value());
  return document::ResolvePlain(node.value()).value;
}

// strconv's 'g' with the shortest digits: an exponent below 1e-4 and from 1e6 on.
std::string GoFloat(double d) {
  char buffer[64];
  const int exponent = d == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::fabs(d))));
  const bool plain = exponent >= -4 && exponent < 21 && std::fabs(d) < 1e6;
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, d, plain ? std::chars_format::fixed : std::chars_format::scientific).ptr;
  return {buffer, end};
}

// fmt's order of map keys: by type, then by value.
bool KeyLess(const Value& a, const Value& b) {
  const auto rank = [](const Value& v) { return v.is_null() ? 0 : v.is_string() ? 1 : v.is_number() ? 2 : 3; };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  if (a.is_string()) return a.AsString() < b.AsString();
  return a.is_number() ? a.AsDouble() < b.AsDouble() : !a.AsBool() && b.AsBool();
}

std::string DumpScalar(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull: return "interface {}(nil)";
    case Value::Kind::kBool: return value.AsBool() ? "true" : "false";
    case Value::Kind::kInt: return std::to_string(value.AsInt());
    case Value::Kind::kUint: return Cat("0x", document::ToYaml(value));
    case Value::Kind::kDouble: {
      const double d = value.AsDouble();
      if (std::isinf(d)) return d > 0 ? "+Inf" : "-Inf";
      if (std::isnan(d)) return "NaN";
      return GoFloat(d);
    }
    default: return base::QuoteGo(value.AsString());
  }
}

}  // namespace

std::string GoDump(const Node& node) {
  std::vector<std::string> parts;
  if (node.is_sequence()) {
    for (const Node* item : node.items()) parts.push_back(GoDump(*item));
    return Cat("[]interface {}{", base::Join(parts, ", "), "}");
  }
  if (!node.is_mapping()) return DumpScalar(Scalar(node));
  std::vector<std::pair<Value, std::string>> entries;
  for (const auto& [key, value] : node.pairs()) {
    Value k = Scalar(*key);
    std::string text = Cat(DumpScalar(k), ":", GoDump(*value));
    entries.emplace_back(std::move(k), std::move(text));
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return KeyLess(a.first, b.first); });
  bool texts = true;
  for (auto& [key, text] : entries) {
    texts = texts && key.is_string();
    parts.push_back(std::move(text));
  }
  return Cat(texts ? "map[string]interface {}{" : "map[interface {}]interface {}{", base::Join(parts, ", "), "}");
}

}  // namespace sluice::kustomize
