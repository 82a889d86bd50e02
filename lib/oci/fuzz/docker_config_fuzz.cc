#include <cstddef>
#include <cstdint>
#include <string_view>

#include "oci/credentials.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool legacy : {false, true}) {
    sluice::oci::Keychain keys;
    if (keys.AddDockerConfig(text, legacy).ok())
      static_cast<void>(keys.Resolve("registry.example.com/team/app"));
  }
  return 0;
}
