#include "generator.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/strings.h"

namespace sluice::differential {
namespace {

using document::Value;
using gotemplate::Function;

// What the clock, chance or the order of a map decides, what takes long on purpose, and what prints
// addresses.
const std::set<std::string_view> kLeftOut = {"ago",
                                             "bcrypt",
                                             "buildCustomCert",
                                             "call",
                                             "decryptAES",
                                             "derivePassword",
                                             "encryptAES",
                                             "genCA",
                                             "genCAWithKey",
                                             "genPrivateKey",
                                             "genSelfSignedCert",
                                             "genSelfSignedCertWithKey",
                                             "genSignedCert",
                                             "genSignedCertWithKey",
                                             "getHostByName",
                                             "htpasswd",
                                             "keys",
                                             "now",
                                             "randAlpha",
                                             "randAlphaNum",
                                             "randAscii",
                                             "randBytes",
                                             "randInt",
                                             "randNumeric",
                                             "shuffle",
                                             "uuidv4",
                                             "values",
                                             "osBase",
                                             "osClean",
                                             "osDir",
                                             "osExt",
                                             "osIsAbs"};

// Of a time; anything else would be now.
const std::set<std::string_view> kOfTimes = {"date", "dateInZone", "date_in_zone", "htmlDate",
                                             "htmlDateInZone"};

const std::vector<const Function*>& Functions() {
  static const std::vector<const Function*> all = [] {
    std::vector<const Function*> out;
    for (const auto table : {gotemplate::BuiltinFunctions(), gotemplate::StringFunctions(),
                             gotemplate::CollectionFunctions(), gotemplate::NumberFunctions(),
                             gotemplate::DateFunctions(), gotemplate::CryptoFunctions(),
                             gotemplate::TextFormatFunctions()}) {
      for (const Function& f : table) {
        if (!kLeftOut.contains(f.name)) out.push_back(&f);
      }
    }
    return out;
  }();
  return all;
}

const std::vector<const Function*>& Returning(char type) {
  static const std::map<char, std::vector<const Function*>> by_type = [] {
    std::map<char, std::vector<const Function*>> out;
    for (const Function* f : Functions())
      out[f->signature[f->signature.find('>') + 1]].push_back(f);
    return out;
  }();
  const auto it = by_type.find(type);
  return it == by_type.end() ? Functions() : it->second;
}

constexpr std::string_view kStrings[] = {"",
                                         "a",
                                         "hello",
                                         "Hello World",
                                         "foo_bar-baz",
                                         "fooBar",
                                         "HTTPServer",
                                         "  pad  ",
                                         "1",
                                         "42",
                                         "4.5",
                                         "010",
                                         "0x1F",
                                         "1e3",
                                         "true",
                                         "a,b,c",
                                         "a: 1\\nb: [x, 2]",
                                         "{\\\"a\\\":[1,2.5,null]}",
                                         "[1,2]",
                                         "héllo ☃",
                                         "\\n",
                                         "x\\ty",
                                         "-5",
                                         "1.2.3",
                                         ">=1.0",
                                         "v2",
                                         "/a/b/../c.txt",
                                         "https://u:p@h.io:8/p?q=1#f",
                                         "aGVsbG8=",
                                         "[a-z]+",
                                         "l+",
                                         "(",
                                         "null",
                                         "~",
                                         "-",
                                         "yes",
                                         "a.b",
                                         "$1",
                                         "${1}x",
                                         "%",
                                         "<a&b>",
                                         "'q'",
                                         "9223372036854775808",
                                         "NaN",
                                         "0.1",
                                         "1_000",
                                         "\\x00",
                                         "日本語",
                                         "a=1\\nb=2"};
constexpr std::string_view kNumbers[] = {"0",       "1",
                                         "2",       "3",
                                         "5",       "-1",
                                         "-7",      "10",
                                         "100",     "1.5",
                                         "2.0",     "-2.5",
                                         "1e3",     "1e6",
                                         "1e21",    "0.1",
                                         "0x10",    "0b11",
                                         "017",     "'a'",
                                         "1234567", "9007199254740993",
                                         "1e-7",    "123456789.125",
                                         "1i",      "2.5e-5"};
constexpr std::string_view kLayouts[] = {"2006-01-02",
                                         "Jan _2 06 15:04:05.000 PM",
                                         "Mon Monday 2/1/2006 3:4:5pm",
                                         "2006-01-02T15:04:05Z07:00",
                                         "002 -0700 MST",
                                         "15h04",
                                         "January",
                                         ".999 06",
                                         "x"};
constexpr std::string_view kTimes[] = {"2020-02-29", "1999-12-31", "0001-01-01",
                                       "2262-04-12", "2024-07-01", "x"};
constexpr std::string_view kDurations[] = {"1h", "-1.5h", "90m30s", "1us",  "36h",
                                           "x",  "",      "0",      "-24h", "1000000h"};
constexpr std::string_view kSmall[] = {"0", "1", "2", "3", "4", "5", "7", "-1", "-2", "10", "20"};

}  // namespace

Value Generator::Scalar() {
  switch (Below(9)) {
    case 0:
      return Value();
    case 1:
      return Value(Chance(50));
    case 2:
      return Value(static_cast<int64_t>(Below(20)) - 5);
    case 3:
      return Value(static_cast<double>(Below(1000)) / 8 - 20);
    case 4:
      return Value(Chance(50) ? int64_t{1234567} : int64_t{9007199254740993});
    case 5:
      return Value(static_cast<double>(Below(100)) * 1e18);
    default:
      break;
  }
  std::string text = Pick(kStrings);
  text = base::ReplaceAll(base::ReplaceAll(base::ReplaceAll(text, "\\n", "\n"), "\\t", "\t"),
                          "\\\"", "\"");
  return Value(base::ReplaceAll(text, "\\x00", "z"));
}

Value Generator::Container(int depth) {
  const uint32_t n = Below(4);
  if (Chance(50)) {
    Value list = Value::Array();
    for (uint32_t i = 0; i < n; ++i)
      list.Append(depth > 0 && Chance(30) ? Container(depth - 1) : Scalar());
    return list;
  }
  Value map = Value::Object();
  for (uint32_t i = 0; i < n; ++i)
    map.Set(Pick(std::array<std::string_view, 6>{"a", "b", "c", "k-1", "é", "Z"}),
            depth > 0 && Chance(30) ? Container(depth - 1) : Scalar());
  return map;
}

// Names that say what they mostly are; one in twelve is something else.
Value Generator::Data() {
  Value data = Value::Object();
  const auto set = [&](std::string_view name, Value value) {
    data.Set(name, Chance(8) ? (Chance(50) ? Scalar() : Container(1)) : std::move(value));
  };
  for (const std::string_view name : {"s", "s2"}) {
    Value v = Scalar();
    while (!v.is_string()) v = Scalar();
    set(name, std::move(v));
  }
  set("i", Value(static_cast<int64_t>(Below(12)) - 2));
  set("f", Value(static_cast<double>(Below(1000)) / 16 - 9));
  set("t", Value(Chance(50)));
  set("n", Value());
  for (const std::string_view name : {"l", "l2"}) {
    Value list = Value::Array();
    const uint32_t kind = Below(3), n = Below(5);
    for (uint32_t i = 0; i < n; ++i)
      list.Append(kind == 0 ? Scalar() : kind == 1 ? Value(Pick(kStrings)) : Container(1));
    set(name, std::move(list));
  }
  for (const std::string_view name : {"m", "m2"}) {
    Value map = Value::Object();
    for (const std::string_view key : {"a", "b", "c", "d"}) {
      if (Chance(60)) map.Set(key, Chance(35) ? Container(1) : Scalar());
    }
    set(name, std::move(map));
  }
  return data;
}

std::string Generator::StringLiteral() {
  if (Chance(10)) {
    const std::string text = Pick(kStrings);
    if (text.find('\\') == text.npos) return "`" + text + "`";
  }
  return "\"" + Pick(kStrings) + "\"";
}

std::string Generator::NumberLiteral() { return Pick(kNumbers); }

std::string Generator::Literal() {
  switch (Below(8)) {
    case 0:
    case 1:
      return NumberLiteral();
    case 2:
      return Chance(50) ? "true" : "false";
    case 3:
      return Chance(30) ? "nil" : NumberLiteral();
    default:
      return StringLiteral();
  }
}

std::string Generator::Field(std::string_view names) {
  const auto list = base::Split(names, " ");
  std::string field = (ranges_ > 0 || Chance(15) ? "$." : ".") + Pick(list);
  if (Chance(12)) field += "." + Pick(std::array<std::string_view, 4>{"a", "b", "c", "zz"});
  return field;
}

std::string Generator::Format() {
  constexpr std::string_view kVerbs = "vvvsdqxXtTgefGEboOcUz%";
  constexpr std::string_view kFlags[] = {"",   "",    "",    "#",  "+",  "-",   " ",
                                         "0",  "5",   "-8",  "08", ".2", "8.3", "+.1",
                                         "#0", "[1]", "[2]", "*",  ".*", "x"};
  std::string out = "\"";
  for (uint32_t i = 0, n = 1 + Below(3); i < n; ++i) {
    out += Pick(std::array<std::string_view, 4>{"", "a", "-", " "}) + "%" + Pick(kFlags);
    out += kVerbs[Below(static_cast<uint32_t>(kVerbs.size()))];
  }
  return out + "\"";
}

std::string Generator::Operand(char type, int depth) {
  if (Chance(7)) return Any(depth);
  if (depth > 0 && Chance(35) && type != 'I') return Parenthesized(type, depth);
  switch (type) {
    case 'S':
      return Chance(55) ? StringLiteral() : Field("s s2");
    case 'B':
      return Chance(50) ? "true" : Field("t");
    case 'I':  // small: it may be the size of something
      if (Chance(80)) return Pick(kSmall);
      return Chance(50) ? "(int " + Field("i") + ")" : "(len " + Field("l m s") + ")";
    case 'L':
    case 'U':
      return Pick(kSmall);
    case 'F':
      return Chance(60) ? NumberLiteral() : Field("f i");
    case 'M':
    case 'm':
      return Chance(25) ? "(dict " + StringLiteral() + " " + Operand('A', 0) + ")" : Field("m m2");
    case 'V':
    case 's':
      return Field("l l2");
    default:
      return Any(depth);
  }
}

std::string Generator::Any(int depth) {
  switch (Below(depth > 0 ? 12 : 8)) {
    case 0:
    case 1:
      return Literal();
    case 2:
      return ".";
    case 3:
      if (!variables_.empty()) return Pick(variables_) + (Chance(15) ? ".a" : "");
      return Literal();
    case 4:
      return Field("s s2 i f t n l l2 m m2 zz");
    case 5:
      return Field("l l2");
    case 6:
      return Field("m m2");
    case 7:
      return Field("s i f");
    case 8:
      return "(list " + Any(depth - 1) + " " + Any(0) + ")";
    case 9:
      return "(dict " + StringLiteral() + " " + Any(depth - 1) + ")";
    default:
      return Parenthesized(0, depth);
  }
}

// A call without parentheses; its last argument is sometimes piped.
std::string Generator::Call(const Function& function, int depth) {
  std::string_view signature = function.signature.substr(0, function.signature.find('>'));
  const bool variadic = signature.ends_with('*');
  if (variadic) signature.remove_suffix(1);
  std::string types;
  for (size_t i = 0; i < signature.size(); ++i) {
    if (signature[i] == '{') {
      i = signature.find('}', i);
      types += 'A';
    } else {
      types += signature[i];
    }
  }
  if (variadic) {
    const char last = types.back();
    types.pop_back();
    types.append(Below(4), last);
  }
  if (Chance(2)) types += 'A';
  if (Chance(2) && !types.empty()) types.pop_back();
  std::vector<std::string> args;
  for (const char type : types) args.push_back(Operand(type, depth - 1));
  if (function.name == "printf" && !args.empty()) args[0] = Format();
  const bool dated = kOfTimes.contains(function.name);
  for (size_t i = 0; i < args.size(); ++i) {
    if (types[i] == 'T' || (dated && types[i] == 'A'))
      args[i] = "(toDate \"2006-01-02\" \"" + Pick(kTimes) + "\")";
    if (types[i] == 'S' && dated)
      args[i] = "\"" + (i == 0 && types[0] == 'S' ? Pick(kLayouts) : std::string("UTC")) + "\"";
    // a time is rounded from now
    if (function.name == "durationRound" && args[i].starts_with("(")) args[i] = Field("s i");
    if (types[i] == 'S' && base::Contains(function.name, "odify"))
      args[i] = "\"" + Pick(kDurations) + "\"";
  }
  std::string out(function.name);
  const bool piped = !args.empty() && Chance(35);
  for (size_t i = 0; i + (piped ? 1 : 0) < args.size(); ++i) out += " " + args[i];
  if (!piped) return out;
  if (args.back() == "nil") return out + " nil";
  return args.back() + " | " + out;
}

std::string Generator::Parenthesized(char result, int depth) {
  const auto& functions =
      result == 0 || result == 'A' || result == 'R' ? Functions() : Returning(result);
  std::string out =
      "(" + Call(*functions[Below(static_cast<uint32_t>(functions.size()))], depth - 1) + ")";
  if (Chance(4)) out += Pick(std::array<std::string_view, 3>{".a", ".b.c", ".zz"});
  return out;
}

std::string Generator::Pipeline(int depth) {
  const auto& functions = Functions();
  std::string out = Chance(35)
                        ? Any(depth)
                        : Call(*functions[Below(static_cast<uint32_t>(functions.size()))], depth);
  if (out == "nil") out = ".n";
  const auto focus = std::ranges::find(functions, focus_, &Function::name);
  if (focus != functions.end() && Chance(80)) out = Call(**focus, depth);
  while (Chance(20)) {
    constexpr std::string_view kStages[] = {
        "toJson",        "toYaml",         "quote",  "printf \"%v\"",
        "printf \"%T\"", "toString",       "len",    "upper",
        "first",         "default 3",      "kindOf", "typeOf",
        "int",           "float64",        "html",   "js",
        "nindent 2",     "printf \"%#v\"", "not"};
    out += " | " + Pick(kStages);
  }
  return out;
}

std::string Generator::Range(int depth) {
  const size_t variables = variables_.size();
  const bool root = ranges_ > 0;
  std::string head;
  const uint32_t names = Below(3);
  std::vector<std::string> fresh;
  for (uint32_t i = 0; i < names; ++i) fresh.push_back("$v" + std::to_string(next_variable_++));
  if (names > 0) head = base::Join(fresh, ", ") + " := ";
  head += Chance(70)   ? (root ? Field("l l2 m m2") : Field("l l2 m m2 i n s"))
          : Chance(50) ? Pick(kSmall)
                       : Any(depth);
  if (head.ends_with("nil")) head += " 1";
  for (const std::string& name : fresh) variables_.push_back(name);
  ++ranges_;
  std::string out = "{{range " + head + "}}" + Block(depth - 1);
  if (Chance(15))
    out += "{{if " + Any(0) + "}}{{" + (Chance(50) ? "break" : "continue") + "}}{{end}}" + Block(0);
  --ranges_;
  if (Chance(25)) out += "{{else}}" + Block(depth - 1);
  variables_.resize(variables);
  return out + "{{end}}";
}

std::string Generator::Node(int depth) {
  const std::string open = Chance(15) ? "{{- " : "{{", close = Chance(15) ? " -}}" : "}}";
  switch (Below(depth > 0 ? 14 : 8)) {
    case 0:
      return Pick(std::array<std::string_view, 5>{"x", " ", "\n  ", "é", "<no value>"});
    case 1: {
      const std::string name = "$v" + std::to_string(next_variable_++);
      std::string out = open + name + " := " + Pipeline(depth) + close;
      variables_.push_back(name);
      return out;
    }
    case 2:
      if (!variables_.empty()) return open + Pick(variables_) + " = " + Pipeline(depth) + close;
      [[fallthrough]];
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
      return open + Pipeline(std::max(depth, 1)) + close;
    case 8:
      if (callable_from_ < templates_) {
        const int index =
            callable_from_ +
            static_cast<int>(Below(static_cast<uint32_t>(templates_ - callable_from_)));
        return open + "template \"d" + std::to_string(index) + "\" " +
               (Chance(60) ? "." : Any(depth)) + close;
      }
      [[fallthrough]];
    case 9:
    case 10:
      return Range(depth);
    default:
      break;
  }
  const size_t variables = variables_.size();
  const std::string word = Chance(60) ? "if" : "with";
  std::string head = Pipeline(depth - 1);
  std::string declared;
  if (Chance(25)) {
    declared = "$v" + std::to_string(next_variable_++);
    head = declared + " := " + head;
    variables_.push_back(declared);
  }
  std::string out = open + word + " " + head + close + Block(depth - 1);
  if (Chance(30)) out += "{{else " + word + " " + Pipeline(depth - 1) + "}}" + Block(depth - 1);
  if (Chance(40)) out += "{{else}}" + Block(depth - 1);
  variables_.resize(variables);
  return out + "{{end}}";
}

std::string Generator::Block(int depth) {
  const size_t variables = variables_.size();
  std::string out;
  for (uint32_t i = 0, n = 1 + Below(depth > 1 ? 3 : 2); i < n; ++i) out += Node(depth);
  variables_.resize(variables);
  return out;
}

GeneratedCase Generator::Next() {
  GeneratedCase out;
  out.helm = Chance(50) ? 4 : 3;
  out.int64 = Chance(30);
  out.missing_key = Chance(50) ? "zero" : Chance(60) ? "default" : "error";
  out.data = Data();
  templates_ = static_cast<int>(Below(3));
  for (int i = 0; i < templates_; ++i) {
    callable_from_ = i + 1;
    variables_.clear();
    out.text += "{{define \"d" + std::to_string(i) + "\"}}" + Block(2) + "{{end}}";
  }
  callable_from_ = 0;
  variables_.clear();
  out.text += Block(Chance(50) ? 1 : 3);
  return out;
}

}  // namespace sluice::differential
