#include "helm_chart_builder.h"

#include <algorithm>

#include "api/helm_source.h"
#include "base/semver.h"
#include "base/strings.h"
#include "document/yaml.h"
#include "git_include_step.h"
#include "helm/loader.h"
#include "helm/package.h"
#include "helm/values.h"

namespace sluice::source {
namespace {

using base::Cat;
using base::Result;
using base::Status;

constexpr std::string_view kValuesFile = "values.yaml";
constexpr uint64_t kMaxValuesFile = 16 << 20;

Status Merge(std::string_view text, const std::string& path, ComposedValues& into) {
  // As sigs.k8s.io/yaml reads: the first document.
  auto values = helm::ParseValues(text, helm::HelmVersion::kV3);
  if (!values.ok())
    return std::move(values).status().Wrap(Cat("unmarshaling values from '", path, "' failed"));
  into.values = helm::MergeMaps(std::move(into.values), *values);
  into.files.push_back(path);
  return {};
}

}  // namespace

std::string HelmChartBuild::Summary() const {
  std::string out =
      Cat(packaged ? "packaged" : "pulled", " '", name, "' chart with version '", version, "'");
  if (!values_files.empty())
    out += Cat(" and merged values files [", base::Join(values_files, " "), "]");
  return out;
}

std::string_view HelmChartBuild::Reason() const {
  return packaged ? api::kChartPackageSucceededReason : api::kChartPullSucceededReason;
}

Result<std::string> WithVersionMetadata(const std::string& version, const std::string& metadata) {
  const auto parsed = base::SemVer::Parse(version);
  if (!parsed.ok())
    return parsed.status().Wrap("failed to parse version from chart metadata as SemVer");
  const std::string text = parsed->ToString();
  return Cat(std::string_view(text).substr(0, text.find('+')), "+", metadata);
}

Result<ComposedValues> ComposeChartValues(const helm::Chart& chart,
                                          const std::vector<std::string>& files,
                                          bool ignore_missing) {
  ComposedValues out;
  for (const std::string& path : files) {
    const std::string name = io::CleanPath(path);
    if (name == kValuesFile) {
      if (chart.values().is_object())
        out.values = helm::MergeMaps(std::move(out.values), chart.values());
      out.files.push_back(path);
      continue;
    }
    const auto file = std::ranges::find(chart.files(), name, &helm::File::name);
    if (file != chart.files().end()) {
      SLUICE_TRY(Merge(file->data, path, out));
    } else if (!ignore_missing) {
      return base::NotFound(Cat("no values file found at path '", path, "'"));
    }
  }
  return out;
}

Result<ComposedValues> ComposeTreeValues(const io::FileTree& tree,
                                         const std::vector<std::string>& files,
                                         bool ignore_missing) {
  ComposedValues out;
  for (const std::string& path : files) {
    const std::string name = PathBelowRoot(path);
    const auto info = tree.Stat(name);
    if (!info.ok() && ignore_missing && info.status().code() == base::StatusCode::kNotFound)
      continue;
    if (!info.ok() || info->kind != io::FileKind::kRegular) {
      return base::NotFound(Cat("no values file found at path '", name.empty() ? "" : "/", name,
                                "' (reference '", path, "')"));
    }
    const auto text = tree.ReadFile(name, kMaxValuesFile);
    if (!text.ok()) return text.status().Wrap(Cat("could not read values from file '", path, "'"));
    SLUICE_TRY(Merge(*text, path, out));
  }
  return out;
}

Result<bool> OverwriteValues(helm::Chart& chart, const document::Value& values) {
  document::Value sorted = values;
  const std::string text = values.empty() ? std::string() : document::ToYaml(sorted);
  auto content = std::make_shared<helm::ChartFiles>(chart.content());
  const auto own = std::ranges::find(content->raw, kValuesFile, &helm::File::name);
  if (own == content->raw.end())
    return base::NotFound(Cat("failed to locate values file: ", kValuesFile));
  if (own->data.view() == text) return false;
  own->data = helm::SharedText(text);
  chart.set_content(std::move(content));
  chart.set_values(values);
  return true;
}

Result<std::string> PackageHelmChart(const helm::Chart& chart) {
  helm::PackageOptions options;
  options.uniform = true;
  return helm::PackageChart(chart, options).Wrap("failed to package chart");
}

Result<std::unique_ptr<helm::Chart>> LoadFromSource(const io::FileTree& tree,
                                                    const std::string& path,
                                                    const HelmChartLimits& limits) {
  SLUICE_TRY(const io::FileInfo info, tree.Stat(path));
  helm::LoadOptions options;
  options.max_file_bytes = limits.max_file_bytes;
  options.words = helm::LoaderWords::kFlux;
  const std::string shown = Cat("/", path, path.empty() ? "" : "/");
  if (info.kind != io::FileKind::kDirectory) {
    SLUICE_TRY(std::string bytes, tree.ReadFile(path, limits.max_chart_bytes));
    return helm::LoadArchiveFile(shown, std::move(bytes), options);
  }
  auto files = helm::ReadDirectory(tree, path, shown, options);
  if (!files.ok()) return std::move(files).status().Wrap(Cat("failed to load files from ", shown));
  return helm::LoadFiles(*std::move(files), options).Wrap(Cat("failed to load chart from ", shown));
}

}  // namespace sluice::source
