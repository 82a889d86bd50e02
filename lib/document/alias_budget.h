// go-yaml's defence against alias bombs: how much of what is decoded may come out of aliases.
// Private to the library.
#pragma once

#include <cstdint>

namespace sluice::document {

class AliasBudget {
 public:
  static constexpr const char* kMessage = "yaml: document contains excessive aliasing";

  // Counts `nodes` more; false once aliases make too much of the whole.
  bool Add(uint64_t nodes, bool from_alias) {
    decoded_ += nodes;
    if (from_alias) aliased_ += nodes;
    return aliased_ <= 100 || decoded_ <= 1000 ||
           static_cast<double>(aliased_) / static_cast<double>(decoded_) <= Allowed();
  }

 private:
  double Allowed() const {
    constexpr uint64_t kLow = 400000, kHigh = 4000000;
    if (decoded_ <= kLow) return 0.99;
    if (decoded_ >= kHigh) return 0.10;
    return 0.99 - 0.89 * (static_cast<double>(decoded_ - kLow) / static_cast<double>(kHigh - kLow));
  }

  uint64_t decoded_ = 0, aliased_ = 0;
};

}  // namespace sluice::document
