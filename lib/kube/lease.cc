#include "kube/lease.h"

#include "base/clock.h"
#include "base/time.h"

namespace sluice::kube {
namespace {

using document::Value;

const GroupVersionKind kLease{"coordination.k8s.io", "v1", "Lease"};

}  // namespace

void LeaseLock::Seen(Value lease) {
  // Expiry is measured from when we saw the record change, never by the holder's clock.
  if (!(lease["spec"] == lease_["spec"])) changed_at_ = observe::Context::Clock::now();
  holder_ = lease["spec"]["holderIdentity"].AsString();
  lease_ = std::move(lease);
  unsure_ = false;
}

bool LeaseLock::HeldByOther() const {
  return !holder_.empty() && holder_ != options_.identity &&
         observe::Context::Clock::now() < changed_at_ + options_.duration;
}

// The lease as we want to write it: ours, renewed now.
Value LeaseLock::Claimed() const {
  Value lease = lease_;
  if (lease.is_null()) {
    lease = Value::Object({{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}});
    lease.Mutable("metadata").Set("name", options_.key.name);
    lease.Mutable("metadata").Set("namespace", options_.key.ns);
  }
  Value& metadata = lease.Mutable("metadata");
  metadata.Erase("managedFields");
  for (const auto& [key, value] : options_.annotations)
    metadata.Mutable("annotations").Set(key, value);
  const std::string now = base::FormatRfc3339Micro(base::SystemClock().Now());
  Value& spec = lease.Mutable("spec");
  const bool mine = spec["holderIdentity"].AsString() == options_.identity;
  if (!mine) {
    const int64_t transitions = spec["leaseTransitions"].AsInt();
    spec.Set("leaseTransitions", lease_.is_null() ? 0 : transitions + 1);
    spec.Set("acquireTime", now);
  }
  spec.Set("holderIdentity", options_.identity);
  spec.Set("leaseDurationSeconds", static_cast<int64_t>(options_.duration.count()));
  spec.Set("renewTime", now);
  return lease;
}

base::Result<bool> LeaseLock::TryAcquireOrRenew(const observe::Context& ctx) {
  using base::StatusCode;
  // The holder renews what it wrote last; a conflict shows that somebody else wrote since.
  if (holder_ == options_.identity && !lease_.is_null()) {
    auto renewed = client_.Update(ctx, Claimed(), {});
    if (renewed.ok()) {
      Seen(*std::move(renewed));
      return true;
    }
    unsure_ = true;
    const auto code = renewed.status().code();
    if (code != StatusCode::kConflict && code != StatusCode::kNotFound) return renewed.status();
  }
  auto current = client_.Get(ctx, kLease, options_.key);
  if (!current.ok() && current.status().code() != StatusCode::kNotFound) return current.status();
  if (!current.ok()) {
    lease_ = Value();
    holder_.clear();
    auto created = client_.Create(ctx, Claimed(), {});
    unsure_ = !created.ok();
    if (!created.ok() && created.status().code() == StatusCode::kAlreadyExists) return false;
    if (!created.ok()) return created.status();
    Seen(*std::move(created));
    return true;
  }
  Seen(*std::move(current));
  if (HeldByOther()) return false;
  auto taken = client_.Update(ctx, Claimed(), {});
  unsure_ = !taken.ok();
  if (!taken.ok() && taken.status().code() == StatusCode::kConflict) return false;
  if (!taken.ok()) return taken.status();
  Seen(*std::move(taken));
  return true;
}

base::Status LeaseLock::Release(const observe::Context& ctx) {
  for (int attempt = 0;; ++attempt) {
    // A write that was cut short may have reached the server all the same: look before giving up
    // what may be ours.
    if (unsure_) {
      auto current = client_.Get(ctx, kLease, options_.key);
      if (current.status().code() == base::StatusCode::kNotFound) return {};
      if (!current.ok()) return std::move(current).status();
      Seen(*std::move(current));
    }
    if (holder_ != options_.identity || lease_.is_null()) return {};
    Value lease = lease_;
    const std::string now = base::FormatRfc3339Micro(base::SystemClock().Now());
    Value& spec = lease.Mutable("spec");
    spec.Set("holderIdentity", "");
    spec.Set("leaseDurationSeconds", 1);
    spec.Set("renewTime", now);
    spec.Set("acquireTime", now);
    auto released = client_.Update(ctx, lease, {});
    if (released.ok()) {
      Seen(*std::move(released));
      return {};
    }
    if (released.status().code() != base::StatusCode::kConflict || attempt > 2)
      return std::move(released).status();
    unsure_ = true;
  }
}

}  // namespace sluice::kube
