// BlobPull: one blob streamed, resumed where a connection broke, its size and digest checked. One
// use, one thread.
#pragma once

#include <chrono>
#include <string>

#include "base/digest.h"
#include "conversation.h"
#include "oci/client.h"

namespace sluice::oci {

class BlobPull {
 public:
  // Everything given outlives this.
  BlobPull(Conversation& conversation, std::string target, const Descriptor& blob,
           const BlobSink& sink, std::chrono::milliseconds first_retry)
      : conversation_(conversation),
        target_(std::move(target)),
        blob_(blob),
        sink_(sink),
        first_retry_(first_retry) {}

  base::Status Run(const observe::Context& ctx);

 private:
  base::Status OnHead(const http::ResponseHead& head);
  base::Status OnBody(std::string_view piece);
  base::Status Finish();
  uint64_t size() const { return static_cast<uint64_t>(blob_.size); }

  Conversation& conversation_;
  const std::string target_;
  const Descriptor& blob_;
  const BlobSink& sink_;
  const std::chrono::milliseconds first_retry_;
  base::Hasher hasher_;
  uint64_t done_ = 0;     // handed to the sink
  uint64_t skip_ = 0;     // of this answer, handed out before
  bool refused_ = false;  // by the sink, or by what the head says: no second try
};

}  // namespace sluice::oci
