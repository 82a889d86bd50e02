#include "reconcile_metrics.h"

#include <cmath>
#include <vector>

namespace sluice::runtime {
namespace {

using observe::Labels;

std::vector<double> TimeBuckets() {
  return {0.005, 0.01, 0.025, 0.05, 0.1,  0.15, 0.2,  0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6,
          0.7,   0.8,  0.9,   1.0,  1.25, 1.5,  1.75, 2.0,  2.5, 3.0,  3.5, 4.0,  4.5, 5,
          6,     7,    8,     9,    10,   15,   20,   25,   30,  40,   50,  60};
}

std::vector<double> DurationBuckets() {  // ten from 0.01 to 1800, geometric
  std::vector<double> out;
  for (int i = 0; i < 10; ++i) out.push_back(0.01 * std::pow(180000, i / 9.0));
  return out;
}

observe::Counter& Total(observe::Registry& r, const std::string& controller, const char* result) {
  return r
      .NewCounter("controller_runtime_reconcile_total",
                  "Total number of reconciliations per controller")
      .With({{"controller", controller}, {"result", result}});
}

observe::Counter& Count(observe::Registry& r, const std::string& controller, const char* what,
                        const char* help) {
  return r.NewCounter(std::string("controller_runtime_") + what + "_total", help)
      .With({{"controller", controller}});
}

double Seconds(std::chrono::nanoseconds d) { return std::chrono::duration<double>(d).count(); }

}  // namespace

ReconcileMetrics::ReconcileMetrics(observe::Registry& r, const std::string& controller,
                                   std::string kind, int workers)
    : success(Total(r, controller, "success")),
      error(Total(r, controller, "error")),
      requeue(Total(r, controller, "requeue")),
      requeue_after(Total(r, controller, "requeue_after")),
      errors(Count(r, controller, "reconcile_errors",
                   "Total number of reconciliation errors per controller")),
      terminal_errors(Count(r, controller, "terminal_reconcile_errors",
                            "Total number of terminal reconciliation errors per controller")),
      panics(Count(r, controller, "reconcile_panics",
                   "Total number of reconciliation panics per controller")),
      timeouts(Count(r, controller, "reconcile_timeouts",
                     "Total number of reconciliation timeouts per controller")),
      active_workers(r.NewGauge("controller_runtime_active_workers",
                                "Number of currently used workers per controller")
                         .With({{"controller", controller}})),
      max_workers(r.NewGauge("controller_runtime_max_concurrent_reconciles",
                             "Maximum number of concurrent reconciles per controller")
                      .With({{"controller", controller}})),
      kind_(std::move(kind)),
      time_(r.NewHistogram("controller_runtime_reconcile_time_seconds",
                           "Length of time per reconciliation per controller", TimeBuckets())
                .With({{"controller", controller}})),
      duration_(
          r.NewHistogram("gotk_reconcile_duration_seconds",
                         "The duration in seconds of a GitOps Toolkit resource reconciliation.",
                         DurationBuckets())) {
  max_workers.Set(workers);
}

void ReconcileMetrics::Observe(std::chrono::nanoseconds took) { time_.Observe(Seconds(took)); }

void ReconcileMetrics::Observe(const kube::ObjectKey& key, std::chrono::nanoseconds took) {
  duration_.With(LabelsOf(key)).Observe(Seconds(took));
}

void ReconcileMetrics::Remove(const kube::ObjectKey& key) { duration_.Remove(LabelsOf(key)); }

Labels ReconcileMetrics::LabelsOf(const kube::ObjectKey& key) const {
  return {{"kind", kind_}, {"name", key.name}, {"namespace", key.ns}};
}

}  // namespace sluice::runtime
