// UpstreamOf: where a source comes from, by its spec: what a HoldOff (http/hold_off.h) may stand
// on. Pure.
#pragma once

#include <optional>

#include "document/value.h"
#include "http/url.h"
#include "source_kind.h"

namespace sluice::source {

// The URL of a GitRepository or HelmRepository, the API of an OCIRepository's registry, a Bucket's
// endpoint, of a HelmChart that of its HelmRepository; nullopt where it is no HTTP server (SSH,
// files of another source) or nobody can tell.
std::optional<http::Url> UpstreamOf(const document::Value& object, const SourceObjects& objects);

}  // namespace sluice::source
