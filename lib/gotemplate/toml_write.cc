// toml.Encoder on template values.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "base/strings.h"
#include "document/json.h"
#include "go_time.h"
#include "text_formats.h"
#include "toml.h"

namespace sluice::gotemplate {
namespace {

using base::Status;

constexpr int kMaxDepth = 1000;

Status NilElement() { return base::InvalidArgument("toml: cannot encode array with nil element"); }
Status NoKey() {
  return base::InvalidArgument("toml: top-level values must be Go maps or structs");
}
Status Panic(std::string_view text) {
  return base::Status(base::StatusCode::kInternal, std::string(text));
}

bool IsBare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

// Helm 3: strconv's 'f', the shortest digits without exponent.
void AppendPlainFloat(std::string& out, double d) {
  char buffer[32];
  const auto end =
      std::to_chars(buffer, buffer + sizeof(buffer), std::fabs(d), std::chars_format::scientific)
          .ptr;
  const std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const size_t e = text.find('e');
  std::string digits(text.substr(0, e));
  std::erase(digits, '.');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), end, exponent);
  if (std::signbit(d)) out += '-';
  if (exponent < 0) {
    out += "0.";
    out.append(static_cast<size_t>(-exponent - 1), '0');
    out += digits;
    return;
  }
  const auto whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    out += digits;
    out.append(whole - digits.size(), '0');
    return;
  }
  out.append(digits, 0, whole).append(1, '.').append(digits, whole);
}

void AppendFloat(std::string& out, double d, HelmVersion helm) {
  if (!std::isfinite(d)) {
    if (std::signbit(d)) out += '-';
    out += std::isnan(d) ? "nan" : "inf";
    return;
  }
  std::string text;
  if (helm == HelmVersion::k3) {
    AppendPlainFloat(text, d);
  } else {
    AppendGoFloat(text, d);
  }
  out += text;
  if (text.find_first_of(".e") == text.npos) out += ".0";
}

// What the encoder sees in a value: most Go types are a few TOML ones.
enum class Shape : uint8_t { kNone, kScalar, kArray, kArrayOfTables, kTable };

class TomlWriter {
 public:
  TomlWriter(std::string& out, HelmVersion helm) : out_(out), helm_(helm), start_(out.size()) {}

  Status Document(const Value& value) {
    if (value.is_nil()) return Panic("reflect: call of reflect.Value.Type on zero Value");
    if (value.kind() == Kind::kComplex128)
      return base::InvalidArgument("unsupported type for key '': complex128");
    if (value.is_list() && value.list().is_nil()) {
      out_ += "[]";
      return {};
    }
    return Encode(value);
  }

 private:
  // A struct of Go, its fields in order; null for the rest.
  static const document::Value* StructOf(const Value& v) {
    if (v.kind() != Kind::kObject || TimeOf(v) != nullptr) return nullptr;
    const document::Value* data = v.object().Data();
    return data != nullptr && data->is_object() ? data : nullptr;
  }
  static const Map* MapOf(const Value& v) {
    if (v.is_map()) return &v.map();
    return v.kind() == Kind::kObject && TimeOf(v) == nullptr ? v.object().AsMap() : nullptr;
  }

  base::Result<Shape> ShapeOf(const Value& v, int depth) {
    if (depth > kMaxDepth || ++steps_ > kMaxSteps)
      return base::ResourceExhausted("toml: value exceeds the limit");
    switch (v.kind()) {
      case Kind::kNil:
        return Shape::kNone;
      case Kind::kComplex128:
        return base::InvalidArgument("unsupported type: complex128");
      case Kind::kList:
        break;
      case Kind::kMap:
        return v.map().is_nil() ? Shape::kNone : Shape::kTable;
      case Kind::kObject:
        return MapOf(v) != nullptr || StructOf(v) != nullptr ? Shape::kTable : Shape::kScalar;
      case Kind::kBytes:
        return Shape::kArray;
      default:
        return Shape::kScalar;
    }
    const List& list = v.list();
    if (list.is_nil()) return Shape::kNone;
    bool tables = !list.empty();
    for (const Value& item : list.items()) {
      SLUICE_TRY(const Shape shape, ShapeOf(item, depth + 1));
      if (shape == Shape::kNone) return NilElement();
      tables = tables && shape == Shape::kTable;
    }
    return tables ? Shape::kArrayOfTables : Shape::kArray;
  }

