#include "bucket_fetch.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <optional>
#include <stop_token>
#include <thread>

#include "base/strings.h"
#include "observe/mutex.h"

namespace sluice::source {
namespace {

// Shared by the threads of one fetch.
class Fetch {
 public:
  Fetch(const observe::Context& ctx, bucket::Bucket& bucket,
        std::span<const bucket::Object* const> wanted, BucketSpool& spool)
      : outer_(ctx.stop(), [this] { stop_.request_stop(); }),
        ctx_(ctx.WithStop(stop_.get_token())),
        bucket_(bucket),
        wanted_(wanted),
        spool_(spool),
        results_(wanted.size()) {}

  base::Result<std::vector<FetchResult>> Run() {
    {
      std::vector<std::jthread> threads;
      const size_t count = std::min(kMaxParallelFetches, wanted_.size());
      for (size_t i = 0; i < count; ++i) threads.emplace_back([this, i] { Guarded(i); });
    }
    const observe::MutexLock lock(mu_);
    if (failure_) return *failure_;
    return std::move(results_);
  }

 private:
  void Guarded(size_t file) {
    try {
      Work(file);
    } catch (const std::exception& e) {
      Fail(base::Internal(base::Cat("fetch: ", e.what())));
    }
  }

  void Work(size_t file) {
    BucketSpool::Writer writer(spool_, file);
    for (;;) {
      const size_t i = next_.fetch_add(1);
      if (i >= wanted_.size() || stop_.stop_requested()) return;
      if (auto fetched = One(*wanted_[i], writer, results_[i]); !fetched.ok()) {
        return Fail(
            std::move(fetched).Wrap(base::Cat("failed to get '", wanted_[i]->key, "' object")));
      }
    }
  }

  base::Status One(const bucket::Object& object, BucketSpool::Writer& writer, FetchResult& out) {
    auto etag = bucket_.Get(ctx_, object, writer);
    if (!etag.ok() && etag.status().code() == base::StatusCode::kNotFound) {
      out.gone = true;
      return base::OkStatus();
    }
    if (!etag.ok()) return std::move(etag).status();
    SLUICE_TRY(out.place, writer.Keep());
    out.etag = etag->empty() ? object.etag : *std::move(etag);
    return base::OkStatus();
  }

  // The first failure counts: those that follow are its doing.
  void Fail(base::Status why) {
    {
      const observe::MutexLock lock(mu_);
      if (!failure_) failure_ = std::move(why);
    }
    stop_.request_stop();
  }

  std::stop_source stop_;
  std::stop_callback<std::function<void()>> outer_;
  const observe::Context ctx_;
  bucket::Bucket& bucket_;
  const std::span<const bucket::Object* const> wanted_;
  BucketSpool& spool_;
  std::atomic<size_t> next_ = 0;
  std::vector<FetchResult> results_;  // each written by the thread that took its number
  observe::Mutex mu_;
  std::optional<base::Status> failure_ SLUICE_GUARDED_BY(mu_);
};

class TextSink final : public bucket::ObjectSink {
 public:
  explicit TextSink(uint64_t max) : max_(max) {}
  base::Status Begin() override {
    text.clear();
    return base::OkStatus();
  }
  base::Status Write(std::string_view bytes) override {
    if (text.size() + bytes.size() > max_)
      return base::ResourceExhausted(
          base::Cat("it is larger than ", std::to_string(max_), " bytes"));
    text += bytes;
    return base::OkStatus();
  }
  std::string text;

 private:
  const uint64_t max_;
};

}  // namespace

base::Result<std::vector<FetchResult>> FetchObjects(const observe::Context& ctx,
                                                    bucket::Bucket& bucket,
                                                    std::span<const bucket::Object* const> wanted,
                                                    BucketSpool& spool) {
  return Fetch(ctx, bucket, wanted, spool).Run();
}

base::Result<FetchedText> FetchText(const observe::Context& ctx, bucket::Bucket& bucket,
                                    const bucket::Object& object, uint64_t max_bytes) {
  TextSink sink(max_bytes);
  SLUICE_TRY(std::string etag, bucket.Get(ctx, object, sink));
  return FetchedText{std::move(sink.text), std::move(etag)};
}

}  // namespace sluice::source
