#include "helm/ignore.h"

#include <algorithm>
#include <utility>

#include "base/glob.h"
#include "base/strings.h"

namespace sluice::helm {
namespace {

constexpr size_t kMaxRules = 10'000;
constexpr size_t kMaxLine = 64 << 10;  // of bufio.Scanner

}  // namespace

base::Result<IgnoreRules> IgnoreRules::Parse(std::string_view text) {
  IgnoreRules rules;
  text = base::TrimPrefix(text, "\xef\xbb\xbf");
  for (const std::string_view line : base::Split(text, "\n")) {
    if (line.size() >= kMaxLine) return base::InvalidArgument("bufio.Scanner: token too long");
    SLUICE_TRY(rules.AddRule(line));
    if (rules.rules_.size() > kMaxRules)
      return base::ResourceExhausted("too many rules in .helmignore");
  }
  return rules;
}

void IgnoreRules::AddDefaults() { SLUICE_CHECK(AddRule("templates/.?*").ok()); }

base::Status IgnoreRules::AddRule(std::string_view line) {
  line = base::TrimSpace(line);
  if (line.empty() || line.starts_with('#')) return {};
  if (base::Contains(line, "**"))
    return base::InvalidArgument("double-star (**) syntax is not supported");
  SLUICE_TRY(base::FilepathMatch(line, "abc"));
  Rule rule;
  if (line.starts_with('!')) {
    rule.negated = true;
    line.remove_prefix(1);
  }
  if (line.ends_with('/')) {
    rule.directories_only = true;
    line.remove_suffix(1);
  }
  rule.base_name_only = !base::Contains(line, "/");
  rule.pattern = base::TrimPrefix(line, "/");
  rule.literal = std::min(rule.pattern.find_first_of("*?[\\"), rule.pattern.size());
  rules_.push_back(std::move(rule));
  return {};
}

bool IgnoreRules::Matches(const Rule& rule, std::string_view path) {
  if (rule.base_name_only) {
    path = base::TrimRight(path, "/");
    path = path.substr(path.rfind('/') + 1);
  }
  // most do not
  if (!path.starts_with(std::string_view(rule.pattern).substr(0, rule.literal))) return false;
  const auto matched = base::FilepathMatch(rule.pattern, path);
  return matched.ok() && *matched;
}

bool IgnoreRules::Ignores(std::string_view path, bool directory) const {
  if (path.empty() || path == "." || path == "./") return false;
  for (const Rule& rule : rules_) {
    const bool matches = (!rule.directories_only || directory) && Matches(rule, path);
    if (matches != rule.negated) return true;
  }
  return false;
}

}  // namespace sluice::helm
