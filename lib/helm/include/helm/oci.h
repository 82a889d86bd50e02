// Charts in OCI registries: media types and tags. Spec: helm-engine 22.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace sluice::helm {

// Chart.yaml as JSON
inline constexpr std::string_view kConfigMediaType = "application/vnd.cncf.helm.config.v1+json";
inline constexpr std::string_view kChartLayerMediaType =
    "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
// accepted with a warning
inline constexpr std::string_view kLegacyChartLayerMediaType = "application/tar+gzip";
inline constexpr std::string_view kProvenanceLayerMediaType =
    "application/vnd.cncf.helm.chart.provenance.v1.prov";

// A tag may not hold "+": it stands as "_".
inline std::string TagOfVersion(std::string_view version) {
  std::string tag(version);
  std::ranges::replace(tag, '+', '_');
  return tag;
}
inline std::string VersionOfTag(std::string_view tag) {
  std::string version(tag);
  std::ranges::replace(version, '_', '+');
  return version;
}

}  // namespace sluice::helm
