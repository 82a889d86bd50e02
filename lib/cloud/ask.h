// Requests to the clouds' identity services.
#pragma once

#include <map>
#include <string>

#include "base/status.h"
#include "cloud/identity.h"
#include "document/value.h"
#include "http/client.h"
#include "observe/context.h"

namespace sluice::cloud {

// of a token that does not say how long it lives
inline constexpr std::chrono::seconds kShortLife{300};

// The body of a 200. Else "<METHOD> <url>: unexpected status code 400: <code>": of the answer only
// its short code, since the rest may hold what was asked.
base::Result<std::string> Ask(const observe::Context& ctx, http::Client& client,
                              http::Request request);
base::Result<document::Value> AskJson(const observe::Context& ctx, http::Client& client,
                                      http::Request request);

http::Request FormPost(std::string url, const std::map<std::string, std::string>& fields,
                       ProxyPtr proxy);
// Of a metadata server: link-local, so never through a proxy, and not waited for long.
http::Request MetadataRequest(std::string url);

// A mounted file that may be replaced: read each time it is needed, without white space around it.
base::Result<std::string> ReadMounted(const std::string& path);

// {"access_token": …, "expires_in": 3599 or "3599"}
base::Result<Credential> BearerFrom(const document::Value& answer, base::Time now);

std::string Annotation(const ServiceAccount& account, const std::string& key);
// Asks for the account's token and hands it on; wraps errors in Flux's words.
base::Result<Credential> WithAccountToken(
    const observe::Context& ctx, const ServiceAccount& account, const std::string& audience,
    const std::function<base::Result<Credential>(const base::SecretString&)>& exchange);
base::Status OfIdentity(const ServiceAccount& account, base::Status why);
inline constexpr std::string_view kOfController =
    "failed to create provider access token for the controller";

}  // namespace sluice::cloud
