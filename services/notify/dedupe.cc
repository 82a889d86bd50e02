#include "dedupe.h"

#include "base/digest.h"
#include "base/strings.h"
#include "event_text.h"

namespace sluice::notify {

std::string DedupeKey(const api::Event& event) {
  const auto& object = event.involved_object;
  std::string text = base::Cat("event/name=", object.name, "/namespace=", object.ns,
                               "/kind=", object.kind, "/message=", event.message);
  const std::string group = GroupPrefix(event);
  for (const char* name : {"originRevision", "revision", "token"}) {
    if (const auto it = event.metadata.find(group + name); it != event.metadata.end()) {
      text += base::Cat("/", name, "=", it->second);
    }
  }
  return base::Digest::Sha256(text).hex();
}

DedupeWindow::Decision DedupeWindow::Admit(const std::string& key) {
  observe::MutexLock lock(mu_);
  const base::Time now = clock_.Now();
  if (now >= next_sweep_) {
    std::erase_if(until_, [&](const auto& entry) { return entry.second <= now; });
    next_sweep_ = now + window_;
  }
  auto& until = until_[key];
  if (until > now) return {false, until};
  until = now + window_;
  return {true, until};
}

}  // namespace sluice::notify
