// text/template's own functions (spec helm-engine §6). and, or and call are the executor's; slice
// is hidden by sprig's.
#include <array>
#include <optional>

#include "base/strings.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "gotemplate/function.h"
#include "printf.h"

namespace sluice::gotemplate {
namespace {

using base::Cat;
using base::InvalidArgument;
using base::Result;
using base::Status;

enum class Basic : uint8_t { kInvalid, kBool, kComplex, kInt, kFloat, kString, kUint };

Basic BasicKind(const Value& v) {
  switch (v.kind()) {
    case Kind::kBool:
      return Basic::kBool;
    case Kind::kInt:
    case Kind::kInt64:
      return Basic::kInt;
    case Kind::kUint8:
    case Kind::kUint32:
    case Kind::kUint64:
      return Basic::kUint;
    case Kind::kFloat64:
      return Basic::kFloat;
    case Kind::kComplex128:
      return Basic::kComplex;
    case Kind::kString:
      return Basic::kString;
    default:
      return Basic::kInvalid;
  }
}

Status Incompatible(const Value& a, const Value& b) {
  return InvalidArgument(
      Cat("incompatible types for comparison: ", a.TypeName(), " and ", b.TypeName()));
}

bool SameInteger(const Value& i, const Value& u) {
  return i.int_value() >= 0 && static_cast<uint64_t>(i.int_value()) == u.uint_value();
}

bool IsNil(const Value& v) {
  return v.is_nil() || (v.is_list() && v.list().is_nil()) || (v.is_map() && v.map().is_nil());
}

// Neither is of a basic kind.
Result<bool> SameContainer(const Value& a, const Value& b) {
  std::string text;
  if (!a.is_nil() && !b.is_nil() && a.KindName() != b.KindName()) {
    internal::AppendReflected(text, a, 's');
    text.append(": ").append(a.TypeName()).append(", ").append(b.TypeName()).append(": ");
    internal::AppendReflected(text, b, 'v');
    return InvalidArgument("non-comparable types " + text);
  }
  if (IsNil(a) || IsNil(b)) return IsNil(a) == IsNil(b);
  const std::string_view kind = b.KindName();
  if (kind == "slice" || kind == "map") {
    internal::AppendReflected(text, b, 's');
    return InvalidArgument(Cat("non-comparable type ", text, ": ", b.TypeName()));
  }
  const Object &x = a.object(), &y = b.object();
  if (&x == &y) return true;
  return kind == "struct" && &x.type() == &y.type() && x.GoString() == y.GoString() &&
         x.String() == y.String();
}

Result<bool> Same(const Value& a, const Value& b) {
  const Basic ka = BasicKind(a), kb = BasicKind(b);
  if (ka == Basic::kInt && kb == Basic::kUint) return SameInteger(a, b);
  if (ka == Basic::kUint && kb == Basic::kInt) return SameInteger(b, a);
  if (ka != kb) {
    if (!a.is_nil() && !b.is_nil()) return Incompatible(a, b);
    return false;
  }
  switch (ka) {
    case Basic::kBool:
      return a.bool_value() == b.bool_value();
    case Basic::kComplex:
      return a.complex_value() == b.complex_value();
    case Basic::kInt:
      return a.int_value() == b.int_value();
    case Basic::kFloat:
      return a.float_value() == b.float_value();
    case Basic::kString:
      return a.text() == b.text();
    case Basic::kUint:
      return a.uint_value() == b.uint_value();
    case Basic::kInvalid:
      break;
  }
  return SameContainer(a, b);
}

Result<bool> Equal(const Value& a, std::span<const Value> others) {
  if (others.empty()) return InvalidArgument("missing argument for comparison");
  for (const Value& b : others) {
    SLUICE_TRY(const bool same, Same(a, b));
    if (same) return true;
  }
  return false;
}

Result<bool> Less(const Value& a, const Value& b) {
  const Basic ka = BasicKind(a), kb = BasicKind(b);
  if (ka == Basic::kInvalid || kb == Basic::kInvalid)
    return InvalidArgument("invalid type for comparison");
  if (ka == Basic::kInt && kb == Basic::kUint)
    return a.int_value() < 0 || static_cast<uint64_t>(a.int_value()) < b.uint_value();
  if (ka == Basic::kUint && kb == Basic::kInt)
    return b.int_value() >= 0 && a.uint_value() < static_cast<uint64_t>(b.int_value());
  if (ka != kb) return Incompatible(a, b);
  switch (ka) {
    case Basic::kInt:
      return a.int_value() < b.int_value();
    case Basic::kFloat:
      return a.float_value() < b.float_value();
    case Basic::kString:
      return a.text() < b.text();
    case Basic::kUint:
      return a.uint_value() < b.uint_value();
    default:
      return InvalidArgument("invalid type for comparison");
  }
}

Result<bool> LessOrEqual(const Value& a, const Value& b) {
  SLUICE_TRY(const bool less, Less(a, b));
  if (less) return true;
  return Equal(a, std::span(&b, 1));
}

template <Result<bool> (*compare)(const Value&, const Value&), bool negate>
Result<Value> Compare(Call& call) {
  SLUICE_TRY(const bool is, compare(call[0], call[1]));
  return Value::Bool(is != negate);
}

Result<Value> Eq(Call& call) {
  SLUICE_TRY(const bool same, Equal(call[0], call.args.subspan(1)));
  return Value::Bool(same);
}

Result<Value> Ne(Call& call) {
  SLUICE_TRY(const bool same, Equal(call[0], call.args.subspan(1)));
  return Value::Bool(!same);
}

Result<Value> Not(Call& call) { return Value::Bool(!call[0].Truth()); }

// The type of what a pointer points to, where it is one.
std::string_view PointedTo(const Value& v) { return base::TrimPrefix(v.TypeName(), "*"); }

// The size of what has one.
std::optional<size_t> Length(const Value& v) {
  switch (v.kind()) {
    case Kind::kString:
    case Kind::kBytes:
      return v.text().size();
    case Kind::kList:
      return v.list().size();
    case Kind::kMap:
      return v.map().size();
    case Kind::kObject:
      if (const Map* map = v.object().AsMap()) return map->size();
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

Result<Value> Len(Call& call) {
  const Value& v = call[0];
  if (v.is_nil())
    return InvalidArgument(v.boxed() ? "len of nil pointer"
                                     : "reflect: call of reflect.Value.Type on zero Value");
  if (const auto n = Length(v)) return Value::Int(static_cast<int64_t>(*n));
  return InvalidArgument(Cat("len of type ", PointedTo(v)));
}

Result<size_t> SliceIndex(const Value& index, size_t limit) {
  if (index.is_nil()) return InvalidArgument("cannot index slice/array with nil");
  if (!index.is_signed() && !index.is_unsigned())
    return InvalidArgument(Cat("cannot index slice/array with type ", index.TypeName()));
  const int64_t i =
      index.is_signed() ? index.int_value() : static_cast<int64_t>(index.uint_value());
  if (i < 0 || static_cast<uint64_t>(i) > limit)
    return InvalidArgument(Cat("index out of range: ", std::to_string(i)));
  return static_cast<size_t>(i);
}

Result<Value> MapAt(const Map& map, const Value& key) {
  if (key.is_nil()) return InvalidArgument("value is nil; should be of type string");
  if (!key.is_string())
    return InvalidArgument(Cat("value has type ", key.TypeName(), "; should be string"));
  const Type* element = map.type().element;
  if (const Value* found = map.Find(key.text()))
    return element == nullptr ? found->Boxed() : *found;
  if (element == nullptr) return Value().Boxed();
  return element == &types::kBytes ? Value::Bytes({}) : Value::String({});
}

Result<Value> At(const Value& item, const Value& index) {
  if (item.is_nil()) return InvalidArgument("index of nil pointer");
  if (item.is_map()) return MapAt(item.map(), index);
  if (item.kind() == Kind::kObject && item.object().AsMap() != nullptr)
    return MapAt(*item.object().AsMap(), index);
  const auto size = Length(item);
  if (!size) return InvalidArgument(Cat("can't index item of type ", PointedTo(item)));
  SLUICE_TRY(const size_t i, SliceIndex(index, *size));
  if (i == *size)
    return InvalidArgument(item.is_string() ? "reflect: string index out of range"
                                            : "reflect: slice index out of range");
  if (!item.is_list()) return Value::Uint8(static_cast<uint8_t>(item.text()[i]));
  return item.list().type().element == nullptr ? item.list()[i].Boxed() : item.list()[i];
}

Result<Value> Index(Call& call) {
  Value item = call[0].Unboxed();
  if (item.is_nil()) return InvalidArgument("index of untyped nil");
  for (const Value& index : call.args.subspan(1)) {
    SLUICE_TRY(item, At(item, index));
  }
  return item;
}

Result<Value> Slice(Call& call) {
  const Value& item = call[0];
  const auto indexes = call.args.subspan(1);
  if (item.is_nil()) return InvalidArgument("slice of untyped nil");
  if (indexes.size() > 3)
    return InvalidArgument(Cat("too many slice indexes: ", std::to_string(indexes.size())));
  if (item.is_string() && indexes.size() == 3)
    return InvalidArgument("cannot 3-index slice a string");
  if (!item.is_string() && !item.is_list() && item.kind() != Kind::kBytes) {
    return InvalidArgument(Cat("can't slice item of type ", item.TypeName()));
  }
  const size_t size = *Length(item);
  std::array<size_t, 3> at{0, size, size};
  for (size_t i = 0; i < indexes.size(); ++i) {
    SLUICE_TRY(at[i], SliceIndex(indexes[i], size));
  }
  for (size_t i = 0; i < 2; ++i) {
    if (at[i] > at[i + 1])
      return InvalidArgument(
          Cat("invalid slice index: ", std::to_string(at[i]), " > ", std::to_string(at[i + 1])));
  }
  if (item.is_string()) return Value::String(item.text().substr(at[0], at[1] - at[0]));
  if (!item.is_list()) return Value::Bytes(item.text().substr(at[0], at[1] - at[0]));
  List* list = call.heap.NewList(at[1] - at[0], item.list().type());
  for (const Value& v : item.list().items().subspan(at[0], at[1] - at[0]))
    list->Append(call.heap, v);
  return Value::Of(list);
}

Result<Value> Print(Call& call) {
  std::string out;
  internal::AppendSprint(out, call.args);
  return call.String(out);
}

Result<Value> Println(Call& call) {
  std::string out;
  internal::AppendSprintln(out, call.args);
  return call.String(out);
}

Result<Value> Printf(Call& call) {
  std::string out;
  internal::AppendSprintf(out, call[0].text(), call.args.subspan(1));
  return call.String(out);
}

// As print, a missing value being the text that an action shows for it.
std::string Joined(std::span<const Value> args) {
  std::vector<Value> shown(args.begin(), args.end());
  for (Value& v : shown) {
    if (v.is_nil()) v = Value::String("<no value>");
  }
  std::string out;
  internal::AppendSprint(out, shown);
  return out;
}

Result<Value> Html(Call& call) {
  std::string out;
  for (const char c : Joined(call.args)) {
    switch (c) {
      case '\0':
        out += "\uFFFD";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return call.String(out);
}

constexpr std::string_view kUpperHex = "0123456789ABCDEF";

void AppendJsEscape(std::string& out, uint32_t code) {
  out += "\\u";
  for (int shift = code > 0xfffff ? 20 : code > 0xffff ? 16 : 12; shift >= 0; shift -= 4)
    out += kUpperHex[code >> shift & 15];
}

Result<Value> Js(Call& call) {
  const std::string text = Joined(call.args);
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const base::Rune rune = base::DecodeRune(text, i);
    const char c = text[i];
    if (rune.code >= 0x80) {
      if (base::IsPrint(rune.code)) {
        out.append(text, i, rune.size);
      } else {
        AppendJsEscape(out, rune.code);
      }
    } else if (c == '\\' || c == '\'' || c == '"') {
      out.append(1, '\\').append(1, c);
    } else if (c == '<' || c == '>' || c == '&' || c == '=' || rune.code < ' ') {
      AppendJsEscape(out, rune.code);
    } else {
      out += c;
    }
    i += rune.size;
  }
  return call.String(out);
}

Result<Value> UrlQuery(Call& call) {
  std::string out;
  for (const char c : Joined(call.args)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
    if (letter || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out.append(1, '%').append(1, kUpperHex[byte >> 4]).append(1, kUpperHex[byte & 15]);
    }
  }
  return call.String(out);
}

Result<Value> OfTheExecutor(Call&) { return base::Internal("not called this way"); }

constexpr Function kBuiltins[] = {
    {"and", "RR*>R", OfTheExecutor},
    {"call", "RR*>R", OfTheExecutor},
    {"eq", "RR*>B", Eq},
    {"ge", "RR>B", Compare<Less, true>},
    {"gt", "RR>B", Compare<LessOrEqual, true>},
    {"html", "A*>S", Html},
    {"index", "RR*>R", Index},
    {"js", "A*>S", Js},
    {"le", "RR>B", Compare<LessOrEqual, false>},
    {"len", "R>I", Len},
    {"lt", "RR>B", Compare<Less, false>},
    {"ne", "RR>B", Ne},
    {"not", "R>B", Not},
    {"or", "RR*>R", OfTheExecutor},
    {"print", "A*>S", Print},
    {"printf", "SA*>S", Printf},
    {"println", "A*>S", Println},
    {"slice", "RR*>R", Slice},
    {"urlquery", "A*>S", UrlQuery},
};

}  // namespace

std::span<const Function> BuiltinFunctions() { return kBuiltins; }

}  // namespace sluice::gotemplate
