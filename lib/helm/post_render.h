// Files to one stream of documents that remember where they came from, and back. Internal. Spec:
// helm-engine 16.6.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "helm/manifests.h"

namespace sluice::helm {

base::Result<std::string> AnnotateAndMerge(std::span<const RenderedFile> files);
// Documents without the annotation go to "generated-by-postrender-<prefix>-<i>.yaml".
base::Result<std::vector<RenderedFile>> SplitAndDeannotate(std::string_view stream,
                                                           std::string_view prefix);

}  // namespace sluice::helm
