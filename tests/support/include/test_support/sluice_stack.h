// SluiceStack: our processes on a ControlPlane, each acting as its own ServiceAccount with exactly
// the rights that deploy/rbac gives, joined by an ipc bus (or by none). Use it on the main thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "test_support/control_plane.h"
#include "test_support/process.h"

namespace sluice::test_support {

class SluiceStack {
 public:
  struct Options {
    std::string bin;  // folder of sluice-source and so on
    // kIpc: endpoints by flag; kDiscovered: no flag but --bus-keys=keys and leader election, so
    // that the peers' Leases tell; kOff: off
    enum class Bus : uint8_t { kIpc, kDiscovered, kOff } bus = Bus::kIpc;
    std::string keys;  // folder, for kDiscovered
    // More flags by process: {"kustomize", {"--no-cross-namespace-refs=true"}}
    std::map<std::string, std::vector<std::string>> flags;
    std::map<std::string, Environment> env = {};  // likewise
  };
  static inline const std::vector<std::string> kNames = {"source", "kustomize", "notify"};

  // Installs deploy/crds and deploy/rbac; starts nothing. `cluster` outlives the stack.
  SluiceStack(ControlPlane& cluster, Options options);
  base::Status Install();

  base::Status Start(const std::string& name);  // and waits until it answers on --health-addr
  base::Status StartAll();
  void Kill(const std::string& name);  // SIGKILL
  int Stop(const std::string& name);   // SIGTERM; its exit code
  bool Running(const std::string& name);
  pid_t Pid(const std::string& name) const;
  Options& options() { return options_; }  // takes effect at the next Start

  std::string Log(const std::string& name) const;
  std::string Metrics(const std::string& name);
  std::string WebhookUrl(const std::string& path) const;
  std::string EventsUrl() const;
  std::string StorageUrl(const std::string& path) const;
  std::string StorageFolder() const { return dir_.File("data"); }
  HttpClient& http() { return http_; }

 private:
  std::vector<std::string> FlagsOf(const std::string& name) const;
  base::Status WaitHealthy(const std::string& name);
  int Port(const std::string& what) const { return ports_.at(what); }

  ControlPlane& cluster_;
  Options options_;
  TempDir dir_;
  HttpClient http_;
  std::map<std::string, int> ports_;
  std::map<std::string, std::string> kubeconfigs_;
  std::map<std::string, Process> processes_;
};

}  // namespace sluice::test_support
