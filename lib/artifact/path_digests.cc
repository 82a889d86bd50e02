#include "artifact/path_digests.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/digest.h"
#include "base/strings.h"
#include "path_hash.h"
#include "walk.h"

namespace sluice::artifact {
namespace {

size_t DepthOf(std::string_view path) {
  return path.empty() ? 0 : 1 + static_cast<size_t>(std::ranges::count(path, '/'));
}

std::string_view ParentOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

std::string_view NameOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

}  // namespace

std::string_view PathDigests::PathAt(size_t row) const {
  const size_t begin = row == 0 ? 0 : ends_[row - 1];
  return std::string_view(names_).substr(begin, ends_[row] - begin);
}

size_t PathDigests::Find(std::string_view path) const {
  size_t low = 0, high = size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (PathAt(middle) < path) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < size() && PathAt(low) == path ? low : size();
}

PathDigest PathDigests::Of(std::string_view path) const {
  for (;;) {
    if (const size_t row = Find(path); row != size()) return digests_[row];
    if (complete_ || path.empty()) return {};
    path = ParentOf(path);
  }
}

bool PathDigests::Knows(std::string_view path) const { return complete_ || Find(path) != size(); }

void PathDigests::Append(std::string_view path, const PathDigest& digest) {
  names_ += path;
  ends_.push_back(static_cast<uint32_t>(names_.size()));
  digests_.push_back(digest);
}

base::Result<PathDigests> PathDigests::FromTree(const io::FileTree& tree, size_t budget) {
  PathDigestsBuilder builder;
  SLUICE_TRY(WalkTree(tree, WalkLimits{}, [&](const WalkEntry& e) -> base::Result<bool> {
    if (e.info.kind == io::FileKind::kDirectory) {
      builder.AddDirectory(e.path);
    } else if (e.info.kind == io::FileKind::kRegular) {
      SLUICE_TRY(const std::string content, tree.ReadFile(e.path, uint64_t{2} << 30));
      builder.AddFile(e.path, content, e.info.executable);
    }
    return true;
  }));
  return builder.Build(budget);
}

void PathDigestsBuilder::AddFile(std::string_view path, std::string_view content, bool executable) {
  entries_.push_back({std::string(path), false, DigestOfFile(content, executable)});
}

void PathDigestsBuilder::AddDirectory(std::string_view path) {
  entries_.push_back({std::string(path), true, {}});
}

// Every directory's digest from its children's, deepest first; then the deepest levels go until the
// table fits.
PathDigests PathDigestsBuilder::Build(size_t budget) {
  std::unordered_set<std::string> known;
  for (const Entry& e : entries_) known.insert(e.path);
  for (size_t i = 0; i < entries_.size(); ++i) {
    for (std::string_view p = entries_[i].path; !p.empty();) {
      p = ParentOf(p);
      if (!known.emplace(p).second) break;
      entries_.push_back({std::string(p), true, {}});  // `p` may dangle now: it is not read again
      p = entries_.back().path;
    }
  }
  if (known.emplace("").second) entries_.push_back({"", true, {}});

  std::vector<std::pair<size_t, size_t>> by_depth;  // depth, index
  for (size_t i = 0; i < entries_.size(); ++i) by_depth.emplace_back(DepthOf(entries_[i].path), i);
  std::ranges::sort(by_depth, [&](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first
                              : entries_[a.second].path < entries_[b.second].path;
  });
  std::unordered_map<std::string_view, base::Hasher> listings;
  std::vector<size_t> bytes_at;  // by depth
  for (const auto& [depth, index] : by_depth) {
    Entry& e = entries_[index];
    if (e.directory) {
      e.digest = DigestOfDirectory(listings[e.path]);
      listings.erase(e.path);
    }
    if (bytes_at.size() <= depth) bytes_at.resize(depth + 1);
    bytes_at[depth] += e.path.size() + PathDigests::kRowBytes;
    if (depth == 0) continue;
    AddChild(listings[ParentOf(e.path)], NameOf(e.path), e.directory, e.digest);
  }

  size_t kept_depths = 0, bytes = 0;
  while (kept_depths < bytes_at.size() && bytes + bytes_at[kept_depths] <= budget)
    bytes += bytes_at[kept_depths++];
  if (kept_depths == 0) kept_depths = 1;  // the root always stays
  PathDigests out;
  out.complete_ = kept_depths >= bytes_at.size();
  std::ranges::sort(entries_, {}, &Entry::path);
  for (const Entry& e : entries_) {
    if (DepthOf(e.path) >= kept_depths) continue;
    if (!out.empty() && out.PathAt(out.size() - 1) == e.path) continue;  // added twice
    out.Append(e.path, e.digest);
  }
  entries_.clear();
  return out;
}

}  // namespace sluice::artifact
