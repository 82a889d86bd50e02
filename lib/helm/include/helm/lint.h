// Helm's lint rules over a loaded chart. Pure, thread-safe. What Helm also checks and this does not: deprecated API versions, unknown
// fields of Chart.yaml.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "helm/chart.h"
#include "helm/kube_version.h"
#include "helm/version.h"

namespace sluice::helm {

enum class LintSeverity : uint8_t { kInfo, kWarning, kError };

struct LintMessage {
  LintSeverity severity;
  std::string path;  // "templates/a.yaml"
  std::string text;
  std::string Text() const;  // "[WARNING] templates/a.yaml: …"
};

struct LintOptions {
  HelmVersion version = HelmVersion::kV4;
  std::string namespace_;
  std::string directory;   // as messages about the whole chart name it
  document::Value values;  // the user's
  std::optional<KubeVersion> kube_version;
  bool skip_schema_validation = false;
};

std::vector<LintMessage> LintChart(const Chart& chart, const LintOptions& options);
// The messages for a chart that does not load.
std::vector<LintMessage> LintUnloadable(const base::Status& error);

}  // namespace sluice::helm
