#include "metadata.h"

#include "base/strings.h"
#include "event_text.h"

namespace sluice::notify {

void CleanMetadata(api::Event& event) {
  const std::string group = GroupPrefix(event);
  std::erase_if(event.metadata, [&](const auto& entry) {
    const std::string& key = entry.first;
    if (key.starts_with(kUserPrefix)) return false;
    if (!key.starts_with(group)) return true;
    return base::EqualFold(key, group + "checksum") || base::EqualFold(key, group + "digest");
  });
}

CombinedMetadata CombineMetadata(const api::Event& event, const api::Alert& alert) {
  CombinedMetadata out;
  std::map<std::string, std::string> set_by;
  const auto put = [&](const std::string& key, const std::string& value, std::string_view source) {
    auto& sources = set_by[key];
    if (!sources.empty()) {
      sources += ", ";
      sources += source;
      out.conflicts[key] = sources;
    } else {
      sources = source;
    }
    out.metadata[key] = value;
  };
  // Lowest precedence first: a later source wins.
  for (const auto& [key, value] : event.metadata) {
    if (key.starts_with(kUserPrefix))
      put(key.substr(kUserPrefix.size()), value, "involved object annotations");
  }
  for (const auto& [key, value] : alert.metadata)
    put(key, value, "Alert object .spec.eventMetadata");
  if (!alert.summary.empty()) put("summary", alert.summary, "Alert object .spec.summary");
  const std::string group = GroupPrefix(event);
  for (const auto& [key, value] : event.metadata) {
    if (key.starts_with(group))
      put(key.substr(group.size()), value, "involved object controller metadata");
  }
  if (out.metadata.empty()) out.metadata = event.metadata;
  return out;
}

}  // namespace sluice::notify
