#include "apply/applier.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>

#include "fanout.h"
#include "health_text.h"
#include "item.h"
#include "kube/kstatus.h"
#include "planner.h"
#include "value_hash.h"

namespace sluice::apply {
namespace {

using base::Status;
using document::Value;
using Clock = std::chrono::steady_clock;

constexpr auto kFirstWait = std::chrono::milliseconds(50);
constexpr auto kLongestWait = std::chrono::milliseconds(2000);

// One object's intended state and the options that shape what is sent.
std::string ManifestHash(const Value& desired, const ApplyOptions& options) {
  ValueHasher hasher;
  hasher.Add(desired);
  for (const auto& rule : options.ignore) {
    for (const auto& path : rule.paths) hasher.AddText(path);
    for (const auto* text : {&rule.group, &rule.version, &rule.kind, &rule.ns, &rule.name,
                             &rule.label_selector, &rule.annotation_selector}) {
      hasher.AddText(*text);
    }
  }
  return hasher.Finish();
}

// The kinds that CRDs of the set define.
std::vector<kube::GroupKind> DefinedKinds(const std::vector<Value>& objects) {
  std::vector<kube::GroupKind> out;
  for (const Value& object : objects) {
    if (object["kind"].AsString() != "CustomResourceDefinition") continue;
    out.push_back({std::string(object["spec"]["group"].AsString()),
                   std::string(object.At({"spec", "names", "kind"}).AsString())});
  }
  return out;
}

class Impl : public Applier {
 public:
  Impl(kube::Client& client, LiveObjects& live, ApplyMemory& memory, std::vector<Value> objects,
       ApplyOptions options)
      : client_(client),
        live_(live),
        memory_(memory),
        options_(std::move(options)),
        defined_(DefinedKinds(objects)),
        planner_(client, live, memory, options_) {
    items_.reserve(objects.size());
    for (Value& object : objects) {
      Item item;
      item.desired = std::move(object);
      items_.push_back(std::move(item));
    }
  }

  void OnFirstWrite(std::function<Status(const Inventory&)> hook) override {
    hook_ = std::move(hook);
  }
  const ChangeSet& changes() const override { return changes_; }

  ApplyResult Run(const observe::Context& ctx) override {
    if (!prepared_) {
      if (Status status = Prepare(ctx); !status.ok()) return Failed(std::move(status));
    }
    while (next_ < items_.size()) {
      auto result = RunStage(ctx);
      if (result.state != ApplyState::kDone) return result;
    }
    Forget();
    return {.state = ApplyState::kDone, .status = {}, .retry_after = {}};
  }

 private:
  enum class Phase : uint8_t { kPlan, kWait };

  Status Prepare(const observe::Context& ctx) {
    SLUICE_TRY(planner_.CompileOptions());
    for (Item& item : items_) {
      item.ref = ObjectRef::Of(item.desired);
      if (Status status = Normalize(item.desired); !status.ok())
        return status.Wrap(item.ref.Subject() + " normalization error");
      item.stage = StageOf(item.ref.gk, options_.custom_stage);
      item.id = item.ref.Id();
      // Scope first: cluster-scoped objects sort and are recorded without the namespace they may
      // have been given. A kind that is not served yet is reported by its stage.
      (void)planner_.Resolve(ctx, item);
      item.manifest = ManifestHash(item.desired, options_);
    }
    std::ranges::stable_sort(items_, [](const Item& a, const Item& b) {
      return a.stage != b.stage ? a.stage < b.stage : SortsBefore(a.ref, b.ref);
    });
    prepared_ = true;
    return base::OkStatus();
  }

