// .helmignore: which files of a chart directory are left out. Value; pure; thread-safe for reading.
// Spec: helm-engine 11.4.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sluice::helm {

class IgnoreRules {
 public:
  IgnoreRules() = default;  // nothing is ignored
  // Errors: "double-star (**) syntax is not supported", "syntax error in pattern".
  static base::Result<IgnoreRules> Parse(std::string_view text);
  void AddDefaults();  // templates/.?*

  // `path` is relative to the chart, without "./". The first rule that decides wins; a negated one
  // ignores what it does not match.
  bool Ignores(std::string_view path, bool directory) const;

 private:
  struct Rule {
    std::string pattern;
    size_t literal = 0;  // of its beginning: bytes that stand for themselves
    bool negated = false, directories_only = false, base_name_only = false;
  };
  base::Status AddRule(std::string_view line);
  static bool Matches(const Rule& rule, std::string_view path);

  std::vector<Rule> rules_;
};

}  // namespace sluice::helm
