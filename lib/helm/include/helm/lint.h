// Helm's lint rules over a chart. Pure, thread-safe. What Helm also checks and this does not: deprecated API versions, unknown
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

// A chart as it lies there: some rules hold for one that does not load.
struct LintInput {
  const Chart* chart = nullptr;  // null: load_error says why
  base::Status load_error;
  std::string chart_yaml;
  std::optional<std::string> values_yaml, schema;
  bool has_templates = false;    // a folder templates/
};

std::vector<LintMessage> LintChart(const LintInput& input, const LintOptions& options);

}  // namespace sluice::helm
