#include "functions_regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "base/utf8.h"
#include "coerce.h"
#include "unicode.h"

namespace sluice::gotemplate::internal {
namespace {

using base::Cat;

std::string_view GoError(RE2::ErrorCode code) {
  switch (code) {
    case RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case RE2::ErrorBadCharClass:
      return "invalid character class";
    case RE2::ErrorBadCharRange:
      return "invalid character class range";
    case RE2::ErrorMissingBracket:
      return "missing closing ]";
    case RE2::ErrorMissingParen:
      return "missing closing )";
    case RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    default:
      return "expression too large";
  }
}

// Go knows (?<name>…), which RE2 of 2022 does not, and has no \C.
struct Translated {
  std::string pattern;
  bool any_byte = false;  // holds \C
};

Translated Translate(std::string_view pattern) {
  Translated out;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view rest = pattern.substr(i);
    if (rest[0] == '\\' && rest.size() > 1) {
      if (rest[1] == 'C' && !in_class) out.any_byte = true;
      size_t n = 2;
      if (rest[1] == 'Q' && !in_class) {
        const size_t end = rest.find("\\E");
        n = end == rest.npos ? rest.size() : end + 2;
      }
      out.pattern += rest.substr(0, n);
      i += n - 1;
      continue;
    }
    if (rest[0] == '[') {
      if (!in_class) {  // a first ] is an element
        in_class = true;
        const size_t n = rest.starts_with("[^]") ? 3 : rest.starts_with("[]") ? 2 : 1;
        out.pattern += rest.substr(0, n);
        i += n - 1;
        continue;
      }
      if (const size_t end = rest.find(":]"); rest.starts_with("[:") && end != rest.npos) {
        out.pattern += rest.substr(0, end + 2);
        i += end + 1;
        continue;
      }
    } else if (rest[0] == ']') {
      in_class = false;
    } else if (!in_class && rest.starts_with("(?<") && rest.size() > 3 && rest[3] != '=' &&
               rest[3] != '!') {
      out.pattern += "(?P<";
      i += 2;
      continue;
    }
    out.pattern += rest[0];
  }
  return out;
}

// What RE2 matches against: the text itself, or where it is no UTF-8 a copy with U+FFFD for each
// ill-formed byte, as Go sees it.
class Subject {
 public:
  explicit Subject(std::string_view text) : original_(text), seen_(text) {
    if (base::IsValidUtf8(text)) return;
    for (size_t i = 0; i < text.size();) {
      const base::Rune rune = base::DecodeRune(text, i);
      if (!rune.ok) replaced_.push_back(copy_.size());
      base::AppendRune(copy_, rune.code);
      i += rune.size;
    }
    seen_ = copy_;
  }
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  std::string_view seen() const { return seen_; }
  // The original's bytes for [from, to) of what was seen.
  std::string_view Slice(size_t from, size_t to) const {
    if (replaced_.empty()) return original_.substr(from, to - from);
    from = Original(from);
    return original_.substr(from, Original(to) - from);
  }

 private:
  size_t Original(size_t at) const {
    const auto before = std::ranges::lower_bound(replaced_, at) - replaced_.begin();
    return at - 2 * static_cast<size_t>(before);
  }

  std::string_view original_, seen_;
  std::string copy_;
  std::vector<size_t> replaced_;  // where seen_ holds three bytes for one
};

struct Span {
  size_t begin, end;
};

class Regex {
 public:
  explicit Regex(std::string_view pattern)
      : translated_(Translate(pattern)), re_(translated_.pattern, Quiet()) {}

  // Go's message, with what MustCompile puts before it.
  base::Status Check(std::string_view pattern, bool panics) const {
    if (re_.ok() && !translated_.any_byte) return base::OkStatus();
    std::string text = "error parsing regexp: ";
    if (re_.ok()) {
      text += "invalid escape sequence: `\\C`";
    } else {
      text += Cat(GoError(re_.error_code()), ": `", Argument(pattern), "`");
    }
    if (panics) text = Cat("regexp: Compile(", Quoted(pattern), "): ", text);
    return base::InvalidArgument(std::move(text));
  }

  int groups() const { return re_.NumberOfCapturingGroups(); }
  const RE2& re() const { return re_; }

  // The leftmost match at or after `from`; groups as many as `found` has room for.
  bool Search(std::string_view text, size_t from, std::vector<re2::StringPiece>& found) const {
    return re_.Match(re2::StringPiece(text.data(), text.size()), from, text.size(), RE2::UNANCHORED,
                     found.data(), static_cast<int>(found.size()));
  }

 private:
  static RE2::Options Quiet() {
    RE2::Options options;
    options.set_log_errors(false);
    return options;
  }

  std::string Argument(std::string_view pattern) const {
    switch (re_.error_code()) {
      case RE2::ErrorMissingParen:
      case RE2::ErrorUnexpectedParen:
        return std::string(pattern);
      case RE2::ErrorTrailingBackslash:
        return {};
      case RE2::ErrorBadUTF8: {
        size_t i = 0;
        while (i < pattern.size() && base::DecodeRune(pattern, i).ok)
          i += base::DecodeRune(pattern, i).size;
        return std::string(pattern.substr(i));
      }
      default:
        return re_.error_arg();
    }
  }

