#include "composed_tree.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::source {
namespace {

std::string Join(std::string_view a, std::string_view b) {
  return base::Cat(a, a.empty() || b.empty() ? "" : "/", b);
}

bool Below(std::string_view path, std::string_view directory) {
  if (directory.empty()) return true;
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

}  // namespace

void ComposedTree::Mount(const std::string& at, std::shared_ptr<const io::FileTree> tree,
                         const std::string& from) {
  mounts_.insert_or_assign(at, Mounted{std::move(tree), from});
}

// The innermost mount that the path lies in, else the base.
ComposedTree::Place ComposedTree::Locate(std::string_view path) const {
  for (std::string_view at = path; !at.empty();) {
    if (const auto it = mounts_.find(std::string(at)); it != mounts_.end()) {
      const std::string_view rest = path.substr(std::min(path.size(), at.size() + 1));
      return {it->second.tree.get(), Join(it->second.from, rest), false};
    }
    const size_t slash = at.rfind('/');
    at = slash == at.npos ? std::string_view() : at.substr(0, slash);
  }
  return {base_.get(), std::string(path), true};
}

bool ComposedTree::Selected(std::string_view path, bool directory) const {
  if (prefixes_.empty() || path.empty()) return true;
  const std::string as_directory = base::Cat(path, "/");
  return std::ranges::any_of(prefixes_, [&](const std::string& p) {
    return directory ? as_directory.starts_with(p) || p.starts_with(as_directory)
                     : path.starts_with(p);
  });
}

base::Result<std::string> ComposedTree::ReadFile(std::string_view path, uint64_t max_bytes) const {
  const Place place = Locate(path);
  return place.tree->ReadFile(place.path, max_bytes);
}

base::Result<io::FileInfo> ComposedTree::Stat(std::string_view path) const {
  const Place place = Locate(path);
  auto info = place.tree->Stat(place.path);
  if (info.ok() && place.base && !Selected(path, info->kind == io::FileKind::kDirectory))
    info = base::NotFound("no such file or directory");
  if (info.ok()) return info;
  // A directory that is there only because something is mounted below it.
  for (const auto& [at, mounted] : mounts_) {
    if (Below(at, path)) return io::FileInfo{.kind = io::FileKind::kDirectory};
  }
  return info;
}

base::Result<std::string> ComposedTree::ReadLink(std::string_view path) const {
  const Place place = Locate(path);
  return place.tree->ReadLink(place.path);
}

base::Result<std::string> ComposedTree::Resolve(std::string_view path) const {
  return std::string(path);
}

base::Result<std::vector<io::DirEntry>> ComposedTree::ReadDir(std::string_view path) const {
  const Place place = Locate(path);
  std::map<std::string, io::DirEntry> entries;
  auto own = place.tree->ReadDir(place.path);
  if (own.ok()) {
    for (io::DirEntry& e : *own) {
      if (place.base && !Selected(Join(path, e.name), e.info.kind == io::FileKind::kDirectory))
        continue;
      std::string name = e.name;
      entries.emplace(std::move(name), std::move(e));
    }
  }
  bool any_mount = false;
  for (const auto& [at, mounted] : mounts_) {
    if (!Below(at, path)) continue;
    any_mount = true;
    const std::string_view rest = std::string_view(at).substr(path.empty() ? 0 : path.size() + 1);
    const size_t slash = rest.find('/');
    io::DirEntry entry{std::string(rest.substr(0, slash)), {.kind = io::FileKind::kDirectory}};
    if (slash == rest.npos) {
      SLUICE_TRY(entry.info, mounted.tree->Stat(mounted.from));
    } else if (const auto known = entries.find(entry.name);
               known != entries.end() && known->second.info.kind == io::FileKind::kDirectory) {
      continue;
    }
    std::string name = entry.name;
    entries.insert_or_assign(std::move(name), std::move(entry));
  }
  if (!own.ok() && !any_mount) return std::move(own).status();
  std::vector<io::DirEntry> out;
  for (auto& [name, entry] : entries) out.push_back(std::move(entry));
  return out;
}

}  // namespace sluice::source
