// StreamBody: a response's body, handed from the client's I/O thread to the caller's in bounded
// pieces.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "http/client.h"
#include "observe/context.h"

namespace sluice::http {

struct BodySink {
  // On the caller's thread, before the first piece of a 2xx answer's body; may be null.
  std::function<base::Status(const ResponseHead&)> on_head;
  // Each piece of it, in order.
  std::function<base::Status(std::string_view)> on_body;
  size_t max_error_body = 1 << 10;  // kept of any other answer's body
};

// Sends `request` and blocks. For a status that is not 2xx the body's beginning becomes
// `error_body`; what follows that is not waited for. An error of the sink cancels the call and is
// returned. At most 2 MiB wait for a slow sink.
base::Result<ResponseHead> StreamBody(const observe::Context& ctx, Client& client, Request request,
                                      const BodySink& sink, std::string& error_body);

}  // namespace sluice::http
