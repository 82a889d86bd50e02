#include "generated_tree.h"

#include "base/strings.h"

namespace sluice::source {
namespace {

using base::Result;
using base::Status;

Status Missing(std::string_view path) {
  return base::NotFound(base::Cat("open ", path, ": no such file or directory"));
}

// The parts of a cleaned path; an error where it would leave the root. `call` is what Go's error
// begins with.
Result<std::vector<std::string_view>> PartsOf(std::string_view path, std::string_view call) {
  std::vector<std::string_view> parts;
  if (path.find('\0') != path.npos)
    return base::InvalidArgument(
        base::Cat(call, " ", path.substr(0, path.find('\0')), ": invalid argument"));
  const bool absolute = path.starts_with('/');
  for (const std::string_view part : base::Split(path, "/")) {
    if (absolute || part == "..")
      return base::PermissionDenied(base::Cat(call, " ", path, ": path escapes from parent"));
    if (!part.empty() && part != ".") parts.push_back(part);
  }
  if (parts.size() > GeneratedTree::kMaxDepth)
    return base::ResourceExhausted(base::Cat(call, " ", path, ": file name too long"));
  return parts;
}

}  // namespace

Result<GeneratedTree::Node*> GeneratedTree::Directory(const std::vector<std::string_view>& parts,
                                                      size_t count, std::string_view path) {
  Node* at = &root_;
  for (size_t i = 0; i < count; ++i) {
    auto& child = at->children[std::string(parts[i])];
    if (child == nullptr) {
      if (++entries_ > kMaxEntries)
        return base::ResourceExhausted("artifact has more than " + std::to_string(kMaxEntries) +
                                       " entries");
      child = std::make_unique<Node>();
    }
    if (!child->directory)
      return base::FailedPrecondition(base::Cat("openat ", path, ": not a directory"));
    at = child.get();
  }
  return at;
}

Status GeneratedTree::MakeDirectory(const std::string& path) {
  const std::string clean = io::CleanPath(path);
  SLUICE_TRY(const auto parts, PartsOf(clean, "mkdirat"));
  SLUICE_TRY(Directory(parts, parts.size(), clean));
  return base::OkStatus();
}

Status GeneratedTree::PlaceFile(const std::string& path, std::shared_ptr<const io::FileTree> tree,
                                const std::string& from, bool executable) {
  const std::string clean = io::CleanPath(path);
  const auto parts = PartsOf(clean, clean.find('/') == clean.npos ? "openat" : "mkdirat");
  if (!parts.ok())
    return clean.find('/') == clean.npos
               ? parts.status()
               : parts.status().Wrap("failed to create destination directory");
  if (parts->empty())
    return base::FailedPrecondition(base::Cat("openat ", clean, ": is a directory"));
  SLUICE_TRY(Node * folder, Directory(*parts, parts->size() - 1, clean));
  SLUICE_TRY(const io::FileInfo info, tree->Stat(from));
  auto& node = folder->children[std::string(parts->back())];
  if (node != nullptr && node->directory)
    return base::FailedPrecondition(base::Cat("openat ", clean, ": is a directory"));
  if (node == nullptr && ++entries_ > kMaxEntries) {
    return base::ResourceExhausted("artifact has more than " + std::to_string(kMaxEntries) +
                                   " entries");
  }
  node = std::make_unique<Node>();
  node->directory = false;
  node->executable = executable;
  node->size = info.size;
  node->tree = std::move(tree);
  node->from = from;
  return base::OkStatus();
}

Status GeneratedTree::ReplaceContent(const std::string& path, std::string content) {
  Node* node = const_cast<Node*>(Find(io::CleanPath(path)));  // of our own, not const, root
  if (node == nullptr) return Missing(path);
  if (node->directory)
    return base::FailedPrecondition(base::Cat("openat ", path, ": is a directory"));
  node->tree.reset();
  node->from.clear();
  node->size = content.size();
  node->content = std::move(content);
  return base::OkStatus();
}

const GeneratedTree::Node* GeneratedTree::Find(std::string_view path) const {
  const Node* at = &root_;
  for (const std::string_view part : base::Split(path, "/")) {
    if (part.empty() || part == ".") continue;
    const auto it = at->children.find(part);
    if (it == at->children.end()) return nullptr;
    at = it->second.get();
  }
  return at;
}

io::FileInfo GeneratedTree::InfoOf(const Node& node) {
  io::FileInfo info;
  info.kind = node.directory ? io::FileKind::kDirectory : io::FileKind::kRegular;
  info.size = node.size;
  info.executable = node.executable;
  return info;
}

Result<std::string> GeneratedTree::ReadFile(std::string_view path, uint64_t max_bytes) const {
  const Node* node = Find(path);
  if (node == nullptr) return Missing(path);
  if (node->directory)
    return base::FailedPrecondition(base::Cat("read ", path, ": is a directory"));
  if (node->tree != nullptr) return node->tree->ReadFile(node->from, max_bytes);
  if (node->content.size() > max_bytes)
    return base::ResourceExhausted(base::Cat("read ", path, ": file too large"));
  return node->content;
}

Result<io::FileInfo> GeneratedTree::Stat(std::string_view path) const {
  const Node* node = Find(path);
  if (node == nullptr) return Missing(path);
  return InfoOf(*node);
}

Result<std::string> GeneratedTree::ReadLink(std::string_view path) const {
  return base::InvalidArgument(base::Cat("readlink ", path, ": invalid argument"));
}

Result<std::vector<io::DirEntry>> GeneratedTree::ReadDir(std::string_view path) const {
  const Node* node = Find(path);
  if (node == nullptr) return Missing(path);
  if (!node->directory)
    return base::FailedPrecondition(base::Cat("open ", path, ": not a directory"));
  std::vector<io::DirEntry> out;
  out.reserve(node->children.size());
  for (const auto& [name, child] : node->children) out.push_back({name, InfoOf(*child)});
  return out;
}

Result<std::string> GeneratedTree::Resolve(std::string_view path) const {
  return std::string(path);
}

}  // namespace sluice::source
