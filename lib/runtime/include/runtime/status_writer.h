// StatusWriter: the one status patch of a reconcile. It compares the object as it was read with the
// object as it should be and sends the difference: a merge patch of the changed status fields to
// /status, another one to the object itself when metadata.finalizers, annotations or labels differ;
// nothing when nothing does. Thread-safe.
//
// Conditions are a list, which a merge patch can only replace whole. So a patch that changes them
// carries the resource version, and on a conflict (5 tries, the second at once, then 100 ms doubled
// with jitter) the live object is read and only our change is put on top of it: conditions of
// `owned` types as we have them, foreign ones as they are there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/duration.h"
#include "base/status.h"
#include "document/value.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "observe/context.h"

namespace sluice::runtime {

struct StatusWriterOptions {
  kube::GroupVersionKind gvk;
  std::string field_manager;                  // "gotk-kustomize-controller", "source-controller"
  std::vector<std::string> owned_conditions;  // types we decide alone
  int attempts = 5;
  base::Duration first_delay = std::chrono::milliseconds(100);
};

class StatusWriter {
 public:
  // `informer` may be null; it gets to see each answer (Informer::Observe), so the next reconcile
  // reads our own write.
  StatusWriter(kube::Client& client, kube::Informer* informer, StatusWriterOptions options,
               base::Random& random = base::SystemRandom());

  // Returns the object as the API server now has it (`after` itself when there was nothing to
  // send). kNotFound: it is gone, which an object that was losing its last finalizer may ignore.
  base::Result<document::Value> Write(const observe::Context& ctx, const document::Value& before,
                                      const document::Value& after);

  // The patches Write would send first; empty objects mean none. For tests and for callers that
  // batch.
  struct Patches {
    document::Value status, metadata;
  };
  Patches Difference(const document::Value& before, const document::Value& after) const;

 private:
  // Sends one of the two patches, again on top of the live object after a conflict.
  base::Result<document::Value> WritePart(const observe::Context& ctx, document::Value before,
                                          document::Value after, document::Value Patches::*part);
  // `live` with what changed from `before` to `after` put on top.
  document::Value Rebase(const document::Value& live, const document::Value& before,
                         const document::Value& after) const;
  base::Status Backoff(const observe::Context& ctx, int attempt);

  kube::Client& client_;
  kube::Informer* informer_;
  const StatusWriterOptions options_;
  base::Random& random_;
};

}  // namespace sluice::runtime
