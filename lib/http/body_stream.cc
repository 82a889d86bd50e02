#include "http/body_stream.h"

#include <deque>
#include <optional>

#include "observe/mutex.h"

namespace sluice::http {
namespace {

// Once its head is here, an answer's errors are those of reading its body: they name no request, as
// in Go.
base::Status OfTheBody(base::Status why) {
  const std::string& text = why.message();
  const size_t quote = text.find(" \""), end = text.find("\": ");
  if (quote == text.npos || end == text.npos || text.find(' ') != quote)
    return why;  // "Get \"URL\": cause"
  return base::Status(why.code(), text.substr(end + 3));
}

constexpr size_t kHighWater = 2 << 20, kLowWater = 512 << 10;

// Shared with the I/O thread, which may outlive the caller's interest.
struct Pipe {
  observe::Mutex mu;
  observe::CondVar cv;
  ResponseHead head SLUICE_GUARDED_BY(mu);
  std::deque<std::string> pieces SLUICE_GUARDED_BY(mu);
  size_t bytes SLUICE_GUARDED_BY(mu) = 0;
  bool paused SLUICE_GUARDED_BY(mu) = false;
  std::optional<base::Result<ResponseHead>> done SLUICE_GUARDED_BY(mu);

  Flow Put(std::string_view data) {
    const observe::MutexLock lock(mu);
    if (bytes >= kHighWater) {
      paused = true;
      return Flow::kPause;
    }
    pieces.emplace_back(data);
    bytes += data.size();
    cv.notify_one();
    return Flow::kContinue;
  }
};

Callbacks CallbacksInto(const std::shared_ptr<Pipe>& pipe) {
  Callbacks cb;
  cb.on_head = [pipe](const ResponseHead& head) {
    const observe::MutexLock lock(pipe->mu);
    pipe->head = head;
  };
  cb.on_data = [pipe](std::string_view data) { return pipe->Put(data); };
  cb.on_done = [pipe](base::Result<ResponseHead> result) {
    const observe::MutexLock lock(pipe->mu);
    pipe->done.emplace(std::move(result));
    pipe->cv.notify_one();
  };
  return cb;
}

}  // namespace

base::Result<ResponseHead> StreamBody(const observe::Context& ctx, Client& client, Request request,
                                      const BodySink& sink, std::string& error_body) {
  const auto pipe = std::make_shared<Pipe>();
  const auto call = client.Start(ctx, std::move(request), CallbacksInto(pipe));
  bool started = false, ok = false;
  ResponseHead answered;
  for (;;) {
    std::string piece;
    std::optional<ResponseHead> head;
    bool resume = false;
    {
      // The call ends by the context itself; waiting on it alone is enough.
      pipe->mu.lock();
      while (pipe->pieces.empty() && !pipe->done) pipe->cv.wait(pipe->mu);
      if (pipe->pieces.empty()) {
        auto result = std::move(*pipe->done);
        const bool headed = pipe->head.status != 0;
        pipe->mu.unlock();
        if (!result.ok() && headed) return OfTheBody(std::move(result).status());
        return result;
      }
      piece = std::move(pipe->pieces.front());
      pipe->pieces.pop_front();
      pipe->bytes -= piece.size();
      if (!started) head = pipe->head;
      if (pipe->paused && pipe->bytes <= kLowWater) {
        pipe->paused = false;
        resume = true;
      }
      pipe->mu.unlock();
    }
    if (resume) call->Resume();
    base::Status status;
    if (head) {
      started = true;
      answered = *std::move(head);
      ok = answered.status >= 200 && answered.status < 300;
      if (ok && sink.on_head) status = sink.on_head(answered);
    }
    if (!ok) {
      error_body.append(piece, 0,
                        sink.max_error_body - std::min(sink.max_error_body, error_body.size()));
      if (error_body.size() < sink.max_error_body) continue;
      call->Cancel();  // what it says beyond that is nobody's concern, however long it takes
      return answered;
    }
    if (status.ok()) status = sink.on_body(piece);
    if (!status.ok()) {
      call->Cancel();
      return status;
    }
  }
}

}  // namespace sluice::http
