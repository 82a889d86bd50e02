// The table of string functions, and those that fit a few lines (spec helm-engine §7.1, §7.2, §7.8,
// §7.9).
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "coerce.h"
#include "functions_list.h"
#include "functions_objects.h"
#include "functions_paths.h"
#include "functions_reflect.h"
#include "functions_regex.h"
#include "functions_words.h"
#include "go_strings.h"
#include "gotemplate/function.h"

namespace sluice::gotemplate {
namespace {

using namespace internal;  // NOLINT(google-build-using-namespace): the table is their list

base::Status NegativeRepeat() { return base::InvalidArgument("strings: negative Repeat count"); }

base::Status OutOfRange(int64_t low, int64_t high) {
  return base::InvalidArgument(base::Cat("runtime error: slice bounds out of range [",
                                         std::to_string(low), ":", std::to_string(high), "]"));
}

base::Result<Value> Hello(Call&) { return Value::String("Hello!"); }
base::Result<Value> Fail(Call& call) { return base::InvalidArgument(std::string(call[0].text())); }
base::Result<Value> GetHostByName(Call& call) {
  SLUICE_TRY(const std::string address, call.environment.HostByName(call[0].text()));
  return call.String(address);
}

base::Result<Value> Trim(Call& call) { return Value::String(TrimUnicodeSpace(call[0].text())); }
base::Result<Value> TrimAll(Call& call) {
  return Value::String(TrimCutset(call[1].text(), call[0].text()));
}
base::Result<Value> TrimPrefix(Call& call) {
  return Value::String(base::TrimPrefix(call[1].text(), call[0].text()));
}
base::Result<Value> TrimSuffix(Call& call) {
  return Value::String(base::TrimSuffix(call[1].text(), call[0].text()));
}
base::Result<Value> Contains(Call& call) {
  return Value::Bool(call[1].text().find(call[0].text()) != std::string_view::npos);
}
base::Result<Value> HasPrefix(Call& call) {
  return Value::Bool(call[1].text().starts_with(call[0].text()));
}
base::Result<Value> HasSuffix(Call& call) {
  return Value::Bool(call[1].text().ends_with(call[0].text()));
}
base::Result<Value> Plural(Call& call) { return call[2].int_value() == 1 ? call[0] : call[1]; }

base::Result<Value> Substr(Call& call) {
  const int64_t start = call[0].int_value(), end = call[1].int_value();
  const std::string_view text = call[2].text();
  const auto size = static_cast<int64_t>(text.size());
  const auto part = [&](int64_t from, int64_t to) {
    return Value::String(text.substr(static_cast<size_t>(from), static_cast<size_t>(to - from)));
  };
  if (start < 0) {
    if (end >= 0 && end <= size) return part(0, end);
    const std::string length = end < 0 ? "" : base::Cat(" with length ", std::to_string(size));
    return base::InvalidArgument(
        base::Cat("runtime error: slice bounds out of range [:", std::to_string(end), "]", length));
  }
  const int64_t to = end < 0 || end > size ? size : end;
  if (start > to) return OutOfRange(start, to);
  return part(start, to);
}

base::Result<Value> Trunc(Call& call) {
  const int64_t n = call[0].int_value();
  const std::string_view text = call[1].text();
  const auto size = static_cast<int64_t>(text.size());
  if (n < 0 && size + n > 0) return Value::String(text.substr(static_cast<size_t>(size + n)));
  if (n >= 0 && size > n) return Value::String(text.substr(0, static_cast<size_t>(n)));
  return call[1];
}

base::Result<Value> Repeat(Call& call) {
  const int64_t count = call[0].int_value();
  const std::string_view text = call[1].text();
  if (count < 0) return NegativeRepeat();
  if (text.empty() || count == 0) return Value::String("");
  const auto times = static_cast<uint64_t>(count);
  if (times > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / text.size()) {
    return base::InvalidArgument("strings: Repeat output length overflow");
  }
  SLUICE_TRY(CheckFits(call.heap, times * text.size()));
  char* const out = call.heap.AllocateBytes(times * text.size());
  for (uint64_t i = 0; i < times; ++i) std::memcpy(out + i * text.size(), text.data(), text.size());
  return Value::String({out, times * text.size()});
}

base::Result<Value> Replace(Call& call) {
  const std::string_view from = call[0].text(), to = call[1].text(), text = call[2].text();
  if (from == to) return call[2];
  const size_t count = CountOf(text, from);
  if (count == 0) return call[2];
  const uint64_t size =
      text.size() - count * from.size() + static_cast<uint64_t>(count) * to.size();
  SLUICE_TRY(CheckFits(call.heap, size));
  char* const out = call.heap.AllocateBytes(size);
  char* next = out;
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    size_t found = at;
    if (!from.empty()) {
      found = text.find(from, at);
    } else if (i > 0) {
      found = at + base::DecodeRune(text, at).size;
    }
    next = std::ranges::copy(text.substr(at, found - at), next).out;
    next = std::ranges::copy(to, next).out;
    at = found + from.size();
  }
  std::ranges::copy(text.substr(at), next);
  return Value::String({out, size});
}

base::Result<Value> Indented(Call& call, std::string_view before) {
  const int64_t spaces = call[0].int_value();
  const std::string_view text = call[1].text();
  if (spaces < 0) return NegativeRepeat();
  const auto lines = static_cast<uint64_t>(std::ranges::count(text, '\n')) + 1;
  const auto pad = static_cast<uint64_t>(spaces);
  if (pad > std::numeric_limits<uint32_t>::max())
    return CheckFits(call.heap, std::numeric_limits<uint64_t>::max());
  const uint64_t size = before.size() + text.size() + lines * pad;
  SLUICE_TRY(CheckFits(call.heap, size));
  char* const out = call.heap.AllocateBytes(size);
  char* next = std::ranges::copy(before, out).out;
  for (size_t at = 0; at <= text.size();) {
    std::memset(next, ' ', pad);
    next += pad;
    const size_t newline = text.find('\n', at);
    const size_t end = newline == text.npos ? text.size() : newline + 1;
    if (end > at) std::memcpy(next, text.data() + at, end - at);
    next += end - at;
    if (newline == text.npos) break;
    at = end;
  }
  return Value::String({out, size});
}

base::Result<Value> Indent(Call& call) { return Indented(call, ""); }
base::Result<Value> Nindent(Call& call) { return Indented(call, "\n"); }

template <class Append>
base::Result<Value> Spaced(Call& call, Append append) {
  std::string out;
  bool first = true;
  for (const Value& value : call.args) {
    if (value.is_nil()) continue;
    if (!first) out += ' ';
    first = false;
    append(out, value);
    SLUICE_TRY(CheckFits(call.heap, out.size()));
  }
  return call.String(out);
}

base::Result<Value> Quote(Call& call) {
  return Spaced(call, [](std::string& out, const Value& value) {
    if (value.is_string()) {
      AppendGoQuoted(out, value.text());
    } else {
      AppendGoQuoted(out, Strval(value));
    }
  });
}

base::Result<Value> Squote(Call& call) {
  return Spaced(call, [](std::string& out, const Value& value) {
    out += '\'';
    AppendGoValue(out, value);
    out += '\'';
  });
}

base::Result<Value> Cat(Call& call) {
  return Spaced(call, [](std::string& out, const Value& value) { AppendGoValue(out, value); });
}

// A map[string]string _0, _1 …
base::Result<Value> NumberedMap(Heap& heap, const std::vector<std::string_view>& parts) {
  constexpr size_t kEntry = 64;
  SLUICE_TRY(CheckFits(heap, parts.size() * kEntry));
  std::vector<std::pair<std::string, size_t>> keys;
  keys.reserve(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) keys.emplace_back("_" + std::to_string(i), i);
  std::ranges::sort(keys);  // so that each goes to the map's end
  Map* map = heap.NewMap(parts.size(), types::kStringMap);
  for (const auto& [key, i] : keys) map->Set(heap, heap.Copy(key), Value::String(parts[i]));
  return Value::Of(map);
}

base::Result<Value> Split(Call& call) {
  return NumberedMap(call.heap, SplitParts(call[1].text(), call[0].text(), -1));
}
base::Result<Value> SplitN(Call& call) {
  return NumberedMap(call.heap, SplitParts(call[2].text(), call[0].text(), call[1].int_value()));
}
base::Result<Value> SplitList(Call& call) {
  const auto parts = SplitParts(call[1].text(), call[0].text(), -1);
  SLUICE_TRY(CheckFits(call.heap, parts.size() * sizeof(Value)));
  return StringList(call.heap, parts);
}

base::Result<Value> Shuffle(Call& call) {
  const std::string_view text = call[0].text();
  std::vector<uint32_t> runes;
  for (size_t i = 0; i < text.size();) {
    const base::Rune rune = base::DecodeRune(text, i);
    runes.push_back(rune.code);
    i += rune.size;
  }
  for (size_t i = runes.size(); i > 1; --i) {
    std::array<uint8_t, 8> bytes{};
    call.environment.Random(bytes);
    uint64_t random = 0;
    for (const uint8_t byte : bytes) random = random << 8 | byte;
    std::swap(runes[i - 1], runes[random % i]);
  }
  std::string out;
  for (const uint32_t rune : runes) base::AppendRune(out, rune);
  return call.String(out);
}

constexpr auto kFunctions = std::to_array<Function>({
    {"abbrev", "IS>S", Abbreviate},
    {"abbrevboth", "IIS>S", AbbreviateBoth},
    {"base", "S>S", PathBase},
    {"camelcase", "S>S", CamelCase},
    {"cat", "A*>S", Cat},
    {"clean", "S>S", PathClean},
    {"contains", "SS>B", Contains},
    {"dir", "S>S", PathDir},
    {"ext", "S>S", PathExt},
    {"fail", "S>S", Fail},
    {"getHostByName", "S>S", GetHostByName},
    {"hasPrefix", "SS>B", HasPrefix},
    {"hasSuffix", "SS>B", HasSuffix},
    {"hello", ">S", Hello},
    {"indent", "IS>S", Indent},
    {"initials", "S>S", Initials},
    {"isAbs", "S>B", PathIsAbs},
    {"join", "SA>S", Join},
    {"kebabcase", "S>S", KebabCase},
    {"lower", "S>S", Lower},
    {"mustRegexFind", "SS>S", MustRegexFind},
    {"mustRegexFindAll", "SSI>s", MustRegexFindAll},
    {"mustRegexMatch", "SS>B", MustRegexMatch},
    {"mustRegexReplaceAll", "SSS>S", MustRegexReplaceAll},
    {"mustRegexReplaceAllLiteral", "SSS>S", MustRegexReplaceAllLiteral},
    {"mustRegexSplit", "SSI>s", MustRegexSplit},
    {"nindent", "IS>S", Nindent},
    {"nospace", "S>S", NoSpace},
    {"osBase", "S>S", PathBase},
    {"osClean", "S>S", PathClean},
    {"osDir", "S>S", PathDir},
    {"osExt", "S>S", PathExt},
    {"osIsAbs", "S>B", PathIsAbs},
    {"plural", "SSI>S", Plural},
    {"quote", "A*>S", Quote},
    {"regexFind", "SS>S", RegexFind},
    {"regexFindAll", "SSI>s", RegexFindAll},
    {"regexMatch", "SS>B", RegexMatch},
    {"regexQuoteMeta", "S>S", RegexQuoteMeta},
    {"regexReplaceAll", "SSS>S", RegexReplaceAll},
    {"regexReplaceAllLiteral", "SSS>S", RegexReplaceAllLiteral},
    {"regexSplit", "SSI>s", RegexSplit},
    {"repeat", "IS>S", Repeat},
    {"replace", "SSS>S", Replace},
    {"semver", "S>{*semver.Version}", Semver},
    {"semverCompare", "SS>B", SemverCompare},
    {"shuffle", "S>S", Shuffle},
    {"snakecase", "S>S", SnakeCase},
    {"split", "SS>m", Split},
    {"splitList", "SS>s", SplitList},
    {"splitn", "SIS>m", SplitN},
    {"squote", "A*>S", Squote},
    {"substr", "IIS>S", Substr},
    {"swapcase", "S>S", SwapCase},
    {"title", "S>S", Title},
    {"toString", "A>S", ToStringCall},
    {"trim", "S>S", Trim},
    {"trimAll", "SS>S", TrimAll},
    {"trimPrefix", "SS>S", TrimPrefix},
    {"trimSuffix", "SS>S", TrimSuffix},
    {"trimall", "SS>S", TrimAll},
    {"trunc", "IS>S", Trunc},
    {"untitle", "S>S", Untitle},
    {"upper", "S>S", Upper},
    {"urlJoin", "M>S", UrlJoin},
    {"urlParse", "S>M", UrlParse},
    {"wrap", "IS>S", Wrap},
    {"wrapWith", "ISS>S", WrapWith},
});
static_assert(std::ranges::is_sorted(kFunctions, {}, &Function::name));

}  // namespace

std::span<const Function> StringFunctions() { return kFunctions; }

}  // namespace sluice::gotemplate
