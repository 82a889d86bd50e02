// A FileTree over a map from path to bytes. It knows no links.
#include <cerrno>
#include <memory>
#include <set>
#include <utility>

#include "base/strings.h"
#include "errno_status.h"
#include "io/file_tree.h"

namespace sluice::io {
namespace {

class MemoryTree final : public FileTree {
 public:
  explicit MemoryTree(std::map<std::string, std::string> files) : files_(std::move(files)) {
    directories_[""];
    for (const auto& [path, bytes] : files_) {
      std::string_view child = path;
      for (;;) {
        const size_t slash = child.rfind('/');
        const auto parent = slash == child.npos ? std::string_view() : child.substr(0, slash);
        const auto name = slash == child.npos ? child : child.substr(slash + 1);
        if (!directories_[std::string(parent)].emplace(name).second || parent.empty()) break;
        child = parent;
      }
    }
  }

  base::Result<std::string> ReadFile(std::string_view path, uint64_t max_bytes) const override {
    SLUICE_TRY(const std::string key, Key("open", path));
    const auto it = files_.find(key);
    if (it == files_.end())
      return directories_.contains(key) ? ErrnoStatus("read", path, EISDIR) : Missing("open", path);
    if (it->second.size() > max_bytes) {
      return base::ResourceExhausted(base::Cat("read ", path, ": file exceeds the limit of ",
                                               std::to_string(max_bytes), " bytes"));
    }
    return it->second;
  }

  base::Result<FileInfo> Stat(std::string_view path) const override {
    SLUICE_TRY(const std::string key, Key("stat", path));
    if (const auto it = files_.find(key); it != files_.end()) return InfoOf(it->second);
    if (directories_.contains(key)) return FileInfo{FileKind::kDirectory, 0, false, {}};
    return Missing("stat", path);
  }

  base::Result<std::string> ReadLink(std::string_view path) const override {
    SLUICE_TRY(Stat(path));
    return ErrnoStatus("readlink", path, EINVAL);
  }

  base::Result<std::vector<DirEntry>> ReadDir(std::string_view path) const override {
    SLUICE_TRY(const std::string key, Key("open", path));
    const auto it = directories_.find(key);
    if (it == directories_.end())
      return files_.contains(key) ? ErrnoStatus("readdir", path, ENOTDIR) : Missing("open", path);
    std::vector<DirEntry> out;
    for (const auto& name : it->second) {
      const auto file = files_.find(key.empty() ? name : key + "/" + name);
      out.push_back({name, file != files_.end() ? InfoOf(file->second)
                                                : FileInfo{FileKind::kDirectory, 0, false, {}}});
    }
    return out;
  }

  base::Result<std::string> Resolve(std::string_view path) const override {
    SLUICE_TRY(Stat(path));
    return Key("lstat", path);
  }

 private:
  static FileInfo InfoOf(const std::string& bytes) {
    return {FileKind::kRegular, bytes.size(), false, {}};
  }
  static base::Status Missing(std::string_view op, std::string_view path) {
    return ErrnoStatus(op, path, ENOENT);
  }

  static base::Result<std::string> Key(std::string_view op, std::string_view path) {
    std::string clean = CleanPath(path);
    if (clean == ".") return std::string();
    if (clean.starts_with('/') || clean == ".." || clean.starts_with("../"))
      return EscapesStatus(op, path);
    return clean;
  }

  const std::map<std::string, std::string> files_;
  std::map<std::string, std::set<std::string>> directories_;
};

}  // namespace

std::unique_ptr<FileTree> MakeMemoryTree(std::map<std::string, std::string> files) {
  return std::make_unique<MemoryTree>(std::move(files));
}

}  // namespace sluice::io
