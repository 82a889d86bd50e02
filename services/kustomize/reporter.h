// Reporter: the only writer of a Kustomization's status and finalizer, and of its events. Each
// function makes at most one status patch, and none when nothing differs. Thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "api/event.h"
#include "attempt.h"
#include "base/clock.h"
#include "runtime/event_recorder.h"
#include "runtime/status_writer.h"

namespace sluice::kustomization {

class Reporter {
 public:
  Reporter(runtime::StatusWriter& writer, runtime::EventRecorder& events, base::Clock& clock)
      : writer_(writer), events_(events), clock_(clock) {}

  // The finalizer, and the reconcile request's answer: for objects that are left alone.
  base::Status Acknowledge(Attempt& attempt);
  // Ready=False before a pass began; `stalled`: the user must act.
  base::Status NotReady(Attempt& attempt, std::string_view reason, std::string_view message,
                        bool stalled);
  // The pass is running: Ready Unknown, Reconciling, and the inventory that covers all it may
  // write.
  base::Status Running(Attempt& attempt, const Pass& pass, const apply::Inventory& inventory);
  // The pass waits for objects to become healthy.
  base::Status CheckingHealth(Attempt& attempt, const Pass& pass);
  base::Status Failed(Attempt& attempt, const Pass& pass, std::string_view reason,
                      const base::Status& error);
  base::Status Succeeded(Attempt& attempt, const Pass& pass, bool checks_health);
  base::Status RemoveFinalizer(Attempt& attempt);

  // Since when the object says that a pass is applying; "" if it does not. When no pass is, its
  // process died at it.
  static std::string InterruptedSince(const document::Value& object,
                                      const api::KustomizationSpec& spec);

  void Event(const Attempt& attempt, api::EventSeverity severity, std::string_view reason,
             std::string_view message, const std::map<std::string, std::string>& metadata);
  void PassEvent(const Attempt& attempt, const Pass& pass, api::EventSeverity severity,
                 std::string_view reason, std::string_view message) {
    Event(attempt, severity, reason, message, pass.EventMetadata());
  }

 private:
  base::Status Write(Attempt& attempt, document::Value after);
  // a copy with the finalizer and the request's answer
  document::Value Start(const Attempt& attempt) const;
  void Record(document::Value& after, const Pass& pass, std::string_view reason);

  runtime::StatusWriter& writer_;
  runtime::EventRecorder& events_;
  base::Clock& clock_;
};

}  // namespace sluice::kustomization
