// Selectors: which resources a patch or replacement acts on (spec §16.6): anchored regular
// expressions and Kubernetes label selectors. Immutable once made.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "kustfile.h"
#include "regex/go_regex.h"
#include "resource.h"

namespace sluice::kustomize {

// A regular expression of Go's syntax; plain text is compared without the engine.
class Pattern {
 public:
  // ^(?:text)$; an empty text matches everything.
  static base::Result<Pattern> Anchored(std::string_view text);
  // Matches anywhere in a text.
  static base::Result<Pattern> Unanchored(std::string_view text);

  bool Matches(std::string_view text) const;
  bool empty() const { return any_; }

 private:
  static base::Result<Pattern> Make(std::string_view text, bool anchored);
  std::string literal_;
  bool any_ = true, anchored_ = true;
  std::optional<regex::GoRegex> regex_;
};

// "a=b,c in (d,e),!f,g>1"
class LabelSelector {
 public:
  static base::Result<LabelSelector> Parse(std::string_view text);
  bool Matches(const Node* map) const;  // null: no labels
  bool empty() const { return requirements_.empty(); }

 private:
  enum class Operator : uint8_t { kExists, kNotExists, kIn, kNotIn, kGreater, kLess };
  struct Requirement {
    std::string key;
    Operator op = Operator::kExists;
    std::vector<std::string> values;
  };
  friend class LabelParser;  // label_selector.cc
  std::vector<Requirement> requirements_;
};

class ResourceSelector {
 public:
  // Fails for a wrong expression. A wrong label selector fails whoever first asks for a match, as
  // the peer parses it only then.
  static base::Result<ResourceSelector> Make(const Selector& selector);
  // As patches select: names and namespaces of the past count, types do not.
  base::Result<bool> Selects(const Resource& resource) const;
  base::Result<std::vector<Resource*>> Select(const ResMap& map) const;

  // As replacements select: all of one id.
  bool MatchesId(const Gvk& gvk, std::string_view name, std::string_view ns) const;
  base::Result<bool> MatchesLabels(const Resource& resource) const;
  base::Result<bool> MatchesAnnotations(const Resource& resource) const;

 private:
  Pattern group_, version_, kind_, name_, ns_;
  LabelSelector labels_, annotations_;
  base::Status wrong_labels_, wrong_annotations_;
};

}  // namespace sluice::kustomize
