#include "walk.h"

#include <vector>

namespace sluice::artifact {
namespace {

struct Level {
  std::string path;
  std::vector<io::DirEntry> entries;
  size_t next = 0;
};

}  // namespace

base::Status WalkTree(const io::FileTree& tree, const WalkLimits& limits,
                      const std::function<base::Result<bool>(const WalkEntry&)>& visit) {
  std::vector<Level> stack;
  SLUICE_TRY(auto root, tree.ReadDir(""));
  stack.push_back({"", std::move(root)});
  uint64_t seen = 0;
  while (!stack.empty()) {
    Level& top = stack.back();
    if (top.next == top.entries.size()) {
      stack.pop_back();
      continue;
    }
    const io::DirEntry& entry = top.entries[top.next++];
    if (++seen > limits.max_entries) {
      return base::ResourceExhausted("more than " + std::to_string(limits.max_entries) + " files");
    }
    const WalkEntry shown{top.path.empty() ? entry.name : top.path + "/" + entry.name, entry.info};
    SLUICE_TRY(const bool descend, visit(shown));
    if (entry.info.kind != io::FileKind::kDirectory || !descend) continue;
    if (stack.size() >= limits.max_depth) {
      return base::ResourceExhausted("directories nested deeper than " +
                                     std::to_string(limits.max_depth));
    }
    SLUICE_TRY(auto children, tree.ReadDir(shown.path));
    stack.push_back({shown.path, std::move(children)});
  }
  return base::OkStatus();
}

}  // namespace sluice::artifact
