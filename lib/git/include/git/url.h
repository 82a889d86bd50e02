// The URL of a Git repository: http, https or ssh. A value; pure.
#pragma once

#include <string_view>

#include "base/status.h"
#include "http/url.h"

namespace sluice::git {

// As http::Url::Parse, which knows no ssh (its default port is 22). kInvalidArgument "unknown
// transport '<scheme>'" for other schemes; and for a host that begins with "-", and control
// characters anywhere.
base::Result<http::Url> ParseUrl(std::string_view text);

}  // namespace sluice::git
