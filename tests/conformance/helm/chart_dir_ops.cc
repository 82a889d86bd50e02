// charts: `helm template` of the corpus' charts, by the very code of `sluice template`.
#include <algorithm>
#include <filesystem>

#include "base/strings.h"
#include "document/json.h"
#include "document/yaml.h"
#include "runner.h"
#include "template.h"

namespace sluice::conformance {
namespace {

using base::Result;
using document::Value;

Result<Value> Template(const Case& c) {
  const std::filesystem::path directory = std::filesystem::absolute(c.root / c.Text("directory"));
  std::vector<std::string> args = c.Texts("args");
  if (c.version == helm::HelmVersion::kV3) args.emplace_back("--helm3");
  cli::HelmContext context;
  context.directory = directory;
  cli::HelmOutcome outcome = cli::RunTemplate(args, context);
  if (outcome.code == 0) return Value(cli::TakeText(outcome));
  // Recorded without what points at --debug, and with a word for where the chart lay.
  std::string text = base::ReplaceAll(outcome.err, directory.string(), "<CHART_PARENT>");
  const size_t at = text.find("Error: ");
  // warnings that were not recorded
  if (at != text.npos && !text.starts_with("load.go:")) text.erase(0, at);
  text = base::TrimSuffix(base::TrimSpace(text), "\n\nUse --debug flag to render out invalid YAML");
  return base::InvalidArgument(std::string(base::TrimSpace(text)));
}

// What one version answers: {"expect": text} or {"error": text}.
Value Answer(const Value& recorded, const std::filesystem::path& at) {
  if (const Value* error = recorded.Find("error")) return Value::Object({{"error", *error}});
  auto file = at / recorded["expected"].AsString();
  if (std::error_code error; !std::filesystem::exists(file, error)) file += ".gz";
  return Value::Object({{"expect", ReadFile(file)}});
}

// Whether the data lost the charts that `chart` (a directory) depends on: some repositories ignore
// charts/, and Helm itself renders nothing without them.
bool LacksDependencies(const std::filesystem::path& chart) {
  std::error_code error;
  if (!std::filesystem::is_directory(chart, error) ||
      std::filesystem::exists(chart / "charts", error))
    return false;
  for (const char* file : {"Chart.yaml", "requirements.yaml"}) {
    const auto parsed = document::ParseYamlToValue(ReadFile(chart / file));
    if (parsed.ok() && !(*parsed)["dependencies"].empty()) return true;
  }
  return false;
}

std::vector<Value> Cases(const std::filesystem::path& root) {
  std::vector<Value> out;
  std::error_code error;
  std::vector<std::filesystem::path> charts;
  for (const auto& entry : std::filesystem::directory_iterator(root / "charts", error))
    charts.push_back(entry.path());
  std::ranges::sort(charts);
  for (const auto& chart : charts) {
    for (const auto& entry : std::filesystem::directory_iterator(chart / "cases", error)) {
      auto recorded = document::ParseJson(ReadFile(entry.path() / "case.json"));
      if (!recorded.ok()) continue;
      Value json = Value::Object({{"name", (*recorded)["name"]},
                                  {"op", "template"},
                                  {"args", (*recorded)["args"]},
                                  {"directory", "charts/" + chart.filename().string()}});
      if (recorded->Find("errorText") != nullptr) json.Set("errorText", (*recorded)["errorText"]);
      if (recorded->Find("errorLinesUnordered") != nullptr)
        json.Set("errorLinesUnordered", (*recorded)["errorLinesUnordered"]);
      for (const std::string version : {"v3", "v4"}) {
        const Value* own = recorded->Find(version);
        json.Set(version, Answer(own == nullptr ? *recorded : *own, entry.path()));
        if (json[version].Find("expect") != nullptr &&
            LacksDependencies(chart / (*recorded)["chart"].AsString("chart"))) {
          json.Set("incomplete", "the charts it depends on are not in the data");
        }
      }
      out.push_back(std::move(json));
    }
  }
  return out;
}

constexpr Op kOps[] = {{"template", Template}};

}  // namespace

Family ChartDirFamily() { return {kOps, Cases}; }

}  // namespace sluice::conformance
