// The path digests of an archive from its index entries, without the files: equal to what
// PathDigestsBuilder makes of them.
#pragma once

#include <vector>

#include "archive_index.h"
#include "artifact/path_digests.h"

namespace sluice::artifact {

// Directories whose digest is not known yet (`read` is false) get theirs: `digest`, and in `size`
// whether anything of them counts.
PathDigests MakePathTable(std::vector<IndexEntry>& entries,
                          size_t budget = PathDigests::kDefaultBudget);

}  // namespace sluice::artifact
