// The fields of Chart.yaml as a table, shared by Chart.yaml, requirements.yaml, release records and
// repository indexes.
#pragma once

#include <span>

#include "go_decode.h"
#include "helm/metadata.h"

namespace sluice::helm {

std::span<const GoField<Metadata>> MetadataFields();

}  // namespace sluice::helm