  // One stage, from where it was left.
  ApplyResult RunStage(const observe::Context& ctx) {
    const Stage stage = items_[next_].stage;
    size_t end = next_;
    while (end < items_.size() && items_[end].stage == stage) ++end;
    const std::span<Item> members(items_.data() + next_, end - next_);
    if (phase_ == Phase::kPlan) {
      if (!deadline_) deadline_ = Clock::now() + options_.stage_timeout;
      if (auto result = PlanAndWrite(ctx, members); result.state != ApplyState::kDone)
        return result;
      Report(members);
      phase_ = Phase::kWait;
      deadline_ = Clock::now() + options_.stage_timeout;
      wait_ = kFirstWait;
    }
    if (stage == Stage::kDefinitions || stage == Stage::kClasses) {
      if (auto result = AwaitCurrent(ctx, members); result.state != ApplyState::kDone)
        return result;
    }
    next_ = end;
    phase_ = Phase::kPlan;
    deadline_.reset();
    return {.state = ApplyState::kDone, .status = {}, .retry_after = {}};
  }

  ApplyResult PlanAndWrite(const observe::Context& ctx, std::span<Item> members) {
    std::vector<Item*> pending;
    for (Item& item : members) pending.push_back(&item);
    const auto outcome = planner_.Plan(ctx, pending, defined_, [this] { return BeforeWrite(); });
    if (outcome.state == ApplyState::kFailed) return Failed(outcome.status);
    if (outcome.state == ApplyState::kWaiting) {
      if (!outcome.status.ok() && Clock::now() >= *deadline_) return Failed(outcome.status);
      if (!outcome.status.ok()) client_.InvalidateDiscovery();
      return {.state = ApplyState::kWaiting, .status = {}, .retry_after = outcome.retry_after};
    }
    if (Status status = Write(ctx, members); !status.ok()) {
      Report(members);
      return Failed(std::move(status));
    }
    return {.state = ApplyState::kDone, .status = {}, .retry_after = {}};
  }

  Status BeforeWrite() {
    if (written_) return base::OkStatus();
    written_ = true;
    if (!hook_) return base::OkStatus();
    ChangeSet planned;
    for (const Item& item : items_) planned.Add(item.ref, Action::kUnknown);
    return hook_(planned.ToInventory());
  }

  // Phase B: in order; objects of one kind index have no order among them and go together.
  Status Write(const observe::Context& ctx, std::span<Item> members) {
    std::vector<Item*> writes;
    for (Item& item : members) {
      if (item.state == Item::State::kPlanned && item.write) writes.push_back(&item);
      if (item.state == Item::State::kPlanned && !item.write) item.state = Item::State::kDone;
    }
    if (writes.empty()) return base::OkStatus();
    SLUICE_TRY(BeforeWrite());
    for (size_t begin = 0; begin < writes.size();) {
      size_t end = begin;
      const int index = KindIndex(writes[begin]->ref.gk.kind);
      while (end < writes.size() && KindIndex(writes[end]->ref.gk.kind) == index) ++end;
      const std::span<Item*> group(writes.data() + begin, end - begin);
      SLUICE_TRY(CleanUp(ctx, group));
      SLUICE_TRY(ApplyGroup(ctx, group));
      begin = end;
    }
    return base::OkStatus();
  }

  Status CleanUp(const observe::Context& ctx, std::span<Item* const> group) {
    for (const Item* item : group) {
      if (item->cleanup.empty()) continue;
      kube::WriteOptions write;
      write.field_manager = options_.field_manager;
      const auto done = client_.Patch(ctx, item->ref.gvk(), item->ref.key, kube::PatchType::kJson,
                                      item->cleanup, write);
      if (!done.ok())
        return done.status().Wrap(item->ref.Subject() + " metadata.managedFields cleanup failed");
    }
    return base::OkStatus();
  }

