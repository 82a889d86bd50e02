// Masterminds/semver's constraints. Its grammar is a set of regular expressions; here a scanner
// reads the same language.
#include <algorithm>
#include <optional>

#include "base/semver.h"
#include "base/strings.h"

namespace sluice::base {
namespace {

// 3.5's limits. 3.4 has none: there a generous one.
struct Limits {
  size_t bytes, groups;
};
constexpr Limits kLimits{512, 32}, kPlainLimits{4096, 256};
constexpr std::string_view kPartChars = "0123456789|xX*";
constexpr std::string_view kSpace = " \t\n\f\r";
constexpr std::string_view kIdent =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";

size_t Run(std::string_view text, std::string_view set) {
  return std::min(text.find_first_not_of(set), text.size());
}

bool IsWild(std::string_view part) { return part == "x" || part == "X" || part == "*"; }

// "v1.x.3-pre+meta" in pieces; the dots are not part of minor and patch.
struct Pattern {
  std::string_view text, major, minor, patch, prerelease;  // prerelease with its '-'
};

// -ident(.ident)* or +ident(.ident)* at the front: its length, 0 if there is none.
size_t RunIdentifiers(std::string_view text, char lead) {
  if (text.empty() || text[0] != lead) return 0;
  size_t end = 0;
  for (size_t at = 0; at < text.size() && (at == 0 || text[at] == '.');) {
    const size_t n = Run(text.substr(at + 1), kIdent);
    if (n == 0) break;
    at += 1 + n;
    end = at;
  }
  return end;
}

std::optional<Pattern> ScanPattern(std::string_view text) {
  Pattern p;
  size_t at = text.starts_with('v') ? 1 : 0;
  size_t n = Run(text.substr(at), kPartChars);
  if (n == 0) return std::nullopt;
  p.major = text.substr(at, n);
  at += n;
  for (std::string_view* part : {&p.minor, &p.patch}) {
    if (at >= text.size() || text[at] != '.') break;
    n = Run(text.substr(at + 1), kPartChars);
    if (n == 0) break;
    *part = text.substr(at + 1, n);
    at += 1 + n;
  }
  n = RunIdentifiers(text.substr(at), '-');
  p.prerelease = text.substr(at, n);
  at += n;
  at += RunIdentifiers(text.substr(at), '+');
  p.text = text.substr(0, at);
  return p;
}

std::string_view ScanOperator(std::string_view text) {
  for (const std::string_view op : {"=>", "=<", ">=", "<=", "!=", "~>", "=", ">", "<", "~", "^"}) {
    if (text.starts_with(op)) return text.substr(0, op.size());
  }
  return text.substr(0, 0);
}

struct Scanned {
  std::string_view op;
  Pattern pattern;
};

// The comparisons of one group: "op version" separated by white space or a comma. nullopt: not of
// the language.
std::optional<std::vector<Scanned>> ScanGroup(std::string_view text) {
  std::vector<Scanned> out;
  text.remove_prefix(Run(text, kSpace));
  for (;;) {
    Scanned s{ScanOperator(text), {}};
    text.remove_prefix(s.op.size());
    text.remove_prefix(Run(text, kSpace));
    const auto pattern = ScanPattern(text);
    if (!pattern) return std::nullopt;
    s.pattern = *pattern;
    out.push_back(s);
    text.remove_prefix(pattern->text.size());
    size_t separators = Run(text, kSpace);
    text.remove_prefix(separators);
    if (text.empty()) return out;
    if (text[0] == ',') {
      text.remove_prefix(1);
      text.remove_prefix(Run(text, kSpace));
      ++separators;
    }
    if (separators == 0) return std::nullopt;
  }
}

// "A - B" with the white space around it, where it begins at `at`: its end, or npos.
struct Range {
  size_t end = std::string_view::npos;
  std::string_view low, high;
};

Range ScanRange(std::string_view text, size_t at) {
  Range range;
  at += Run(text.substr(at), kSpace);
  const auto low = ScanPattern(text.substr(at));
  if (!low) return range;
  at += low->text.size();
  const size_t before = Run(text.substr(at), kSpace);
  at += before;
  if (before == 0 || at >= text.size() || text[at] != '-') return range;
  const size_t after = Run(text.substr(++at), kSpace);
  at += after;
  const auto high = after > 0 ? ScanPattern(text.substr(at)) : std::nullopt;
  if (!high) return range;
  at += high->text.size();
  range = {at + Run(text.substr(at), kSpace), low->text, high->text};
  return range;
}

// "A - B" becomes ">= A, <= B ": each range found in the text, in the first place where the same
// words stand by then.
std::string RewriteRanges(std::string_view text) {
  std::string out(text);
  for (size_t at = 0; at < text.size();) {
    const Range range = ScanRange(text, at);
    if (range.end == text.npos) {
      ++at;
      continue;
    }
    const std::string_view words = text.substr(at, range.end - at);
    if (const size_t first = out.find(words); first != out.npos) {
      out.replace(first, words.size(), Cat(">= ", range.low, ", <= ", range.high, " "));
    }
    at = range.end;
  }
  return out;
}

std::string Word(std::string_view text, SemVerWords words) {
  return words == SemVerWords::kQuoted ? QuoteGo(text) : std::string(text);
}

}  // namespace

Result<SemVerConstraint::Comparison> SemVerConstraint::ParseComparison(std::string_view text) {
  const std::string_view op_text = ScanOperator(text);
  std::string_view rest = text.substr(op_text.size());
  rest.remove_prefix(Run(rest, kSpace));
  const auto p = ScanPattern(rest);
  if (!p) return InvalidArgument("constraint parser error");
  Comparison c;
  c.op_text = op_text;
  c.original = p->text;
  constexpr std::pair<std::string_view, Op> kOps[] = {
      {"", Op::kEqual},          {"=", Op::kEqual},      {"!=", Op::kNotEqual},
      {">", Op::kGreater},       {"<", Op::kLess},       {">=", Op::kGreaterEqual},
      {"=>", Op::kGreaterEqual}, {"<=", Op::kLessEqual}, {"=<", Op::kLessEqual},
      {"~", Op::kTilde},         {"~>", Op::kTilde},     {"^", Op::kCaret}};
  for (const auto& [name, op] : kOps) {
    if (name == op_text) c.op = op;
  }
  std::string version(p->text);
  if (IsWild(p->major)) {
    version = Cat("0.0.0", p->prerelease);
    c.dirty = true;
  } else if (p->minor.empty() || IsWild(p->minor)) {
    version = Cat(p->major, ".0.0", p->prerelease);
    c.dirty = c.minor_dirty = true;
  } else if (p->patch.empty() || IsWild(p->patch)) {
    version = Cat(p->major, ".", p->minor, ".0", p->prerelease);
    c.dirty = c.patch_dirty = true;
  }
  auto parsed = SemVer::Parse(version);
  if (!parsed.ok()) return InvalidArgument("constraint parser error");
  c.version = *std::move(parsed);
  return c;
}

Result<SemVerConstraint> SemVerConstraint::Parse(std::string_view text, SemVerWords words) {
  const Limits limits = words == SemVerWords::kQuoted ? kLimits : kPlainLimits;
  if (text.size() > limits.bytes) {
    return InvalidArgument(
        Cat("constraint string is too long (max ", std::to_string(limits.bytes), " bytes)"));
  }
  const std::string rewritten = RewriteRanges(text);
  const auto groups = Split(rewritten, "||");
  if (groups.size() > limits.groups) {
    return InvalidArgument(
        Cat("too many constraint groups (max ", std::to_string(limits.groups), ")"));
  }
  SemVerConstraint out;
  out.words_ = words;
  for (const std::string_view group : groups) {
    const auto scanned = ScanGroup(group);
    if (!scanned) return InvalidArgument(Cat("improper constraint: ", Word(group, words)));
    auto& comparisons = out.groups_.emplace_back();
    for (const Scanned& s : *scanned) {
      SLUICE_TRY(auto comparison, ParseComparison(Cat(s.op, s.pattern.text)));
      comparisons.push_back(std::move(comparison));
    }
  }
  return out;
}

std::string SemVerConstraint::Worded(std::string_view text) const { return Word(text, words_); }

namespace {

constexpr std::string_view kLess = "is less than", kEqualTo = "is equal to";
constexpr std::string_view kOtherMajor = "does not have same major version as";

}  // namespace

SemVerConstraint::Why SemVerConstraint::WhyNotTilde(const Comparison& c, const SemVer& v) {
  const SemVer& con = c.version;
  if (v < con) return {kLess};
  // ~0.0.0 stands for >=0.0.0; so does "*".
  const bool zero = con.major_ == 0 && con.minor_ == 0 && con.patch_ == 0;
  if (zero && !c.minor_dirty && !c.patch_dirty) return {};
  if (v.major_ != con.major_) return {kOtherMajor};
  if (v.minor_ != con.minor_ && !c.minor_dirty) {
    return {"does not have same major and minor version as"};
  }
  return {};
}

SemVerConstraint::Why SemVerConstraint::WhyNotUnequal(const Comparison& c, const SemVer& v) {
  const SemVer& con = c.version;
  const auto unless = [](bool equal) { return equal ? Why{kEqualTo} : Why{}; };
  if (!c.dirty) return unless(v == con);
  if (v.major_ != con.major_) return {};
  if (c.minor_dirty) return {kEqualTo};
  if (v.minor_ != con.minor_) return {};
  return unless(c.patch_dirty ? v.prerelease_ == con.prerelease_ : v == con);
}

SemVerConstraint::Why SemVerConstraint::WhyNotCaret(const Comparison& c, const SemVer& v) {
  const SemVer& con = c.version;
  if (v < con) return {kLess};
  if (con.major_ > 0 || c.minor_dirty) return v.major_ == con.major_ ? Why{} : Why{kOtherMajor};
  if (v.major_ > 0) return {kOtherMajor};
  constexpr Why kOtherMinor{
      "does not have same minor version as",
      ". Expected minor versions to match when constraint major version is 0"};
  if (con.minor_ > 0 || c.patch_dirty) return v.minor_ == con.minor_ ? Why{} : kOtherMinor;
  if (v.minor_ > 0) return {kOtherMinor.words};
  if (v.patch_ == con.patch_) return {};
  return {"does not equal",
          ". Expect version and constraint to equal when major and minor versions are 0"};
}

SemVerConstraint::Why SemVerConstraint::WhyNot(const Comparison& c, const SemVer& v) {
  const SemVer& con = c.version;
  const auto unless = [](bool holds, std::string_view words) { return holds ? Why{} : Why{words}; };
  const bool same_major = v.major_ == con.major_;
  switch (c.op) {
    case Op::kEqual:
      return c.dirty ? WhyNotTilde(c, v) : unless(v == con, "is not equal to");
    case Op::kNotEqual:
      return WhyNotUnequal(c, v);
    case Op::kGreater: {
      bool holds = v > con;
      if (same_major && c.minor_dirty) holds = false;  // >1 begins at 2.0.0
      if (same_major && c.patch_dirty) holds = v.minor_ > con.minor_;
      return unless(holds, "is less than or equal to");
    }
    case Op::kLess:
      return unless(v < con, "is greater than or equal to");
    case Op::kGreaterEqual:
      return unless(v >= con, kLess);
    case Op::kLessEqual: {
      const bool below =
          v.major_ < con.major_ || (same_major && (v.minor_ <= con.minor_ || c.minor_dirty));
      return unless(c.dirty ? below : v <= con, "is greater than");
    }
    case Op::kTilde:
      return WhyNotTilde(c, v);
    case Op::kCaret:
      return WhyNotCaret(c, v);
  }
  return {};
}

// One comparison with a pre-release lets them into its whole group.
bool SemVerConstraint::Admits(const std::vector<Comparison>& group, const SemVer& version) {
  return version.prerelease_.empty() || std::ranges::any_of(group, [](const Comparison& c) {
           return !c.version.prerelease_.empty();
         });
}

bool SemVerConstraint::Matches(const SemVer& version) const {
  return std::ranges::any_of(groups_, [&](const std::vector<Comparison>& group) {
    return Admits(group, version) && std::ranges::all_of(group, [&](const Comparison& c) {
             return WhyNot(c, version).words.empty();
           });
  });
}

std::vector<std::string> SemVerConstraint::Reasons(const SemVer& version) const {
  std::vector<std::string> reasons;
  bool said_prerelease = false;
  for (const auto& group : groups_) {
    if (!Admits(group, version)) {
      if (!said_prerelease) {
        reasons.push_back(
            Worded(version.ToString()) +
            " is a prerelease version and the constraint is only looking for release versions");
      }
      said_prerelease = true;
      continue;
    }
    bool holds = true;
    for (const Comparison& c : group) {
      const Why why = WhyNot(c, version);
      if (why.words.empty()) continue;
      holds = false;
      reasons.push_back(
          Cat(Worded(version.ToString()), " ", why.words, " ", Worded(c.original), why.after));
    }
    if (holds) return {};
  }
  return reasons;
}

std::string SemVerConstraint::ToString() const {
  std::string out;
  for (const auto& group : groups_) {
    if (!out.empty()) out += " || ";
    bool first = true;
    for (const Comparison& c : group) {
      if (!first) out += ' ';
      first = false;
      out += c.op_text + c.original;
    }
  }
  return out;
}

}  // namespace sluice::base
