#include "generator_loop.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "base/strings.h"

namespace sluice::source {
namespace {

constexpr size_t kMost = 1000;

// "@alias/path" → "alias"
std::string_view AliasOf(std::string_view from) {
  from = base::TrimPrefix(from, "@");
  return from.substr(0, from.find('/'));
}

bool Uses(const api::OutputArtifact& output, const std::string& alias) {
  return output.revision == alias || output.origin_revision == alias ||
         std::ranges::any_of(output.copy,
                             [&](const api::CopyOperation& c) { return AliasOf(c.from) == alias; });
}

// The way back from `at`, as it was found.
std::string WayTo(const kube::ObjectKey& at, const kube::ObjectKey& start,
                  const std::map<kube::ObjectKey, kube::ObjectKey>& found_by) {
  std::string out;
  for (kube::ObjectKey key = at; key != start; key = found_by.at(key))
    out = base::Cat("'", key.name, "'", out.empty() ? "" : ", ", out);
  return out;
}

}  // namespace

std::vector<kube::ObjectKey> ArtifactsBehind(const api::GeneratorSpec& spec, const std::string& ns,
                                             const std::string& output) {
  const auto listed = std::ranges::find(spec.artifacts, output, &api::OutputArtifact::name);
  std::set<kube::ObjectKey> out;
  for (const api::GeneratorSource& source : spec.sources) {
    if (source.kind != api::kExternalArtifactKind) continue;
    if (listed == spec.artifacts.end() || Uses(*listed, source.alias))
      out.insert({source.ns.empty() ? ns : source.ns, source.name});
  }
  return {out.begin(), out.end()};
}

std::string FindCircle(const api::GeneratorSpec& spec, const std::string& ns,
                       const std::vector<api::OutputArtifact>& outputs,
                       const BehindArtifact& behind) {
  for (const api::OutputArtifact& output : outputs) {
    const kube::ObjectKey start{ns, output.name};
    std::map<kube::ObjectKey, kube::ObjectKey> found_by;
    std::vector<kube::ObjectKey> todo;
    const auto note = [&](const std::vector<kube::ObjectKey>& keys, const kube::ObjectKey& by) {
      for (const kube::ObjectKey& key : keys) {
        if (found_by.size() < kMost && found_by.emplace(key, by).second) todo.push_back(key);
      }
    };
    note(ArtifactsBehind(spec, ns, output.name), start);
    while (!todo.empty()) {
      const kube::ObjectKey at = todo.back();
      todo.pop_back();
      if (at == start) {
        const std::string way = WayTo(found_by.at(start), start, found_by);
        return base::Cat("artifact '", output.name, "' is made of itself",
                         way.empty() ? "" : base::Cat(" (by way of ", way, ")"));
      }
      note(behind(at), at);
    }
  }
  return {};
}

void CirclePace::Built(const std::string& uid, bool circle, base::Time now) {
  const observe::MutexLock lock(mu_);
  if (!circle) {
    pauses_.erase(uid);
    return;
  }
  const auto [it, first] = pauses_.try_emplace(uid, Pause{first_, {}});
  if (!first) it->second.length = std::min(2 * it->second.length, most_);
  it->second.end = now + it->second.length;
}

base::Duration CirclePace::Wait(const std::string& uid, base::Time now) const {
  const observe::MutexLock lock(mu_);
  const auto it = pauses_.find(uid);
  if (it == pauses_.end() || it->second.end <= now) return base::Duration::zero();
  return it->second.end - now;
}

void CirclePace::Forget(const std::string& uid) {
  const observe::MutexLock lock(mu_);
  pauses_.erase(uid);
}

}  // namespace sluice::source
