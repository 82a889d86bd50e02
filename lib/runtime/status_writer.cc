#include "runtime/status_writer.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "api/conditions.h"
#include "document/patch.h"

namespace sluice::runtime {

using base::Result;
using base::Status;
using document::Value;
using observe::Context;

namespace {

constexpr std::string_view kMetadataMaps[] = {"annotations", "labels"};

const Value& Conditions(const Value& object) { return object.At({"status", "conditions"}); }

const Value* FindCondition(const Value& list, std::string_view type) {
  for (const Value& c : list.items()) {
    if (c["type"].AsString() == type) return &c;
  }
  return nullptr;
}

Value StatusWithoutConditions(const Value& object) {
  Value status = object["status"].is_object() ? object["status"] : Value::Object();
  status.Erase("conditions");
  return status;
}

bool Same(const Value* a, const Value* b) {
  return (a == nullptr) == (b == nullptr) && (a == nullptr || *a == *b);
}

std::set<std::string_view> Texts(const Value& list) {
  std::set<std::string_view> out;
  for (const Value& item : list.items()) out.insert(item.AsString());
  return out;
}

Value MapOrEmpty(const Value& v) { return v.is_object() ? v : Value::Object(); }

}  // namespace

StatusWriter::StatusWriter(kube::Client& client, kube::Informer* informer,
                           StatusWriterOptions options, base::Random& random)
    : client_(client), informer_(informer), options_(std::move(options)), random_(random) {}

StatusWriter::Patches StatusWriter::Difference(const Value& before, const Value& after) const {
  Patches out{Value::Object(), Value::Object()};
  Value status =
      document::MakeMergePatch(MapOrEmpty(before["status"]), MapOrEmpty(after["status"]));
  const bool conditions = status.Find("conditions") != nullptr;
  if (!status.empty()) {
    // A list can only be replaced whole: the lock keeps a foreign condition that came meanwhile.
    if (conditions)
      out.status.Mutable("metadata").Set("resourceVersion", kube::ResourceVersionOf(before));
    out.status.Set("status", std::move(status));
  }
  Value metadata = Value::Object();
  for (const std::string_view field : kMetadataMaps) {
    Value diff = document::MakeMergePatch(MapOrEmpty(before.At({"metadata", field})),
                                          MapOrEmpty(after.At({"metadata", field})));
    if (!diff.empty()) metadata.Set(field, std::move(diff));
  }
  const Value& finalizers = after.At({"metadata", "finalizers"});
  if (Texts(before.At({"metadata", "finalizers"})) != Texts(finalizers)) {
    metadata.Set("finalizers", finalizers.is_array() ? finalizers : Value());
    metadata.Set("resourceVersion", kube::ResourceVersionOf(before));
  }
  if (!metadata.empty()) out.metadata.Set("metadata", std::move(metadata));
  return out;
}

Result<Value> StatusWriter::Write(const Context& ctx, const Value& before, const Value& after) {
  const Patches patches = Difference(before, after);
  // An object that loses its last finalizer is gone with that patch: nobody reads its status any
  // more.
  const bool leaving = kube::IsBeingDeleted(after) && !patches.metadata.empty() &&
                       after.At({"metadata", "finalizers"}).empty();
  Value written = after;
  if (!patches.status.empty() && !leaving) {
    SLUICE_TRY(written, WritePart(ctx, before, after, &Patches::status));
  }
  if (!patches.metadata.empty()) {
    // What the status patch answered is the newest there is: our change of the metadata goes on top
    // of it.
    const bool moved = kube::ResourceVersionOf(written) != kube::ResourceVersionOf(before);
    const Value target = moved ? Rebase(written, before, after) : after;
    SLUICE_TRY(written, WritePart(ctx, moved ? written : before, target, &Patches::metadata));
  }
  return written;
}

Result<Value> StatusWriter::WritePart(const Context& ctx, Value before, Value after,
                                      Value Patches::*part) {
  const kube::ObjectKey key = kube::KeyOf(after);
  kube::WriteOptions write;
  write.field_manager = options_.field_manager;
  if (part == &Patches::status) write.subresource = "status";
  for (int attempt = 1;; ++attempt) {
    const Value patch = Difference(before, after).*part;
    if (patch.empty()) return after;
    auto answer = client_.Patch(ctx, options_.gvk, key, kube::PatchType::kMerge, patch, write);
    if (answer.ok()) {
      if (informer_ != nullptr && !answer->At({"metadata", "name"}).is_null())
        informer_->Observe(*answer);
      return answer;
    }
    if (answer.status().code() != base::StatusCode::kConflict || attempt >= options_.attempts)
      return answer;
    if (attempt > 1) SLUICE_TRY(Backoff(ctx, attempt));
    SLUICE_TRY(Value live, client_.Get(ctx, options_.gvk, key));
    if (kube::UidOf(live) != kube::UidOf(after)) return base::NotFound("the object was replaced");
    after = Rebase(live, before, after);
    before = std::move(live);
  }
}

Value StatusWriter::Rebase(const Value& live, const Value& before, const Value& after) const {
  Value out = live;
  Value status = StatusWithoutConditions(live);
  document::ApplyMergePatch(status, document::MakeMergePatch(StatusWithoutConditions(before),
                                                             StatusWithoutConditions(after)));
  const auto owned = [&](std::string_view type) {
    return std::ranges::find(options_.owned_conditions, type) != options_.owned_conditions.end();
  };
  // Ours as we have them; a foreign one only if it is still what we read when we changed it.
  const auto ours = [&](std::string_view type) {
    const Value* was = FindCondition(Conditions(before), type);
    const Value* is = FindCondition(Conditions(after), type);
    if (owned(type)) return true;
    return !Same(was, is) && Same(was, FindCondition(Conditions(live), type));
  };
  std::vector<Value> list;
  for (const Value& c : Conditions(live).items()) {
    if (!ours(c["type"].AsString())) list.push_back(c);
  }
  for (const Value& c : Conditions(after).items()) {
    if (ours(c["type"].AsString())) list.push_back(c);
  }
  if (!list.empty()) status.Set("conditions", Value::Array(std::move(list)));
  if (!status.empty() || out["status"].is_object()) out.Set("status", std::move(status));
  api::SortConditions(out);
  for (const std::string_view field : kMetadataMaps) {
    const Value diff = document::MakeMergePatch(MapOrEmpty(before.At({"metadata", field})),
                                                MapOrEmpty(after.At({"metadata", field})));
    if (!diff.empty()) document::ApplyMergePatch(out.Mutable("metadata").Mutable(field), diff);
  }
  const auto had = Texts(before.At({"metadata", "finalizers"})),
             have = Texts(after.At({"metadata", "finalizers"}));
  std::vector<Value> finalizers;
  for (const Value& f : live.At({"metadata", "finalizers"}).items()) {
    const bool removed = had.contains(f.AsString()) && !have.contains(f.AsString());
    if (!removed) finalizers.push_back(f);
  }
  for (const std::string_view f : have) {
    const bool there =
        std::ranges::any_of(finalizers, [&](const Value& v) { return v.AsString() == f; });
    if (!had.contains(f) && !there) finalizers.emplace_back(f);
  }
  if (finalizers.empty()) {
    out.Mutable("metadata").Erase("finalizers");
  } else {
    out.Mutable("metadata").Set("finalizers", Value::Array(std::move(finalizers)));
  }
  return out;
}

Status StatusWriter::Backoff(const Context& ctx, int attempt) {
  base::Duration delay = options_.first_delay;
  for (int i = 2; i < attempt; ++i) delay *= 2;
  const auto jitter = static_cast<int64_t>(static_cast<double>(delay.count()) * random_.NextUnit());
  return ctx.Sleep(delay + base::Duration(jitter));
}

}  // namespace sluice::runtime
