// Comments of a YAML text carried over to the text written after a change of its tree. (The reader
// drops them; the peer's keeps them.)
#pragma once

#include <string>
#include <string_view>

namespace sluice::kustomize {

// `before` is what the unchanged tree is written as, `after` the changed one. Works where
// `original` is `before` plus comments, and lines were changed or added at the end; else `after`
// comes back as it is.
std::string KeepComments(std::string_view original, std::string_view before, std::string after);

}  // namespace sluice::kustomize
