#include "helm/chart_metadata.h"

#include <utility>

#include "base/strings.h"
#include "chart_archive.h"
#include "helm/loader.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;

constexpr std::string_view kChartFile = "Chart.yaml", kRequirementsFile = "requirements.yaml";

base::Status TooLarge(std::string_view what, std::string_view name, uint64_t limit) {
  return base::ResourceExhausted(
      Cat("size of ", what, "'", name, "' exceeds '", std::to_string(limit), "' bytes limit"));
}

base::Status Load(std::string_view name, std::string_view text, Metadata* into) {
  SLUICE_TRY(FromYaml(text, into).Wrap(Cat("cannot load '", name, "'")));
  if (into->api_version.empty()) into->api_version = "v1";
  return {};
}

}  // namespace

Result<Metadata> ReadArchiveMetadata(std::string_view name, std::string bytes,
                                     const MetadataLimits& limits) {
  if (bytes.size() > limits.max_chart_bytes)
    return TooLarge("chart ", name, limits.max_chart_bytes);
  LoadOptions options;
  options.max_file_bytes = options.max_chart_bytes;  // of the others nothing is wanted
  uint64_t left = options.max_chart_bytes;
  auto files = ReadChartArchive(std::move(bytes), options, &left);
  if (!files.ok() && files.status().message() == "no files in chart archive")
    files = std::vector<File>{};
  if (!files.ok()) return std::move(files).status();
  Metadata out;
  bool found = false;
  for (const File& file : *files) {
    if (file.name != kChartFile && file.name != kRequirementsFile) continue;
    if (file.data.size() > limits.max_file_bytes)
      return TooLarge("", file.name, limits.max_file_bytes);
    SLUICE_TRY(Load(file.name, file.data, &out));
    found = true;
  }
  if (!found) return base::NotFound(Cat("no '", kChartFile, "' found"));
  return out;
}

Result<Metadata> ReadDirectoryMetadata(const io::FileTree& tree, std::string_view path,
                                       std::string_view display, const MetadataLimits& limits) {
  const auto read = [&](std::string_view name) {
    return tree.ReadFile(io::JoinPath(path, name), limits.max_file_bytes);
  };
  const auto chart = read(kChartFile);
  if (!chart.ok() && chart.status().code() == base::StatusCode::kNotFound) {
    return base::NotFound(Cat("open ", display, "/", kChartFile, ": no such file or directory"));
  }
  if (!chart.ok()) return chart.status();
  Metadata out;
  SLUICE_TRY(Load(kChartFile, *chart, &out));
  const auto requirements = read(kRequirementsFile);
  if (!requirements.ok()) {
    switch (requirements.status().code()) {
      case base::StatusCode::kNotFound:
        return out;
      case base::StatusCode::kResourceExhausted:
        return TooLarge("", kRequirementsFile, limits.max_file_bytes);
      default:
        return requirements.status();
    }
  }
  SLUICE_TRY(Load(kRequirementsFile, *requirements, &out));
  return out;
}

}  // namespace sluice::helm
