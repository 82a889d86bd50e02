#include "discovery.h"

#include <algorithm>
#include <condition_variable>

#include "base/strings.h"
#include "document/json.h"
#include "rest_path.h"

namespace sluice::kube {
namespace {

constexpr auto kRereadPeriod = std::chrono::seconds(1);
constexpr auto kReadTimeout = std::chrono::seconds(30);
constexpr auto kGroupPeriod = std::chrono::minutes(1);

base::Status NoMatch(const GroupVersionKind& gvk) {
  return base::NotFound(base::Cat("no matches for kind ", base::QuoteGo(gvk.kind), " in version ",
                                  base::QuoteGo(gvk.ApiVersion())));
}

}  // namespace

std::unordered_map<std::string, Client::Mapping> ParseResourceList(const document::Value& list) {
  std::unordered_map<std::string, Client::Mapping> kinds;
  for (const auto& r : list["resources"].items()) {
    const auto name = r["name"].AsString();
    const auto kind = r["kind"].AsString();
    if (name.empty() || kind.empty() || name.find('/') != name.npos)
      continue;  // "deployments/status"
    // A resource may carry another group's kind (the core group's "pods/eviction" and the like):
    // not this version's own.
    if (!r["group"].AsString().empty() && !r["version"].AsString().empty()) {
      const GroupVersionKind own{std::string(r["group"].AsString()),
                                 std::string(r["version"].AsString()), ""};
      if (own.ApiVersion() != list["groupVersion"].AsString()) continue;
    }
    Client::Mapping mapping{std::string(name), r["namespaced"].AsBool(), {}};
    for (const auto& verb : r["verbs"].items()) mapping.verbs.emplace_back(verb.AsString());
    kinds.emplace(kind, std::move(mapping));
  }
  return kinds;
}

std::vector<std::string> ParseVersions(const document::Value& group) {
  std::vector<std::string> out;
  const auto preferred = group["preferredVersion"]["version"].AsString();
  if (!preferred.empty()) out.emplace_back(preferred);
  for (const auto& v : group["versions"].items()) {
    const std::string version(v.is_string() ? v.AsString() : v["version"].AsString());
    if (!version.empty() && version != preferred) out.push_back(version);
  }
  return out;
}

std::optional<Client::Mapping> Discovery::Known(const GroupVersionKind& gvk) const {
  observe::MutexLock lock(mu_);
  const auto gv = versions_.find(gvk.ApiVersion());
  if (gv == versions_.end()) return std::nullopt;
  const auto kind = gv->second.kinds.find(gvk.kind);
  if (kind == gv->second.kinds.end()) return std::nullopt;
  return kind->second;
}

base::Result<Client::Mapping> Discovery::Outcome(const GroupVersionKind& gvk) const {
  if (auto known = Known(gvk)) return *std::move(known);
  observe::MutexLock lock(mu_);
  const auto gv = versions_.find(gvk.ApiVersion());
  const bool failed = gv != versions_.end() && !gv->second.failure.ok() &&
                      gv->second.failure.code() != base::StatusCode::kNotFound;
  return failed ? gv->second.failure : NoMatch(gvk);
}

void Discovery::Resolve(const observe::Context& ctx, const GroupVersionKind& gvk, Done done) {
  if (auto known = Known(gvk)) return done(*std::move(known));
  if (gvk.kind.empty() || gvk.version.empty()) return done(NoMatch(gvk));
  if (auto status = ctx.Check(); !status.ok()) return done(std::move(status));
  std::chrono::milliseconds wait{0};
  bool start = false;
  {
    observe::MutexLock lock(mu_);
    GroupVersion& gv = versions_[gvk.ApiVersion()];
    gv.waiting.push_back(
        [self = shared_from_this(), gvk, done = std::move(done)] { done(self->Outcome(gvk)); });
    if (!gv.reading) {
      start = gv.reading = true;
      const auto due = gv.read_at + kRereadPeriod - Clock::now();
      if (gv.read_at != Clock::time_point{})
        wait = std::max(wait, std::chrono::ceil<std::chrono::milliseconds>(due));
    }
  }
  if (!start) return;
  session_->http().PostAfter(wait, [self = shared_from_this(), gvk] { self->Read(gvk); });
}

void Discovery::Read(const GroupVersionKind& gvk) {
  Call call;
  call.path = GroupVersionPath(gvk);
  call.repeatable = true;
  session_->Send(
      observe::Context().WithTimeout(kReadTimeout), std::move(call),
      [self = shared_from_this(), gvk](Answer answer) { self->Finished(gvk, std::move(answer)); });
}

void Discovery::Finished(const GroupVersionKind& gvk, Answer answer) {
  base::Result<document::Value> parsed = answer.status;
  if (answer.status.ok()) parsed = document::ParseJson(answer.body);
  std::vector<std::function<void()>> waiting;
  {
    observe::MutexLock lock(mu_);
    GroupVersion& gv = versions_[gvk.ApiVersion()];
    gv.reading = false;
    gv.read = true;
    gv.read_at = Clock::now();
    gv.failure = parsed.ok() ? base::OkStatus() : parsed.status();
    if (parsed.ok())
      gv.kinds = ParseResourceList(*parsed);
    else if (gv.failure.code() == base::StatusCode::kNotFound)
      gv.kinds.clear();
    waiting.swap(gv.waiting);
  }
  for (const auto& fn : waiting) fn();
}

base::Result<Client::Mapping> Discovery::ResolveAndWait(const observe::Context& ctx,
                                                        const GroupVersionKind& gvk) {
  if (auto known = Known(gvk)) return *std::move(known);
  SLUICE_CHECK(!session_->http().OnIoThread());
  struct Waiter {
    observe::Mutex mu;
    observe::CondVar changed;
    std::optional<base::Result<Client::Mapping>> result SLUICE_GUARDED_BY(mu);
  };
  const auto waiter = std::make_shared<Waiter>();
  Resolve(ctx, gvk, [waiter](base::Result<Client::Mapping> mapping) {
    observe::MutexLock lock(waiter->mu);
    waiter->result = std::move(mapping);
    waiter->changed.notify_all();
  });
  observe::MutexLock lock(waiter->mu);
  const auto until = Clock::now() + ctx.Remaining(std::chrono::hours(1));
  const bool in = waiter->changed.wait_until(
      waiter->mu, ctx.stop(), until,
      [&]() SLUICE_REQUIRES(waiter->mu) { return waiter->result.has_value(); });
  if (in) return *std::move(waiter->result);
  auto status = ctx.Check();
  return status.ok() ? base::DeadlineExceeded("context deadline exceeded") : status;
}

base::Result<std::vector<std::string>> Discovery::Versions(const observe::Context& ctx,
                                                           const std::string& group) {
  {
    observe::MutexLock lock(mu_);
    const auto it = groups_.find(group);
    if (it != groups_.end() && Clock::now() < it->second.read_at + kGroupPeriod)
      return it->second.versions;
  }
  Call call;
  call.path = group.empty() ? "/api" : "/apis/" + group;
  call.repeatable = true;
  const Answer answer = session_->SendAndWait(ctx, std::move(call));
  if (!answer.status.ok()) return answer.status;
  SLUICE_TRY(const auto parsed, document::ParseJson(answer.body));
  auto versions = ParseVersions(parsed);
  observe::MutexLock lock(mu_);
  groups_[group] = {versions, Clock::now()};
  return versions;
}

base::Result<GroupVersionKind> Discovery::PreferredVersion(const observe::Context& ctx,
                                                           const GroupKind& gk) {
  auto versions = Versions(ctx, gk.group);
  if (!versions.ok() && versions.status().code() != base::StatusCode::kNotFound)
    return versions.status();
  if (versions.ok()) {
    for (const auto& version : *versions) {
      GroupVersionKind gvk{gk.group, version, gk.kind};
      const auto mapping = ResolveAndWait(ctx, gvk);
      if (mapping.ok()) return gvk;
      if (mapping.status().code() != base::StatusCode::kNotFound) return mapping.status();
    }
  }
  return base::NotFound(base::Cat("no matches for kind ", base::QuoteGo(gk.kind), " in group ",
                                  base::QuoteGo(gk.group)));
}

void Discovery::InvalidateAll() {
  observe::MutexLock lock(mu_);
  groups_.clear();
  for (auto& [name, gv] : versions_) {
    gv.kinds.clear();
    gv.read_at = {};
  }
}

void Discovery::Forget(const GroupVersionKind& gvk) {
  observe::MutexLock lock(mu_);
  const auto it = versions_.find(gvk.ApiVersion());
  if (it != versions_.end()) it->second.kinds.erase(gvk.kind);
}

}  // namespace sluice::kube
