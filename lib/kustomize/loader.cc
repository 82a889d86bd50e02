#include "loader.h"

#include "base/strings.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;

constexpr uint64_t kMaxFile = 64 << 20;

constexpr std::string_view kForcedGit =
    "Warning: Forcing the git protocol using the 'git::' URL prefix is not supported. Kustomize "
    "currently strips this invalid prefix, but "
    "will stop doing so in a future release. Please remove the 'git::' prefix from your "
    "configuration.";

std::string Join(std::string_view dir, std::string_view path) {
  return io::CleanPath(Cat(dir, "/", path));
}

// The longest directory that both lie in or are; "" for "/".
std::string_view CommonDirectory(std::string_view root, std::string_view path) {
  while (!root.empty() && !HasPathPrefix(path, root)) root = root.substr(0, root.rfind('/'));
  return root == "/" ? "" : root;
}

bool IsMissing(const Status& status) { return status.code() == base::StatusCode::kNotFound; }

}  // namespace

bool HasPathPrefix(std::string_view path, std::string_view dir) {
  if (dir == "/" || path == dir) return true;
  return path.size() > dir.size() && path.starts_with(dir) && path[dir.size()] == '/';
}

Result<std::unique_ptr<Loader>> Loader::Top(BuildContext& context, const io::FileTree& tree,
                                            std::string_view path, std::string_view shown) {
  std::unique_ptr<Loader> loader(new Loader(context, tree, context.options.display_root));
  loader->restriction_ = context.options.load_restriction;
  if (!shown.empty()) {
    if (const auto spec = ParseGitUrl(shown)) return loader->Clone(*spec);
  }
  const std::string absolute = Join(loader->display_root_, path);
  auto root =
      loader->ConfirmDirectory(absolute, shown.empty() ? std::string_view(absolute) : shown);
  if (!root.ok()) return std::move(root).status().Wrap("must build at directory");
  loader->root_ = *std::move(root);
  return loader;
}

void Loader::Note(Input::What what, std::string path) const {
  if (repo_.has_value()) return;  // what a repository holds is not of the caller's tree
  context_.inputs.insert({what, std::move(path)});
}

const std::string* Loader::OverlayFile(const std::string& relative) const {
  if (repo_.has_value()) return nullptr;
  const auto it = context_.options.overlay.find(relative);
  return it == context_.options.overlay.end() ? nullptr : &it->second;
}

std::string Loader::Absolute(std::string_view path) const {
  return path.starts_with('/') ? io::CleanPath(path) : Join(root_, path);
}

std::optional<std::string> Loader::RelativeToTree(std::string_view absolute) const {
  if (!HasPathPrefix(absolute, display_root_.empty() ? "/" : std::string_view(display_root_)))
    return std::nullopt;
  absolute.remove_prefix(std::min(absolute.size(), display_root_.size()));
  while (absolute.starts_with('/')) absolute.remove_prefix(1);
  return std::string(absolute);
}

// What the peer's walk along links says of a path: the first part that is not there.
Status Loader::Missing(std::string_view absolute, std::string_view shown) const {
  constexpr int kMaxLinks = 255;
  const auto error = [&](std::string_view what) {
    return base::NotFound(Cat("evalsymlink failure on '", shown, "' : ", what));
  };
  // The walk begins below what is known: this root and what lies above it are directories that no
  // link leads to.
  std::string done(HasPathPrefix(root_, display_root_) ? CommonDirectory(root_, absolute)
                                                       : display_root_);
  std::string rest(absolute.substr(std::min(absolute.size(), done.size())));
  for (int links = 0; !rest.empty();) {
    const size_t start = std::min(rest.find_first_not_of('/'), rest.size());
    const size_t end = std::min(rest.find('/', start), rest.size());
    const std::string part = rest.substr(start, end - start);
    rest.erase(0, end);
    if (part.empty()) continue;
    const std::string next = io::CleanPath(Cat(done, "/", part));
    const auto relative = RelativeToTree(next);
    if (!relative.has_value()) break;
    if (const auto link = tree_->ReadLink(*relative);
        link.ok() && OverlayFile(*relative) == nullptr) {
      if (++links > kMaxLinks) return error("EvalSymlinks: too many links");
      if (link->starts_with('/')) done.clear();
      rest = Cat("/", *link, rest);
      continue;
    }
    const auto info = tree_->Stat(*relative);
    if (!info.ok()) {
      Note(Input::What::kMissing, *relative);
      return error(Cat("lstat ", next, ": no such file or directory"));
    }
    if (info->kind != io::FileKind::kDirectory && rest.find_first_not_of('/') != rest.npos)
      return error("not a directory");
    done = next;
  }
  return error(Cat("lstat ", absolute, ": no such file or directory"));
}