  Status Encode(const Value& v) {
    SLUICE_TRY(const Shape shape, ShapeOf(v, 0));
    switch (shape) {
      case Shape::kNone:
        return {};
      case Shape::kArrayOfTables:
        return ArrayOfTables(v);
      case Shape::kTable:
        return Table(v);
      default:
        return KeyValue(v, false);
    }
  }

  void Newline() {
    if (out_.size() > start_) out_ += '\n';
  }
  void Indent() { out_.append(2 * (path_.size() - 1), ' '); }
  void Path() {
    for (size_t i = 0; i < path_.size(); ++i) {
      if (i > 0) out_ += '.';
      AppendTomlKeyPart(out_, path_[i]);
    }
  }

  Status ArrayOfTables(const Value& v) {
    if (path_.empty()) return NoKey();
    for (const Value& item : v.list().items()) {
      Newline();
      Indent();
      out_ += "[[";
      Path();
      out_ += "]]";
      Newline();
      SLUICE_TRY(Members(item, false));
    }
    return {};
  }

  Status Table(const Value& v) {
    if (path_.size() == 1) Newline();
    if (!path_.empty()) {
      Indent();
      out_ += '[';
      Path();
      out_ += ']';
      Newline();
    }
    return Members(v, false);
  }

  // One member of a table and what it is; nil ones are left out.
  struct Member {
    std::string_view key;
    Value value;
    const document::Value* field = nullptr;  // of a struct, where it is no scalar
  };

  Status Members(const Value& v, bool inline_table) {
    if (static_cast<int>(path_.size()) > kMaxDepth || nesting_ > kMaxDepth ||
        out_.size() - start_ > kMaxFormatted) {
      return base::ResourceExhausted("toml: text exceeds the limit");
    }
    std::vector<Member> direct, sub;
    if (const Map* map = MapOf(v)) {
      for (const Map::Entry& entry : map->entries()) {
        SLUICE_TRY(const Shape shape, ShapeOf(entry.value, 0));
        (shape == Shape::kTable || shape == Shape::kArrayOfTables ? sub : direct)
            .push_back({entry.key, entry.value});
      }
    } else if (const document::Value* data = StructOf(v)) {
      for (const auto& [key, field] : data->members())
        direct.push_back({key, Scalar(field), &field});
    }
    if (inline_table) out_ += '{';
    SLUICE_TRY(WriteMembers(direct, inline_table, !sub.empty()));
    SLUICE_TRY(WriteMembers(sub, inline_table, false));
    if (inline_table) out_ += '}';
    return {};
  }

  // The fields of Helm's structs are texts, numbers and lists of texts.
  static Value Scalar(const document::Value& field) {
    switch (field.kind()) {
      case document::Value::Kind::kBool:
        return Value::Bool(field.AsBool());
      case document::Value::Kind::kInt:
        return Value::Int64(field.AsInt());
      case document::Value::Kind::kUint:
        return Value::Uint64(field.AsUint());
      case document::Value::Kind::kDouble:
        return Value::Float(field.AsDouble());
      case document::Value::Kind::kString:
        return Value::String(field.AsString());
      default:
        return {};
    }
  }

  Status WriteMembers(const std::vector<Member>& members, bool inline_table, bool more) {
    for (size_t i = 0; i < members.size(); ++i) {
      const Member& member = members[i];
      // the comma behind the last one stays, as the encoder leaves it
      if (member.value.is_nil()) continue;
      if (member.value.is_map() && member.value.map().is_nil()) continue;
      if (member.value.is_list() && member.value.list().is_nil()) continue;
      if (inline_table) {
        AppendTomlKeyPart(out_, member.key);
        out_ += " = ";
        SLUICE_TRY(Element(member.value));
        if (more || i + 1 != members.size()) out_ += ", ";
        continue;
      }
      path_.push_back(member.key);
      SLUICE_TRY(Encode(member.value));
      path_.pop_back();
    }
    return {};
  }

