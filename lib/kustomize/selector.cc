#include "selector.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/strings.h"

namespace sluice::kustomize {

using base::Cat;
using base::Result;
using base::Status;

namespace {

// What Go's regexp says of the same mistake.
std::string_view GoRegexError(const RE2& re) {
  switch (re.error_code()) {
    case RE2::ErrorBadEscape: return "invalid escape sequence";
    case RE2::ErrorBadCharClass: return "invalid character class";
    case RE2::ErrorBadCharRange: return "invalid character class range";
    case RE2::ErrorMissingBracket: return "missing closing ]";
    case RE2::ErrorMissingParen: return "missing closing )";
    case RE2::ErrorUnexpectedParen: return "unexpected )";
    case RE2::ErrorTrailingBackslash: return "trailing backslash at end of expression";
    case RE2::ErrorRepeatArgument: return "missing argument to repetition operator";
    case RE2::ErrorRepeatSize: return "invalid repeat count";
    case RE2::ErrorRepeatOp: return "invalid nested repetition operator";
    case RE2::ErrorBadPerlOp: return "invalid or unsupported Perl syntax";
    case RE2::ErrorBadUTF8: return "invalid UTF-8";
    case RE2::ErrorBadNamedCapture: return "invalid named capture";
    default: return "expression too large";
  }
}

}  // namespace

struct Pattern::Regex {
  explicit Regex(const std::string& text) : re(text, RE2::Quiet) {}
  RE2 re;
};

Pattern::Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::Make(std::string_view text, bool anchored) {
  Pattern pattern;
  pattern.anchored_ = anchored;
  pattern.any_ = text.empty();
  if (text.find_first_of("\\^$.|?*+()[]{}") == text.npos) {
    pattern.literal_ = text;
    return pattern;
  }
  const std::string full = anchored ? Cat("^(?:", text, ")$") : std::string(text);
  pattern.regex_ = std::make_unique<Regex>(full);
  if (!pattern.regex_->re.ok()) {
    return base::InvalidArgument(Cat("error parsing regexp: ", GoRegexError(pattern.regex_->re), ": `",
                                     pattern.regex_->re.error_arg(), "`"));
  }
  return pattern;
}

Result<Pattern> Pattern::Anchored(std::string_view text) { return Make(text, true); }
Result<Pattern> Pattern::Unanchored(std::string_view text) { return Make(text, false); }

bool Pattern::Matches(std::string_view text) const {
  if (any_) return true;
  if (regex_ != nullptr) return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), regex_->re);
  return anchored_ ? text == literal_ : text.find(literal_) != text.npos;
}

// ---- label selectors ----

class LabelParser {
 public:
  explicit LabelParser(std::string_view text) : text_(text) {}

  Result<LabelSelector> Run() {
    LabelSelector selector;
    Skip();
    while (at_ < text_.size()) {
      SLUICE_TRY(auto requirement, One());
      selector.requirements_.push_back(std::move(requirement));
      Skip();
      if (at_ == text_.size()) break;
      if (text_[at_] != ',') return Unexpected("", ", expected: ',' or 'end of string'");
      ++at_;
      Skip();
      if (at_ == text_.size()) return Unexpected("", ", expected: identifier after ','");
    }
    return selector;
  }

 private:
  using Operator = LabelSelector::Operator;
  using Requirement = LabelSelector::Requirement;