Result<Loader::Place> Loader::Resolve(std::string_view absolute, std::string_view shown) const {
  const auto relative = RelativeToTree(absolute);
  if (!relative.has_value()) {
    if (display_root_.empty() || context_.options.load_restriction == LoadRestriction::kRootOnly) {
      const size_t second = absolute.find('/', 1);
      return base::NotFound(Cat("evalsymlink failure on '", shown, "' : lstat ",
                                absolute.substr(0, second), ": no such file or directory"));
    }
    return base::PermissionDenied(Cat("fs-security-constraint clean abs ", absolute,
                                      ": path is outside of '", display_root_, "'"));
  }
  if (OverlayFile(*relative) != nullptr) return Place{std::string(absolute), false};
  auto resolved = tree_->Resolve(*relative);
  if (!resolved.ok()) {
    if (resolved.status().code() == base::StatusCode::kPermissionDenied) {
      return base::PermissionDenied(
          Cat("fs-security-constraint clean abs ", absolute, ": ", resolved.status().message()));
    }
    return Missing(absolute, shown);
  }
  const auto info = tree_->Stat(*relative);
  if (!info.ok()) return Missing(absolute, shown);
  const bool directory = info->kind == io::FileKind::kDirectory;
  if (directory) Note(Input::What::kDirectory, *relative);
  return Place{resolved->empty() ? (display_root_.empty() ? "/" : display_root_)
                                 : Cat(display_root_, "/", *resolved),
               directory};
}

bool Loader::IsDirectory(std::string_view absolute) const {
  const auto place = Resolve(absolute, absolute);
  return place.ok() && place->directory;
}

Result<std::string> Loader::ConfirmDirectory(std::string_view absolute,
                                             std::string_view shown) const {
  auto place = Resolve(absolute, shown);
  if (!place.ok()) return std::move(place).status().Wrap("not a valid directory");
  if (!place->directory) return base::InvalidArgument(Cat("'", shown, "': file is not directory"));
  return std::move(place->path);
}

Result<std::string> Loader::Read(std::string_view absolute) const {
  const auto relative = RelativeToTree(absolute);
  if (!relative.has_value()) {
    return base::PermissionDenied(Cat("fs-security-constraint read ", absolute,
                                      ": path is outside of '", display_root_, "'"));
  }
  if (const std::string* bytes = OverlayFile(*relative)) return *bytes;
  auto bytes = tree_->ReadFile(*relative, kMaxFile);
  if (bytes.ok()) {
    Note(Input::What::kFile, *relative);
    return bytes;
  }
  if (IsMissing(bytes.status())) {
    Note(Input::What::kMissing, *relative);
    return base::NotFound(Cat("open ", absolute, ": no such file or directory"));
  }
  const auto info = tree_->Stat(*relative);
  if (info.ok() && info->kind == io::FileKind::kDirectory) {
    Note(Input::What::kDirectory, *relative);
    return base::InvalidArgument(Cat("read ", absolute, ": is a directory"));
  }
  return std::move(bytes).status().Wrap(Cat("open ", absolute));
}

Result<std::string> Loader::LoadUrl(std::string_view url) const {
  if (!context_.options.fetch_file) {
    return base::PermissionDenied(
        Cat("HTTP Error: remote file '", url, "' is refused: remote resources are not enabled"));
  }
  auto text = context_.options.fetch_file(std::string(url));
  if (!text.ok() && text.status().code() == kHttpFailure && ParseGitUrl(url))
    return base::NotFound("URL is a git repository");
  return text;
}

