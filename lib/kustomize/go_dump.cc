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
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, d,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  return {buffer, end};
}

// fmt's order of map keys: by type, then by value.
bool KeyLess(const Value& a, const Value& b) {
  const auto rank = [](const Value& v) {
    return v.is_null() ? 0 : v.is_string() ? 1 : v.is_number() ? 2 : 3;
  };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  if (a.is_string()) return a.AsString() < b.AsString();
  return a.is_number() ? a.AsDouble() < b.AsDouble() : !a.AsBool() && b.AsBool();
}

// An RFC 3339 text as the peer prints the time.Time it stands for. Go names no zone but UTC.
std::string GoTime(std::string_view text) {
  constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
  const auto number = [&](size_t at, size_t n) {
    return std::to_string(base::ParseInt64(text.substr(at, n)).value_or(0));
  };
  const auto month = static_cast<size_t>(base::ParseInt64(text.substr(5, 2)).value_or(1));
  std::string nanos = "0";
  size_t zone = 19;
  if (text.substr(zone, 1) == ".") {
    zone = std::min(text.find_first_of("Z+-", zone), text.size());
    std::string digits(text.substr(20, zone - 20));
    digits.resize(9, '0');
    nanos = std::to_string(base::ParseInt64(digits).value_or(0));
  }
  return Cat("time.Date(", number(0, 4), ", time.", kMonths[(month - 1) % 12], ", ", number(8, 2),
             ", ", number(11, 2), ", ", number(14, 2), ", ", number(17, 2), ", ", nanos, ", ",
             text.substr(zone) == "Z" ? "time.UTC)" : "time.Location(\"\"))");
}

bool IsTime(const Node& node) {
  return node.is_scalar() && node.style() == Node::Style::kPlain && node.tag_id() != Tag::kStr &&
         document::ResolveTag(node.value()) == Tag::kTimestamp;
}

std::string DumpScalar(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return "interface {}(nil)";
    case Value::Kind::kBool:
      return value.AsBool() ? "true" : "false";
    case Value::Kind::kInt:
      return std::to_string(value.AsInt());
    case Value::Kind::kUint:
      return Cat("0x", document::ToYaml(value));
    case Value::Kind::kDouble: {
      const double d = value.AsDouble();
      if (std::isinf(d)) return d > 0 ? "+Inf" : "-Inf";
      if (std::isnan(d)) return "NaN";
      return GoFloat(d);
    }
    default:
      return base::QuoteGo(value.AsString());
  }
}

}  // namespace

std::string GoDump(const Node& node) {
  std::vector<std::string> parts;
  if (node.is_sequence()) {
    for (const Node* item : node.items()) parts.push_back(GoDump(*item));
    return Cat("[]interface {}{", base::Join(parts, ", "), "}");
  }
  if (IsTime(node)) return GoTime(Scalar(node).AsString());
  if (!node.is_mapping()) return DumpScalar(Scalar(node));
  std::vector<std::pair<Value, std::string>> entries;
  for (const auto& [key, value] : node.pairs()) {
    Value k = Scalar(*key);
    std::string text = Cat(DumpScalar(k), ":", GoDump(*value));
    entries.emplace_back(std::move(k), std::move(text));
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return KeyLess(a.first, b.first); });
  bool texts = true;
  for (auto& [key, text] : entries) {
    texts = texts && key.is_string();
    parts.push_back(std::move(text));
  }
  return Cat(texts ? "map[string]interface {}{" : "map[interface {}]interface {}{",
             base::Join(parts, ", "), "}");
}

}  // namespace sluice::kustomize
