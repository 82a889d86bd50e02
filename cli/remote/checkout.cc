#include "remote/checkout.h"

#include <algorithm>

#include "base/strings.h"
#include "git/mirror.h"
#include "http/client.h"
#include "http/url.h"
#include "io/rooted_fs.h"
#include "io/temp_dir.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using base::StatusCode;

constexpr std::string_view kRules[] = {"", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"};
constexpr uint64_t kMaxFile = 256 << 20;

// git's words for what our client says in Go's.
Status InGitsWords(const Status& status, const std::string& url) {
  switch (status.code()) {
    case StatusCode::kUnauthenticated:
    case StatusCode::kPermissionDenied:
      return base::Unimplemented(Cat("fatal: Authentication failed for '", url, "/'"));
    case StatusCode::kNotFound:
      return base::NotFound(Cat("fatal: repository '", url, "/' not found"));
    case StatusCode::kDeadlineExceeded:
      return status;
    // Where there is a git it says so itself: "Could not resolve host: …".
    default:
      return base::Unimplemented(Cat("fatal: unable to access '", url, "/': ", status.message()));
  }
}

class Writer {
 public:
  Writer(const io::FileTree& tree, const io::RootedFs& to) : tree_(tree), to_(to) {}

  Status Write(const std::string& directory) {
    SLUICE_TRY(const auto entries, tree_.ReadDir(directory));
    for (const io::DirEntry& entry : entries) {
      const std::string path = directory.empty() ? entry.name : Cat(directory, "/", entry.name);
      SLUICE_TRY(WriteEntry(path, entry.info));
    }
    return {};
  }

 private:
  Status WriteEntry(const std::string& path, const io::FileInfo& info) {
    switch (info.kind) {
      case io::FileKind::kDirectory:
        SLUICE_TRY(to_.MakeDirs(path, 0755));
        return Write(path);
      case io::FileKind::kSymlink: {
        SLUICE_TRY(const std::string target, tree_.ReadLink(path));
        return to_.Symlink(target, path);
      }
      case io::FileKind::kRegular: {
        SLUICE_TRY(const std::string bytes, tree_.ReadFile(path, kMaxFile));
        return to_.WriteFile(path, bytes, {.mode = info.executable ? 0755u : 0644u});
      }
      case io::FileKind::kOther:
        break;
    }
    return {};
  }

  const io::FileTree& tree_;
  const io::RootedFs& to_;
};

git::RemoteAuth AuthOf(const http::Url& url) {
  git::RemoteAuth auth;
  if (url.userinfo.empty()) return auth;
  const size_t colon = std::min(url.userinfo.find(':'), url.userinfo.size());
  auth.username = http::QueryUnescape(url.userinfo.substr(0, colon)).value_or("");
  if (colon < url.userinfo.size()) {
    auth.password =
        base::SecretString(http::QueryUnescape(url.userinfo.substr(colon + 1)).value_or(""));
  }
  return auth;
}

}  // namespace

Result<git::ObjectId> FindRef(const std::vector<git::RemoteRef>& refs, const std::string& ref) {
  for (const std::string_view rule : kRules) {
    const std::string name = Cat(rule, ref);
    const auto it = std::ranges::find(refs, name, &git::RemoteRef::name);
    if (it != refs.end()) return it->commit();
  }
  return base::NotFound(Cat("fatal: couldn't find remote ref ", ref));
}

Status Checkout(const observe::Context& ctx, http::Client& client, const CheckoutRequest& request) {
  SLUICE_TRY(const http::Url url, http::Url::Parse(request.repository));
  SLUICE_TRY(const auto remote, git::MakeHttpRemote(client, url.ToString(), AuthOf(url)));
  const std::string ref = request.ref.empty() ? "HEAD" : request.ref;
  auto commit = git::ObjectId::Parse(ref);
  if (!commit.ok()) {
    std::vector<std::string> prefixes;
    for (const std::string_view rule : kRules) prefixes.push_back(Cat(rule, ref));
    const auto refs = remote->ListRefs(ctx, prefixes);
    if (!refs.ok()) return InGitsWords(refs.status(), url.ToString());
    SLUICE_TRY(commit, FindRef(*refs, ref));
  }
  SLUICE_TRY(const io::TempDir objects,
             io::TempDir::Create(io::JoinPath(request.directory, ".."), "sluice-objects-"));
  SLUICE_TRY(const auto mirror, git::OpenMirror(objects.path()));
  if (Status s = mirror->Fetch(ctx, *remote, {*commit}); !s.ok())
    return InGitsWords(s, url.ToString());
  SLUICE_TRY(const auto session, mirror->Open());
  SLUICE_TRY(const auto tree, session->OpenTree(*commit));
  if (request.submodules && tree->Stat(".gitmodules").ok())
    return base::Unimplemented("fatal: submodules need git");
  SLUICE_TRY(const io::RootedFs to, io::RootedFs::Open(request.directory));
  return Writer(*tree, to).Write("");
}

}  // namespace sluice::cli
