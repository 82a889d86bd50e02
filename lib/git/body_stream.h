// BodyStream: an HTTP response's body, handed from the client's I/O thread to the caller's in bounded pieces.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/status.h"
#include "http/client.h"
#include "observe/context.h"

namespace sluice::git {

// Sends `request` and runs `on_body` on this thread with each piece of a 2xx answer's body. For any other status the body's beginning becomes
// `error_body`. An error of `on_body` cancels the call and is returned. At most `max_bytes` of body.
base::Result<http::ResponseHead> StreamBody(const observe::Context& ctx, http::Client& client, http::Request request,
                                            const std::function<base::Status(std::string_view)>& on_body,
                                            std::string& error_body);

}  // namespace sluice::git
