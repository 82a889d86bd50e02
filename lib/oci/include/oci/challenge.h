// Challenge: what a registry asks for in a WWW-Authenticate header, e.g. `Bearer
// realm="https://auth.example.com/token",service="x"`. Values; pure. The header comes from a
// stranger: whatever it holds, parsing ends with as much as was well formed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "http/headers.h"

namespace sluice::oci {

struct Challenge {
  std::string scheme;                             // lower case
  std::map<std::string, std::string> parameters;  // keys in lower case
  std::string Parameter(const std::string& key) const;
};

// Of one header field; the scheme is empty if there is none.
Challenge ParseChallenge(std::string_view header);
// Of every WWW-Authenticate field of a 401.
std::vector<Challenge> ParseChallenges(const http::Headers& headers);
// The first that is Basic or Bearer, else the first; an empty one if there is none.
Challenge PickChallenge(const std::vector<Challenge>& challenges);

// Whether credentials may go to the token server `realm` of the registry `registry_host`
// ("host[:port]"). http only if the registry itself is reached by http; a loopback, private or
// link-local address only if the registry has such an address, too.
base::Status CheckRealm(std::string_view realm, std::string_view registry_host,
                        bool registry_is_http);

}  // namespace sluice::oci
