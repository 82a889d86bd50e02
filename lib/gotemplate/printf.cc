#include "printf.h"

#include <utility>

#include "base/strings.h"
#include "base/utf8.h"
#include "go_time.h"

namespace sluice::gotemplate::internal {
namespace {

constexpr size_t kMaxText = size_t{256} << 20;
constexpr int kMaxDepth = 500;
constexpr int kMaxNumber = 1'000'000;  // of a width or precision

class Printer {
 public:
  explicit Printer(std::string& out) : out_(out), format_(out, f_) {}

  void Format(std::string_view format, std::span<const Value> args);
  // `reflected`: as fmt sees a reflect.Value; at depth 0 an operand.
  void Print(const Value& v, char32_t verb, int depth);
  void Operand(const Value& v, char32_t verb);

 private:
  void BadVerb(const Value& v, char32_t verb, bool known);
  void Integer(const Value& v, char32_t verb);
  void TimeInside(const GoTime& time, char32_t verb, int depth);
  void Number(uint64_t u, bool is_signed, char32_t verb, const Value& v);
  bool FloatVerb(char32_t verb, char& form, int& precision) const;
  void Float(const Value& v, char32_t verb);
  void Complex(const Value& v, char32_t verb);
  void String(std::string_view text, const Value& v, char32_t verb);
  void Bytes(const Value& v, char32_t verb, int depth);
  void ListOf(const Value& v, char32_t verb, int depth);
  void MapOf(const Map& map, std::string_view type, char32_t verb, int depth);
  void ObjectOf(const Value& v, char32_t verb, int depth);

  // Parts of a directive; `at` is where the format is read.
  void Flags();
  void ArgumentIndex();
  void Width();
  void Precision();
  bool NumberFromArgument(int& number);
  static bool ParseNumber(std::string_view s, size_t& at, size_t end, int& number);
  void Directive();
  void Extra();

  std::string& out_;
  FormatFlags f_;
  Formatter format_;
  bool erroring_ = false;  // printing what a bad verb was given: without methods

