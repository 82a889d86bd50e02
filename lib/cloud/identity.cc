#include "cloud/identity.h"

namespace sluice::cloud {

Identities::Identities(http::Client& client, CloudEnvironment environment, TokenCacheOptions cache,
                       base::Clock& clock)
    : client_(client), env_(std::move(environment)), clock_(clock), cache_(clock, cache) {}
Identities::~Identities() = default;

}  // namespace sluice::cloud
