// Whether an Alert wants an event (notification.md §4.1). Pure but for the label lookup.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/event.h"
#include "api/notification.h"
#include "base/status.h"

namespace sluice::notify {

using LabelMap = std::map<std::string, std::string>;

// A mistake found in the Alert while matching: becomes a Warning event on it.
struct AlertIssue {
  std::string_view reason;
  std::string message;
};

struct MatchResult {
  bool matches = false;
  std::vector<AlertIssue> issues;
};

// `labels_of_object` reads the live object's labels; called only for sources with matchLabels.
MatchResult MatchAlert(const api::Alert& alert, const api::Event& event,
                       const std::function<base::Result<LabelMap>()>& labels_of_object);

// Every pair of `wanted` is in `labels`.
bool LabelsMatch(const LabelMap& wanted, const LabelMap& labels);

}  // namespace sluice::notify
