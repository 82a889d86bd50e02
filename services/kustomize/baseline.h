// Baseline: what the last pass that applied everything was made of, so that a later revision which
// answers all its questions alike needs no build. Two may say what a revision answers: the bytes of
// its artifact, and before those, the table that came with the news of it (PathTables).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "artifact/path_digests.h"
#include "base/clock.h"
#include "base/duration.h"
#include "kustomize/build.h"

namespace sluice::kustomization {

// What `inputs` are answered: equal keys, equal build. Keys of different makers' tables compare,
// too: one that leaves deep paths out may differ for nothing, never agree wrongly.
std::string InputsKey(const artifact::PathDigests& paths,
                      const std::vector<kustomize::Input>& inputs);

// Whether a table answers all of them, and none by an ancestor.
bool KnowsAll(const artifact::PathDigests& paths, const std::vector<kustomize::Input>& inputs);

struct Baseline {
  int64_t generation = 0;
  std::vector<kustomize::Input> inputs;  // what the build read
  std::string inputs_key;                // by the artifact's bytes
  std::string table_key;                 // by a table that leaves paths out; "": none, or the same
  std::string build_digest;
  base::Clock::SteadyTime read_at;  // the bytes of an artifact were last looked at

  void Learn(const artifact::PathDigests& table);  // of the very artifact it stands on
  bool HoldsIn(const artifact::PathDigests& table) const;
  // Bytes are looked at once in a while, whatever a source says of them.
  bool Recent(base::Clock::SteadyTime now, base::Duration interval) const {
    return now - read_at < interval;
  }
};

}  // namespace sluice::kustomization
