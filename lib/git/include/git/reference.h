// Which commit an object follows: Flux's GitRepository.spec.ref, and how it is resolved against a
// remote. Precedence as Flux's code has it: commit > name > tag > semver > branch > "master".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "git/object_id.h"
#include "git/remote.h"

namespace sluice::git {

struct ReferenceSpec {
  std::string branch{}, tag{}, semver{}, name{}, commit{};
};

struct ResolvedReference {
  std::string pointer;           // "main", "v1.2.3", "refs/pull/4/head"; "" for a bare commit
  ObjectId want;                 // the object to fetch: a commit or an annotated tag
  ObjectId commit;               // its commit
  std::string tag{};             // the short name where the reference is a tag
  std::string Revision() const;  // "main@sha1:…", "sha1:…"
};

// What to ask ls-refs for; empty: no listing is needed (a commit given by hash).
std::vector<std::string> RefPrefixes(const ReferenceSpec& spec);

inline constexpr const char* kEmptyRepository = "git repository is empty";

// Picks from the listing. More than one result: tags of equal precedence, newest commit wins, which
// the caller finds out. Errors in Flux's words: `couldn't find remote ref "refs/heads/x"`, "no
// match found for semver: >=9", "unable to resolve ref 'x' to a specific commit", "semver parse
// error: …"; kEmptyRepository (kFailedPrecondition) for anything but a commit when `refs` is empty.
// A branch or tag that is not there is kNotFound, what else the spec asks for in vain
// kInvalidArgument.
base::Result<std::vector<ResolvedReference>> ResolveReference(const ReferenceSpec& spec,
                                                              const std::vector<RemoteRef>& refs);

}  // namespace sluice::git