  std::string_view text_;
  std::span<const Value> args_;
  size_t at_ = 0, argument_ = 0;
  bool reordered_ = false, good_index_ = true, after_index_ = false;
};

void Printer::BadVerb(const Value& v, char32_t verb, bool known) {
  erroring_ = true;
  out_ += "%!";
  base::AppendRune(out_, verb);
  out_ += '(';
  if (known) {
    out_ += v.TypeName();
    out_ += '=';
    Print(v, 'v', 0);
  } else {
    out_ += "<nil>";
  }
  out_ += ')';
  erroring_ = false;
}

void Printer::Operand(const Value& v, char32_t verb) {
  if (v.is_nil()) {
    if (verb == 'T' || verb == 'v') return format_.Pad("<nil>");
    return BadVerb(v, verb, false);
  }
  if (verb == 'T') return format_.Text(v.TypeName());
  Print(v, verb, 0);
}

void Printer::Print(const Value& v, char32_t verb, int depth) {
  if (depth > kMaxDepth || out_.size() > kMaxText) return;
  switch (v.kind()) {
    case Kind::kNil:
      if (depth == 0) {
        out_ += "<invalid reflect.Value>";
      } else {
        out_ += f_.sharp_v ? "interface {}(nil)" : "<nil>";
      }
      return;
    case Kind::kBool:
      if (verb == 't' || verb == 'v') return format_.Pad(v.bool_value() ? "true" : "false");
      return BadVerb(v, verb, true);
    case Kind::kInt:
    case Kind::kInt64:
    case Kind::kUint8:
    case Kind::kUint32:
    case Kind::kUint64:
      return Integer(v, verb);
    case Kind::kFloat64:
      return Float(v, verb);
    case Kind::kComplex128:
      return Complex(v, verb);
    case Kind::kString:
      return String(v.text(), v, verb);
    case Kind::kBytes:
      return Bytes(v, verb, depth);
    case Kind::kList:
      return ListOf(v, verb, depth);
    case Kind::kMap:
      return MapOf(v.map(), v.TypeName(), verb, depth);
    case Kind::kObject:
      return ObjectOf(v, verb, depth);
  }
}

void Printer::Integer(const Value& v, char32_t verb) {
  if (v.is_unsigned()) return Number(v.uint_value(), false, verb, v);
  Number(static_cast<uint64_t>(v.int_value()), true, verb, v);
}

void Printer::Number(uint64_t u, bool is_signed, char32_t verb, const Value& v) {
  const bool negative = is_signed && static_cast<int64_t>(u) < 0;
  const uint64_t magnitude = negative ? 0 - u : u;
  switch (verb) {
    case 'v':
      if (f_.sharp_v && !is_signed) {
        const bool sharp = std::exchange(f_.sharp, true);
        format_.Integer(u, false, 16, 'v', false);
        f_.sharp = sharp;
        return;
      }
      [[fallthrough]];
    case 'd':
      return format_.Integer(magnitude, negative, 10, verb, false);
    case 'b':
      return format_.Integer(magnitude, negative, 2, verb, false);
    case 'o':
    case 'O':
      return format_.Integer(magnitude, negative, 8, verb, false);
    case 'x':
      return format_.Integer(magnitude, negative, 16, verb, false);
    case 'X':
      return format_.Integer(magnitude, negative, 16, verb, true);
    case 'c':
      return format_.Character(u);
    case 'q':
      return format_.QuotedCharacter(u);
    case 'U':
      return format_.Unicode(u);
    default:
      return BadVerb(v, verb, true);
  }
}

bool Printer::FloatVerb(char32_t verb, char& form, int& precision) const {
  precision = -1;
  switch (verb) {
    case 'v':
      form = 'g';
      return true;
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
      form = static_cast<char>(verb);
      return true;
    case 'f':
    case 'e':
    case 'E':
    case 'F':
      form = verb == 'F' ? 'f' : static_cast<char>(verb);
      precision = 6;
      return true;
    default:
      return false;
  }
}

void Printer::Float(const Value& v, char32_t verb) {
  char form = 'g';
  int precision = -1;
  if (!FloatVerb(verb, form, precision)) return BadVerb(v, verb, true);
  format_.Float(v.float_value(), form, precision);
}

void Printer::Complex(const Value& v, char32_t verb) {
  char form = 'g';
  int precision = -1;
  if (!FloatVerb(verb, form, precision)) return BadVerb(v, verb, true);
  out_ += '(';
  format_.Float(v.complex_value().real(), form, precision);
  const bool plus = std::exchange(f_.plus, true);
  format_.Float(v.complex_value().imag(), form, precision);
  out_ += "i)";
  f_.plus = plus;
}

void Printer::String(std::string_view text, const Value& v, char32_t verb) {
  switch (verb) {
    case 'v':
      if (f_.sharp_v) return format_.Quoted(text);
      [[fallthrough]];
    case 's':
      return format_.Text(text);
    case 'x':
      return format_.Hex(text, false);
    case 'X':
      return format_.Hex(text, true);
    case 'q':
      return format_.Quoted(text);
    default:
      return BadVerb(v, verb, true);
  }
}

void Printer::Bytes(const Value& v, char32_t verb, int depth) {
  if (verb == 's' || verb == 'q' || verb == 'x' || verb == 'X') return String(v.text(), v, verb);
  if (f_.sharp_v) {
    // As an operand by its other name.
    out_ += depth == 0 && !erroring_ ? "[]byte{" : "[]uint8{";
  } else {
    out_ += '[';
  }
  bool first = true;
  for (const char c : v.text()) {
    if (!first) out_ += f_.sharp_v ? ", " : " ";
    first = false;
    Number(static_cast<unsigned char>(c), false, verb, Value::Uint8(static_cast<uint8_t>(c)));
  }
  out_ += f_.sharp_v ? '}' : ']';
}

void Printer::ListOf(const Value& v, char32_t verb, int depth) {
  const List& list = v.list();
  if (f_.sharp_v) {
    out_ += v.TypeName();
    if (list.is_nil()) {
      out_ += "(nil)";
      return;
    }
  }
  out_ += f_.sharp_v ? '{' : '[';
  for (size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out_ += f_.sharp_v ? ", " : " ";
    Print(list[i], verb, depth + 1);
  }
  out_ += f_.sharp_v ? '}' : ']';
}

void Printer::MapOf(const Map& map, std::string_view type, char32_t verb, int depth) {
  if (f_.sharp_v) {
    out_ += type;
    if (map.is_nil()) {
      out_ += "(nil)";
      return;
    }
    out_ += '{';
  } else {
    out_ += "map[";
  }
  bool first = true;
  for (const Map::Entry& entry : map.entries()) {
    if (!first) out_ += f_.sharp_v ? ", " : " ";
    first = false;
    Print(Value::String(entry.key), verb, depth + 1);
    out_ += ':';
    Print(entry.value, verb, depth + 1);
  }
  out_ += f_.sharp_v ? '}' : ']';
}

// The fields of a time.Time: nanoseconds, seconds since the year 1, and the location, which is nil
// for UTC. Of another one Go prints an address or what is behind it; here it is nil, too.
void Printer::TimeInside(const GoTime& time, char32_t verb, int depth) {
  out_ += '{';
  Print(Value::Uint64(static_cast<uint64_t>(time.nanos)), verb, depth + 1);
  out_ += ' ';
  Print(Value::Int64(time.seconds - GoTime::kYearOne), verb, depth + 1);
  out_ += ' ';
  if (verb == 'd' || verb == 'b' || verb == 'o') {
    Print(Value::Uint64(0), verb, depth + 1);
  } else {
    out_ += "%!";
    base::AppendRune(out_, verb);
    out_ += "(*time.Location=<nil>)";
  }
  out_ += '}';
}

void Printer::ObjectOf(const Value& v, char32_t verb, int depth) {
  const Object& object = v.object();
  const bool textual = verb == 'v' || verb == 's' || verb == 'x' || verb == 'X' || verb == 'q';
  if (object.HasString() && textual && !f_.sharp_v && !erroring_)
    return String(object.String(), v, verb);
  if (const Map* map = object.AsMap()) return MapOf(*map, v.TypeName(), verb, depth);
  if (const GoTime* time = TimeOf(v); time != nullptr && !textual)
    return TimeInside(*time, verb, depth);
  const std::string text = object.GoString();
  out_ += text.empty() ? object.type().name : text;
}

bool Printer::ParseNumber(std::string_view s, size_t& at, size_t end, int& number) {
  number = 0;
  bool found = false;
  for (; at < end && s[at] >= '0' && s[at] <= '9'; ++at) {
    if (number > kMaxNumber) {
      number = 0;
      at = end;
      return false;
    }
    number = number * 10 + (s[at] - '0');
    found = true;
  }
  return found;
}

void Printer::Flags() {
  for (; at_ < text_.size(); ++at_) {
    switch (text_[at_]) {
      case '#':
        f_.sharp = true;
        break;
      case '0':
        f_.zero = true;
        break;
      case '+':
        f_.plus = true;
        break;
      case '-':
        f_.minus = true;
        break;
      case ' ':
        f_.space = true;
        break;
      default:
        return;
    }
  }
}

// "[3]": the next argument is the third.
void Printer::ArgumentIndex() {
  after_index_ = false;
  if (at_ >= text_.size() || text_[at_] != '[') return;
  reordered_ = true;
  const std::string_view rest = text_.substr(at_);
  const size_t close = rest.size() < 3 ? rest.npos : rest.find(']');
  size_t at = 1;
  int number = 0;
  const bool parsed = close != rest.npos && ParseNumber(rest, at, close, number) && at == close;
  at_ += close == rest.npos ? 1 : close + 1;
  after_index_ = parsed;
  if (parsed && number >= 1 && static_cast<size_t>(number) <= args_.size()) {
    argument_ = static_cast<size_t>(number) - 1;
  } else {
    good_index_ = false;
  }
}

// For "*".
bool Printer::NumberFromArgument(int& number) {
  number = 0;
  if (argument_ >= args_.size()) return false;
  const Value& v = args_[argument_++];
  if (v.is_signed() && v.int_value() >= -kMaxNumber && v.int_value() <= kMaxNumber) {
    number = static_cast<int>(v.int_value());
    return true;
  }
  if (v.is_unsigned() && v.uint_value() <= kMaxNumber) {
    number = static_cast<int>(v.uint_value());
    return true;
  }
  return false;
}

void Printer::Width() {
  if (at_ < text_.size() && text_[at_] == '*') {
    ++at_;
    f_.has_width = NumberFromArgument(f_.width);
    if (!f_.has_width) out_ += "%!(BADWIDTH)";
    if (f_.width < 0) {
      f_.width = -f_.width;
      f_.minus = true;
      f_.zero = false;
    }
    after_index_ = false;
    return;
  }
  f_.has_width = ParseNumber(text_, at_, text_.size(), f_.width);
  if (after_index_ && f_.has_width) good_index_ = false;
}

void Printer::Precision() {
  if (at_ + 1 >= text_.size() || text_[at_] != '.') return;
  ++at_;
  if (after_index_) good_index_ = false;
  ArgumentIndex();
  if (at_ < text_.size() && text_[at_] == '*') {
    ++at_;
    f_.has_precision = NumberFromArgument(f_.precision);
    if (f_.precision < 0) {
      f_.precision = 0;
      f_.has_precision = false;
    }
    if (!f_.has_precision) out_ += "%!(BADPREC)";
    after_index_ = false;
    return;
  }
  ParseNumber(text_, at_, text_.size(), f_.precision);
  f_.has_precision = true;
}

void Printer::Directive() {
  f_ = {};
  good_index_ = true;
  Flags();
  ArgumentIndex();
  Width();
  Precision();
  if (!after_index_) ArgumentIndex();
  if (at_ >= text_.size()) {
    out_ += "%!(NOVERB)";
    return;
  }
  const base::Rune rune = base::DecodeRune(text_, at_);
  at_ += rune.size;
  const char32_t verb = rune.code;
  const auto complain = [&](std::string_view what) {
    out_ += "%!";
    base::AppendRune(out_, verb);
    out_ += what;
  };
  if (verb == '%') {
    out_ += '%';
  } else if (!good_index_) {
    complain("(BADINDEX)");
  } else if (argument_ >= args_.size()) {
    complain("(MISSING)");
  } else {
    if (verb == 'v' || verb == 'w') {
      f_.sharp_v = std::exchange(f_.sharp, false);
      f_.plus_v = std::exchange(f_.plus, false);
    }
    Operand(args_[argument_++], verb);
  }
}

void Printer::Extra() {
  f_ = {};
  out_ += "%!(EXTRA ";
  for (size_t i = argument_; i < args_.size(); ++i) {
    if (i > argument_) out_ += ", ";
    if (args_[i].is_nil()) {
      out_ += "<nil>";
      continue;
    }
    out_ += args_[i].TypeName();
    out_ += '=';
    Operand(args_[i], 'v');
  }
  out_ += ')';
}

void Printer::Format(std::string_view format, std::span<const Value> args) {
  text_ = format;
  args_ = args;
  while (at_ < text_.size() && out_.size() <= kMaxText) {
    const size_t percent = text_.find('%', at_);
    out_ += text_.substr(at_, percent == text_.npos ? percent : percent - at_);
    if (percent == text_.npos) break;
    at_ = percent + 1;
    Directive();
  }
  if (!reordered_ && argument_ < args_.size()) Extra();
}

}  // namespace

void AppendSprintf(std::string& out, std::string_view format, std::span<const Value> args) {
  Printer(out).Format(format, args);
}

void AppendSprint(std::string& out, std::span<const Value> args) {
  for (size_t i = 0; i < args.size(); ++i) {
    if (i > 0 && !args[i].is_string() && !args[i - 1].is_string()) out += ' ';
    AppendGoValue(out, args[i]);
  }
}

void AppendSprintln(std::string& out, std::span<const Value> args) {
  for (size_t i = 0; i < args.size(); ++i) {
    if (i > 0) out += ' ';
    AppendGoValue(out, args[i]);
  }
  out += '\n';
}

void AppendReflected(std::string& out, const Value& value, char verb) {
  Printer(out).Print(value, static_cast<char32_t>(verb), 0);
}

}  // namespace sluice::gotemplate::internal
