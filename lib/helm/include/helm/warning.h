// What Helm writes to its log while it works, without failing: values that do not fit their
// chart's, links, old places of dependencies. Pure: the caller gives a sink, which is called from
// the thread that works. Helm goes over Go's maps, so the order of warnings about one table's keys
// is not fixed there; here it is that of the keys.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "helm/version.h"

namespace sluice::helm {

enum class WarningLevel : uint8_t { kInfo, kWarn, kError };

struct Warning {
  WarningLevel level = WarningLevel::kInfo;  // of Helm 4
  std::string_view place;                    // of Helm 3: "coalesce.go:237"; literal text
  std::string text;                          // in the words of the Helm that is answered for
  // of Helm 4; keys are literals
  std::vector<std::pair<std::string_view, std::string>> fields = {};
};
using WarningSink = std::function<void(const Warning&)>;

// The line that each helm prints on standard error, with its newline: `coalesce.go:237: warning:
// …`, `level=INFO msg="warning: …" key=value`.
std::string LogLine(const Warning& warning, HelmVersion version);

}  // namespace sluice::helm
