#include "exchange.h"

namespace sluice::git {

base::Result<std::vector<RemoteRef>> ListRefsOver(const Exchange& exchange,
                                                  const LegacyAdvertisement* legacy,
                                                  const std::vector<std::string>& prefixes,
                                                  const RemoteLimits& limits) {
  if (legacy != nullptr) return FilterRefs(legacy->refs, prefixes);
  LsRefsParser parser(prefixes, limits.max_refs);
  SLUICE_TRY(exchange(
      LsRefsRequest(prefixes), limits.max_refs_bytes,
      [&](std::string_view bytes) { return parser.Feed(bytes); }, [&] { return parser.done(); }));
  return parser.Finish();
}

base::Result<FetchResult> FetchOver(const Exchange& exchange, const Capabilities& caps,
                                    const LegacyAdvertisement* legacy, const FetchRequest& request,
                                    const RemoteLimits& limits, const Feed& pack) {
  FetchRequest r = request;
  r.leave_blobs = r.leave_blobs && caps.fetch_filter;
  if (!caps.fetch_shallow) {
    r.depth = 0;
    r.shallows.clear();
  }
  const auto run = [&](auto& parser, std::string body) -> base::Result<FetchResult> {
    SLUICE_TRY(exchange(
        std::move(body), limits.max_pack_bytes,
        [&](std::string_view bytes) { return parser.Feed(bytes); }, [&] { return parser.done(); }));
    SLUICE_TRY(FetchResult result, parser.Finish());
    result.left_blobs = r.leave_blobs;
    return result;
  };
  if (legacy != nullptr) {
    LegacyFetchParser parser(r.depth > 0 || !r.shallows.empty(), pack);
    return run(parser, LegacyFetchBody(r));
  }
  FetchParser parser(pack);
  return run(parser, FetchRequestBody(r));
}

}  // namespace sluice::git
