#include "alert_matcher.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/strings.h"
#include "event_text.h"

namespace sluice::notify {
namespace {

class Matcher {
 public:
  Matcher(const api::Alert& alert, const api::Event& event,
          const std::function<base::Result<LabelMap>()>& labels)
      : alert_(alert), event_(event), labels_(labels) {}

  MatchResult Run() && {
    result_.matches =
        !alert_.suspend &&
        std::ranges::any_of(alert_.sources,
                            [&](const auto& source) { return SourceMatches(source); }) &&
        Included() && !AnyPatternMatches(alert_.exclusion, "exclusion");
    return std::move(result_);
  }

 private:
  bool SourceMatches(const api::CrossNamespaceRef& source) {
    const auto& object = event_.involved_object;
    if ((source.ns.empty() ? alert_.ns : source.ns) != object.ns || source.kind != object.kind)
      return false;
    if (alert_.severity == "error" && event_.severity != "error") return false;
    if (source.name != "*" && source.name != object.name) return false;
    if (!source.match_labels || source.match_labels->empty()) return true;
    const auto labels = labels_();
    if (!labels.ok()) {
      result_.issues.push_back({api::kSourceFetchFailedReason,
                                base::Cat("error getting source object ", ObjectPath(event_))});
      return false;
    }
    return LabelsMatch(*source.match_labels, *labels);
  }

  bool Included() {
    return alert_.inclusion.empty() || AnyPatternMatches(alert_.inclusion, "inclusion");
  }

  bool AnyPatternMatches(const std::vector<std::string>& patterns, std::string_view list) {
    return std::ranges::any_of(patterns, [&](const std::string& pattern) {
      RE2::Options options;
      options.set_log_errors(false);
      options.set_max_mem(1 << 20);
      const RE2 re(pattern, options);
      if (!re.ok()) {
        result_.issues.push_back({api::kInvalidConfigReason,
                                  base::Cat("failed to compile ", list, " regex: ", pattern)});
        return false;
      }
      return RE2::PartialMatch(event_.message, re);
    });
  }

  const api::Alert& alert_;
  const api::Event& event_;
  const std::function<base::Result<LabelMap>()>& labels_;
  MatchResult result_;
};

}  // namespace

MatchResult MatchAlert(const api::Alert& alert, const api::Event& event,
                       const std::function<base::Result<LabelMap>()>& labels_of_object) {
  return Matcher(alert, event, labels_of_object).Run();
}

bool LabelsMatch(const LabelMap& wanted, const LabelMap& labels) {
  return std::ranges::all_of(wanted, [&](const auto& pair) {
    const auto it = labels.find(pair.first);
    return it != labels.end() && it->second == pair.second;
  });
}

}  // namespace sluice::notify
