// What values.cc lends to dependencies.cc.
#pragma once

#include <string>

#include "base/status.h"
#include "document/value.h"
#include "helm/chart.h"
#include "tables.h"

namespace sluice::helm {

// CoalesceValues or MergeValues within an arena. Error: "type mismatch on …".
base::Result<Table*> CoalesceInto(TableArena& arena, const Chart& chart, const document::Value& values, const CoalesceMode& mode);

std::string PlainText(const document::Value& value);  // fmt's %v

}  // namespace sluice::helm
