#include "kube/lease.h"

#include <utility>

#include "base/time.h"
#include "document/json.h"

namespace sluice::kube {
namespace {

using document::Value;

const GroupVersionKind kLeaseGvk{"coordination.k8s.io", "v1", "Lease"};

std::string NowMicro() { return base::FormatRfc3339Micro(std::chrono::system_clock::now()); }

// What tells one term of a holder from another: any change restarts the wait of those who would take over.
std::string RecordOf(const Value& lease) { return document::ToJson(lease["spec"]); }

}  // namespace

base::Result<bool> LeaseLock::TryAcquireOrRenew(const observe::Context& ctx) {
  auto read = client_.Get(ctx, kLeaseGvk, options_.key);
  if (!read.ok()) {
    if (read.status().code() != base::StatusCode::kNotFound) return read.status();
    Value lease = Value::Object({{"apiVersion", kLeaseGvk.ApiVersion()}, {"kind", kLeaseGvk.kind}});
    lease.Set("metadata", Value::Object({{"name", options_.key.name}, {"namespace", options_.key.ns}}));
    return Write(ctx, std::move(lease), true);
  }
  if (std::string record = RecordOf(*read); record != observed_record_) {
    observed_record_ = std::move(record);
    observed_at_ = observe::Context::Clock::now();
  }
  observed_ = *std::move(read);
  holder_ = observed_["spec"]["holderIdentity"].AsString();
  if (HeldByOther(observed_)) return false;
  return Write(ctx, observed_, false);
}

// Held as long as its holder renewed it, by our own clock, within the duration it asked for.
bool LeaseLock::HeldByOther(const Value& lease) const {
  const auto holder = lease["spec"]["holderIdentity"].AsString();
  if (holder.empty() || holder == options_.identity) return false;
  const std::chrono::seconds duration(lease["spec"]["leaseDurationSeconds"].AsInt());
  return observe::Context::Clock::now() < observed_at_ + duration;
}

base::Result<bool> LeaseLock::Write(const observe::Context& ctx, Value lease, bool create) {
  const std::string now = NowMicro();
  Value& spec = lease.Mutable("spec");
  const bool ours = spec["holderIdentity"].AsString() == options_.identity;
  if (!ours) {
    const int64_t transitions = spec["leaseTransitions"].AsInt();
    spec.Set("acquireTime", now);
    spec.Set("leaseTransitions", create ? int64_t{0} : transitions + 1);
  }
  spec.Set("holderIdentity", options_.identity);
  spec.Set("leaseDurationSeconds", static_cast<int64_t>(options_.duration.count()));
  spec.Set("renewTime", now);
  for (const auto& [key, value] : options_.annotations) lease.Mutable("metadata").Mutable("annotations").Set(key, value);
  auto written = create ? client_.Create(ctx, lease, {}) : client_.Update(ctx, lease, {});
  if (!written.ok()) {
    const auto code = written.status().code();
    // Another one was faster: no failure, the next look tells who.
    if (code == base::StatusCode::kConflict || code == base::StatusCode::kAlreadyExists) return false;
    return written.status();
  }
  observed_ = *std::move(written);
  observed_record_ = RecordOf(observed_);
  observed_at_ = observe::Context::Clock::now();
  holder_ = options_.identity;
  return true;
}

base::Status LeaseLock::Release(const observe::Context& ctx) {
  if (holder_ != options_.identity) return base::OkStatus();
  Value lease = observed_;
  Value& spec = lease.Mutable("spec");
  spec.Set("holderIdentity", "");
  spec.Set("leaseDurationSeconds", 1);
  spec.Set("renewTime", NowMicro());
  holder_.clear();
  return client_.Update(ctx, lease, {}).status();
}

}  // namespace sluice::kube
