// The order in which a chart's files are parsed and run. Internal.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice::helm {

// Fewer '/' first, then by bytes; the whole reversed: subcharts before parents, z before a.
inline bool RendersBefore(std::string_view a, std::string_view b) {
  const auto depth = [](std::string_view path) {
    size_t n = 0;
    // memchr: paths are long, slashes few
    for (size_t at = path.find('/'); at != path.npos; at = path.find('/', at + 1)) ++n;
    return n;
  };
  const auto x = depth(a), y = depth(b);
  return x != y ? x > y : a > b;
}

}  // namespace sluice::helm