  static std::string Quoted(std::string_view text) {
    const bool plain =
        base::IsValidUtf8(text) &&
        std::ranges::none_of(
            text,
            [](char c) {
              return c == '`' || (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
            }) &&
        text.find("\xef\xbb\xbf") == text.npos;
    if (plain) return Cat("`", text, "`");
    std::string quoted;
    AppendGoQuoted(quoted, text);
    return quoted;
  }

  Translated translated_;
  RE2 re_;
};

// A search looks ahead as far as its pattern makes it, so many of them may cost the square of the
// text: the environment's deadline holds within one call, too.
class Searches {
 public:
  explicit Searches(Environment& environment) : environment_(environment) {}
  base::Status Count() {
    constexpr size_t kBetweenChecks = 256;
    if (++count_ % kBetweenChecks != 0 || !environment_.Expired()) return base::OkStatus();
    return base::DeadlineExceeded("the template takes too long");
  }

 private:
  Environment& environment_;
  size_t count_ = 0;
};

size_t RuneSize(std::string_view text, size_t at) {
  return at < text.size() ? base::DecodeRune(text, at).size : 0;
}

// Regexp.allMatches: at most n matches (n < 0: all), no empty one right behind another.
template <class Deliver>
base::Status AllMatches(Environment& environment, const Regex& regex, std::string_view text,
                        int64_t n, Deliver deliver) {
  Searches searches(environment);
  if (n < 0) n = static_cast<int64_t>(text.size()) + 1;
  std::vector<re2::StringPiece> found(1);
  size_t previous_end = text.npos;
  int64_t count = 0;
  for (size_t at = 0; count < n && at <= text.size();) {
    SLUICE_TRY(searches.Count());
    if (!regex.Search(text, at, found)) break;
    const auto begin = static_cast<size_t>(found[0].data() - text.data());
    const size_t end = begin + found[0].size();
    const bool accepted = end != at || begin != previous_end;
    if (end == at) {
      const size_t width = RuneSize(text, at);
      at = width > 0 ? at + width : text.size() + 1;
    } else {
      at = end;
    }
    previous_end = end;
    if (accepted) {
      deliver(Span{begin, end});
      ++count;
    }
  }
  return base::OkStatus();
}

// One piece of a replacement template: text, or what a group matched.
struct Piece {
  std::string_view text;
  int group = -1;
};

// "$name", "${name}" or "$$" at the start of `rest`, which begins behind the "$". False where it is
// no reference.
bool TakeReference(std::string_view& rest, std::string_view& name) {
  std::string_view s = rest;
  const bool brace = s.starts_with('{');
  if (brace) s.remove_prefix(1);
  size_t n = 0;
  while (n < s.size()) {
    const base::Rune rune = base::DecodeRune(s, n);
    if (!IsLetter(rune.code) && !IsDigit(rune.code) && rune.code != '_') break;
    n += rune.size;
  }
  if (n == 0 || (brace && (n >= s.size() || s[n] != '}'))) return false;
  name = s.substr(0, n);
  rest = s.substr(n + (brace ? 1 : 0));
  return true;
}

int GroupOf(const RE2& re, std::string_view name) {
  const bool digits = std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
  if (digits && name.size() <= 9 && (name[0] != '0' || name.size() == 1)) {
    const int group = static_cast<int>(base::ParseInt64(name).value_or(0));
    return group <= re.NumberOfCapturingGroups() ? group : -1;
  }
  const auto it = re.NamedCapturingGroups().find(std::string(name));
  return it == re.NamedCapturingGroups().end() ? -1 : it->second;
}

std::vector<Piece> ParseTemplate(const RE2& re, std::string_view text) {
  std::vector<Piece> pieces;
  while (!text.empty()) {
    const size_t dollar = text.find('$');
    pieces.push_back({text.substr(0, dollar)});
    if (dollar == text.npos) break;
    const std::string_view sign = text.substr(dollar, 1);
    text.remove_prefix(dollar + 1);
    std::string_view name;
    if (text.starts_with('$')) {
      pieces.push_back({sign});
      text.remove_prefix(1);
    } else if (!TakeReference(text, name)) {
      pieces.push_back({sign});
    } else if (const int group = GroupOf(re, name); group >= 0) {
      pieces.push_back({{}, group});
    }
  }
  return pieces;
}

// Regexp.replaceAll.
base::Result<Value> Replace(Call& call, const Regex& regex, const std::vector<Piece>& pieces) {
  const Subject subject(call[1].text());
  const std::string_view text = subject.seen();
  int groups = 0;
  for (const Piece& piece : pieces) groups = std::max(groups, piece.group);
  std::vector<re2::StringPiece> found(static_cast<size_t>(groups) + 1);
  std::string out;
  size_t last_end = 0;
  Searches searches(call.environment);
  for (size_t at = 0; at <= text.size();) {
    SLUICE_TRY(searches.Count());
    if (!regex.Search(text, at, found)) break;
    const auto begin = static_cast<size_t>(found[0].data() - text.data());
    const size_t end = begin + found[0].size();
    out += subject.Slice(last_end, begin);
    if (end > last_end || begin == 0) {
      for (const Piece& piece : pieces) {
        out += piece.text;
        if (piece.group < 0 || found[static_cast<size_t>(piece.group)].data() == nullptr) continue;
        const re2::StringPiece& group = found[static_cast<size_t>(piece.group)];
        const auto from = static_cast<size_t>(group.data() - text.data());
        out += subject.Slice(from, from + group.size());
      }
      SLUICE_TRY(CheckFits(call.heap, out.size()));
    }
    last_end = end;
    const size_t width = RuneSize(text, at);
    at = at + width > end ? at + width : at + 1 > end ? at + 1 : end;
  }
  if (last_end == 0 && out.empty()) return call[1];
  out += subject.Slice(last_end, text.size());
  return call.String(out);
}

base::Result<Value> Find(Call& call, bool panics) {
  const Regex regex(call[0].text());
  SLUICE_TRY(regex.Check(call[0].text(), panics));
  const Subject subject(call[1].text());
  std::vector<re2::StringPiece> found(1);
  if (!regex.Search(subject.seen(), 0, found)) return Value::String("");
  const auto begin = static_cast<size_t>(found[0].data() - subject.seen().data());
  return Value::String(subject.Slice(begin, begin + found[0].size()));
}

base::Result<Value> FindAll(Call& call, bool panics) {
  const Regex regex(call[0].text());
  SLUICE_TRY(regex.Check(call[0].text(), panics));
  const Subject subject(call[1].text());
  List* list = call.heap.NilList(types::kStringList);
  SLUICE_TRY(
      AllMatches(call.environment, regex, subject.seen(), call[2].int_value(), [&](Span match) {
        list->Append(call.heap, Value::String(subject.Slice(match.begin, match.end)));
      }));
  return Value::Of(list);
}

base::Result<Value> ReplaceTemplate(Call& call, bool panics) {
  const Regex regex(call[0].text());
  SLUICE_TRY(regex.Check(call[0].text(), panics));
  return Replace(call, regex, ParseTemplate(regex.re(), call[2].text()));
}

base::Result<Value> ReplaceLiteral(Call& call, bool panics) {
  const Regex regex(call[0].text());
  SLUICE_TRY(regex.Check(call[0].text(), panics));
  return Replace(call, regex, {Piece{call[2].text()}});
}

// Regexp.Split.
base::Result<Value> Split(Call& call, bool panics) {
  const Regex regex(call[0].text());
  SLUICE_TRY(regex.Check(call[0].text(), panics));
  const int64_t n = call[2].int_value();
  if (n == 0) return Value::Of(call.heap.NilList(types::kStringList));
  List* list = call.heap.NewList(0, types::kStringList);
  const Subject subject(call[1].text());
  const size_t size = subject.seen().size();
  if (!call[0].text().empty() && size == 0) {
    list->Append(call.heap, Value::String(""));
    return Value::Of(list);
  }
  size_t begin = 0, end = 0;
  SLUICE_TRY(AllMatches(call.environment, regex, subject.seen(), n, [&](Span match) {
    if (n > 0 && static_cast<int64_t>(list->size()) >= n - 1) return;
    end = match.begin;
    if (match.end != 0) list->Append(call.heap, Value::String(subject.Slice(begin, end)));
    begin = match.end;
  }));
  if (end != size) list->Append(call.heap, Value::String(subject.Slice(begin, size)));
  return Value::Of(list);
}

}  // namespace

base::Result<Value> RegexMatch(Call& call) {
  base::Result<Value> result = MustRegexMatch(call);
  return result.ok() ? std::move(result) : Value::Bool(false);
}

base::Result<Value> MustRegexMatch(Call& call) {
  const Regex regex(call[0].text());
  SLUICE_TRY(regex.Check(call[0].text(), false));
  const Subject subject(call[1].text());
  std::vector<re2::StringPiece> none;
  return Value::Bool(regex.Search(subject.seen(), 0, none));
}

base::Result<Value> RegexFind(Call& call) { return Find(call, true); }
base::Result<Value> MustRegexFind(Call& call) { return Find(call, false); }
base::Result<Value> RegexFindAll(Call& call) { return FindAll(call, true); }
base::Result<Value> MustRegexFindAll(Call& call) { return FindAll(call, false); }
base::Result<Value> RegexReplaceAll(Call& call) { return ReplaceTemplate(call, true); }
base::Result<Value> MustRegexReplaceAll(Call& call) { return ReplaceTemplate(call, false); }
base::Result<Value> RegexReplaceAllLiteral(Call& call) { return ReplaceLiteral(call, true); }
base::Result<Value> MustRegexReplaceAllLiteral(Call& call) { return ReplaceLiteral(call, false); }
base::Result<Value> RegexSplit(Call& call) { return Split(call, true); }
base::Result<Value> MustRegexSplit(Call& call) { return Split(call, false); }

base::Result<Value> RegexQuoteMeta(Call& call) {
  std::string out;
  for (const char c : call[0].text()) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return call.String(out);
}

}  // namespace sluice::gotemplate::internal
