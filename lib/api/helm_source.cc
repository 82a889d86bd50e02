#include "api/helm_source.h"

#include <array>
#include <cstdio>

#include "api/meta.h"

namespace sluice::api {
namespace {

using document::Value;

std::string Text(const Value& v) { return std::string(v.AsString()); }

// filepath.Clean says that these name the chart's own values.
bool IsOwnValues(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  return path == "values.yaml";
}

}  // namespace

base::Result<HelmRepositorySpec> HelmRepositorySpec::From(const Value& object) {
  const Value& spec = object["spec"];
  HelmRepositorySpec out;
  out.url = Text(spec["url"]);
  out.provider = std::string(spec["provider"].AsString("generic"));
  out.secret = Text(spec.At({"secretRef", "name"}));
  out.cert_secret = Text(spec.At({"certSecretRef", "name"}));
  out.oci = spec["type"].AsString() == "oci";
  out.pass_credentials = spec["passCredentials"].AsBool();
  out.insecure = spec["insecure"].AsBool();
  out.suspend = spec["suspend"].AsBool();
  SLUICE_TRY(const auto interval, SpecDuration(object, "interval"));
  out.interval = interval.value_or(out.interval);
  SLUICE_TRY(const auto timeout, SpecDuration(object, "timeout"));
  out.timeout = timeout.value_or(out.timeout);
  return out;
}

base::Result<HelmChartSpec> HelmChartSpec::From(const Value& object) {
  const Value& spec = object["spec"];
  HelmChartSpec out;
  out.chart = Text(spec["chart"]);
  out.version = Text(spec["version"]);
  out.source_kind = Text(spec.At({"sourceRef", "kind"}));
  out.source_name = Text(spec.At({"sourceRef", "name"}));
  out.by_revision = spec["reconcileStrategy"].AsString() == "Revision";
  if (const std::string former = Text(spec["valuesFile"]); !former.empty())
    out.values_files.push_back(former);
  for (const Value& file : spec["valuesFiles"].items()) out.values_files.push_back(Text(file));
  out.ignore_missing_values_files = spec["ignoreMissingValuesFiles"].AsBool();
  out.suspend = spec["suspend"].AsBool();
  out.verify = VerificationOf(spec["verify"]);
  SLUICE_TRY(const auto interval, SpecDuration(object, "interval"));
  out.interval = interval.value_or(base::Duration{});
  return out;
}

bool HelmChartSpec::composes_values() const {
  return !values_files.empty() && !(values_files.size() == 1 && IsOwnValues(values_files.front()));
}

std::string HumanSize(uint64_t bytes) {
  static constexpr std::array kUnits{"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto size = static_cast<double>(bytes);
  size_t unit = 0;
  for (; size >= 1000.0 && unit + 1 < kUnits.size(); ++unit) size /= 1000.0;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g%s", size, kUnits[unit]);
  return text.data();
}

}  // namespace sluice::api
