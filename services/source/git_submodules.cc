#include "git_submodules.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"
#include "git/gitmodules.h"
#include "git/url.h"

namespace sluice::source {
namespace {

constexpr int kMaxDepth = 10;
constexpr uint64_t kMaxGitmodules = 1 << 20;
constexpr size_t kMaxTotal = 1000;

// The files of one submodule's commit, with what they are read from.
class HeldTree final : public io::FileTree {
 public:
  HeldTree(std::unique_ptr<git::MirrorSession> session, std::unique_ptr<io::FileTree> tree)
      : session_(std::move(session)), tree_(std::move(tree)) {}
  base::Result<std::string> ReadFile(std::string_view p, uint64_t max) const override {
    return tree_->ReadFile(p, max);
  }
  base::Result<io::FileInfo> Stat(std::string_view p) const override { return tree_->Stat(p); }
  base::Result<std::string> ReadLink(std::string_view p) const override {
    return tree_->ReadLink(p);
  }
  base::Result<std::vector<io::DirEntry>> ReadDir(std::string_view p) const override {
    return tree_->ReadDir(p);
  }
  base::Result<std::string> Resolve(std::string_view p) const override { return tree_->Resolve(p); }
  const git::MirrorSession& session() const { return *session_; }

 private:
  std::unique_ptr<git::MirrorSession> session_;
  std::unique_ptr<io::FileTree> tree_;
};

// The commit that the tree has at `path`; nullopt if there is no submodule.
base::Result<std::optional<git::ObjectId>> GitlinkAt(const git::MirrorSession& session,
                                                     const git::ObjectId& root,
                                                     std::string_view path) {
  git::ObjectId at = root;
  const auto parts = base::Split(path, "/");
  for (size_t i = 0; i < parts.size(); ++i) {
    SLUICE_TRY(const auto items, session.ReadTree(at));
    const auto it = std::ranges::find(items, parts[i], &git::TreeItem::name);
    if (it == items.end()) return std::optional<git::ObjectId>();
    const bool last = i + 1 == parts.size();
    if (it->mode != (last ? git::TreeMode::kSubmodule : git::TreeMode::kDirectory))
      return std::optional<git::ObjectId>();
    at = it->oid;
  }
  return std::optional<git::ObjectId>(at);
}

// Whose credentials go where: only to the origin they were given for.
git::RemoteAuth AuthFor(const SubmoduleRequest& request, const std::string& url) {
  const auto own = git::ParseUrl(request.url), other = git::ParseUrl(url);
  if (own.ok() && other.ok() && own->origin() == other->origin()) return request.auth;
  git::RemoteAuth bare;
  bare.ca_pem = request.auth.ca_pem;
  bare.proxy_url = request.auth.proxy_url;
  bare.proxy_username = request.auth.proxy_username;
  bare.proxy_password = request.auth.proxy_password;
  return bare;
}

class Mounter {
 public:
  Mounter(const observe::Context& ctx, const SubmoduleRequest& request, ComposedTree& tree,
          std::vector<std::shared_ptr<git::Repository>>& kept)
      : ctx_(ctx), request_(request), tree_(tree), kept_(kept) {}

  // NOLINTNEXTLINE(misc-no-recursion): kMaxDepth ends it
  base::Status Mount(const git::MirrorSession& session, const git::ObjectId& commit,
                     const std::string& url, const std::string& prefix, int depth) {
    SLUICE_TRY(const git::CommitInfo info, session.ReadCommit(commit));
    SLUICE_TRY(const auto files, session.ReadTree(info.tree));
    const auto it = std::ranges::find(files, ".gitmodules", &git::TreeItem::name);
    if (it == files.end() ||
        (it->mode != git::TreeMode::kFile && it->mode != git::TreeMode::kExecutable))
      return base::OkStatus();
    SLUICE_TRY(const std::string text, session.ReadBlob(it->oid, kMaxGitmodules));
    SLUICE_TRY(const auto modules, git::ParseGitmodules(text));
    for (const git::Submodule& m : modules) {
      SLUICE_TRY(const auto want, GitlinkAt(session, info.tree, m.path));
      if (!want) continue;
      if (depth >= kMaxDepth) return base::OkStatus();  // deeper ones stay empty, as in Flux
      if (++total_ > kMaxTotal) return base::ResourceExhausted("too many submodules");
      SLUICE_TRY(const std::string at, git::ResolveSubmoduleUrl(url, m.url));
      const std::string path = base::Cat(prefix, prefix.empty() ? "" : "/", m.path);
      auto mounted = MountOne(*want, at, path, depth);
      if (!mounted.ok())
        return std::move(mounted).Wrap(
            base::Cat("submodule '", path, "' at '", http::RedactUrl(at), "'"));
    }
    return base::OkStatus();
  }

 private:
  // NOLINTNEXTLINE(misc-no-recursion)
  base::Status MountOne(const git::ObjectId& commit, const std::string& url,
                        const std::string& path, int depth) {
    SLUICE_TRY(auto repository, request_.pool.Get(url, AuthFor(request_, url)));
    git::ReferenceSpec spec;
    spec.commit = commit.ToString();
    SLUICE_TRY(const auto ref, repository->Resolve(ctx_, spec));
    SLUICE_TRY(auto session, repository->Checkout(ctx_, spec, ref));
    kept_.push_back(std::move(repository));
    SLUICE_TRY(auto files, session->OpenTree(commit));
    const auto held = std::make_shared<HeldTree>(std::move(session), std::move(files));
    tree_.Mount(path, held, "");
    return Mount(held->session(), commit, url, path, depth + 1);
  }

  const observe::Context& ctx_;
  const SubmoduleRequest& request_;
  ComposedTree& tree_;
  std::vector<std::shared_ptr<git::Repository>>& kept_;
  size_t total_ = 0;
};

}  // namespace

base::Status MountSubmodules(const observe::Context& ctx, const SubmoduleRequest& request,
                             const git::MirrorSession& session, const git::ObjectId& commit,
                             ComposedTree& tree,
                             std::vector<std::shared_ptr<git::Repository>>& kept) {
  return Mounter(ctx, request, tree, kept).Mount(session, commit, request.url, "", 0);
}

}  // namespace sluice::source
