// The two glob dialects of an ArtifactGenerator's copy operations (source.md §12.2), both in Go's
// meaning: `from` is matched part by part as io/fs.Glob does ("**" is "*" there), `exclude` and the
// Extract strategy know "**" and "{a,b}" (doublestar v4). Time and memory are bounded whatever the
// pattern. Pure; immutable and thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "io/file_tree.h"

namespace sluice::source {

// A doublestar pattern: '*' and '?' stop at '/', "**" as a whole part is any number of parts,
// [classes] with '!' or '^', {alternatives}, '\' escapes. "a/**" matches "a", too.
class DoubleStar {
 public:
  // kInvalidArgument "syntax error in pattern"; also where the alternatives multiply past 1,000.
  static base::Result<DoubleStar> Compile(std::string_view pattern);
  bool Matches(std::string_view name) const;

 private:
  std::vector<std::string> alternatives_;  // without braces
};

// Whether a path of `from` is a pattern: any of "*?[]".
bool HasGlobChars(std::string_view path);

// The entries of the tree that match, files and directories, in io/fs.Glob's order.
// kInvalidArgument "syntax error in pattern".
base::Result<std::vector<std::string>> GlobByParts(const io::FileTree& tree,
                                                   std::string_view pattern);
// The same by doublestar.Glob; "." stands for the root.
base::Result<std::vector<std::string>> GlobDoubleStar(const io::FileTree& tree,
                                                      std::string_view pattern);

}  // namespace sluice::source
