// HealthCheck: waits for a set of objects to become Current without a thread: Evaluate() reads what
// the watches show and says where the set stands; the caller parks until a watched object changes
// or Deadline() is reached. One per Kustomization and pass.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apply/live.h"
#include "observe/context.h"

namespace sluice::apply {

struct HealthOptions {
  std::chrono::nanoseconds timeout{};
  bool fail_fast = true;  // end as soon as only Failed and Current remain, or one failed
};

struct HealthVerdict {
  enum class State : uint8_t { kPassed, kFailed, kWaiting } state = State::kWaiting;
  base::Status status;  // kFailed: "failed early due to stalled resources: […]" or "timeout waiting
                        // for: […]"
};

class HealthCheck {
 public:
  // `changed` runs on the I/O thread whenever an object of the set moved. Jobs with a TTL that are
  // gone count as Current: `finished_when_gone` names them.
  static std::unique_ptr<HealthCheck> Start(kube::Client& client, LiveObjects& live,
                                            std::vector<ObjectRef> objects,
                                            std::vector<ObjectRef> finished_when_gone,
                                            HealthOptions options, std::function<void()> changed);
  virtual ~HealthCheck() = default;
  virtual HealthVerdict Evaluate(const observe::Context& ctx) = 0;
  virtual std::chrono::steady_clock::time_point deadline() const = 0;
  virtual std::chrono::steady_clock::time_point started() const = 0;
};

}  // namespace sluice::apply
