// What oras-go says of registries that fail, refuse or lie; helm's client hands its words on.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::oci {

// `GET "<url>": response status code 401: unauthorized: authentication required`: the registry's
// own codes in words, or the status' text.
base::Status OrasError(std::string_view method, const std::string& url, int status,
                       std::string_view body);

// `<where>: failed to decode response: …`, where Go's decoder reads a stream: "EOF" of nothing,
// "unexpected EOF" of half a value.
base::Status OrasDecodeError(std::string_view where, std::string_view body,
                             const base::Status& why);

// Whether credentials may go to the token server: plain HTTP only of a registry by plain HTTP, an
// address of this machine or its network only if it is the registry's own.
base::Status CheckOrasRealm(const std::string& realm, std::string_view registry_host,
                            bool registry_is_http);

// Of sha256, sha384 or sha512, or why it is none: "invalid checksum digest format", "… length",
// "unsupported digest algorithm".
base::Status CheckOrasDigest(std::string_view text);
// "mismatched digest". REQUIRES: CheckOrasDigest(digest)
base::Status CheckOrasBytes(std::string_view digest, std::string_view bytes);

}  // namespace sluice::oci
