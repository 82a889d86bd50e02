#include "go_decode.h"

#include <cmath>

#include "base/time.h"
#include "document/go_kind.h"
#include "document/number.h"

namespace sluice::helm {
namespace {

using document::Value;

}  // namespace

std::string CoercedText(const Value& value) {
  if (value.is_bool()) return value.AsBool() ? "true" : "false";
  if (value.kind() == Value::Kind::kUint) return std::to_string(value.AsUint());
  if (value.kind() == Value::Kind::kInt) return std::to_string(value.AsInt());
  const auto narrow = static_cast<float>(value.AsDouble());
  if (!std::isfinite(narrow)) return narrow > 0 ? "+Inf" : "-Inf";
  std::string text;
  document::AppendGoFloat32(text, narrow);
  return text;
}

void GoDecoder::Fail(std::string message) {
  if (status_.ok()) status_ = base::InvalidArgument(std::move(message));
}

void GoDecoder::Abort(std::string message) {
  if (!aborted_) status_ = base::InvalidArgument(std::move(message));
  aborted_ = true;
}

void GoDecoder::Mismatch(const Value& value, std::string_view type) {
  if (path_.empty())
    return Fail(base::Cat("json: cannot unmarshal ", document::GoKind(value),
                          " into Go value of type ", type));
  Fail(base::Cat("json: cannot unmarshal ", document::GoKind(value), " into Go struct field ",
                 struct_, ".", base::Join(path_, "."), " of type ", type));
}

void GoDecoder::Text(const Value& value, std::string& out) {
  if (value.is_string()) {
    out = value.AsString();
  } else if (options_.coerce && (value.is_number() || value.is_bool())) {
    out = CoercedText(value);
  } else if (!value.is_null()) {
    Mismatch(value, "string");
  }
}

void GoDecoder::Texts(const Value& value, std::vector<std::string>& out) {
  out.clear();
  List(value, "[]string", [&](const Value& item) { Text(item, out.emplace_back()); });
}

void GoDecoder::TextMap(const Value& value, std::map<std::string, std::string>& out) {
  if (value.is_null()) return out.clear();
  if (!value.is_object()) return Mismatch(value, "map[string]string");
  for (const auto& [key, item] : value.members()) {
    std::string text;
    Text(item, text);
    out.insert_or_assign(key, std::move(text));
  }
}

void GoDecoder::Bool(const Value& value, bool& out) {
  if (value.is_bool()) {
    out = value.AsBool();
  } else if (!value.is_null()) {
    Mismatch(value, "bool");
  }
}

namespace {

// base::Time ends where nanoseconds do; a time.Time has any year of four digits.
bool IsGoTime(std::string_view text) {
  if (text.size() < 5 || text[4] != '-') return false;
  const auto year = base::ParseUint64(text.substr(0, 4));
  if (!year) return false;
  const bool leap = *year % 4 == 0 && (*year % 100 != 0 || *year % 400 == 0);
  return base::ParseRfc3339(base::Cat(leap ? "2000" : "1999", text.substr(4))).ok();
}

}  // namespace

void ReadGoTime(GoDecoder& d, const document::Value& v, std::string& out) {
  if (v.is_null()) return;
  const std::string_view text = v.AsString();
  if (!v.is_string() || !IsGoTime(text)) {
    return d.Abort(v.is_string() ? base::Cat("parsing time ", base::QuoteGo(text),
                                             " as \"2006-01-02T15:04:05Z07:00\": cannot parse ",
                                             base::QuoteGo(text), " as \"2006\"")
                                 : "Time.UnmarshalJSON: input is not a JSON string");
  }
  const size_t zone = text.find_first_of("Zz+-", 19);
  std::string_view fraction = text.substr(19, zone - 19);
  fraction = base::TrimSuffix(base::TrimRight(fraction, "0"), ".");
  const std::string_view offset = text.substr(zone);
  out = base::Cat(text.substr(0, 19), fraction,
                  offset == "+00:00" || offset == "-00:00" || offset == "z" ? "Z" : offset);
}

}  // namespace sluice::helm
