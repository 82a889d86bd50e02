// Label selectors as Kubernetes parses and checks them, in its words.
#include <algorithm>

#include "base/strings.h"
#include "selector.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;

constexpr size_t kMaxName = 63, kMaxSubdomain = 253;
constexpr std::string_view kNameRule =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or "
    "'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kValueRule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an "
    "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr std::string_view kSubdomainRule =
    "a DNS-1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an "
    "alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

bool IsLower(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool IsAlphanumeric(char c) { return IsLower(c) || (c >= 'A' && c <= 'Z'); }

bool IsName(std::string_view text) {
  if (text.empty() || !IsAlphanumeric(text.front()) || !IsAlphanumeric(text.back())) return false;
  return std::ranges::all_of(
      text, [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool IsSubdomain(std::string_view text) {
  return std::ranges::all_of(base::Split(text, "."), [](std::string_view part) {
    if (part.empty() || !IsLower(part.front()) || !IsLower(part.back())) return false;
    return std::ranges::all_of(part, [](char c) { return IsLower(c) || c == '-'; });
  });
}

std::string TooLong(size_t limit) {
  return Cat("must be no more than ", std::to_string(limit), " characters");
}

Status CheckKey(std::string_view key) {
  std::vector<std::string> errors;
  const auto parts = base::Split(key, "/");
  if (parts.size() > 2) {
    errors.push_back(
        Cat("a qualified name ", kNameRule,
            " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"));
  } else {
    const std::string_view name = parts.back();
    if (parts.size() == 2) {
      const std::string_view prefix = parts.front();
      if (prefix.empty()) {
        errors.emplace_back("prefix part must be non-empty");
      } else {
        if (prefix.size() > kMaxSubdomain)
          errors.push_back("prefix part " + TooLong(kMaxSubdomain));
        if (!IsSubdomain(prefix)) errors.push_back(Cat("prefix part ", kSubdomainRule));
      }
    }
    if (name.empty())
      errors.emplace_back("name part must be non-empty");
    else if (name.size() > kMaxName)
      errors.push_back("name part " + TooLong(kMaxName));
    if (!IsName(name)) errors.push_back(Cat("name part ", kNameRule));
  }
  if (errors.empty()) return {};
  return base::InvalidArgument(
      Cat("invalid label key ", base::QuoteGo(key), ": ", base::Join(errors, "; ")));
}

Status CheckValue(std::string_view key, std::string_view value) {
  std::vector<std::string> errors;
  if (value.size() > kMaxName) errors.push_back(TooLong(kMaxName));
  if (!value.empty() && !IsName(value)) errors.emplace_back(kValueRule);
  if (errors.empty()) return {};
  return base::InvalidArgument(Cat("invalid label value: ", base::QuoteGo(value), ": at key: ",
                                   base::QuoteGo(key), ": ", base::Join(errors, "; ")));
}

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool IsSpecial(char c) { return std::string_view("=!(),><").find(c) != std::string_view::npos; }

// Symbols are their own text; a word is whatever lies between them; "" is the end.
std::vector<std::string_view> Tokens(std::string_view text) {
  std::vector<std::string_view> out;
  for (size_t i = 0; i < text.size();) {
    if (IsBlank(text[i])) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    if (IsSpecial(text[i])) {
      const std::string_view two = text.substr(i, 2);
      if (two == "==" || two == "!=") ++end;
    } else {
      while (end < text.size() && !IsSpecial(text[end]) && !IsBlank(text[end])) ++end;
    }
    out.push_back(text.substr(i, end - i));
    i = end;
  }
  out.emplace_back();
  return out;
}

bool IsWord(std::string_view token) { return !token.empty() && !IsSpecial(token.front()); }

Status Unexpected(std::string_view found, std::string_view expected) {
  return base::InvalidArgument(Cat("found '", found, "'", expected));
}

}  // namespace

class LabelParser {
 public:
  explicit LabelParser(std::string_view text) : tokens_(Tokens(text)) {}

  Result<LabelSelector> Run() {
    LabelSelector selector;
    while (!Peek().empty()) {
      if (!IsWord(Peek()) && Peek() != "!")
        return Unexpected(Peek(), ", expected: !, identifier, or 'end of string'");
      auto requirement = One();
      if (!requirement.ok())
        return std::move(requirement).status().Wrap("unable to parse requirement");
      selector.requirements_.push_back(*std::move(requirement));
      const std::string_view next = Next();
      if (next.empty()) break;
      if (next != ",") return Unexpected(next, ", expected: ',' or 'end of string'");
      if (!IsWord(Peek()) && Peek() != "!")
        return Unexpected(Peek(), ", expected: identifier after ','");
    }
    return selector;
  }

 private:
  using Operator = LabelSelector::Operator;
  using Requirement = LabelSelector::Requirement;

  std::string_view Peek() const { return tokens_[at_]; }
  std::string_view Next() { return at_ + 1 < tokens_.size() ? tokens_[at_++] : tokens_[at_]; }

  Result<Requirement> One() {
    Requirement r;
    const bool negated = Peek() == "!";
    if (negated) Next();
    const std::string_view key = Next();
    if (!IsWord(key)) return Unexpected(key, ", expected: identifier");
    SLUICE_TRY(CheckKey(key));
    r.key = key;
    if (negated || Peek().empty() || Peek() == ",") {
      r.op = negated ? Operator::kNotExists : Operator::kExists;
      return r;
    }
    SLUICE_TRY(r.op, ParseOperator());
    SLUICE_TRY(r.values, set_ ? Set() : Exact());
    std::ranges::sort(r.values);
    r.values.erase(std::unique(r.values.begin(), r.values.end()), r.values.end());
    if ((r.op == Operator::kGreater || r.op == Operator::kLess) &&
        !base::ParseInt64(r.values[0]).has_value()) {
      return base::InvalidArgument("for 'Gt', 'Lt' operators, the value must be an integer");
    }
    for (const std::string& value : r.values) SLUICE_TRY(CheckValue(r.key, value));
    return r;
  }

  Result<Operator> ParseOperator() {
    const std::string_view token = Next();
    set_ = token == "in" || token == "notin";
    if (token == "in" || token == "=" || token == "==") return Operator::kIn;
    if (token == "notin" || token == "!=") return Operator::kNotIn;
    if (token == ">") return Operator::kGreater;
    if (token == "<") return Operator::kLess;
    return Unexpected(token, ", expected: '=', '!=', '==', 'in', notin'");
  }

  Result<std::vector<std::string>> Exact() {
    if (Peek().empty() || Peek() == ",") return std::vector<std::string>{""};
    const std::string_view token = Next();
    if (!IsWord(token)) return Unexpected(token, ", expected: identifier");
    return std::vector<std::string>{std::string(token)};
  }

  Result<std::vector<std::string>> Set() {
    if (const std::string_view token = Next(); token != "(")
      return Unexpected(token, " expected: '('");
    const std::string_view first = Peek();
    if (first == ")") {
      Next();
      return std::vector<std::string>{""};
    }
    if (!IsWord(first) && first != ",")
      return Unexpected(first, ", expected: ',', ')' or identifier");
    SLUICE_TRY(auto values, List());
    if (Next() != ")") return Unexpected(first, ", expected: ')'");
    return values;
  }

  // "(,", ",," and ",)" hold an empty value.
  Result<std::vector<std::string>> List() {
    std::vector<std::string> values;
    while (true) {
      const std::string_view token = Next();
      if (IsWord(token)) {
        values.emplace_back(token);
        if (Peek() == ")") return values;
        if (Peek() != ",") return Unexpected(Peek(), ", expected: ',' or ')'");
        continue;
      }
      if (token != ",") return Unexpected(token, ", expected: ',', or identifier");
      if (values.empty()) values.emplace_back();
      if (Peek() == ")") {
        values.emplace_back();
        return values;
      }
      if (Peek() == ",") {
        Next();
        values.emplace_back();
      }
    }
  }

  std::vector<std::string_view> tokens_;
  size_t at_ = 0;
  bool set_ = false;
};

Result<LabelSelector> LabelSelector::Parse(std::string_view text) {
  return LabelParser(text).Run();
}

bool LabelSelector::Matches(const Node* map) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& r) {
    const Node* node = map == nullptr ? nullptr : map->Find(r.key);
    const auto contains = [&] {
      return std::ranges::find(r.values, node->value()) != r.values.end();
    };
    switch (r.op) {
      case Operator::kExists:
        return node != nullptr;
      case Operator::kNotExists:
        return node == nullptr;
      case Operator::kIn:
        return node != nullptr && contains();
      case Operator::kNotIn:
        return node == nullptr || !contains();
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

}  // namespace sluice::kustomize
