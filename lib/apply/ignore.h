// spec.ignore: which paths of which objects neither count as drift nor are written. Pure;
// thread-safe after construction.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apply/applier.h"

namespace sluice::apply {

class IgnoreRules {
 public:
  static base::Result<IgnoreRules> Compile(const std::vector<IgnoreRule>& rules);
  IgnoreRules();
  IgnoreRules(IgnoreRules&&) noexcept;
  IgnoreRules& operator=(IgnoreRules&&) noexcept;
  ~IgnoreRules();

  // The paths that apply to this object, in rule order.
  std::vector<std::string> PathsFor(const document::Value& object) const;

 private:
  struct Rule;
  std::vector<Rule> rules_;  // complete in the .cc, where every member that touches it is
};

// `desired` as it has to be sent for an existing object: an ignored path that differs from live is
// left to the other applier that owns it, or keeps its live value.
void KeepIgnored(document::Value& desired, const document::Value& live,
                 const std::vector<std::string>& paths, std::string_view our_manager);

// Kubernetes label selector syntax: "a=b,c!=d,e,!f,g in (x,y),h notin (z)".
base::Result<bool> MatchesSelector(std::string_view selector, const document::Value& labels);

}  // namespace sluice::apply
