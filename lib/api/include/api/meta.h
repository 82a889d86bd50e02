// Names and metadata rules that all our kinds share: API groups, annotations, finalizers, the
// reconcile request. Pure functions over an object (document::Value); thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/status.h"
#include "document/value.h"

namespace sluice::api {

inline constexpr std::string_view kSourceGroup = "source.toolkit.fluxcd.io";
inline constexpr std::string_view kKustomizeGroup = "kustomize.toolkit.fluxcd.io";
inline constexpr std::string_view kHelmGroup = "helm.toolkit.fluxcd.io";
inline constexpr std::string_view kNotificationGroup = "notification.toolkit.fluxcd.io";
inline constexpr std::string_view kImageGroup = "image.toolkit.fluxcd.io";

inline constexpr std::string_view kFinalizer = "finalizers.fluxcd.io";
inline constexpr std::string_view kRequestedAtAnnotation = "reconcile.fluxcd.io/requestedAt";
inline constexpr std::string_view kForceAtAnnotation = "reconcile.fluxcd.io/forceAt";
// annotations copied into events
inline constexpr std::string_view kEventPrefix = "event.toolkit.fluxcd.io/";
inline constexpr std::string_view kShardKeyLabel = "sharding.fluxcd.io/key";
inline constexpr std::string_view kWatchConfigsLabel = "reconcile.fluxcd.io/watch";  // = "Enabled"
// On the Lease of a process: the bus endpoint its peers connect to.
inline constexpr std::string_view kBusEndpointAnnotation = "bus.sluice.dev/endpoint";

// The value of reconcile.fluxcd.io/requestedAt; "" if absent.
std::string_view RequestedAt(const document::Value& object);
// True when the object carries a request that status.lastHandledReconcileAt does not show yet.
bool HasPendingRequest(const document::Value& object);
// status.lastHandledReconcileAt = the annotation's value, if there is one.
void MarkRequestHandled(document::Value& object);

// Whether an update wakes the reconciler: the generation changed, or requestedAt was added or has
// another value (its removal does not count).
bool WakesReconcile(const document::Value& before, const document::Value& after);

bool HasFinalizer(const document::Value& object, std::string_view finalizer = kFinalizer);
// false: was there
bool AddFinalizer(document::Value& object, std::string_view finalizer = kFinalizer);
// false: was not there
bool RemoveFinalizer(document::Value& object, std::string_view finalizer = kFinalizer);
bool IsSuspended(const document::Value& object);  // spec.suspend

int64_t ObservedGeneration(const document::Value& object);  // 0 if unset
void SetObservedGeneration(document::Value& object);        // = metadata.generation

// spec[field] as a duration: nullopt when absent; an error when the text is none, negative or too
// long to hold (the schema may have let it through): `invalid spec.interval '1h1d': …`.
base::Result<std::optional<base::Duration>> SpecDuration(const document::Value& object,
                                                         std::string_view field);

}  // namespace sluice::api
