// A key ring, or a signature against a fixed text, from hostile bytes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pgp/keyring.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto ring = sluice::pgp::Keyring::Import(bytes);
  if (!ring.ok()) return 0;
  static_cast<void>(ring->VerifyDetached("text", bytes));
  static_cast<void>(ring->VerifyClearSigned(bytes));
  return 0;
}
