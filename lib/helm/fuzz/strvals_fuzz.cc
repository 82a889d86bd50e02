// The first byte picks the grammar and the version; the rest is the text.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "helm/strvals.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::helm;
  if (size == 0) return 0;
  const auto kind = static_cast<SetKind>(data[0] % 5);
  const HelmVersion version = (data[0] & 0x80) != 0 ? HelmVersion::kV3 : HelmVersion::kV4;
  sluice::document::Value into = sluice::document::Value::Object(
      {{"a", sluice::document::Value::Array({1.0, "x"})}, {"b", 2.0}});
  (void)ParseSet(
      {reinterpret_cast<const char*>(data) + 1, size - 1}, kind, version, &into,
      [](std::string_view path) -> sluice::base::Result<std::string> { return std::string(path); })
      .ok();
  return 0;
}
