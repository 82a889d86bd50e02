#include "blob.h"

#include <algorithm>

#include "base/strings.h"
#include "registry_error.h"

namespace sluice::oci {
namespace {

constexpr int kMostFailures = 5;  // in a row without a new byte

}  // namespace

base::Status BlobPull::Run(const observe::Context& ctx) {
  for (int failures = 0;;) {
    Exchange e;
    e.target = target_;
    e.download = true;
    e.max_bytes = size() + (64 << 10);
    if (done_ > 0) e.headers.Set("Range", base::Cat("bytes=", std::to_string(done_), "-"));
    e.sink.on_head = [this](const http::ResponseHead& head) { return OnHead(head); };
    e.sink.on_body = [this](std::string_view piece) { return OnBody(piece); };
    const uint64_t before = done_;
    skip_ = 0;
    const auto answer = conversation_.SendOk(ctx, e);
    if (answer.ok()) return Finish();
    const bool connection = answer.status().code() == base::StatusCode::kUnavailable;
    failures = done_ > before ? 1 : failures + 1;
    // Before the first byte Send has tried often enough.
    if (refused_ || !connection || done_ == 0 || failures >= kMostFailures) return answer.status();
    SLUICE_TRY(ctx.Sleep(first_retry_ * failures));
  }
}

base::Status BlobPull::OnHead(const http::ResponseHead& head) {
  const auto refuse = [this](std::string why) {
    refused_ = true;
    return base::DataLoss(std::move(why));
  };
  const auto length = base::ParseUint64(head.headers.Get("Content-Length"));
  if (head.status == 206) {
    const std::string want = base::Cat("bytes ", std::to_string(done_), "-");
    if (!head.headers.Get("Content-Range").starts_with(want))
      return refuse(base::Cat("GET ", ShownUrl(head.url), ": the registry sent another range"));
    return base::OkStatus();
  }
  skip_ = done_;  // no ranges here: from the start again
  if (length && *length != size()) {
    return refuse(base::Cat("GET ", ShownUrl(head.url), ": Content-Length header ",
                            std::to_string(*length), " does not match expected size ",
                            std::to_string(size())));
  }
  return base::OkStatus();
}

base::Status BlobPull::OnBody(std::string_view piece) {
  const uint64_t skipped = std::min<uint64_t>(skip_, piece.size());
  skip_ -= skipped;
  piece.remove_prefix(static_cast<size_t>(skipped));
  piece = piece.substr(0, static_cast<size_t>(std::min<uint64_t>(piece.size(), size() - done_)));
  if (piece.empty()) return base::OkStatus();
  hasher_.Update(piece);
  done_ += piece.size();
  auto taken = sink_(piece);
  refused_ = refused_ || !taken.ok();
  return taken;
}

base::Status BlobPull::Finish() {
  if (done_ != size()) {
    return base::DataLoss(base::Cat("error verifying size; got ", std::to_string(done_), ", want ",
                                    std::to_string(size())));
  }
  const std::string got = hasher_.Finish().ToString();
  if (got == blob_.digest) return base::OkStatus();
  return base::DataLoss(base::Cat("error verifying sha256 checksum after reading ",
                                  std::to_string(done_), " bytes; got ", base::QuoteGo(got),
                                  ", want ", base::QuoteGo(blob_.digest)));
}

}  // namespace sluice::oci
