#include "api/meta.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::api {
namespace {

using document::Value;

std::string_view Annotation(const Value& object, std::string_view key) {
  return object.At({"metadata", "annotations", key}).AsString();
}

}  // namespace

std::string_view RequestedAt(const Value& object) {
  return Annotation(object, kRequestedAtAnnotation);
}

bool HasPendingRequest(const Value& object) {
  const std::string_view requested = RequestedAt(object);
  return !requested.empty() &&
         requested != object.At({"status", "lastHandledReconcileAt"}).AsString();
}

void MarkRequestHandled(Value& object) {
  const std::string requested(RequestedAt(object));
  if (!requested.empty()) object.Mutable("status").Set("lastHandledReconcileAt", requested);
}

bool WakesReconcile(const Value& before, const Value& after) {
  if (before.At({"metadata", "generation"}).AsInt() != after.At({"metadata", "generation"}).AsInt())
    return true;
  const Value& now = after.At({"metadata", "annotations", kRequestedAtAnnotation});
  if (!now.is_string()) return false;
  const Value& then = before.At({"metadata", "annotations", kRequestedAtAnnotation});
  return !then.is_string() || then.AsString() != now.AsString();
}

bool HasFinalizer(const Value& object, std::string_view finalizer) {
  const auto& items = object.At({"metadata", "finalizers"}).items();
  return std::ranges::any_of(items, [&](const Value& f) { return f.AsString() == finalizer; });
}

bool AddFinalizer(Value& object, std::string_view finalizer) {
  if (HasFinalizer(object, finalizer)) return false;
  object.Mutable("metadata").Mutable("finalizers").Append(finalizer);
  return true;
}

bool RemoveFinalizer(Value& object, std::string_view finalizer) {
  if (!HasFinalizer(object, finalizer)) return false;
  auto& items = object.Mutable("metadata").Mutable("finalizers").mutable_items();
  std::erase_if(items, [&](const Value& f) { return f.AsString() == finalizer; });
  if (items.empty()) object.Mutable("metadata").Erase("finalizers");
  return true;
}

bool IsSuspended(const Value& object) { return object.At({"spec", "suspend"}).AsBool(); }

int64_t ObservedGeneration(const Value& object) {
  return object.At({"status", "observedGeneration"}).AsInt();
}

void SetObservedGeneration(Value& object) {
  const int64_t generation = object.At({"metadata", "generation"}).AsInt();
  object.Mutable("status").Set("observedGeneration", generation);
}

base::Result<std::optional<base::Duration>> SpecDuration(const Value& object,
                                                         std::string_view field) {
  const Value& value = object.At({"spec", field});
  if (value.is_null()) return std::optional<base::Duration>();
  const std::string_view text = value.AsString();
  const auto name = [&] {
    return base::Cat("invalid spec.", field, " '", base::TruncateUtf8(text, 64), "'");
  };
  auto parsed = base::ParseDuration(text);
  if (!parsed.ok()) return std::move(parsed).status().Wrap(name());
  if (parsed->count() < 0) return base::InvalidArgument(name() + ": negative");
  return std::optional<base::Duration>(*parsed);
}

}  // namespace sluice::api
