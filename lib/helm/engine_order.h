// The order in which a chart's files are parsed and run. Internal.
#pragma once

#include <algorithm>
#include <string_view>

namespace sluice::helm {

// Fewer '/' first, then by bytes; the whole reversed: subcharts before parents, z before a.
inline bool RendersBefore(std::string_view a, std::string_view b) {
  const auto depth = [](std::string_view path) { return std::ranges::count(path, '/'); };
  const auto x = depth(a), y = depth(b);
  return x != y ? x > y : a > b;
}

}  // namespace sluice::helm