  Status KeyValue(const Value& v, bool inline_table) {
    if (path_.empty()) return Element(v);
    Indent();
    AppendTomlKeyPart(out_, path_.back());
    out_ += " = ";
    SLUICE_TRY(Element(v));
    if (!inline_table) Newline();
    return {};
  }

  Status Element(const Value& v) {
    switch (v.kind()) {
      case Kind::kNil:
        return Panic("reflect: call of reflect.Value.Interface on zero Value");
      case Kind::kBool:
        out_ += v.bool_value() ? "true" : "false";
        return {};
      case Kind::kInt:
      case Kind::kInt64:
        out_ += std::to_string(v.int_value());
        return {};
      case Kind::kUint8:
      case Kind::kUint32:
      case Kind::kUint64:
        out_ += std::to_string(v.uint_value());
        return {};
      case Kind::kFloat64:
        AppendFloat(out_, v.float_value(), helm_);
        return {};
      case Kind::kComplex128:
        return base::InvalidArgument("unexpected type: complex128");
      case Kind::kString:
        out_ += '"';
        AppendTomlQuoted(out_, v.text());
        out_ += '"';
        return {};
      case Kind::kBytes:
        Bytes(v.text());
        return {};
      case Kind::kList:
        return Array(v.list());
      case Kind::kMap:
      case Kind::kObject:
        break;
    }
    if (const GoTime* time = TimeOf(v)) {
      Time(*time, TomlTimeOf(v));
      return {};
    }
    if (v.kind() == Kind::kObject && v.object().Data() != nullptr &&
        !v.object().Data()->is_object())
      return Element(Scalar(*v.object().Data()));
    ++nesting_;
    SLUICE_TRY(Members(v, true));
    --nesting_;
    return {};
  }

  void Bytes(std::string_view bytes) {
    out_ += '[';
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (i > 0) out_ += ", ";
      out_ += std::to_string(static_cast<unsigned>(static_cast<unsigned char>(bytes[i])));
    }
    out_ += ']';
  }

  Status Array(const List& list) {
    if (++nesting_ > kMaxDepth || out_.size() - start_ > kMaxFormatted)
      return base::ResourceExhausted("toml: text exceeds the limit");
    out_ += '[';
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out_ += ", ";
      SLUICE_TRY(Element(list[i]));
    }
    out_ += ']';
    --nesting_;
    return {};
  }

  void Time(const GoTime& time, TomlTime form) {
    GoTime utc = time;
    utc.zone = Zone::Utc();
    switch (form) {
      case TomlTime::kOffset:
        out_ += FormatRfc3339(time);
        break;
      case TomlTime::kLocalDatetime:
        out_ += FormatGoTime(utc, "2006-01-02T15:04:05.999999999");
        break;
      case TomlTime::kLocalDate:
        out_ += FormatGoTime(utc, "2006-01-02");
        break;
      case TomlTime::kLocalTime:
        out_ += FormatGoTime(utc, "15:04:05.999999999");
        break;
    }
  }

  static constexpr size_t kMaxSteps = 50'000'000;
  std::string& out_;
  const HelmVersion helm_;
  const size_t start_;
  std::vector<std::string_view> path_;
  int nesting_ = 0;
  size_t steps_ = 0;
};

}  // namespace

void AppendTomlQuoted(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        continue;
      case '\\':
        out += "\\\\";
        continue;
      case '\b':
        out += "\\b";
        continue;
      case '\t':
        out += "\\t";
        continue;
      case '\n':
        out += "\\n";
        continue;
      case '\f':
        out += "\\f";
        continue;
      case '\r':
        out += "\\r";
        continue;
      default:
        break;
    }
    if (u < 0x20 || u == 0x7f) {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += "\\u00";
      out += kHex[u >> 4];
      out += kHex[u & 15];
    } else {
      out += c;
    }
  }
}

void AppendTomlKeyPart(std::string& out, std::string_view part) {
  if (!part.empty() && std::ranges::all_of(part, IsBare)) {
    out += part;
    return;
  }
  out += '"';
  AppendTomlQuoted(out, part);
  out += '"';
}

Status AppendToml(std::string& out, const Value& value, HelmVersion helm) {
  return TomlWriter(out, helm).Document(value);
}

}  // namespace sluice::gotemplate
