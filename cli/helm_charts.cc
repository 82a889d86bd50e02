#include "helm_charts.h"

#include <vector>

#include "base/strings.h"
#include "io/temp_dir.h"
#include "template.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;
using document::Value;

// As kustomize puts them, in its order. Helm 3 is what it is mostly run with.
std::vector<std::string> Arguments(const kustomize::HelmChart& chart, const std::string& values) {
  const Value& entry = chart.entry;
  std::vector<std::string> args;
  const std::string_view release = entry["releaseName"].AsString();
  args.emplace_back(release.empty() ? "--generate-name" : release);
  args.push_back(chart.directory);
  const auto add = [&args](std::string_view flag, std::string_view value) {
    if (value.empty()) return;
    args.emplace_back(flag);
    args.emplace_back(value);
  };
  add("--namespace", entry["namespace"].AsString());
  add("--name-template", entry["nameTemplate"].AsString());
  add("-f", values);
  for (const std::string& file : chart.more_values) add("-f", file);
  const bool own = !entry["apiVersions"].empty();
  for (const Value& version : entry["apiVersions"].items())
    add("--api-versions", version.AsString());
  if (!own) {
    for (const std::string& version : chart.api_versions) add("--api-versions", version);
  }
  add("--kube-version", entry["kubeVersion"].AsString(chart.kube_version));
  const std::pair<std::string_view, std::string_view> switches[] = {
      {"includeCRDs", "--include-crds"},
      {"skipTests", "--skip-tests"},
      {"skipHooks", "--no-hooks"},
      {"debug", "--debug"}};
  for (const auto& [field, flag] : switches) {
    if (entry[field].AsBool()) args.emplace_back(flag);
  }
  return args;
}

}  // namespace

Result<std::string> InflateChart(const kustomize::HelmChart& chart, const std::string& temporary) {
  SLUICE_TRY(const io::TempDir folder, io::TempDir::Create(temporary, "kustomize-helm-"));
  SLUICE_TRY(folder.fs().WriteFile("values.yaml", chart.values));
  std::vector<std::string> args = Arguments(chart, folder.fs().Absolute("values.yaml"));
  const std::string command = base::Join(args, " ");
  args.emplace_back("--helm3");
  HelmOutcome outcome = RunTemplate(args, ProcessContext());
  if (outcome.code == 0) return TakeText(outcome);
  return base::FailedPrecondition(Cat(outcome.err, ": unable to run: 'helm template ", command,
                                      "': exit status ", std::to_string(outcome.code)));
}

}  // namespace sluice::cli
