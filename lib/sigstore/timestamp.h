// RFC 3161 timestamps: an authority's word on when a signature was there.
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "material.h"

namespace sluice::sigstore {

// When one of `authorities` says in `response` (a TimeStampResp, DER) that `message` was there.
// Error: why none of them does.
base::Result<base::Time> VerifyTimestamp(std::string_view response, std::string_view message,
                                         const std::vector<TimestampAuthority>& authorities);

}  // namespace sluice::sigstore
