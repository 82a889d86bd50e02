#include "apply/health.h"

#include <algorithm>

#include "base/strings.h"
#include "health_text.h"

namespace sluice::apply {

using kube::ObjectStatus;

std::string DescribeStatus(const ObjectRef& object, ObjectStatus status, std::string_view error) {
  return base::Cat(object.Subject(), " status: '", kube::ObjectStatusName(status), "'",
                   error.empty() ? "" : ": ", error);
}

std::string TimeoutText(const std::vector<std::string>& pending) {
  return base::Cat("timeout waiting for: [", base::Join(pending, ", "), "]");
}

namespace {

using Clock = std::chrono::steady_clock;

class Impl : public HealthCheck {
 public:
  Impl(kube::Client& client, LiveObjects& live, std::vector<ObjectRef> objects,
       std::vector<ObjectRef> finished_when_gone, HealthOptions options,
       std::function<void()> changed)
      : client_(client),
        live_(live),
        gone_is_fine_(std::move(finished_when_gone)),
        options_(options),
        changed_(std::move(changed)),
        started_(Clock::now()) {
    for (auto& object : objects) targets_.push_back({std::move(object), nullptr});
  }

  Clock::time_point started() const override { return started_; }
  Clock::time_point deadline() const override {
    return started_ + std::chrono::duration_cast<Clock::duration>(options_.timeout);
  }

  HealthVerdict Evaluate(const observe::Context& ctx) override {
    std::vector<std::string> pending, failed;
    bool unfinished = false;
    for (Target& target : targets_) {
      const auto [status, error] = Look(ctx, target);
      if (status == ObjectStatus::kCurrent) continue;
      pending.push_back(DescribeStatus(target.object, status, error));
      if (status == ObjectStatus::kFailed) {
        failed.push_back(pending.back());
      } else {
        unfinished = true;
      }
    }
    if (pending.empty()) return {HealthVerdict::State::kPassed, {}};
    if (!failed.empty() && (options_.fail_fast || !unfinished) && Clock::now() < deadline()) {
      return {HealthVerdict::State::kFailed,
              base::FailedPrecondition(base::Cat("failed early due to stalled resources: [",
                                                 base::Join(failed, ", "), "]"))};
    }
    if (Clock::now() >= deadline())
      return {HealthVerdict::State::kFailed, base::DeadlineExceeded(TimeoutText(pending))};
    return {};
  }

 private:
  struct Target {
    ObjectRef object;
    std::unique_ptr<FollowedObject> followed;
  };
  struct Seen {
    ObjectStatus status = ObjectStatus::kUnknown;
    std::string error;
  };

  bool GoneIsFine(const ObjectRef& object) const {
    return std::ranges::find(gone_is_fine_, object) != gone_is_fine_.end();
  }

  Seen Look(const observe::Context& ctx, Target& target) {
    if (target.followed == nullptr) {
      if (auto state = live_.Get(target.object)) return {state->status, std::move(state->error)};
      if (auto seen = StartFollowing(ctx, target)) return *std::move(seen);
    }
    if (auto state = target.followed->Get()) return {state->status, std::move(state->error)};
    if (target.followed->Known()) {
      if (GoneIsFine(target.object)) return {ObjectStatus::kCurrent, ""};
      return {ObjectStatus::kNotFound, ""};
    }
    const auto error = target.followed->LastError();
    return {ObjectStatus::kUnknown, error.message()};
  }

  // Not ours, or not shown by the watch of ours: followed by name, in the version the cluster
  // prefers.
  std::optional<Seen> StartFollowing(const observe::Context& ctx, Target& target) {
    const auto gvk = client_.PreferredVersion(ctx, target.object.gk);
    if (!gvk.ok()) return Seen{ObjectStatus::kUnknown, gvk.status().message()};
    const auto mapping = client_.MappingOf(ctx, *gvk);
    if (!mapping.ok()) return Seen{ObjectStatus::kUnknown, mapping.status().message()};
    target.object.version = gvk->version;
    if (!mapping->namespaced) target.object.key.ns.clear();
    target.followed = live_.Follow(target.object, changed_);
    return std::nullopt;
  }

  kube::Client& client_;
  LiveObjects& live_;
  std::vector<Target> targets_;
  const std::vector<ObjectRef> gone_is_fine_;
  const HealthOptions options_;
  const std::function<void()> changed_;
  const Clock::time_point started_;
};

}  // namespace

std::unique_ptr<HealthCheck> HealthCheck::Start(kube::Client& client, LiveObjects& live,
                                                std::vector<ObjectRef> objects,
                                                std::vector<ObjectRef> finished_when_gone,
                                                HealthOptions options,
                                                std::function<void()> changed) {
  return std::make_unique<Impl>(client, live, std::move(objects), std::move(finished_when_gone),
                                options, std::move(changed));
}

}  // namespace sluice::apply
