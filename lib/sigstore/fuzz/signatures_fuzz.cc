#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "sigstore/cosign.h"
#include "timestamp.h"

namespace {

constexpr const char* kKey =
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwr\n"
    "kBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==\n-----END PUBLIC KEY-----\n";

}  // namespace

// Nothing that a stranger makes up is signed by a key whose other half nobody has.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::sigstore;
  static const auto by_key = *CosignPolicy::ByKey(kKey);
  static const auto keyless = *CosignPolicy::Keyless(
      *TrustedRoot::Parse(
          R"({"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"})"),
      {});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string digest = "sha256:" + std::string(64, 'a');
  for (const auto* policy : {&by_key, &keyless}) {
    SLUICE_CHECK(!VerifyBundle(*policy, text, digest).ok());
    SimpleSignature s;
    const size_t cut = text.find('\0');
    s.payload = std::string(text.substr(0, cut));
    s.signature =
        "MEUCIQDvJMcNUu7kZt3ZrrEikC641aXL8MtBbMSXdGW/gLiF7gIgavIzh/"
        "zI7dgNPIX9JZJqqEKvVMX+VWw0FYPWUvmBGZI=";
    s.bundle = cut == text.npos ? std::string() : std::string(text.substr(cut + 1));
    s.certificate = s.bundle;
    SLUICE_CHECK(!VerifySimpleSignature(*policy, s, digest).ok());
  }
  SLUICE_CHECK(!VerifyTimestamp(text, "message", {}).ok());
  static_cast<void>(TrustedRoot::Parse(text));
  static_cast<void>(CosignPolicy::ByKey(text));
  return 0;
}
