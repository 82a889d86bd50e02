// Reconciler: what a service implements, one a kind. Level-based: it reads what is, never what
// changed, so lost and repeated wake-ups are harmless. Called by many workers at once, never twice
// at a time for one key.
#pragma once

#include "base/duration.h"
#include "base/status.h"
#include "kube/object.h"
#include "observe/context.h"

namespace sluice::runtime {

struct Outcome {
  enum class Kind : uint8_t {
    kSuccess,       // nothing more until the next event
    kRequeue,       // again, with back-off
    kRequeueAfter,  // again after `after`, exactly; the back-off starts anew
    kError,     // logged as "Reconciler error"; again, with back-off, not before `after` is over
    kTerminal,  // logged; not again until the object changes
  } kind = Kind::kSuccess;
  base::Duration after{};
  base::Status status;

  static Outcome Success() { return {}; }
  static Outcome Requeue() { return {Kind::kRequeue, {}, {}}; }
  static Outcome RequeueAfter(base::Duration after) { return {Kind::kRequeueAfter, after, {}}; }
  // `not_before`: what upstream asked to be left alone for.
  static Outcome Error(base::Status status, base::Duration not_before = {}) {
    return {Kind::kError, not_before, std::move(status)};
  }
  static Outcome Terminal(base::Status status) { return {Kind::kTerminal, {}, std::move(status)}; }
};

class Reconciler {
 public:
  virtual ~Reconciler() = default;
  // The context carries the process's stop token and a logger with the request's fields. An
  // exception that escapes is counted as a panic and requeued.
  virtual Outcome Reconcile(const observe::Context& ctx, const kube::ObjectKey& key) = 0;
};

}  // namespace sluice::runtime
