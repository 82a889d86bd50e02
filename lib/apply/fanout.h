// Fanout: many asynchronous requests from one worker, at most `limit` in flight; replies are
// handled on the calling thread, as they come. One use at a time.
#pragma once

#include <functional>
#include <vector>

#include "kube/client.h"
#include "observe/context.h"

namespace sluice::apply {

// `request(i)` starts number i (or returns false: nothing to ask); `reply(i, …)` gets the answer.
// Returns when all are answered.
void RunRequests(size_t count, size_t limit,
                 const std::function<bool(size_t, std::function<void(kube::Client::Reply)>)>& start,
                 const std::function<void(size_t, kube::Client::Reply)>& reply);

}  // namespace sluice::apply
