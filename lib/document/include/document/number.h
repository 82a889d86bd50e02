// Floats as Go's strconv writes them. Pure.
#pragma once

#include <string>

namespace sluice::document {

// strconv.FormatFloat(x, 'g', -1, 64), fmt's %v: "1e+06", "0.0001", "+Inf", "NaN".
void AppendGoFloat(std::string& out, double x);
void AppendGoFloat32(std::string& out, float x);  // with bit size 32. REQUIRES: finite

}  // namespace sluice::document