Result<std::string> Loader::Load(std::string_view path) const {
  if (IsHttpUrl(path)) return LoadUrl(path);
  const std::string absolute = Absolute(path);
  if (restriction_ == LoadRestriction::kNone) return Read(absolute);
  SLUICE_TRY(const Place place, Resolve(absolute, absolute));
  if (place.directory) return base::InvalidArgument(Cat("'", absolute, "' must resolve to a file"));
  if (!HasPathPrefix(place.path, root_)) {
    return base::PermissionDenied(
        Cat("security; file '", absolute, "' is not in or below '", root_, "'"));
  }
  return Read(absolute);
}

Status Loader::CheckCycle(std::string_view candidate) const {
  for (const Loader* at = this; at != nullptr; at = at->referrer_) {
    if (at->repo_.has_value() != repo_.has_value()) break;  // roots of another tree
    if (HasPathPrefix(at->root_, candidate)) {
      return base::InvalidArgument(Cat("cycle detected: candidate root '", candidate,
                                       "' contains visited root '", at->root_, "'"));
    }
  }
  return {};
}

Result<std::unique_ptr<Loader>> Loader::New(std::string_view path) const {
  if (path.empty()) return base::InvalidArgument("new root cannot be empty");
  if (const auto spec = ParseGitUrl(path)) {
    for (const Loader* at = this; at != nullptr; at = at->referrer_) {
      if (at->repo_.has_value() && at->repo_->raw.starts_with(spec->raw)) {
        return base::InvalidArgument(Cat("cycle detected: URI '", spec->raw,
                                         "' referenced by previous URI '", at->repo_->raw, "'"));
      }
    }
    return Clone(*spec);
  }
  if (path.starts_with('/'))
    return base::InvalidArgument(Cat("new root '", path, "' cannot be absolute"));
  const std::string absolute = Join(root_, path);
  auto root = ConfirmDirectory(absolute, absolute);
  if (!root.ok()) return std::move(root).status().Wrap("must build at directory");
  if (repo_.has_value() && !HasPathPrefix(*root, repo_dir_)) {
    return base::PermissionDenied(
        Cat("security; bases in kustomizations found in cloned git repos must be within the repo, "
            "but base '",
            *root, "' is outside '", repo_dir_, "'"));
  }
  SLUICE_TRY(CheckCycle(*root));
  std::unique_ptr<Loader> loader(new Loader(context_, *tree_, display_root_));
  loader->root_ = *std::move(root);
  loader->restriction_ = restriction_;
  loader->referrer_ = this;
  loader->repo_ = repo_;
  loader->repo_dir_ = repo_dir_;
  return loader;
}

Result<std::unique_ptr<Loader>> Loader::Clone(const RepoSpec& spec) const {
  if (!context_.options.fetch_base) {
    return base::PermissionDenied(
        Cat("remote base '", spec.raw, "' is refused: remote bases are not enabled"));
  }
  if (base::EqualFold(spec.raw.substr(0, 5), "git::")) context_.warnings.emplace_back(kForcedGit);
  SLUICE_TRY(RemoteTree remote,
             context_.options.fetch_base(
                 {spec.raw, spec.clone_spec, spec.ref, spec.path, spec.submodules, spec.timeout}));
  context_.trees.push_back(remote.tree);
  std::unique_ptr<Loader> loader(new Loader(context_, *remote.tree, remote.display_root));
  loader->repo_ = spec;
  loader->repo_dir_ = remote.display_root.empty() ? "/" : remote.display_root;
  const std::string absolute = Join(loader->repo_dir_, spec.path);
  const auto place = loader->Resolve(absolute, absolute);
  if (!place.ok()) return place.status();
  if (!place->directory) {
    const size_t slash = place->path.rfind('/');
    return base::InvalidArgument(Cat("'", absolute, "' refers to file '",
                                     place->path.substr(slash + 1), "'; expecting directory"));
  }
  if (!HasPathPrefix(place->path, loader->repo_dir_)) {
    return base::PermissionDenied(Cat(base::QuoteGo(absolute),
                                      " refers to directory outside of repo ",
                                      base::QuoteGo(loader->repo_dir_)));
  }
  loader->root_ = place->path;
  loader->referrer_ = root_.empty() ? nullptr : this;
  return loader;
}

}  // namespace sluice::kustomize
