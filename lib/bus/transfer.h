// Transfer: one fetch on its way: the bus thread puts chunks in, the fetching thread takes them
// out. What waits inside is bounded by the credit given. Thread-safe.
#pragma once

#include <chrono>
#include <deque>

#include "envelope.h"
#include "observe/context.h"
#include "observe/mutex.h"

namespace sluice::bus {

class Transfer {
 public:
  void Push(ChunkMessage chunk);
  void Lose();  // the connection is gone: no chunk follows
  // The next chunk. kUnavailable: lost, or silent for `patience`; or the context's error.
  base::Result<ChunkMessage> Next(const observe::Context& ctx, std::chrono::milliseconds patience);

 private:
  observe::Mutex mu_;
  observe::CondVar changed_;
  std::deque<ChunkMessage> chunks_ SLUICE_GUARDED_BY(mu_);
  bool lost_ SLUICE_GUARDED_BY(mu_) = false;
};

}  // namespace sluice::bus
