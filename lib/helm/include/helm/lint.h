// Helm's lint rules over a chart. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "helm/chart.h"
#include "helm/kube_version.h"
#include "helm/schema.h"
#include "helm/version.h"
#include "helm/warning.h"

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
  SchemaLoader schema_loader;
  WarningSink warn;  // what Helm logs beside its messages; empty: nobody wants to know
};

// A chart as it lies there: some rules hold for one that does not load.
struct LintInput {
  const Chart* chart = nullptr;  // null: load_error says why
  base::Status load_error;
  std::vector<Warning> load_warnings;  // of loading it once
  std::string chart_yaml;
  bool chart_yaml_is_directory = false;
  std::optional<std::string> values_yaml, schema;
  enum class Entry : uint8_t { kAbsent, kFile, kDirectory };
  Entry templates = Entry::kAbsent, crds = Entry::kAbsent;
};

std::vector<LintMessage> LintChart(const LintInput& input, const LintOptions& options);

}  // namespace sluice::helm
