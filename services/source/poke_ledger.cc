#include "poke_ledger.h"

#include <utility>

#include "api/conditions.h"
#include "api/meta.h"

namespace sluice::source {
namespace {

std::string_view HandledAt(const document::Value& object) {
  return object["status"]["lastHandledReconcileAt"].AsString();
}

}  // namespace

bool PokeLedger::Asked(const kube::ObjectKey& key, const std::string& requested_at,
                       const document::Value& object) {
  // Values are times as RFC 3339 has them. An older one than the object shows is a late message.
  if (!requested_at.empty() &&
      (requested_at == HandledAt(object) || requested_at < api::RequestedAt(object)))
    return false;
  const observe::MutexLock lock(mu_);
  Entry& entry = entries_[key];
  if (!requested_at.empty() && requested_at == entry.answered) return false;
  entry.asked = requested_at;
  return true;
}

bool PokeLedger::TakeUp(const kube::ObjectKey& key, document::Value& object) {
  const observe::MutexLock lock(mu_);
  const auto it = entries_.find(key);
  if (it == entries_.end()) return false;
  Entry& entry = it->second;
  const std::string shown(api::RequestedAt(object));
  if (!entry.asked.empty()) {
    const std::string asked = std::exchange(entry.asked, "");
    entry.answered.clear();
    if (shown >= asked) {
      entries_.erase(it);  // the watch was faster
      return false;
    }
    object.Mutable("metadata").Mutable("annotations").Set(api::kRequestedAtAnnotation, asked);
    entry.answered = asked;
    return false;
  }
  const bool answered = !entry.answered.empty() && shown == entry.answered;
  // Anything else that woke the object, such as its interval, comes to a pass of its own.
  if (answered || shown > entry.answered) entries_.erase(it);
  return answered && kube::GenerationOf(object) == api::ObservedGeneration(object);
}

void PokeLedger::Drop(const kube::ObjectKey& key) {
  const observe::MutexLock lock(mu_);
  entries_.erase(key);
}

}  // namespace sluice::source
