#include "planner.h"

#include <re2/re2.h>

#include <algorithm>

#include "builtin.h"
#include "document/patch.h"
#include "fanout.h"
#include "value_hash.h"

namespace sluice::apply {
namespace {

using base::Status;
using document::Value;
using Clock = std::chrono::steady_clock;

constexpr auto kRecreatePoll = std::chrono::milliseconds(500);
constexpr auto kDefinitionPoll = std::chrono::milliseconds(100);

bool LooksImmutable(const Status& error, std::string_view reason) {
  static const re2::RE2 kImmutable(R"(is\simmutable|immutable\sfield)");
  return reason == "Conflict" || reason == "Invalid" ||
         re2::RE2::PartialMatch(error.message(), kImmutable);
}

Status Masked(const Item& item, Status status) {
  if (!item.ref.gk.group.empty() || item.ref.gk.kind != "Secret") return status;
  return Status(status.code(), MaskSecretValues(status.message(), item.desired));
}

// The autoscaler's API keeps metrics by type: a dry run repeats some and leaves others empty.
void TidyAutoscaler(Value& object) {
  if (object["kind"].AsString() != "HorizontalPodAutoscaler" ||
      !object["spec"]["metrics"].is_array())
    return;
  std::vector<Value> kept;
  for (const Value& metric : object["spec"]["metrics"].items()) {
    if (!metric.empty() && std::ranges::find(kept, metric) == kept.end()) kept.push_back(metric);
  }
  object.Mutable("spec").Set("metrics", Value::Array(std::move(kept)));
}

}  // namespace

bool AppliedObject::Matches(const LiveObjects& live) const {
  const auto state = live.Get(object);
  return state && !state->deleting && state->uid == uid && state->owned == owned;
}

Planner::Planner(kube::Client& client, LiveObjects& live, ApplyMemory& memory,
                 const ApplyOptions& options)
    : client_(client),
      live_(live),
      memory_(memory),
      options_(options),
      rules_{options.field_manager, options.override_managers} {}

Status Planner::CompileOptions() {
  SLUICE_TRY(ignore_, IgnoreRules::Compile(options_.ignore));
  return base::OkStatus();
}

Status Planner::Resolve(const observe::Context& ctx, Item& item) {
  if (item.resolved) return base::OkStatus();
  const auto mapping = client_.MappingOf(ctx, item.ref.gvk());
  if (!mapping.ok()) return mapping.status();
  if (!mapping->namespaced) {
    item.ref.key.ns.clear();
    item.desired.Mutable("metadata").Erase("namespace");
    item.id = item.ref.Id();
  }
  item.resolved = true;
  live_.Track(item.ref.gvk());
  if (mapping->namespaced && item.ref.key.ns.empty()) {
    item.resolved = false;
    return base::NotFound("the server could not find the requested resource");
  }
  return base::OkStatus();
}

bool Planner::Unchanged(const Item& item) const {
  const auto known = memory_.find(item.id);
  return known != memory_.end() && known->second.manifest == item.manifest &&
         known->second.Matches(live_);
}

Action Planner::Settled(const Value& live) const {
  if (options_.resumes_since.empty()) return Action::kUnchanged;
  if (live["metadata"]["creationTimestamp"].AsString() >= options_.resumes_since)
    return Action::kCreated;
  return LastAppliedAt(live, rules_) >= options_.resumes_since ? Action::kConfigured
                                                               : Action::kUnchanged;
}

void Planner::Remember(const Item& item, const LiveState& state) {
  memory_[item.id] = {item.ref, item.manifest, state.uid, state.owned};
}

Status Planner::DryRunError(const Item& item, const Status& error, std::string_view reason) const {
  const std::string subject = item.ref.Subject();
  std::string text;
  if (reason == "NotFound") {
    text = base::Cat(
        subject,
        item.ref.key.ns.empty() && !item.resolved ? " namespace not specified: " : " not found: ",
        error.message());
  } else {
    text = base::Cat(subject, " dry-run failed", reason.empty() ? "" : base::Cat(" (", reason, ")"),
                     ": ", error.message());
  }
  return Masked(item, Status(error.code(), std::move(text)));
}

void Planner::AskDryRuns(const observe::Context& ctx, std::vector<Question>& questions) {
  kube::WriteOptions write;
  write.field_manager = options_.field_manager;
  write.force = true;
  write.dry_run = true;
  RunRequests(
      questions.size(), options_.concurrency,
      [&](size_t i, std::function<void(kube::Client::Reply)> done) {
        kube::Client::Request request;
        request.verb = kube::Client::Request::Verb::kPatch;
        request.gvk = questions[i].item->ref.gvk();
        request.key = questions[i].item->ref.key;
        request.body = &questions[i].item->desired;
        request.write = write;
        client_.Start(ctx, request, std::move(done));
        return true;
      },
      [&](size_t i, kube::Client::Reply reply) {
        Question& question = questions[i];
        question.reason = std::move(reply.reason);
        question.error = reply.object.status();
        if (reply.object.ok()) {
          question.error = Status();
          question.dry_run = *std::move(reply.object);
        }
        Judge(question);
      });
}

void Planner::Judge(Question& question) {
  Item& item = *question.item;
  if (!question.error.ok()) {
    if (!item.stripped && IsBuiltInGroup(item.ref.gk.group) &&
        DropUndeclaredFields(item.desired, question.error.message())) {
      item.stripped = true;
      question.ask_again = true;
      return;
    }
    question.needs_live = LooksImmutable(question.error, question.reason);
    return;
  }
  const Value& result = question.dry_run;
  item.exists = !kube::ResourceVersionOf(result).empty();
  if (!item.exists) {
    item.Decide(Action::kCreated, true);
    return;
  }
  if (IsLeftAlone(result, options_.owner_group) ||
      HasControl(item.desired, options_.owner_group, "ssa", "IfNotPresent")) {
    item.Decide(Action::kSkipped, false);
    return;
  }
  item.ignored = ignore_.PathsFor(item.desired);
  const bool cleanup =
      !HasControl(result, options_.owner_group, "ssa", "Merge") && NeedsCleanup(result, rules_);
  const auto live = live_.Get(item.ref);
  const bool fresh = live && live->uid == kube::UidOf(result) &&
                     live->resource_version == kube::ResourceVersionOf(result);
  if (cleanup || !fresh || !item.ignored.empty() || item.ref.gk.kind == "HorizontalPodAutoscaler") {
    question.needs_live = true;
    return;
  }
  if (live_.Reduce(result).content != live->content) {
    item.Decide(Action::kConfigured, true);
    return;
  }
  Remember(item, *live);
  item.Decide(Settled(result), false);
}

void Planner::Compare(Question& question, const Value& live) {
  Item& item = *question.item;
  if (!HasControl(live, options_.owner_group, "ssa", "Merge") &&
      !HasControl(item.desired, options_.owner_group, "ssa", "Merge")) {
    item.cleanup = CleanupPatch(live, rules_);
  }
  Value before = live, after = std::move(question.dry_run);
  TidyAutoscaler(after);
  for (const auto& path : item.ignored) {
    document::RemovePointer(before, path);
    document::RemovePointer(after, path);
  }
  const bool drifted = live_.Reduce(before).content != live_.Reduce(after).content;
  if (!drifted && item.cleanup.empty()) {
    Remember(item, live_.Reduce(live));
    item.Decide(Settled(live), false);
    return;
  }
  KeepIgnored(item.desired, live, item.ignored, options_.field_manager);
  item.Decide(Action::kConfigured, true);
}

void Planner::JudgeFailure(const observe::Context& ctx, Question& question, const Value* live,
                           const std::function<Status()>& before_write) {
  Item& item = *question.item;
  if (live == nullptr) return;
  const std::string& group = options_.owner_group;
  if (IsLeftAlone(*live, group) || HasControl(item.desired, group, "ssa", "IfNotPresent")) {
    question.error = Status();
    item.Decide(Action::kSkipped, false);
    return;
  }
  const bool force = options_.force || HasControl(item.desired, group, "force", "enabled") ||
                     HasControl(*live, group, "force", "enabled");
  if (!force) return;
  Status deleted = before_write();
  if (deleted.ok()) {
    kube::DeleteOptions options;
    options.propagation = kube::Propagation::kBackground;
    options.uid = kube::UidOf(*live);
    deleted = client_.Delete(ctx, item.ref.gvk(), item.ref.key, options);
  }
  if (!deleted.ok() && deleted.code() != base::StatusCode::kNotFound) {
    question.error =
        deleted.Wrap(item.ref.Subject() + " immutable field detected, failed to delete object");
    question.worded = true;
    return;
  }
  question.error = Status();
  item.state = Item::State::kRecreating;
  item.recreate_until = Clock::now() + options_.stage_timeout;
}

void Planner::AskLive(const observe::Context& ctx, std::vector<Question>& questions,
                      const std::function<Status()>& before_write) {
  RunRequests(
      questions.size(), options_.concurrency,
      [&](size_t i, std::function<void(kube::Client::Reply)> done) {
        if (!questions[i].needs_live) return false;
        kube::Client::Request request;
        request.gvk = questions[i].item->ref.gvk();
        request.key = questions[i].item->ref.key;
        client_.Start(ctx, request, std::move(done));
        return true;
      },
      [&](size_t i, kube::Client::Reply reply) {
        Question& question = questions[i];
        const bool failed = !question.error.ok();
        if (failed) {
          JudgeFailure(ctx, question, reply.object.ok() ? &*reply.object : nullptr, before_write);
        } else if (reply.object.ok()) {
          Compare(question, *reply.object);
        } else if (reply.object.status().code() == base::StatusCode::kNotFound) {
          question.item->Decide(Action::kCreated, true);  // gone since the dry run
        } else {
          question.error = reply.object.status();
          question.reason = reply.reason;
        }
      });
}

Status Planner::AwaitRecreation(const observe::Context& ctx, Item& item) {
  const auto live = client_.Get(ctx, item.ref.gvk(), item.ref.key);
  if (!live.ok() && live.status().code() == base::StatusCode::kNotFound) {
    item.state = Item::State::kPending;
    memory_.erase(item.id);
    return base::OkStatus();
  }
  if (Clock::now() < item.recreate_until) return base::OkStatus();
  return base::DeadlineExceeded(item.ref.Subject() +
                                " immutable field detected, failed to wait for object to be "
                                "deleted: context deadline exceeded");
}

Planner::Outcome Planner::Plan(const observe::Context& ctx, std::span<Item* const> items,
                               const std::vector<kube::GroupKind>& defined,
                               const std::function<Status()>& before_write) {
  bool waiting = false;
  std::vector<Question> questions;
  Status first_error;
  const auto fail = [&first_error](Status error) {
    if (first_error.ok()) first_error = std::move(error);
  };
  for (Item* item : items) {
    if (item->state == Item::State::kRecreating) {
      if (const Status status = AwaitRecreation(ctx, *item); !status.ok()) fail(status);
    }
    if (item->state == Item::State::kRecreating) waiting = true;
    if (item->state != Item::State::kPending) continue;
    if (const Status status = Resolve(ctx, *item); !status.ok()) {
      const bool unknown_kind = status.code() == base::StatusCode::kNotFound &&
                                status.message().starts_with("no matches for kind");
      if (IsLeftAlone(item->desired, options_.owner_group)) {
        item->Decide(Action::kSkipped, false);
      } else if (unknown_kind && std::ranges::find(defined, item->ref.gk) != defined.end()) {
        return {ApplyState::kWaiting, DryRunError(*item, status, ""), kDefinitionPoll};
      } else {
        fail(DryRunError(
            *item, status,
            status.code() == base::StatusCode::kNotFound && !unknown_kind ? "NotFound" : ""));
      }
    } else if (IsLeftAlone(item->desired, options_.owner_group)) {
      item->Decide(Action::kSkipped, false);
    } else if (Unchanged(*item)) {
      item->Decide(Action::kUnchanged, false);
    } else {
      questions.emplace_back().item = item;
    }
  }
  if (!first_error.ok()) return {ApplyState::kFailed, first_error, {}};
  while (!questions.empty()) {
    AskDryRuns(ctx, questions);
    AskLive(ctx, questions, before_write);
    std::vector<Question> next;
    for (Question& question : questions) {
      Item* const item = question.item;
      if (item->state == Item::State::kRecreating) {
        waiting = true;
      } else if (question.ask_again) {
        next.emplace_back().item = item;
      } else if (!question.error.ok()) {
        fail(question.worded ? question.error
                             : DryRunError(*item, question.error, question.reason));
      }
    }
    if (!first_error.ok()) return {ApplyState::kFailed, first_error, {}};
    questions = std::move(next);
  }
  if (waiting) return {ApplyState::kWaiting, {}, kRecreatePoll};
  return {};
}

}  // namespace sluice::apply
