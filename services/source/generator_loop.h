// Generators that feed each other: an artifact that is made, over however many ExternalArtifacts,
// of itself.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/external_artifact.h"
#include "base/clock.h"
#include "base/duration.h"
#include "kube/object.h"
#include "observe/mutex.h"

namespace sluice::source {

// The ExternalArtifacts that an output of this spec takes something of, by its copy operations and
// revisions; each once. An output the spec does not list (its name comes of a path pattern) is
// taken to need every source.
std::vector<kube::ObjectKey> ArtifactsBehind(const api::GeneratorSpec& spec, const std::string& ns,
                                             const std::string& output);

// What ArtifactsBehind says of an ExternalArtifact's own generator; nothing where it has none.
using BehindArtifact = std::function<std::vector<kube::ObjectKey>(const kube::ObjectKey& artifact)>;

// Where one of `outputs` leads back to itself: "artifact 'a' is made of itself (by way of 'b',
// 'c')";
// "" where none does. Looks at a thousand artifacts at most.
std::string FindCircle(const api::GeneratorSpec& spec, const std::string& ns,
                       const std::vector<api::OutputArtifact>& outputs,
                       const BehindArtifact& behind);

// How often generators in a circle are built: as long as what they make changes, each build wakes
// the next one. Flux builds without a pause; here each waits twice as long as the one before. A
// circle that comes to rest, and whatever anybody asks for, waits for nothing. Thread-safe.
class CirclePace {
 public:
  CirclePace(base::Duration first, base::Duration most) : first_(first), most_(most) {}

  void Built(const std::string& uid, bool circle, base::Time now);
  // Until a change of its sources is due to be built; zero: now.
  base::Duration Wait(const std::string& uid, base::Time now) const;
  void Forget(const std::string& uid);  // it is at rest, or gone

 private:
  struct Pause {
    base::Duration length;
    base::Time end;
  };
  const base::Duration first_, most_;
  mutable observe::Mutex mu_;
  std::map<std::string, Pause> pauses_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::source
