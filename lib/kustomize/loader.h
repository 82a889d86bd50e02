// Loader: the files of one root and the way to other roots, with the peer's restrictions and words
// (spec §4). Paths are absolute and clean as the user sees them; the tree is asked for what lies
// below its display root.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "context.h"
#include "git_url.h"
#include "io/file_tree.h"

namespace sluice::kustomize {

class Loader {
 public:
  // `path` is relative to the tree; `shown` is what messages about it print.
  static base::Result<std::unique_ptr<Loader>> Top(BuildContext& context, const io::FileTree& tree,
                                                   std::string_view path, std::string_view shown);

  const std::string& root() const { return root_; }
  // A file's bytes, "\r\n" and all.
  base::Result<std::string> Load(std::string_view path) const;
  // A base or component: a directory beside or below this one, or a repository.
  base::Result<std::unique_ptr<Loader>> New(std::string_view path) const;

  // As the peer's messages and the helm engine need it.
  std::string Absolute(std::string_view path) const;
  bool IsDirectory(std::string_view absolute) const;
  std::optional<std::string> RelativeToTree(std::string_view absolute) const;
  const io::FileTree& tree() const { return *tree_; }

 private:
  Loader(BuildContext& context, const io::FileTree& tree, std::string display_root)
      : context_(context), tree_(&tree), display_root_(std::move(display_root)) {}

  struct Place {
    std::string path;  // absolute, links resolved
    bool directory = false;
  };
  // Resolves links; `shown` is named in the error.
  base::Result<Place> Resolve(std::string_view absolute, std::string_view shown) const;
  base::Result<std::string> ConfirmDirectory(std::string_view absolute,
                                             std::string_view shown) const;
  base::Status Missing(std::string_view absolute, std::string_view shown) const;
  base::Status CheckCycle(std::string_view candidate) const;
  base::Result<std::string> Read(std::string_view absolute) const;
  base::Result<std::string> LoadUrl(std::string_view url) const;
  base::Result<std::unique_ptr<Loader>> Clone(const RepoSpec& spec) const;
  const std::string* OverlayFile(const std::string& relative) const;
  void Note(Input::What what, std::string path) const;

  BuildContext& context_;
  const io::FileTree* tree_;
  std::string display_root_;  // "" for "/"
  std::string root_;
  LoadRestriction restriction_ = LoadRestriction::kRootOnly;
  const Loader* referrer_ = nullptr;
  std::optional<RepoSpec> repo_;
  std::string repo_dir_;
};

// True where `path` is `dir` or below it, by segments.
bool HasPathPrefix(std::string_view path, std::string_view dir);

}  // namespace sluice::kustomize
