// Flags: the command line of a process, in pflag's syntax (--name=value, --name value, --bool,
// --bool=false), and the flags all processes share, with Flux's names and defaults. Used by main,
// on one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/duration.h"
#include "base/status.h"
#include "observe/log.h"
#include "runtime/environment.h"

namespace sluice::runtime {

class Flags {
 public:
  Flags(std::string program, std::string description);
  ~Flags();
  Flags(const Flags&) = delete;
  Flags& operator=(const Flags&) = delete;

  // `name` without dashes. The variable holds the default, which the help shows; it outlives the
  // parse.
  void Add(const std::string& name, std::string& value, const std::string& help);
  void Add(const std::string& name, bool& value, const std::string& help);
  void Add(const std::string& name, int& value, const std::string& help);
  void Add(const std::string& name, int64_t& value, const std::string& help);
  void Add(const std::string& name, double& value, const std::string& help);
  void Add(const std::string& name, base::Duration& value, const std::string& help);  // "1m30s"
  // a,b or repeated
  void Add(const std::string& name, std::vector<std::string>& value, const std::string& help);

  // kCancelled: --help or --version was asked for, and `output()` is what to print before exit 0.
  // kInvalidArgument: a message for stderr; exit 1.
  base::Status Parse(int argc, const char* const* argv);
  const std::string& output() const;
  bool WasSet(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Known gates with their defaults, set by --feature-gates=K=true,K2=false.
class FeatureGates {
 public:
  explicit FeatureGates(std::map<std::string, bool> defaults) : gates_(std::move(defaults)) {}
  base::Status Set(
      const std::vector<std::string>& assignments);  // "feature-gate 'X' not supported"
  bool Enabled(const std::string& name) const;       // REQUIRES: a known gate

 private:
  std::map<std::string, bool> gates_;
};

struct CommonFlags {
  // Which of them exist differs by process: AddTo leaves out what `skip` names.
  std::string metrics_addr = ":8080";
  std::string health_addr = ":9440";
  std::string events_addr;
  int concurrent = 2;
  base::Duration requeue_dependency = std::chrono::seconds(30);
  std::string log_level = "info";
  std::string log_encoding = "json";
  bool enable_leader_election = false;
  bool leader_election_release_on_cancel = true;
  base::Duration leader_election_lease_duration = std::chrono::seconds(35);
  base::Duration leader_election_renew_deadline = std::chrono::seconds(30);
  base::Duration leader_election_retry_period = std::chrono::seconds(5);
  bool watch_all_namespaces = true;
  std::string watch_label_selector;
  std::string watch_configs_label_selector = "reconcile.fluxcd.io/watch=Enabled";
  bool no_cross_namespace_refs = false;
  int interval_jitter_percentage = 5;
  base::Duration min_retry_delay = std::chrono::milliseconds(750);
  base::Duration max_retry_delay = std::chrono::minutes(15);
  std::vector<std::string> feature_gates;
  double kube_api_qps = 50;  // accepted; the API server's priority and fairness decides
  int kube_api_burst = 300;
  std::string kubeconfig;
  std::string default_service_account;
  int token_cache_max_size = 100;
  base::Duration token_cache_max_duration = std::chrono::hours(1);

  std::string bus_bind, bus_source,
      bus_notify;  // "" = discovered through Lease annotations, "off" = off
  std::string bus_keys;
  bool bus_insecure = false;

  // From the environment, not flags.
  std::string runtime_namespace;  // RUNTIME_NAMESPACE, "flux-system" if unset
  std::string hostname;           // HOSTNAME or the kernel's
  std::string temp_dir;           // TMPDIR or /tmp

  // Flags given by environment in Flux are filled first (METRICS_ADDR, EVENTS_ADDR).
  void AddTo(Flags& flags, const Environment& env, const std::vector<std::string>& skip = {});
  // After Parse: ranges and texts ("the interval jitter percentage must be a non-negative value and
  // less than 100").
  base::Status Check() const;
  base::Result<observe::LogLevel> Level() const { return observe::ParseLogLevel(log_level); }
};

}  // namespace sluice::runtime
