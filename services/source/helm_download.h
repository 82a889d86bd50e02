// HelmDownload: one file of a Helm repository over HTTP, piece by piece, under a limit. Credentials
// stay with the repository's origin unless the repository says that they may be passed on
// (spec.passCredentials). Errors are the words of Helm's getter (source.md §9.2).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "helm_access.h"
#include "http/client.h"
#include "observe/context.h"

namespace sluice::source {

// What tells an answer from a later one.
struct HelmValidators {
  std::string etag, last_modified;
  bool empty() const { return etag.empty() && last_modified.empty(); }
};

struct HelmGet {
  std::string url;
  HelmValidators known;  // "" = unconditional
  uint64_t max_bytes = 0;
  std::string too_large;  // what is said past it
};

struct HelmAnswer {
  bool unchanged = false;  // 304: nothing was sent
  HelmValidators validators;
};

// kResourceExhausted past the limit, kUnauthenticated and kPermissionDenied for 401 and 403,
// kNotFound for 404.
base::Result<HelmAnswer> DownloadHelmFile(
    const observe::Context& ctx, http::Client& client, const HelmAccess& access, const HelmGet& get,
    const std::function<base::Status(std::string_view)>& sink);

}  // namespace sluice::source