  void Skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  static bool IsSpecial(char c) { return std::string_view("=!(),><").find(c) != std::string_view::npos; }
  std::string_view Word() {
    Skip();
    const size_t begin = at_;
    while (at_ < text_.size() && !IsSpecial(text_[at_]) && std::string_view(" \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
    return text_.substr(begin, at_ - begin);
  }
  bool Take(std::string_view token) {
    Skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  static constexpr std::string_view kRequirement = "unable to parse requirement: ";
  Status Unexpected(std::string_view prefix, std::string_view expected) {
    const size_t begin = at_;
    std::string_view found = Word();
    if (found.empty()) found = text_.substr(begin, 1);
    return base::InvalidArgument(Cat(prefix, "found '", found, "'", expected));
  }

  Result<Requirement> One() {
    Requirement r;
    if (Take("!")) {
      r.key = Word();
      r.op = Operator::kNotExists;
      if (r.key.empty()) return Unexpected(kRequirement, ", expected: identifier");
      return r;
    }
    r.key = Word();
    if (r.key.empty()) return Unexpected("", ", expected: !, identifier, or 'end of string'");
    Skip();
    if (at_ == text_.size() || text_[at_] == ',') return r;
    if (Take("!=")) return Single(std::move(r), Operator::kNotIn);
    if (Take("==") || Take("=")) return Single(std::move(r), Operator::kIn);
    if (Take(">")) return Single(std::move(r), Operator::kGreater);
    if (Take("<")) return Single(std::move(r), Operator::kLess);
    const size_t before = at_;
    const std::string_view word = Word();
    if (word == "in" || word == "notin") return Set(std::move(r), word == "in" ? Operator::kIn : Operator::kNotIn);
    at_ = before;
    return Unexpected(kRequirement, ", expected: '=', '!=', '==', 'in', notin'");
  }

  Result<Requirement> Single(Requirement r, Operator op) {
    r.op = op;
    r.values.emplace_back(Word());
    const bool integer = base::ParseInt64(r.values[0]).has_value();
    if ((op == Operator::kGreater || op == Operator::kLess) && !integer) {
      return base::InvalidArgument(Cat(kRequirement, "for 'Gt', 'Lt' operators, the value must be an integer"));
    }
    return r;
  }
  Result<Requirement> Set(Requirement r, Operator op) {
    r.op = op;
    if (!Take("(")) return Unexpected(kRequirement, " expected: '('");
    do {
      r.values.emplace_back(Word());
    } while (Take(","));
    if (!Take(")")) return Unexpected(kRequirement, ", expected: ',' or ')'");
    return r;
  }

  std::string_view text_;
  size_t at_ = 0;
};

Result<LabelSelector> LabelSelector::Parse(std::string_view text) { return LabelParser(text).Run(); }

bool LabelSelector::Matches(const Node* map) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& r) {
    const Node* node = map == nullptr ? nullptr : map->Find(r.key);
    const auto contains = [&] { return std::ranges::find(r.values, node->value()) != r.values.end(); };
    switch (r.op) {
      case Operator::kExists: return node != nullptr;
      case Operator::kNotExists: return node == nullptr;
      case Operator::kIn: return node != nullptr && contains();
      case Operator::kNotIn: return node == nullptr || !contains();
      case Operator::kGreater:
      case Operator::kLess: {
        if (node == nullptr) return false;
        const auto have = base::ParseInt64(node->value()), want = base::ParseInt64(r.values[0]);
        if (!have.has_value() || !want.has_value()) return false;
        return r.op == Operator::kGreater ? *have > *want : *have < *want;
      }
    }
    return false;
  });
}

// ---- resource selectors ----

Result<ResourceSelector> ResourceSelector::Make(const Selector& s) {
  ResourceSelector out;
  SLUICE_TRY(out.group_, Pattern::Anchored(s.group));
  SLUICE_TRY(out.version_, Pattern::Anchored(s.version));
  SLUICE_TRY(out.kind_, Pattern::Anchored(s.kind));
  SLUICE_TRY(out.name_, Pattern::Anchored(s.name));
  SLUICE_TRY(out.ns_, Pattern::Anchored(s.ns));
  SLUICE_TRY(out.labels_, LabelSelector::Parse(s.label_selector));
  SLUICE_TRY(out.annotations_, LabelSelector::Parse(s.annotation_selector));
  return out;
}

bool ResourceSelector::Selects(const Resource& r) const {
  const ResId now = r.id(), first = r.original_id();
  if (!ns_.Matches(first.effective_namespace()) && !ns_.Matches(now.effective_namespace())) return false;
  if (!name_.Matches(first.name) && !name_.Matches(now.name)) return false;
  return group_.Matches(now.gvk.group) && version_.Matches(now.gvk.version) && kind_.Matches(now.gvk.kind) &&
         MatchesLabels(r) && MatchesAnnotations(r);
}

std::vector<Resource*> ResourceSelector::Select(const ResMap& map) const {
  std::vector<Resource*> selected;
  for (Resource* r : map) {
    if (Selects(*r)) selected.push_back(r);
  }
  return selected;
}

bool ResourceSelector::MatchesId(const Gvk& gvk, std::string_view name, std::string_view ns) const {
  return group_.Matches(gvk.group) && version_.Matches(gvk.version) && kind_.Matches(gvk.kind) && name_.Matches(name) &&
         ns_.Matches(ns);
}

bool ResourceSelector::MatchesLabels(const Resource& r) const { return labels_.Matches(r.labels()); }
bool ResourceSelector::MatchesAnnotations(const Resource& r) const { return annotations_.Matches(r.annotations()); }

}  // namespace sluice::kustomize
