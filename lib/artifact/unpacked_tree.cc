#include "unpacked_tree.h"

#include <algorithm>

namespace sluice::artifact {
namespace {

base::Status Clash(std::string_view path) {
  return base::InvalidArgument("tar entry '" + std::string(path) +
                               "' is both a file and a directory");
}

}  // namespace

UnpackedTree::UnpackedTree(std::string bytes) {
  auto kept = std::make_shared<const std::string>(std::move(bytes));
  bytes_ = *kept;
  owner_ = std::move(kept);
  nodes_.emplace("", Node{.directory = true});
}

UnpackedTree::UnpackedTree(std::string_view bytes, std::shared_ptr<const void> owner,
                           std::function<void(std::string_view)> drop)
    : owner_(std::move(owner)), bytes_(bytes), drop_(std::move(drop)) {
  nodes_.emplace("", Node{.directory = true});
}

base::Status UnpackedTree::AddDirectory(std::string_view path) {
  if (const auto it = nodes_.find(path); it != nodes_.end())
    return it->second.directory ? base::OkStatus() : Clash(path);
  // Ancestors first, from the top: each step adds one level, so depth costs no stack.
  for (size_t end = path.find('/');; end = path.find('/', end + 1)) {
    const std::string_view part = path.substr(0, end);
    if (const auto it = nodes_.find(part); it != nodes_.end()) {
      if (!it->second.directory) return Clash(part);
    } else {
      const size_t slash = part.rfind('/');
      const std::string_view parent =
          slash == part.npos ? std::string_view() : part.substr(0, slash);
      nodes_.find(parent)->second.children.emplace_back(
          slash == part.npos ? part : part.substr(slash + 1));
      nodes_.emplace(part, Node{.directory = true});
    }
    if (end == path.npos) return base::OkStatus();
  }
}

base::Status UnpackedTree::AddFile(std::string_view path, std::string_view content,
                                   bool executable) {
  const size_t slash = path.rfind('/');
  const std::string_view parent = slash == path.npos ? std::string_view() : path.substr(0, slash);
  SLUICE_TRY(AddDirectory(parent));
  auto [it, added] = nodes_.try_emplace(std::string(path));
  if (it->second.directory) return Clash(path);
  it->second.content = content;
  it->second.executable = executable;
  if (added)
    nodes_.find(parent)->second.children.emplace_back(slash == path.npos ? path
                                                                         : path.substr(slash + 1));
  return base::OkStatus();
}

void UnpackedTree::Seal() {
  for (auto& [path, node] : nodes_) std::ranges::sort(node.children);
}

base::Result<const UnpackedTree::Node*> UnpackedTree::Find(std::string_view path) const {
  if (path == ".") path = "";
  const auto it = nodes_.find(path);
  if (it == nodes_.end())
    return base::NotFound("open " + std::string(path) + ": no such file or directory");
  return &it->second;
}

io::FileInfo UnpackedTree::InfoOf(const Node& node) {
  return {.kind = node.directory ? io::FileKind::kDirectory : io::FileKind::kRegular,
          .size = node.content.size(),
          .executable = node.executable};
}

base::Result<std::string> UnpackedTree::ReadFile(std::string_view path, uint64_t max_bytes) const {
  SLUICE_TRY(const Node* node, Find(path));
  if (node->directory)
    return base::InvalidArgument("read " + std::string(path) + ": is a directory");
  if (node->content.size() > max_bytes) {
    return base::ResourceExhausted("read " + std::string(path) + ": larger than " +
                                   std::to_string(max_bytes) + " bytes");
  }
  std::string content(node->content);
  if (drop_) drop_(node->content);
  return content;
}

base::Result<io::FileInfo> UnpackedTree::Stat(std::string_view path) const {
  SLUICE_TRY(const Node* node, Find(path));
  return InfoOf(*node);
}

base::Result<std::string> UnpackedTree::ReadLink(std::string_view path) const {
  SLUICE_TRY(const Node* node, Find(path));
  static_cast<void>(node);
  return base::InvalidArgument("readlink " + std::string(path) + ": invalid argument");
}

base::Result<std::vector<io::DirEntry>> UnpackedTree::ReadDir(std::string_view path) const {
  SLUICE_TRY(const Node* node, Find(path));
  if (!node->directory)
    return base::InvalidArgument("open " + std::string(path) + ": not a directory");
  if (path == ".") path = "";
  std::vector<io::DirEntry> out;
  out.reserve(node->children.size());
  for (const std::string& name : node->children) {
    const std::string child = path.empty() ? name : std::string(path) + "/" + name;
    out.push_back({name, InfoOf(nodes_.find(child)->second)});
  }
  return out;
}

base::Result<std::string> UnpackedTree::Resolve(std::string_view path) const {
  SLUICE_TRY(const Node* node, Find(path));
  static_cast<void>(node);
  return std::string(path == "." ? "" : path);
}

}  // namespace sluice::artifact
