#include "path_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/digest.h"
#include "path_hash.h"

namespace sluice::artifact {
namespace {

// A directory being read: its listing so far, unless its digest is known.
struct Open {
  size_t self = SIZE_MAX, end = 0;
  size_t name_at = 0;  // where a child's name begins in its path
  std::optional<base::Hasher> listing;
  bool counts = false;
};

void Tell(Open& parent, const IndexEntry& e, bool directory) {
  parent.counts = true;
  if (!parent.listing) return;
  AddChild(*parent.listing, e.path.substr(parent.name_at), directory, e.digest);
}

}  // namespace

class PathTable {
 public:
  static PathDigests Make(std::vector<IndexEntry>& entries, size_t budget) {
    PathDigest root{};
    std::vector<std::pair<size_t, uint32_t>> rows;  // depth, entry: what counts
    std::vector<size_t> bytes_at{0};                // by depth; the root is one row
    Walk(entries, root, rows, bytes_at);
    bytes_at[0] = PathDigests::kRowBytes;
    size_t kept = 0, bytes = 0;
    while (kept < bytes_at.size() && bytes + bytes_at[kept] <= budget) bytes += bytes_at[kept++];
    kept = std::max<size_t>(kept, 1);  // the root always stays
    std::erase_if(rows, [&](const auto& r) { return r.first >= kept; });
    std::ranges::sort(rows, [&](const auto& a, const auto& b) {
      return entries[a.second].path < entries[b.second].path;
    });
    PathDigests out;
    out.complete_ = kept >= bytes_at.size();
    out.Append("", root);
    for (const auto& [depth, i] : rows) out.Append(entries[i].path, entries[i].digest);
    return out;
  }

 private:
  static void Walk(std::vector<IndexEntry>& entries, PathDigest& root,
                   std::vector<std::pair<size_t, uint32_t>>& rows, std::vector<size_t>& bytes_at) {
    std::vector<Open> open(1);
    open[0].end = entries.size();
    open[0].listing.emplace();
    const auto row = [&](size_t depth, size_t i) {
      if (bytes_at.size() <= depth) bytes_at.resize(depth + 1);
      bytes_at[depth] += entries[i].path.size() + PathDigests::kRowBytes;
      rows.emplace_back(depth, static_cast<uint32_t>(i));
    };
    const auto close = [&] {
      Open done = std::move(open.back());
      open.pop_back();
      IndexEntry& e = entries[done.self];
      if (done.listing) {
        e.digest = DigestOfDirectory(*done.listing);
        e.size = done.counts || e.archived ? 1 : 0;
        e.read = true;
      }
      if (e.size == 0) return;
      row(open.size(), done.self);
      Tell(open.back(), e, true);
    };
    for (size_t i = 0; i < entries.size(); ++i) {
      while (i == open.back().end && open.size() > 1) close();
      IndexEntry& e = entries[i];
      if (e.kind == ContentTree::Kind::kDirectory || e.kind == ContentTree::Kind::kEmptyDirectory) {
        Open next{.self = i, .end = i + 1 + e.descendants, .name_at = e.path.size() + 1};
        if (!e.read) next.listing.emplace();
        open.push_back(std::move(next));
      } else if (e.archived) {
        row(open.size(), i);
        Tell(open.back(), e, false);
      }
    }
    while (open.size() > 1) close();
    root = DigestOfDirectory(*open[0].listing);
  }
};

PathDigests MakePathTable(std::vector<IndexEntry>& entries, size_t budget) {
  return PathTable::Make(entries, budget);
}

}  // namespace sluice::artifact
