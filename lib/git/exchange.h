// What a listing and a fetch are over any transport that has found its service: the request, the
// parser of its answer, the older protocol's detour.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "git/remote.h"
#include "protocol.h"

namespace sluice::git {

using Feed = std::function<base::Status(std::string_view)>;
// Sends the request and feeds the answer, no more than max_bytes of it, until `done` (or its end,
// where the transport shows one).
using Exchange = std::function<base::Status(std::string request, uint64_t max_bytes,
                                            const Feed& feed, const std::function<bool()>& done)>;

// `legacy`: what a server of version 0 or 1 listed already, else null.
base::Result<std::vector<RemoteRef>> ListRefsOver(const Exchange& exchange,
                                                  const LegacyAdvertisement* legacy,
                                                  const std::vector<std::string>& prefixes,
                                                  const RemoteLimits& limits);
base::Result<FetchResult> FetchOver(const Exchange& exchange, const Capabilities& caps,
                                    const LegacyAdvertisement* legacy, const FetchRequest& request,
                                    const RemoteLimits& limits, const Feed& pack);

}  // namespace sluice::git
