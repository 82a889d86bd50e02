// Any bytes as each of the server's answers; the first byte chooses how they are cut into chunks,
// which must not change the outcome.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "git/gitmodules.h"
#include "known_hosts.h"
#include "protocol.h"

namespace {

template <class Parser>
bool FeedAll(Parser& parser, std::string_view bytes, size_t chunk) {
  for (size_t at = 0; at < bytes.size(); at += chunk) {
    if (!parser.Feed(bytes.substr(at, chunk)).ok()) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::git;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<std::string> prefixes = {"refs/"};
  std::string packs[2];
  bool outcomes[2][4];
  for (int i = 0; i < 2; ++i) {
    const size_t chunk = i == 0 ? size_t{data[0]} + 1 : bytes.size() + 1;
    AdvertisementParser advertisement;
    LsRefsParser refs(prefixes, 100);
    const std::function<sluice::base::Status(std::string_view)> sink = [&](std::string_view b) {
      packs[i] += b;
      return sluice::base::OkStatus();
    };
    FetchParser fetch(sink);
    outcomes[i][0] = FeedAll(advertisement, bytes, chunk) && advertisement.Finish().ok();
    outcomes[i][1] = FeedAll(refs, bytes, chunk) && refs.Finish().ok();
    outcomes[i][2] = FeedAll(fetch, bytes, chunk) && fetch.Finish().ok();
    const std::function<sluice::base::Status(std::string_view)> drop = [](std::string_view) {
      return sluice::base::OkStatus();
    };
    LegacyFetchParser legacy(/*with_shallow=*/true, drop);
    outcomes[i][3] = FeedAll(legacy, bytes, chunk) && legacy.Finish().ok();
  }
  static_cast<void>(ParseGitmodules(bytes));
  if (const auto hosts = KnownHosts::Parse(bytes); hosts.ok())
    static_cast<void>(hosts->Check("host", 22, {"ssh-rsa", "key"}));
  for (int k = 0; k < 4; ++k) SLUICE_CHECK(outcomes[0][k] == outcomes[1][k]);
  if (outcomes[0][2]) SLUICE_CHECK(packs[0] == packs[1]);
  return 0;
}
