#include "commit_tree.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::git {
namespace {

constexpr size_t kMaxDirs = 4096;
constexpr uint64_t kMaxTree = 64 << 20;
constexpr uint64_t kMaxLink = 4096;
constexpr int kMaxHops = 40;

base::Status Missing(std::string_view path) {
  return base::NotFound("open " + std::string(path) + ": no such file or directory");
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

std::string_view NameOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

io::FileInfo InfoOf(const TreeItem& item) {
  io::FileInfo info;
  switch (item.mode) {
    case TreeMode::kFile:
      info.kind = io::FileKind::kRegular;
      break;
    case TreeMode::kExecutable:
      info.kind = io::FileKind::kRegular;
      info.executable = true;
      break;
    case TreeMode::kSymlink:
      info.kind = io::FileKind::kSymlink;
      break;
    case TreeMode::kDirectory:
      info.kind = io::FileKind::kDirectory;
      break;
    case TreeMode::kSubmodule:
      info.kind = io::FileKind::kDirectory;
      break;  // an empty one
  }
  return info;
}

const TreeItem* FindItem(const std::vector<TreeItem>& dir, std::string_view name) {
  const auto it = std::ranges::lower_bound(
      dir, name, {}, [](const TreeItem& i) { return std::string_view(i.name); });
  return it != dir.end() && it->name == name ? &*it : nullptr;
}

}  // namespace

// From the nearest directory that is known, downwards: each step reads one tree object.
base::Result<std::shared_ptr<const CommitTree::Dir>> CommitTree::DirAt(
    const std::string& path) const {
  std::string at = path;
  std::shared_ptr<const Dir> dir;
  {
    const observe::MutexLock lock(mu_);
    for (;; at = ParentOf(at)) {
      if (const auto it = dirs_.find(at); it != dirs_.end()) dir = it->second;
      if (dir != nullptr || at.empty()) break;
    }
  }
  while (dir == nullptr || at != path) {
    ObjectId oid = root_;
    if (dir != nullptr) {
      const size_t begin = at.empty() ? 0 : at.size() + 1;
      const size_t end = path.find('/', begin);
      const TreeItem* item = FindItem(*dir, std::string_view(path).substr(begin, end - begin));
      if (item == nullptr) return Missing(path);
      if (item->mode != TreeMode::kDirectory && item->mode != TreeMode::kSubmodule)
        return base::InvalidArgument("open " + path + ": not a directory");
      oid = item->oid;
      at = path.substr(0, end);
      if (item->mode == TreeMode::kSubmodule) {
        dir = std::make_shared<const Dir>();
        const observe::MutexLock lock(mu_);
        dirs_[at] = dir;
        continue;
      }
    }
    SLUICE_TRY(const RawObject raw, odb_.Read(oid, kMaxTree));
    if (raw.type != ObjectType::kTree)
      return base::DataLoss("object " + oid.ToString() + " is not a tree");
    SLUICE_TRY(Dir items, ParseTree(raw.bytes));
    dir = std::make_shared<const Dir>(std::move(items));
    const observe::MutexLock lock(mu_);
    if (dirs_.size() >= kMaxDirs) dirs_.clear();
    dirs_[at] = dir;
  }
  return dir;
}

base::Result<TreeItem> CommitTree::ItemAt(const std::string& path) const {
  SLUICE_TRY(const auto dir, DirAt(ParentOf(path)));
  const TreeItem* item = FindItem(*dir, NameOf(path));
  if (item == nullptr) return Missing(path);
  return *item;
}

// Component by component; a link's target is put in front of what is left. Hops are counted, so a
// cycle ends.
base::Result<std::string> CommitTree::Resolve(std::string_view path) const {
  std::vector<std::string> left;
  const auto push = [&left](std::string_view p) {
    auto parts = base::Split(p, "/");
    for (auto it = parts.rbegin(); it != parts.rend(); ++it) left.emplace_back(*it);
  };
  push(path);
  std::string done;
  for (int hops = 0; !left.empty();) {
    const std::string part = std::move(left.back());
    left.pop_back();
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (done.empty())
        return base::PermissionDenied("open " + std::string(path) + ": path leaves the tree");
      done = ParentOf(done);
      continue;
    }
    const std::string next = done.empty() ? part : done + "/" + part;
    SLUICE_TRY(const TreeItem item, ItemAt(next));
    if (item.mode != TreeMode::kSymlink) {
      done = next;
      continue;
    }
    if (++hops > kMaxHops)
      return base::InvalidArgument("open " + std::string(path) +
                                   ": too many levels of symbolic links");
    SLUICE_TRY(const RawObject target, odb_.Read(item.oid, kMaxLink));
    if (target.bytes.starts_with('/'))
      return base::PermissionDenied("open " + std::string(path) + ": path leaves the tree");
    push(target.bytes);
  }
  return done;
}

base::Result<std::string> CommitTree::ReadFile(std::string_view path, uint64_t max_bytes) const {
  SLUICE_TRY(const std::string real, Resolve(path));
  if (real.empty()) return base::InvalidArgument("read " + std::string(path) + ": is a directory");
  SLUICE_TRY(const TreeItem item, ItemAt(real));
  if (item.mode != TreeMode::kFile && item.mode != TreeMode::kExecutable) {
    return base::InvalidArgument("read " + std::string(path) + ": is a directory");
  }
  auto raw = odb_.Read(item.oid, max_bytes);
  if (!raw.ok()) return std::move(raw).status().Wrap("read " + std::string(path));
  if (raw->type != ObjectType::kBlob)
    return base::DataLoss("read " + std::string(path) + ": object is not a blob");
  return std::move(raw->bytes);
}

base::Result<io::FileInfo> CommitTree::Stat(std::string_view path) const {
  SLUICE_TRY(const std::string real, Resolve(path));
  if (real.empty()) return io::FileInfo{.kind = io::FileKind::kDirectory};
  SLUICE_TRY(const TreeItem item, ItemAt(real));
  io::FileInfo info = InfoOf(item);
  if (info.kind == io::FileKind::kRegular) {
    SLUICE_TRY(info.size, odb_.SizeOf(item.oid));
  }
  return info;
}

base::Result<std::string> CommitTree::ReadLink(std::string_view path) const {
  SLUICE_TRY(const std::string parent, Resolve(ParentOf(std::string(path))));
  const std::string real = base::Cat(parent, parent.empty() ? "" : "/", NameOf(path));
  SLUICE_TRY(const TreeItem item, ItemAt(real));
  if (item.mode != TreeMode::kSymlink)
    return base::InvalidArgument("readlink " + std::string(path) + ": invalid argument");
  SLUICE_TRY(RawObject raw, odb_.Read(item.oid, kMaxLink));
  return std::move(raw.bytes);
}

base::Result<std::vector<io::DirEntry>> CommitTree::ReadDir(std::string_view path) const {
  SLUICE_TRY(const std::string real, Resolve(path));
  SLUICE_TRY(const auto dir, DirAt(real));
  std::vector<io::DirEntry> out;
  out.reserve(dir->size());
  for (const TreeItem& item : *dir) out.push_back({item.name, InfoOf(item)});
  return out;
}

}  // namespace sluice::git
