#include "show.h"

#include <algorithm>

#include "base/strings.h"
#include "document/yaml.h"
#include "json_path.h"

namespace sluice::cli {
namespace {

using base::Cat;

constexpr std::string_view kUsage =
    R"(Print a part of a chart (a directory or a .tgz), as helm does.

  sluice show values|chart|crds|readme|all CHART [--helm3]
)";
constexpr std::string_view kParts[] = {"all", "chart", "crds", "readme", "values"};

std::string Show(std::string_view part, const helm::Chart& chart, helm::HelmVersion version) {
  const bool all = part == "all";
  std::string out;
  if (all || part == "chart") out += Cat(document::ToYaml(ToValue(chart.metadata)), "\n");
  if ((all || part == "values") && !chart.values().is_null()) {
    if (all) out += "---\n";
    for (const helm::File& file : chart.raw()) {
      if (file.name == "values.yaml") out += Cat(file.data.view(), "\n");
    }
  }
  if (all || part == "readme") {
    const auto readme = std::ranges::find_if(chart.files(), [](const helm::File& file) {
      const std::string name = base::ToLower(file.name);
      return name == "readme.md" || name == "readme.txt" || name == "readme";
    });
    if (readme != chart.files().end()) out += Cat(all ? "---\n" : "", readme->data.view(), "\n");
  }
  if (all || part == "crds") {
    // Helm 3 separates them from what is shown before, Helm 4 each from the next.
    bool separated = version == helm::HelmVersion::kV4 || all;
    for (const helm::Crd& crd : chart.Crds()) {
      const std::string_view data = crd.file->data.view();
      out += Cat(separated && !data.starts_with("---") ? "---\n" : "", data, "\n");
      separated = version == helm::HelmVersion::kV4;
    }
  }
  return out;
}

}  // namespace

HelmOutcome RunShow(std::span<const std::string> args, const HelmContext& context) {
  std::vector<FlagSpec> specs = HelmGlobalFlags();
  for (const FlagSpec& spec : ChartFlags()) specs.push_back(spec);
  if (!args.empty() && args[0] == "values") specs.push_back({"jsonpath", FlagKind::kText});
  const auto flags = ParseFlags(args, specs);
  if (!flags.ok()) return HelmFailure(flags.status());
  const auto& words = flags->words();
  if (flags->On("help") || words.empty()) return {.out = std::string(kUsage)};
  if (std::ranges::find(kParts, words[0]) == std::end(kParts)) {
    return HelmFailure(base::InvalidArgument(
        Cat("unknown command ", base::QuoteGo(words[0]), " for \"sluice show\"")));
  }
  if (words.size() != 2) {
    return HelmFailure(base::InvalidArgument(Cat("\"sluice show ", words[0],
                                                 "\" requires 1 argument\n\nUsage:  sluice show ",
                                                 words[0], " [CHART] [flags]")));
  }
  std::string log;
  const auto chart = LoadChart(*flags, words[1], context, &log);
  if (!chart.ok()) return {.err = Cat(log, "Error: ", chart.status().message(), "\n"), .code = 1};
  if (flags->Has("jsonpath")) {
    auto printed = PrintJsonPath(flags->Text("jsonpath"), (*chart)->values());
    if (!printed.ok()) return HelmFailure(printed.status());
    return {.out = *std::move(printed), .err = std::move(log)};
  }
  return {.out = Show(words[0], **chart, VersionOf(*flags)), .err = std::move(log)};
}

}  // namespace sluice::cli
