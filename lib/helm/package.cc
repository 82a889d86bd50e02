#include "helm/package.h"

#include <array>
#include <utility>

#include "archive/gzip.h"
#include "archive/tar.h"
#include "base/strings.h"
#include "document/json.h"
#include "document/yaml.h"
#include "io/file_tree.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;
using base::Status;

constexpr uint32_t kMode = 0644;
constexpr std::string_view kComment = "Helm";
// The subfield by which Helm's own packages are told.
constexpr std::string_view kExtra4(
    "rr\x28\x00"
    "aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo=",
    44);
constexpr std::string_view kExtra3 = "+aHR0cHM6Ly95b3V0dS5iZS96OVV6MWljandyTQo=";

class Packager {
 public:
  Packager(const PackageOptions& options, std::string& out)
      : options_(options),
        gzip_(
            [&out](std::string_view bytes) {
              out += bytes;
              return base::OkStatus();
            },
            {.extra = options.version == HelmVersion::kV3 ? kExtra3 : kExtra4,
             .comment = kComment}) {}

  Status Finish() {
    static constexpr std::array<char, 2 * archive::kTarBlock> kEnd{};
    SLUICE_TRY(gzip_.Write({kEnd.data(), kEnd.size()}));
    return gzip_.Finish();
  }

  Status Add(const Chart& chart, std::string_view prefix) {
    if (base::Contains(chart.name(), "/"))
      return base::InvalidArgument(Cat(base::QuoteGo(chart.name()), " is not a valid chart name"));
    const std::string base = io::JoinPath(prefix, chart.name());
    const bool v1 = chart.metadata.api_version == "v1", v2 = chart.metadata.api_version == "v2";
    Metadata metadata = chart.metadata;
    if (v1) metadata.dependencies.clear();  // they stand in requirements.yaml
    SLUICE_TRY(Yaml(base, "Chart.yaml", ToValue(metadata), chart.content().modified));
    if (v2 && chart.lock) {
      const auto generated = base::ParseRfc3339(chart.lock->generated);
      const bool dated = generated.ok() && *generated > base::Time{};
      SLUICE_TRY(Yaml(base, "Chart.lock", ToValue(*chart.lock),
                      dated ? std::optional(*generated) : std::nullopt));
    }
    for (const File& file : chart.raw()) {
      if (file.name == "values.yaml") SLUICE_TRY(Put(base, file.name, file.data, file.modified));
    }
    if (chart.schema()) {
      if (!document::ParseJson(*chart.schema()).ok()) {
        return base::InvalidArgument(options_.version == HelmVersion::kV3
                                         ? "Invalid JSON in values.schema.json"
                                         : "invalid JSON in values.schema.json");
      }
      SLUICE_TRY(Put(base, "values.schema.json", *chart.schema(), chart.content().schema_modified));
    }
    for (const auto* files : {&chart.templates(), &chart.files()}) {
      for (const File& file : *files) SLUICE_TRY(Put(base, file.name, file.data, file.modified));
    }
    for (const auto& child : chart.dependencies()) SLUICE_TRY(Add(*child, base + "/charts"));
    return {};
  }

 private:
  Status Yaml(std::string_view base, std::string_view name, const document::Value& value,
              std::optional<base::Time> modified) {
    return Put(base, name, document::ToYaml(value), modified);
  }

  Status Put(std::string_view base, std::string_view name, std::string_view text,
             std::optional<base::Time> modified) {
    const base::Time time =
        options_.uniform ? options_.modified : modified.value_or(options_.modified);
    const std::string path = io::JoinPath(base, name);
    SLUICE_TRY(const std::string head,
               archive::FormatTarHeader({.name = path,
                                         .size = text.size(),
                                         .mode = kMode,
                                         .modified = base::ToUnixSeconds(time)}));
    SLUICE_TRY(gzip_.Write(head));
    SLUICE_TRY(gzip_.Write(text));
    static constexpr std::array<char, archive::kTarBlock> kZeros{};
    const size_t rest = text.size() % archive::kTarBlock;
    return rest == 0 ? base::OkStatus() : gzip_.Write({kZeros.data(), archive::kTarBlock - rest});
  }

  PackageOptions options_;
  archive::GzipWriter gzip_;
};

}  // namespace

std::string PackageFileName(const Chart& chart) {
  return Cat(chart.name(), "-", chart.metadata.version, ".tgz");
}

Result<std::string> PackageChart(const Chart& chart, const PackageOptions& options) {
  Metadata metadata = chart.metadata;
  SLUICE_TRY(metadata.Validate(options.version).Wrap("chart validation"));
  std::string out;
  Packager packager(options, out);
  SLUICE_TRY(packager.Add(chart, ""));
  SLUICE_TRY(packager.Finish());
  return out;
}

}  // namespace sluice::helm
