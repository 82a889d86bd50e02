#include "observe/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "observe/mutex.h"

namespace sluice::observe {
namespace {

class CounterSeries final : public Counter {
 public:
  explicit CounterSeries(prometheus::Counter& c) : series(&c) {}
  void Add(double n) override { series->Increment(n); }
  prometheus::Counter* series;
};

class GaugeSeries final : public Gauge {
 public:
  explicit GaugeSeries(prometheus::Gauge& g) : series(&g) {}
  void Set(double v) override { series->Set(v); }
  void Add(double v) override { series->Increment(v); }
  prometheus::Gauge* series;
};

class HistogramSeries final : public Histogram {
 public:
  explicit HistogramSeries(prometheus::Histogram& h) : series(&h) {}
  void Observe(double v) override { series->Observe(v); }
  prometheus::Histogram* series;
};

// One family: prometheus-cpp's, and our wrappers by label set. `Make` adds a series to the inner
// family.
template <class Base, class Wrapper, class Inner>
class FamilyImpl final : public Family<Base> {
 public:
  FamilyImpl(prometheus::Family<Inner>& family, std::vector<double> buckets)
      : family_(family), buckets_(std::move(buckets)) {}

  Base& With(const Labels& labels) override {
    MutexLock lock(mu_);
    auto it = series_.find(labels);
    if (it == series_.end())
      it = series_.emplace(labels, std::make_unique<Wrapper>(Make(labels))).first;
    return *it->second;
  }

  void Remove(const Labels& labels) override {
    MutexLock lock(mu_);
    const auto it = series_.find(labels);
    if (it == series_.end()) return;
    family_.Remove(it->second->series);
    series_.erase(it);
  }

 private:
  Inner& Make(const Labels& labels) {
    if constexpr (std::is_same_v<Inner, prometheus::Histogram>) {
      return family_.Add(labels, buckets_);
    } else {
      return family_.Add(labels);
    }
  }

  prometheus::Family<Inner>& family_;
  const std::vector<double> buckets_;
  Mutex mu_;
  std::map<Labels, std::unique_ptr<Wrapper>> series_ SLUICE_GUARDED_BY(mu_);
};

// Kernel's account of this process, read when asked.
struct ProcessFacts {
  double cpu_seconds = 0, start_seconds = 0, resident = 0, virtual_bytes = 0, open_fds = 0;
};

double BootSeconds() {
  std::ifstream in("/proc/stat");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return 0;
}

ProcessFacts ReadProcessFacts() {
  ProcessFacts facts;
  std::ifstream in("/proc/self/stat");
  std::string text;
  std::getline(in, text);
  // The command name, in parentheses, may hold anything: fields are counted after its end.
  const size_t end = text.rfind(')');
  if (end == text.npos) return facts;
  std::istringstream rest(text.substr(end + 1));
  std::vector<std::string> f{std::istream_iterator<std::string>(rest), {}};
  if (f.size() < 22) return facts;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  facts.cpu_seconds = (std::stod(f[11]) + std::stod(f[12])) / ticks;
  facts.start_seconds = BootSeconds() + std::stod(f[19]) / ticks;
  facts.virtual_bytes = std::stod(f[20]);
  facts.resident = std::stod(f[21]) * static_cast<double>(sysconf(_SC_PAGESIZE));
  std::error_code ec;
  for (std::filesystem::directory_iterator it("/proc/self/fd", ec), last; !ec && it != last;
       it.increment(ec)) {
    ++facts.open_fds;
  }
  return facts;
}

void AppendProcessMetric(std::string& out, const char* name, const char* type, const char* help,
                         double value) {
  char line[256];
  const int n = std::snprintf(line, sizeof line, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", name,
                              help, name, type, name, value);
  if (n > 0) out.append(line, static_cast<size_t>(n));
}

class RegistryImpl final : public Registry {
 public:
  Family<Counter>& NewCounter(const std::string& name, const std::string& help) override {
    return Add<Counter, CounterSeries, prometheus::Counter>(
        name, prometheus::BuildCounter().Name(name).Help(help).Register(registry_), {});
  }
  Family<Gauge>& NewGauge(const std::string& name, const std::string& help) override {
    return Add<Gauge, GaugeSeries, prometheus::Gauge>(
        name, prometheus::BuildGauge().Name(name).Help(help).Register(registry_), {});
  }
  Family<Histogram>& NewHistogram(const std::string& name, const std::string& help,
                                  std::vector<double> buckets) override {
    return Add<Histogram, HistogramSeries, prometheus::Histogram>(
        name, prometheus::BuildHistogram().Name(name).Help(help).Register(registry_),
        std::move(buckets));
  }

  uint64_t AddCollector(std::function<void()> refresh) override {
    const MutexLock lock(collectors_mu_);
    collectors_.emplace(next_collector_, std::move(refresh));
    return next_collector_++;
  }
  void RemoveCollector(uint64_t id) override {
    const MutexLock lock(collectors_mu_);
    collectors_.erase(id);
  }

  std::string Expose() override {
    {
      // held over the calls: so RemoveCollector waits for them
      const MutexLock lock(collectors_mu_);
      for (const auto& [id, refresh] : collectors_) refresh();
    }
    std::string out = prometheus::TextSerializer().Serialize(registry_.Collect());
    const ProcessFacts p = ReadProcessFacts();
    AppendProcessMetric(out, "process_cpu_seconds_total", "counter",
                        "Total user and system CPU time spent in seconds.", p.cpu_seconds);
    AppendProcessMetric(out, "process_open_fds", "gauge", "Number of open file descriptors.",
                        p.open_fds);
    AppendProcessMetric(out, "process_resident_memory_bytes", "gauge",
                        "Resident memory size in bytes.", p.resident);
    AppendProcessMetric(out, "process_start_time_seconds", "gauge",
                        "Start time of the process since the Unix epoch in seconds.",
                        p.start_seconds);
    AppendProcessMetric(out, "process_virtual_memory_bytes", "gauge",
                        "Virtual memory size in bytes.", p.virtual_bytes);
    return out;
  }

 private:
  // Libraries declare their metrics independently: the same name asked for twice is the same
  // family.
  template <class Base, class Wrapper, class Inner>
  Family<Base>& Add(const std::string& name, prometheus::Family<Inner>& family,
                    std::vector<double> buckets) {
    MutexLock lock(mu_);
    auto& slot = families_[name];
    if (!slot)
      slot = std::make_shared<FamilyImpl<Base, Wrapper, Inner>>(family, std::move(buckets));
    return *static_cast<FamilyImpl<Base, Wrapper, Inner>*>(slot.get());
  }

  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Merge};
  Mutex mu_;
  std::unordered_map<std::string, std::shared_ptr<void>> families_ SLUICE_GUARDED_BY(mu_);
  Mutex collectors_mu_;
  std::map<uint64_t, std::function<void()>> collectors_ SLUICE_GUARDED_BY(collectors_mu_);
  uint64_t next_collector_ SLUICE_GUARDED_BY(collectors_mu_) = 1;
};

}  // namespace

std::unique_ptr<Registry> MakeRegistry() { return std::make_unique<RegistryImpl>(); }

}  // namespace sluice::observe
