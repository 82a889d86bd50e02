#include "json_path.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/strings.h"
#include "document/json.h"
#include "gotemplate/value.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

using Values = std::vector<const Value*>;

class Printer {
 public:
  Printer(std::string_view text, const Value& data) : whole_(text), left_(text), data_(data) {}

  Result<std::string> Run() {
    while (!left_.empty()) {
      const size_t open = left_.find('{');
      out_ += left_.substr(0, open);
      if (open == left_.npos) break;
      left_.remove_prefix(open + 1);
      SLUICE_TRY(Action());
    }
    return std::move(out_);
  }

 private:
  Status Bad(std::string_view why) const {
    return base::InvalidArgument(Cat("error parsing jsonpath ", whole_, ": ", why));
  }
  Status Unsupported(std::string_view what) const {
    return base::Unimplemented(Cat("jsonpath ", whole_, ": ", what, " are not supported"));
  }
  bool Take(std::string_view prefix) {
    if (!left_.starts_with(prefix)) return false;
    left_.remove_prefix(prefix.size());
    return true;
  }

  Status Action() {
    Values found = {&data_};
    while (true) {
      left_ = base::TrimLeft(left_, " ");
      if (left_.empty()) return Bad("unclosed action");
      if (Take("}")) return Print(found);
      if (left_.starts_with('"') || left_.starts_with('\'')) {
        SLUICE_TRY(const std::string text, Quoted());
        out_ += text;
        left_ = base::TrimLeft(left_, " ");
        if (Take("}")) return {};
      } else {
        SLUICE_TRY(Step(found));
      }
    }
  }

  Status Step(Values& found) {
    if (left_.starts_with("..")) return Unsupported("recursive descents");
    if (Take("[")) return Bracket(found);
    if (Take("$") || Take("@")) return {};
    if (left_.starts_with("range") || left_.starts_with("end")) return Unsupported("ranges");
    if (!Take(".")) return Bad(Cat("unrecognized character in action: ", Rune()));
    if (Take("*")) return All(found), Status();
    if (left_.starts_with('[') || left_.starts_with('}')) return {};
    std::string name;
    while (!left_.empty() && std::string_view(" }[.,|()*").find(left_.front()) == left_.npos) {
      if (left_.front() == '\\' && left_.size() > 1) left_.remove_prefix(1);
      name += left_.front();
      left_.remove_prefix(1);
    }
    Field(found, name);
    return {};
  }

  std::string Rune() const {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto c = static_cast<unsigned char>(left_.front());
    return Cat("U+00", std::string(1, kHex[c >> 4]), std::string(1, kHex[c & 15]), " '",
               left_.substr(0, 1), "'");
  }

  Status Bracket(Values& found) {
    const size_t end = left_.find(']');
    if (end == left_.npos) return Bad("unterminated array");
    if (left_.starts_with('\'')) {
      SLUICE_TRY(const std::string name, Quoted());
      if (!Take("]")) return Unsupported("unions");
      Field(found, name);
      return {};
    }
    const std::string_view text = base::TrimSpace(left_.substr(0, end));
    if (text.starts_with('?')) return Unsupported("filters");
    if (base::Contains(text, ",")) return Unsupported("unions");
    left_.remove_prefix(end + 1);
    if (text == "*") return All(found), Status();
    const auto colon = base::Cut(text, ":");
    if (!colon) return Index(found, text);
    return Slice(found, colon->first, colon->second);
  }

  Result<std::string> Quoted() {
    const char quote = left_.front();
    std::string out;
    for (left_.remove_prefix(1); !left_.empty(); left_.remove_prefix(1)) {
      const char c = left_.front();
      if (c == quote) return left_.remove_prefix(1), out;
      if (c != '\\' || left_.size() < 2) {
        out += c;
        continue;
      }
      left_.remove_prefix(1);
      const char escaped = left_.front();
      out += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped == 'r' ? '\r' : escaped;
    }
    return Bad("unterminated quoted string");
  }

  static void Field(Values& found, std::string_view name) {
    Values next;
    for (const Value* value : found) {
      if (const Value* member = value->is_object() ? value->Find(name) : nullptr; member != nullptr)
        next.push_back(member);
    }
    found = std::move(next);
  }

  static void All(Values& found) {
    Values next;
    for (const Value* value : found) {
      if (value->is_array()) {
        for (const Value& item : value->items()) next.push_back(&item);
      } else if (value->is_object()) {
        for (const auto& [key, member] : value->members()) next.push_back(&member);
      }
    }
    found = std::move(next);
  }

  Status Index(Values& found, std::string_view text) {
    const auto index = base::ParseInt64(text);
    if (!index) return Bad(Cat("invalid array index ", text));
    Values next;
    for (const Value* value : found) {
      if (!value->is_array()) continue;
      const auto size = static_cast<int64_t>(value->size());
      const int64_t at = *index < 0 ? *index + size : *index;
      if (at >= 0 && at < size) next.push_back(&value->items()[static_cast<size_t>(at)]);
    }
    found = std::move(next);
    return {};
  }

  Status Slice(Values& found, std::string_view from, std::string_view to) {
    const auto first = from.empty() ? 0 : base::ParseInt64(from),
               last = to.empty() ? INT64_MAX : base::ParseInt64(to);
    if (!first || !last) return Bad(Cat("invalid array index ", from, ":", to));
    Values next;
    for (const Value* value : found) {
      if (!value->is_array()) continue;
      const auto size = static_cast<int64_t>(value->size());
      const auto bound = [&](int64_t n) {
        return std::clamp<int64_t>(n < 0 ? n + size : n, 0, size);
      };
      for (int64_t i = bound(*first); i < bound(*last); ++i)
        next.push_back(&value->items()[static_cast<size_t>(i)]);
    }
    found = std::move(next);
    return {};
  }

  Status Print(const Values& found) {
    std::string_view separator;
    for (const Value* value : found) {
      out_ += separator;
      separator = " ";
      if (value->is_object() || value->is_array())
        out_ += document::ToJson(*value);
      else if (value->is_null())
        out_ += "null";
      else if (value->is_string())
        out_ += value->AsString();
      else if (value->is_number())
        gotemplate::AppendGoFloat(out_, value->AsDouble());
      else
        out_ += value->AsBool() ? "true" : "false";
    }
    return {};
  }

  const std::string_view whole_;
  std::string_view left_;
  const Value& data_;
  std::string out_;
};

}  // namespace

Result<std::string> PrintJsonPath(std::string_view text, const Value& data) {
  return Printer(text, data).Run();
}

}  // namespace sluice::cli
