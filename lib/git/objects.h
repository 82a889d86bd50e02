// Parsers of git's object formats, over the raw bytes. Each header line must stand once, in its
// place: a crafted object must not read differently to two readers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "git/mirror.h"
#include "git/object_id.h"

namespace sluice::git {

base::Result<CommitInfo> ParseCommit(const ObjectId& oid, std::string_view bytes);

struct TagInfo {
  ObjectId target;
  std::string target_type;  // "commit", "tag" …
};
base::Result<TagInfo> ParseTag(std::string_view bytes);

// Sorted by name. kDataLoss for a name that is empty, ".", "..", ".git" in any disguise git itself
// refuses, holds a slash, or comes twice.
base::Result<std::vector<TreeItem>> ParseTree(std::string_view bytes);

}  // namespace sluice::git
