// Metrics: counters, gauges and histograms with labels, exposed as Prometheus text. Interfaces
// here; prometheus-cpp stays in the .cc. A library that knows a fact declares its metrics in its
// own metrics.h as a struct made from a Registry&. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sluice::observe {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void Add(double n = 1) = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void Set(double v) = 0;
  virtual void Add(double v) = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void Observe(double v) = 0;
};

// A name with its help text; With() returns the series of these labels, created at first use.
// References stay valid until Remove().
template <class Series>
class Family {
 public:
  virtual ~Family() = default;
  virtual Series& With(const Labels& labels) = 0;
  virtual void Remove(const Labels& labels) = 0;  // e.g. when the object is gone
};

class Registry {
 public:
  virtual ~Registry() = default;
  virtual Family<Counter>& NewCounter(const std::string& name, const std::string& help) = 0;
  virtual Family<Gauge>& NewGauge(const std::string& name, const std::string& help) = 0;
  virtual Family<Histogram>& NewHistogram(const std::string& name, const std::string& help,
                                          std::vector<double> buckets) = 0;
  // Runs `refresh` before each Expose: for values that are computed, not counted. It must be quick
  // and may set series, but not call the registry. After RemoveCollector it does not run any more.
  virtual uint64_t AddCollector(std::function<void()> refresh) = 0;
  virtual void RemoveCollector(uint64_t id) = 0;
  // The text exposition format, version 0.0.4. Process metrics (process_*) are included.
  virtual std::string Expose() = 0;
};
std::unique_ptr<Registry> MakeRegistry();

}  // namespace sluice::observe
