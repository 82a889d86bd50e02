#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "base/json_string.h"
#include "decimal.h"
#include "document/json.h"

namespace sluice::document {
namespace {

class Writer {
 public:
  Writer(std::string& out, const JsonWriteOptions& options) : out_(out), options_(options) {}

  void Write(const Value& v) {
    switch (v.kind()) {
      case Value::Kind::kNull:
        out_ += "null";
        return;
      case Value::Kind::kBool:
        out_ += v.AsBool() ? "true" : "false";
        return;
      case Value::Kind::kInt:
        Integer(v.AsInt());
        return;
      case Value::Kind::kUint:
        Integer(v.AsUint());
        return;
      case Value::Kind::kDouble:
        AppendJsonNumber(out_, v.AsDouble());
        return;
      case Value::Kind::kString:
        AppendJsonString(out_, v.AsString(), options_.escape_html);
        return;
      case Value::Kind::kArray:
        Array(v);
        return;
      case Value::Kind::kObject:
        Object(v);
        return;
    }
  }

 private:
  template <class T>
  void Integer(T value) {
    char buffer[24];
    out_.append(buffer, std::to_chars(buffer, buffer + sizeof(buffer), value).ptr);
  }

  void Array(const Value& v) {
    out_ += '[';
    ++level_;
    bool first = true;
    for (const Value& item : v.items()) {
      Next(first);
      Write(item);
    }
    Close(first, ']');
  }

  void Object(const Value& v) {
    out_ += '{';
    ++level_;
    bool first = true;
    const auto& members = v.members();
    const auto member = [&](const Value::Member& m) {
      Next(first);
      AppendJsonString(out_, m.first, options_.escape_html);
      out_ += options_.indent > 0 ? ": " : ":";
      Write(m.second);
    };
    const auto by_key = [](const Value::Member& a, const Value::Member& b) {
      return a.first < b.first;
    };
    if (!options_.sort_keys || std::is_sorted(members.begin(), members.end(), by_key)) {
      for (const auto& m : members) member(m);
    } else {
      std::vector<const Value::Member*> sorted;
      sorted.reserve(members.size());
      for (const auto& m : members) sorted.push_back(&m);
      std::sort(sorted.begin(), sorted.end(), [&](auto* a, auto* b) { return by_key(*a, *b); });
      for (const auto* m : sorted) member(*m);
    }
    Close(first, '}');
  }

  void Next(bool& first) {
    if (!first) out_ += ',';
    first = false;
    Line();
  }

  void Close(bool was_empty, char bracket) {
    --level_;
    if (!was_empty) Line();
    out_ += bracket;
  }

  void Line() {
    if (options_.indent <= 0) return;
    out_ += '\n';
    out_.append(level_ * static_cast<size_t>(options_.indent), ' ');
  }

  std::string& out_;
  const JsonWriteOptions& options_;
  size_t level_ = 0;
};

}  // namespace

void AppendJsonNumber(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  const Decimal d = ShortestDecimal(value);
  if (d.negative) out += '-';
  if (value == 0) {
    out += '0';
    return;
  }
  const double magnitude = std::fabs(value);
  if (magnitude >= 1e-6 && magnitude < 1e21) {
    AppendFixed(out, d);
    return;
  }
  out += d.digits[0];
  if (d.size > 1) {
    out += '.';
    out.append(d.digits + 1, static_cast<size_t>(d.size - 1));
  }
  const int exponent = d.point - 1;
  out += exponent < 0 ? "e" : "e+";
  out += std::to_string(exponent);
}

void AppendJsonString(std::string& out, std::string_view text, bool escape_html) {
  base::AppendJsonString(out, text, escape_html);
}

void AppendJson(std::string& out, const Value& value, const JsonWriteOptions& options) {
  Writer(out, options).Write(value);
}

std::string ToJson(const Value& value, const JsonWriteOptions& options) {
  std::string out;
  AppendJson(out, value, options);
  return out;
}

}  // namespace sluice::document
