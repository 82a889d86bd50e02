// ObjectId: a git object's SHA-1 name. A value.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::git {

class ObjectId {
 public:
  static constexpr size_t kSize = 20;

  ObjectId() = default;  // zero
  // 40 hex digits, either case.
  static base::Result<ObjectId> Parse(std::string_view hex);
  static ObjectId FromBytes(const uint8_t* bytes);  // REQUIRES: 20 readable bytes

  std::string ToString() const;  // lower-case hex
  bool IsZero() const { return *this == ObjectId(); }
  const uint8_t* data() const { return bytes_.data(); }

  friend auto operator<=>(const ObjectId&, const ObjectId&) = default;

 private:
  std::array<uint8_t, kSize> bytes_{};
};

}  // namespace sluice::git

template <>
struct std::hash<sluice::git::ObjectId> {
  size_t operator()(const sluice::git::ObjectId& id) const noexcept {
    size_t h = 0;
    for (size_t i = 0; i < sizeof(h); ++i) h = h << 8 | id.data()[i];
    return h;
  }
};
