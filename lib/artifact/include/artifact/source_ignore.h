// .sourceignore: which files of a source are left out of its artifact. gitignore patterns with
// Flux's differences: a name pattern matches any part of the path, a file may be re-included below
// an excluded directory, a trailing "/**" and prefixes match descendants. The last pattern that
// matches wins; none: the file stays. Pure; an IgnoreMatcher is immutable and thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "io/file_tree.h"

namespace sluice::artifact {

class IgnoreMatcher {
 public:
  IgnoreMatcher() = default;  // ignores nothing

  // Appends the patterns of a file's text, scoped to the directory it lies in ("" = the root).
  // Later patterns win.
  void Append(std::string_view text, std::string_view directory);
  void AppendAll(const IgnoreMatcher& other);
  bool empty() const { return patterns_.empty(); }
  // False: what lies below an ignored directory is ignored, too.
  bool has_includes() const { return has_includes_; }
  bool Ignores(std::string_view path, bool is_directory) const;

 private:
  // One part of a pattern, told apart once: nearly all are a name or "*.ext".
  struct Glob {
    enum class Kind : uint8_t { kLiteral, kSuffix, kPattern } kind = Kind::kLiteral;
    std::string text;  // the literal, the suffix behind "*", or the pattern
    explicit Glob(std::string_view part);
    bool Matches(std::string_view name) const;
  };
  struct Pattern {
    std::vector<std::string> domain;  // parts of the directory it is scoped to
    std::vector<Glob> parts;          // one part without a slash: a name pattern
    bool include = false, directory_only = false, path_pattern = false;
  };
  static bool MatchesName(const Pattern& p, const std::vector<std::string_view>& path,
                          bool is_directory);
  static bool MatchesPath(const Pattern& p, const std::vector<std::string_view>& path,
                          bool is_directory);
  std::vector<Pattern> patterns_;
  bool has_includes_ = false;
};

// Version control's own files, always excluded; and what is excluded besides when nobody gave a
// pattern.
extern const std::string_view kVcsIgnore;
extern const std::string_view kDefaultIgnore;

// Flux's order for Git and extracted OCI sources: every .sourceignore of the tree (root first, then
// directories in byte order), then `spec_ignore` at the root; version control's files always, the
// other defaults only if nobody gave a pattern. An unreadable .sourceignore is an error; one that
// is a link is not read.
base::Result<IgnoreMatcher> LoadIgnore(const io::FileTree& tree, std::string_view spec_ignore);

// The same from the files' texts at hand: (directory, text), in that order.
IgnoreMatcher ComposeIgnore(const std::vector<std::pair<std::string, std::string>>& texts,
                            std::string_view spec_ignore);

}  // namespace sluice::artifact
