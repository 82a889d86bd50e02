#include "runtime/leader.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "base/digest.h"
#include "base/strings.h"
#include "kube/lease.h"
#include "observe/mutex.h"

namespace sluice::runtime {
namespace {

using observe::Context;
using Clock = Context::Clock;

// Of one try to take or renew the lease, and so of what a stop waits for at most.
constexpr std::chrono::seconds kRequestTimeout{5};

class Elector final : public LeaderElector {
 public:
  Elector(kube::Client& client, LeaderElectionOptions options, observe::Registry& registry,
          observe::Logger log)
      : options_(std::move(options)),
        log_(std::move(log)),
        status_(registry
                    .NewGauge("leader_election_master_status",
                              "Gauge of if the reporting system is master of the relevant lease, 0 "
                              "indicates backup, "
                              "1 indicates master.")
                    .With({{"name", options_.name}})),
        lock_(
            client,
            {.key = {options_.ns, options_.name},
             .identity = options_.identity,
             .duration = std::chrono::duration_cast<std::chrono::seconds>(options_.lease_duration),
             .annotations = {}}) {
    status_.Set(0);
  }
  ~Elector() override { Stop(); }

  void Start(std::function<void()> on_lead, std::function<void()> on_lost) override {
    on_lead_ = std::move(on_lead);
    on_lost_ = std::move(on_lost);
    thread_ = std::jthread([this](const std::stop_token& stop) {
      pthread_setname_np(pthread_self(), "leader");
      Run(stop);
    });
  }

  void Stop() override {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    Wake();
    thread_.join();
  }

  bool leading() const override { return leading_.load(); }

  void SetAnnotation(const std::string& key, const std::string& value) override {
    {
      const observe::MutexLock lock(mu_);
      annotations_[key] = value;
    }
    Wake();
  }

 private:
  void Run(const std::stop_token& stop) {
    log_.Info("attempting to acquire leader lease " + options_.ns + "/" + options_.name + "...");
    // A stop does not cut a request short: a write that reaches the server after we looked for it
    // would hold the lease for nobody.
    const auto timeout = std::min<Clock::duration>(options_.renew_deadline, kRequestTimeout);
    auto renewed = Clock::now();
    while (!stop.stop_requested()) {
      ApplyAnnotations();
      const auto held = lock_.TryAcquireOrRenew(Context(log_).WithTimeout(timeout));
      if (stop.stop_requested()) break;
      if (held.ok() && *held) {
        renewed = Clock::now();
        if (!leading_.exchange(true)) BecomeLeader();
      } else if (!held.ok()) {
        log_.Error(held.status(), "error retrieving resource lock",
                   {{"lease", options_.ns + "/" + options_.name}});
      }
      // Lost: another one holds it, or nobody answered for too long. The process ends, so that two
      // never act.
      const bool taken =
          held.ok() && !*held && !lock_.holder().empty() && lock_.holder() != options_.identity;
      if (leading_ && (taken || Clock::now() - renewed > options_.renew_deadline)) {
        leading_ = false;
        status_.Set(0);
        on_lost_();
        return;
      }
      Sleep(stop);
    }
    if (leading_.exchange(false)) status_.Set(0);
    // Not only a leader: the stop may have come while the lease was being taken.
    if (options_.release_on_cancel) {
      const auto released = lock_.Release(Context(log_).WithTimeout(std::chrono::seconds(3)));
      if (!released.ok()) log_.Error(released, "failed to release lease");
    }
  }

  void BecomeLeader() {
    log_.Info("successfully acquired lease " + options_.ns + "/" + options_.name);
    status_.Set(1);
    on_lead_();
  }

  void ApplyAnnotations() {
    const observe::MutexLock lock(mu_);
    for (const auto& [key, value] : annotations_) lock_.SetAnnotation(key, value);
    annotations_.clear();
  }

  void Wake() {
    const observe::MutexLock lock(mu_);
    woken_ = true;
    changed_.notify_all();
  }

  void Sleep(const std::stop_token& stop) {
    const auto until = Clock::now() + options_.retry_period;
    const observe::MutexLock lock(mu_);
    while (!woken_ && !stop.stop_requested() && Clock::now() < until)
      changed_.wait_until(mu_, until);
    woken_ = false;
  }

  const LeaderElectionOptions options_;
  const observe::Logger log_;
  observe::Gauge& status_;
  kube::LeaseLock lock_;  // of the thread
  std::function<void()> on_lead_, on_lost_;
  std::atomic<bool> leading_ = false;
  observe::Mutex mu_;
  observe::CondVar changed_;
  bool woken_ SLUICE_GUARDED_BY(mu_) = false;
  std::map<std::string, std::string> annotations_ SLUICE_GUARDED_BY(mu_);
  std::jthread thread_;
};

}  // namespace

std::string LeaseName(const std::string& controller, const std::string& watch_label_selector) {
  std::string name = controller + "-leader-election";
  if (!watch_label_selector.empty())
    name += "-" + base::Digest::Sha256(watch_label_selector).hex().substr(0, 8);
  return name;
}

std::unique_ptr<LeaderElector> MakeLeaderElector(kube::Client& client,
                                                 LeaderElectionOptions options,
                                                 observe::Registry& registry, observe::Logger log) {
  return std::make_unique<Elector>(client, std::move(options), registry, std::move(log));
}

}  // namespace sluice::runtime
