// What templates see beside plain data: .Values, .Files, .Chart, .Capabilities with their methods.
// Internal. Spec: helm-engine 10.2, 10.3.
#pragma once

#include "gotemplate/value.h"
#include "helm/capabilities.h"
#include "helm/chart.h"
#include "helm/version.h"

namespace sluice::helm {

const gotemplate::Type& ValuesType(HelmVersion version);  // common.Values, chartutil.Values

gotemplate::Value MakeFiles(gotemplate::Heap& heap, const std::vector<File>& files);
gotemplate::Value MakeChart(gotemplate::Heap& heap, const Chart& chart, HelmVersion version);
gotemplate::Value MakeCapabilities(gotemplate::Heap& heap, const Capabilities& capabilities,
                                   HelmVersion version);

// The map at a dotted path; null where there is none.
gotemplate::Map* FindTable(gotemplate::Map& values, std::string_view path);
// values.Table(path): that map as a value of the named type; to those who reach it by its path it
// stays a plain map. Nil where there is none.
gotemplate::Value NamedTable(gotemplate::Heap& heap, gotemplate::Map& values, std::string_view path,
                             const gotemplate::Type& type);

}  // namespace sluice::helm
