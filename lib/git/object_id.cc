#include "git/object_id.h"

#include <cstring>

#include "base/encoding.h"

namespace sluice::git {

base::Result<ObjectId> ObjectId::Parse(std::string_view hex) {
  if (hex.size() != 2 * kSize) return base::InvalidArgument("invalid object id");
  auto raw = base::HexDecode(hex);
  if (!raw.ok()) return base::InvalidArgument("invalid object id");
  return FromBytes(reinterpret_cast<const uint8_t*>(raw->data()));
}

ObjectId ObjectId::FromBytes(const uint8_t* bytes) {
  ObjectId id;
  std::memcpy(id.bytes_.data(), bytes, kSize);
  return id;
}

std::string ObjectId::ToString() const {
  return base::HexEncode({reinterpret_cast<const char*>(bytes_.data()), kSize});
}

}  // namespace sluice::git