  Status ApplyGroup(const observe::Context& ctx, std::span<Item* const> group) {
    kube::WriteOptions write;
    write.field_manager = options_.field_manager;
    write.force = true;
    Status first_error;
    RunRequests(
        group.size(), options_.concurrency,
        [&](size_t i, std::function<void(kube::Client::Reply)> done) {
          if (!first_error.ok()) return false;
          kube::Client::Request request;
          request.verb = kube::Client::Request::Verb::kPatch;
          request.gvk = group[i]->ref.gvk();
          request.key = group[i]->ref.key;
          request.body = &group[i]->desired;
          request.write = write;
          client_.Start(ctx, request, std::move(done));
          return true;
        },
        [&](size_t i, kube::Client::Reply reply) {
          Item& item = *group[i];
          if (reply.object.ok()) {
            const LiveState state = live_.Observe(*std::move(reply.object));
            memory_[item.id] = {item.ref, item.manifest, state.uid, state.owned};
            item.state = Item::State::kDone;
          } else if (first_error.ok()) {
            Status error = reply.object.status().Wrap(item.ref.Subject() + " apply failed");
            const bool secret = item.ref.gk.group.empty() && item.ref.gk.kind == "Secret";
            first_error =
                secret ? Status(error.code(), MaskSecretValues(error.message(), item.desired))
                       : std::move(error);
          }
        });
    return first_error;
  }

  // After a stage: what was done to its members, in order.
  void Report(std::span<Item> members) {
    for (const Item& item : members) {
      if (item.state == Item::State::kDone) changes_.Add(item.ref, item.action);
      created_definitions_ |= item.state == Item::State::kDone && item.write &&
                              item.ref.gk.kind == "CustomResourceDefinition";
    }
  }

  kube::StatusResult StatusOf(const observe::Context& ctx, const Item& item) {
    if (const auto live = live_.Get(item.ref)) return {live->status, "", live->error};
    const auto object = client_.Get(ctx, item.ref.gvk(), item.ref.key);
    if (object.ok()) return kube::ComputeStatus(*object);
    if (object.status().code() == base::StatusCode::kNotFound)
      return {kube::ObjectStatus::kNotFound, "", ""};
    return {kube::ObjectStatus::kUnknown, "", object.status().message()};
  }

  ApplyResult AwaitCurrent(const observe::Context& ctx, std::span<Item> members) {
    std::vector<std::string> pending;
    for (const Item& item : members) {
      const auto result = StatusOf(ctx, item);
      if (result.status != kube::ObjectStatus::kCurrent)
        pending.push_back(DescribeStatus(item.ref, result.status, result.error));
    }
    if (pending.empty()) {
      if (std::exchange(created_definitions_, false)) client_.InvalidateDiscovery();
      return {.state = ApplyState::kDone, .status = {}, .retry_after = {}};
    }
    if (Clock::now() >= *deadline_) return Failed(base::DeadlineExceeded(TimeoutText(pending)));
    const auto wait = std::exchange(wait_, std::min(wait_ * 2, kLongestWait));
    return {.state = ApplyState::kWaiting, .status = {}, .retry_after = wait};
  }

  ApplyResult Failed(Status status) {
    Status worded(status.code(),
                  base::Cat(status.message(), "\n", changes_.Lines(/*changed_only=*/true)));
    return {.state = ApplyState::kFailed, .status = std::move(worded), .retry_after = {}};
  }

  // What is not in the set any more needs no memory.
  void Forget() {
    std::set<std::string_view> ids;
    for (const Item& item : items_) {
      if (item.action != Action::kSkipped) ids.insert(item.id);  // what we leave alone may drift
    }
    std::erase_if(memory_, [&](const auto& entry) { return !ids.contains(entry.first); });
  }

  kube::Client& client_;
  LiveObjects& live_;
  ApplyMemory& memory_;
  const ApplyOptions options_;
  const std::vector<kube::GroupKind> defined_;
  Planner planner_;
  std::function<Status(const Inventory&)> hook_;
  std::vector<Item> items_;
  ChangeSet changes_;
  bool prepared_ = false, written_ = false, created_definitions_ = false;
  size_t next_ = 0;  // the first item of the stage at hand
  Phase phase_ = Phase::kPlan;
  std::optional<Clock::time_point> deadline_;
  std::chrono::milliseconds wait_ = kFirstWait;
};

}  // namespace

std::unique_ptr<Applier> Applier::Make(kube::Client& client, LiveObjects& live, ApplyMemory& memory,
                                       std::vector<Value> objects, ApplyOptions options) {
  return std::make_unique<Impl>(client, live, memory, std::move(objects), std::move(options));
}

}  // namespace sluice::apply
