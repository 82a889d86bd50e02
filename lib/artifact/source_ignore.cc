#include "artifact/source_ignore.h"

#include <algorithm>

#include "base/glob.h"
#include "base/strings.h"
#include "walk.h"

namespace sluice::artifact {
namespace {

constexpr std::string_view kIgnoreFile = ".sourceignore";
constexpr uint64_t kMaxIgnoreFile = 1 << 20;
constexpr std::string_view kAnyDepth = "**";

constexpr std::string_view kMeta = "*?[\\";

}  // namespace

const std::string_view kVcsIgnore = ".git/\n.gitignore\n.gitmodules\n.gitattributes\n";
const std::string_view kDefaultIgnore =
    "*.jpg\n*.jpeg\n*.gif\n*.png\n*.wmv\n*.flv\n*.tar.gz\n*.zip\n"
    ".github/\n.circleci/\n.travis.yml\n.gitlab-ci.yml\nappveyor.yml\n.drone.yml\ncloudbuild.yaml\n"
    "codeship-services.yml\ncodeship-steps.yml\n"
    "**/.goreleaser.yml\n**/.sops.yaml\n**/.flux.yaml\n";

IgnoreMatcher::Glob::Glob(std::string_view part) {
  if (part.find_first_of(kMeta) == part.npos) {
    text = part;
  } else if (part.starts_with('*') && part.find_first_of(kMeta, 1) == part.npos) {
    kind = Kind::kSuffix;
    text = part.substr(1);
  } else {
    kind = Kind::kPattern;
    text = part;
  }
}

bool IgnoreMatcher::Glob::Matches(std::string_view name) const {
  switch (kind) {
    case Kind::kLiteral:
      return name == text;
    case Kind::kSuffix:
      return name.ends_with(text);  // a name holds no slash
    case Kind::kPattern:
      break;
  }
  return base::PathMatch(text, name).value_or(false);  // malformed: never matches
}

void IgnoreMatcher::Append(std::string_view text, std::string_view directory) {
  for (std::string_view line : base::Split(text, "\n")) {
    line = base::TrimSuffix(line, "\r");
    if (line.starts_with('#') || base::TrimSpace(line).empty()) continue;
    Pattern p;
    if (!directory.empty()) {
      for (std::string_view part : base::Split(directory, "/")) p.domain.emplace_back(part);
    }
    if (line.starts_with('!')) {
      p.include = true;
      line.remove_prefix(1);
    }
    if (!line.ends_with("\\ ")) line = base::TrimRight(line, " ");
    if (line.ends_with('/')) {
      p.directory_only = true;
      line.remove_suffix(1);
    }
    p.path_pattern = line.find('/') != line.npos;
    for (std::string_view part : base::Split(line, "/")) p.parts.emplace_back(part);
    has_includes_ = has_includes_ || p.include;
    patterns_.push_back(std::move(p));
  }
}

bool IgnoreMatcher::MatchesName(const Pattern& p, const std::vector<std::string_view>& path,
                                bool is_directory) {
  for (size_t i = p.domain.size(); i < path.size(); ++i) {
    if (!p.parts[0].Matches(path[i])) continue;
    return !p.directory_only || is_directory || i + 1 < path.size();
  }
  return false;
}

// Consumes path components from left to right without going back, as Flux's matcher does: after
// "**" the first component that fits is taken. Components left over are descendants of what
// matched.
bool IgnoreMatcher::MatchesPath(const Pattern& p, const std::vector<std::string_view>& path,
                                bool is_directory) {
  size_t at = p.domain.size();
  bool matched = false, any_depth = false;
  for (size_t i = 0; i < p.parts.size(); ++i) {
    const Glob& glob = p.parts[i];
    const bool last = i + 1 == p.parts.size();
    if (glob.kind == Glob::Kind::kLiteral && glob.text.empty()) {  // the leading slash
      any_depth = false;
      continue;
    }
    if (glob.kind == Glob::Kind::kPattern && glob.text.find(kAnyDepth) != std::string::npos) {
      if (glob.text != kAnyDepth) return false;
      if (last) break;
      any_depth = true;
      continue;
    }
    if (at == path.size()) return false;
    if (any_depth) {
      any_depth = matched = false;
      while (at < path.size() && !matched) matched = glob.Matches(path[at++]);
    } else {
      if (!glob.Matches(path[at++])) return false;
      matched = last || at < path.size();
    }
  }
  return matched && !(p.directory_only && !is_directory && at == path.size());
}

bool IgnoreMatcher::Ignores(std::string_view path, bool is_directory) const {
  const auto parts = base::Split(path, "/");
  for (auto p = patterns_.rbegin(); p != patterns_.rend(); ++p) {
    if (parts.size() <= p->domain.size()) continue;
    if (!std::equal(p->domain.begin(), p->domain.end(), parts.begin())) continue;
    const bool matches = p->path_pattern ? MatchesPath(*p, parts, is_directory)
                                         : MatchesName(*p, parts, is_directory);
    if (matches) return !p->include;
  }
  return false;
}

base::Result<IgnoreMatcher> LoadIgnore(const io::FileTree& tree, std::string_view spec_ignore) {
  std::vector<std::pair<std::string, std::string>> texts;
  // A directory's own file counts before its subdirectories' files, so the walk looks each
  // directory's file up when it enters it.
  const auto read = [&](const std::string& directory) -> base::Status {
    const std::string file =
        directory.empty() ? std::string(kIgnoreFile) : directory + "/" + std::string(kIgnoreFile);
    SLUICE_TRY(const std::string text, tree.ReadFile(file, kMaxIgnoreFile));
    texts.emplace_back(directory, text);
    return base::OkStatus();
  };
  const auto has_file = [](const std::vector<io::DirEntry>& entries) {
    return std::ranges::any_of(entries, [](const io::DirEntry& e) {
      return e.name == kIgnoreFile && e.info.kind == io::FileKind::kRegular;
    });
  };
  SLUICE_TRY(const auto root, tree.ReadDir(""));
  if (has_file(root)) SLUICE_TRY(read(""));
  SLUICE_TRY(WalkTree(tree, WalkLimits{}, [&](const WalkEntry& e) -> base::Result<bool> {
    if (e.info.kind != io::FileKind::kDirectory) return false;
    if (e.path == ".git" || e.path.ends_with("/.git")) return false;
    SLUICE_TRY(const auto entries, tree.ReadDir(e.path));
    if (has_file(entries)) SLUICE_TRY(read(e.path));
    return true;
  }));
  return ComposeIgnore(texts, spec_ignore);
}

IgnoreMatcher ComposeIgnore(const std::vector<std::pair<std::string, std::string>>& texts,
                            std::string_view spec_ignore) {
  IgnoreMatcher given, all;
  for (const auto& [directory, text] : texts) given.Append(text, directory);
  given.Append(spec_ignore, "");
  all.Append(kVcsIgnore, "");
  if (given.empty()) all.Append(kDefaultIgnore, "");
  all.AppendAll(given);
  return all;
}

void IgnoreMatcher::AppendAll(const IgnoreMatcher& other) {
  patterns_.insert(patterns_.end(), other.patterns_.begin(), other.patterns_.end());
  has_includes_ = has_includes_ || other.has_includes_;
}

}  // namespace sluice::artifact
