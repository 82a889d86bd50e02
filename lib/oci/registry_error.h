// What a registry's failing answer says, in go-containerregistry's words.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "document/value.h"
#include "http/client.h"

namespace sluice::oci {

inline constexpr size_t kMaxErrorBody = 64 << 10;

// What a failing answer's status means to callers: 401, 403 and 404 by themselves, 5xx may pass.
base::StatusCode CodeOfAnswer(int status);

// `GET <url>: CODE: message; detail`, or `GET <url>: unexpected status code 500 Internal Server
// Error: <body>`.
base::Status RegistryError(std::string_view method, const std::string& url, int status,
                           std::string_view body);

// A decoded JSON value as fmt's %v prints it: map[Tag:latest], [a b], <nil>.
std::string FormatGo(const document::Value& value);

// The URL with the values of query parameters that are not the protocol's own REDACTED, and without
// user info.
std::string ShownUrl(const std::string& url);

}  // namespace sluice::oci
