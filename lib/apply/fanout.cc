#include "fanout.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

#include "observe/mutex.h"

namespace sluice::apply {
namespace {

// Shared with callbacks, which may still be returning when the last reply has been taken.
struct Inbox {
  observe::Mutex mu;
  observe::CondVar ready;
  std::deque<std::pair<size_t, kube::Client::Reply>> replies SLUICE_GUARDED_BY(mu);
};

}  // namespace

void RunRequests(size_t count, size_t limit,
                 const std::function<bool(size_t, std::function<void(kube::Client::Reply)>)>& start,
                 const std::function<void(size_t, kube::Client::Reply)>& reply) {
  const auto inbox = std::make_shared<Inbox>();
  size_t next = 0, in_flight = 0;
  limit = std::max<size_t>(limit, 1);
  while (next < count || in_flight > 0) {
    while (next < count && in_flight < limit) {
      const size_t i = next++;
      const bool started = start(i, [inbox, i](kube::Client::Reply r) {
        const observe::MutexLock lock(inbox->mu);
        inbox->replies.emplace_back(i, std::move(r));
        inbox->ready.notify_one();
      });
      if (started) ++in_flight;
    }
    if (in_flight == 0) continue;
    std::deque<std::pair<size_t, kube::Client::Reply>> batch;
    {
      observe::MutexLock lock(inbox->mu);
      while (inbox->replies.empty()) inbox->ready.wait(inbox->mu);
      batch.swap(inbox->replies);
    }
    in_flight -= batch.size();
    for (auto& [i, r] : batch) reply(i, std::move(r));
  }
}

}  // namespace sluice::apply
