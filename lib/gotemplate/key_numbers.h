// Whether the numbers of a key belong together, as Go's crypto/rsa and crypto/ecdsa ask before they
// take one, with their words. Private to the library; the arithmetic is libcrypto's.
#pragma once

#include <optional>
#include <string_view>

#include "base/status.h"

namespace sluice::gotemplate {

// Positive big-endian numbers; the last three are absent together, or computed by Go.
struct RsaNumbers {
  std::string_view n, e, d, p, q;
  std::optional<std::string_view> dp, dq, q_inverse;
};
base::Status CheckRsaNumbers(const RsaNumbers& numbers);

// An uncompressed point ("\x04", x, y) of the curve with this encoded OID, one that ScalarBytes
// knows.
base::Status CheckPoint(std::string_view curve, std::string_view point);

}  // namespace sluice::gotemplate
