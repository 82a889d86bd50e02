#include "value_hash.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/hash.h"

namespace sluice::apply {
namespace {

using document::Value;

void AppendLength(std::string& out, size_t n) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), n).ptr;
  out.append(buffer, end);
  out += ':';
}

void AppendText(std::string& out, std::string_view text) {
  AppendLength(out, text.size());
  out += text;
}

void AppendNumber(std::string& out, const Value& v) {
  char buffer[40];
  const double d = v.AsDouble();
  const bool integral = v.kind() == Value::Kind::kInt ||
                        (v.kind() == Value::Kind::kDouble && d == static_cast<double>(v.AsInt()) &&
                         d > -9e15 && d < 9e15);
  const auto end = integral ? std::to_chars(buffer, buffer + sizeof(buffer), v.AsInt()).ptr
                            : std::to_chars(buffer, buffer + sizeof(buffer), d).ptr;
  out += 'n';
  out.append(buffer, end);
  out += ';';
}

void AppendCanonical(std::string& out, const Value& v) {
  switch (v.kind()) {
    case Value::Kind::kNull:
      out += '0';
      return;
    case Value::Kind::kBool:
      out += v.AsBool() ? 't' : 'f';
      return;
    case Value::Kind::kInt:
    case Value::Kind::kUint:
    case Value::Kind::kDouble:
      AppendNumber(out, v);
      return;
    case Value::Kind::kString:
      out += 's';
      AppendText(out, v.AsString());
      return;
    case Value::Kind::kArray:
      out += '[';
      for (const Value& item : v.items()) AppendCanonical(out, item);
      out += ']';
      return;
    case Value::Kind::kObject:
      break;
  }
  const auto& members = v.members();
  out += '{';
  const auto append = [&out](const Value::Member& m) {
    if (m.second.is_null()) return;
    AppendText(out, m.first);
    AppendCanonical(out, m.second);
  };
  if (std::ranges::is_sorted(members, {}, &Value::Member::first)) {  // what the API server sends
    for (const auto& m : members) append(m);
  } else {
    std::vector<const Value::Member*> sorted;
    sorted.reserve(members.size());
    for (const auto& m : members) sorted.push_back(&m);
    std::ranges::sort(sorted, {},
                      [](const Value::Member* m) -> const std::string& { return m->first; });
    for (const auto* m : sorted) append(*m);
  }
  out += '}';
}

}  // namespace

void ValueHasher::Add(const Value& value) { AppendCanonical(canonical_, value); }
void ValueHasher::AddText(std::string_view text) { AppendText(canonical_, text); }

std::string ValueHasher::Finish() const {
  const uint64_t words[2] = {base::Hash64(canonical_, 0x736c75696365),
                             base::Hash64(canonical_, 0x6170706c79)};
  return std::string(reinterpret_cast<const char*>(words), sizeof(words));
}

}  // namespace sluice::apply
