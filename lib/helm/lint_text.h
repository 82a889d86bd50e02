// What lint asks of single texts: names of objects, URLs, addresses. Internal; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "helm/version.h"

namespace sluice::helm {

bool IsRequestUrl(std::string_view text);  // a request URI with a scheme
bool IsWebUrl(std::string_view text);      // a host with or without a scheme
bool IsEmail(std::string_view text);

// What Kubernetes has against an object's name, in its words.
std::vector<std::string> NameProblems(std::string_view kind, std::string_view name);

// "apps/v1beta1 Deployment is deprecated in v1.8+, unavailable in v1.16+; use apps/v1 Deployment",
// or "".
std::string Deprecation(std::string_view api_version, std::string_view kind, int64_t minor,
                        HelmVersion version);

}  // namespace sluice::helm
