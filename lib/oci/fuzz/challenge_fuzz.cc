#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "oci/challenge.h"
#include "oci/reference.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto c = sluice::oci::ParseChallenge(text);
  SLUICE_CHECK(!c.scheme.empty() || c.parameters.empty());
  static_cast<void>(sluice::oci::CheckRealm(c.Parameter("realm"), "registry.example.com", false));
  if (const auto r = sluice::oci::Reference::Parse(text); r.ok())
    SLUICE_CHECK(sluice::oci::Reference::Parse(r->Name()).ok());
  return 0;
}
