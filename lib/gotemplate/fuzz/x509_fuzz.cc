// Any bytes as a certificate, a private key of each kind, and PEM of them: refused in words, or
// taken.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "der.h"
#include "go_x509.h"
#include "private_key.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::gotemplate;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size > 16384) return 0;
  for (const auto check : {CheckX509, CheckPkcs1Key, CheckEcKey, CheckPkcs8Key, CheckDsaKey}) {
    const auto status = check(text);
    SLUICE_CHECK(status.ok() || !status.message().empty());
  }
  (void)PrivateKey::CheckPem(text);
  for (const std::string_view type : {"PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY"})
    (void)PrivateKey::FromPem(der::EncodePem(type, text)).ok();
  return 0;
}
