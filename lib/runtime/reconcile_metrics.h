// ReconcileMetrics: controller_runtime_* of one controller and gotk_reconcile_duration_seconds of
// its objects. Thread-safe.
#pragma once

#include <chrono>
#include <string>

#include "kube/object.h"
#include "observe/metrics.h"

namespace sluice::runtime {

class ReconcileMetrics {
 public:
  ReconcileMetrics(observe::Registry& registry, const std::string& controller, std::string kind,
                   int workers);

  // controller_runtime_reconcile_total by result
  observe::Counter &success, &error, &requeue, &requeue_after;
  observe::Counter &errors, &terminal_errors, &panics, &timeouts;
  observe::Gauge &active_workers, &max_workers;

  void Observe(std::chrono::nanoseconds took);                              // of the controller
  void Observe(const kube::ObjectKey& key, std::chrono::nanoseconds took);  // of the object
  void Remove(const kube::ObjectKey& key);

 private:
  observe::Labels LabelsOf(const kube::ObjectKey& key) const;
  const std::string kind_;
  observe::Histogram& time_;
  observe::Family<observe::Histogram>& duration_;
};

}  // namespace sluice::runtime
