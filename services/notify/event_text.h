// How messages and keys name the object of an event (notification.md §2, §5). Pure.
#pragma once

#include <string>

#include "api/event.h"

namespace sluice::notify {

// "kustomization/apps.flux-system": in chat messages.
std::string ObjectTitle(const api::Event& event);
// "Kustomization/flux-system/apps": in errors.
std::string ObjectPath(const api::Event& event);
// "kustomize.toolkit.fluxcd.io/": the prefix of the controller's own metadata keys; "/" for the
// core group.
std::string GroupPrefix(const api::Event& event);

}  // namespace sluice::notify
