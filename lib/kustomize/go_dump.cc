#include "go_dump.h"

#include <algorithm>
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
  if (node.style() != Node::Style::kPlain || node.tag_id() == Tag::kStr) return Value(node.value());
  return document::ResolvePlain(node.value()).value;
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
      return std::string(base::TrimSpace(document::ToYaml(value)));
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
  bool texts = true;
  for (const auto& [key, value] : node.pairs()) {
    const std::string k = DumpScalar(Scalar(*key));
    texts = texts && k.starts_with('"');
    parts.push_back(Cat(k, ":", GoDump(*value)));
  }
  std::sort(parts.begin(), parts.end());
  return Cat(texts ? "map[string]interface {}{" : "map[interface {}]interface {}{", base::Join(parts, ", "), "}");
}

}  // namespace sluice::kustomize
