// What happens to an event's metadata on its way to a provider (notification.md §3.1, §4.2; Flux
// RFC 0008). Pure.
#pragma once

#include <map>
#include <string>

#include "api/event.h"
#include "api/notification.h"

namespace sluice::notify {

inline constexpr std::string_view kUserPrefix = "event.toolkit.fluxcd.io/";

// Drops keys that are neither the user's nor the object's controller's, and its checksum and
// digest. Before deduplication.
void CleanMetadata(api::Event& event);

struct CombinedMetadata {
  // unprefixed; the event's own map if nothing combines
  std::map<std::string, std::string> metadata;
  std::map<std::string, std::string> conflicts;  // key → the sources that set it, "a, b"
};
CombinedMetadata CombineMetadata(const api::Event& event, const api::Alert& alert);

}  // namespace sluice::notify
