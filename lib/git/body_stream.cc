#include "body_stream.h"

#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "observe/mutex.h"

namespace sluice::git {
namespace {

constexpr size_t kHighWater = 2 << 20, kLowWater = 512 << 10;
constexpr size_t kMaxErrorBody = 1 << 10;

// Shared with the I/O thread, which may outlive the caller's interest.
struct Pipe {
  observe::Mutex mu;
  observe::CondVar cv;
  int status SLUICE_GUARDED_BY(mu) = 0;
  std::deque<std::string> pieces SLUICE_GUARDED_BY(mu);
  size_t bytes SLUICE_GUARDED_BY(mu) = 0;
  bool paused SLUICE_GUARDED_BY(mu) = false;
  std::optional<base::Result<http::ResponseHead>> done SLUICE_GUARDED_BY(mu);

  http::Flow Put(std::string_view data) {
    const observe::MutexLock lock(mu);
    if (bytes >= kHighWater) {
      paused = true;
      return http::Flow::kPause;
    }
    pieces.emplace_back(data);
    bytes += data.size();
    cv.notify_one();
    return http::Flow::kContinue;
  }
};

http::Callbacks CallbacksInto(const std::shared_ptr<Pipe>& pipe) {
  http::Callbacks cb;
  cb.on_head = [pipe](const http::ResponseHead& head) {
    const observe::MutexLock lock(pipe->mu);
    pipe->status = head.status;
  };
  cb.on_data = [pipe](std::string_view data) { return pipe->Put(data); };
  cb.on_done = [pipe](base::Result<http::ResponseHead> result) {
    const observe::MutexLock lock(pipe->mu);
    pipe->done.emplace(std::move(result));
    pipe->cv.notify_one();
  };
  return cb;
}

}  // namespace

base::Result<http::ResponseHead> StreamBody(const observe::Context& ctx, http::Client& client, http::Request request,
                                            const std::function<base::Status(std::string_view)>& on_body,
                                            std::string& error_body) {
  const auto pipe = std::make_shared<Pipe>();
  const auto call = client.Start(ctx, std::move(request), CallbacksInto(pipe));
  for (;;) {
    std::string piece;
    bool resume = false, ok = false;
    {
      // The call ends by the context itself; waiting on it alone is enough.
      pipe->mu.lock();
      while (pipe->pieces.empty() && !pipe->done) pipe->cv.wait(pipe->mu);
      if (pipe->pieces.empty()) {
        auto result = std::move(*pipe->done);
        pipe->mu.unlock();
        return result;
      }
      piece = std::move(pipe->pieces.front());
      pipe->pieces.pop_front();
      pipe->bytes -= piece.size();
      ok = pipe->status >= 200 && pipe->status < 300;
      if (pipe->paused && pipe->bytes <= kLowWater) {
        pipe->paused = false;
        resume = true;
      }
      pipe->mu.unlock();
    }
    if (resume) call->Resume();
    if (!ok) {
      error_body.append(piece, 0, kMaxErrorBody - std::min(kMaxErrorBody, error_body.size()));
      continue;
    }
    if (auto status = on_body(piece); !status.ok()) {
      call->Cancel();
      return status;
    }
  }
}

}  // namespace sluice::git
