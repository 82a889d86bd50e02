// What the table keeps of a version beyond its text, in few bytes. Private to the library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace sluice::helm {

struct IndexDetail {
  bool other_name = false;  // `name` is not the key it stands under
  bool removed = false;
  std::string name, digest;
  base::Time created{};
  std::vector<std::string> urls;
  uint64_t spill_offset = 0;
  size_t spill_size = 0;
};

void AppendDetail(std::string& out, const IndexDetail& detail);
// REQUIRES: AppendDetail wrote at `at`
IndexDetail ReadDetail(std::string_view bytes, size_t at);

}  // namespace sluice::helm
