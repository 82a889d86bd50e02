#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/strings.h"
#include "git/repository.h"
#include "io/rooted_fs.h"
#include "observe/mutex.h"

namespace sluice::git {
namespace {

constexpr size_t kMaxTiedTags = 16;

// Listings of one repository: questions that come while a listing is under way wait for the next
// one, which answers them all. So no answer is older than its question by more than the asker
// allows; a short one is kept for who allows that.
class ListingBatcher {
 public:
  explicit ListingBatcher(Remote& remote) : remote_(remote) {}

  base::Result<std::vector<RemoteRef>> List(const observe::Context& ctx,
                                            const std::vector<std::string>& prefixes,
                                            base::Duration max_age = {}) {
    if (max_age > base::Duration::zero()) {
      const observe::MutexLock lock(mu_);
      if (kept_ != nullptr && std::chrono::steady_clock::now() - kept_->asked <= max_age &&
          Covers(kept_->prefixes, prefixes)) {
        std::vector<RemoteRef> out;
        for (const RemoteRef& r : *kept_->result) {
          if (std::ranges::any_of(prefixes,
                                  [&](const std::string& p) { return r.name.starts_with(p); }))
            out.push_back(r);
        }
        return out;
      }
    }
    const std::stop_callback wake(ctx.stop(), [this] { cv_.notify_all(); });
    mu_.lock();
    if (next_ == nullptr) next_ = std::make_shared<Round>();
    const std::shared_ptr<Round> mine = next_;
    for (const std::string& p : prefixes) {
      if (std::ranges::count(mine->prefixes, p) == 0) mine->prefixes.push_back(p);
    }
    while (running_ && !mine->done) {
      if (auto status = ctx.Check(); !status.ok()) {
        mu_.unlock();
        return status;
      }
      cv_.wait_for(mu_, ctx.Remaining(std::chrono::seconds(1)));
    }
    if (!mine->done) Lead(ctx, mine);
    auto result = mine->result;
    mu_.unlock();
    // Another caller's patience ended, not ours: ask ourselves.
    if (!result.ok() && !ctx.done() && mine->leader != &ctx &&
        (result.status().code() == base::StatusCode::kCancelled ||
         result.status().code() == base::StatusCode::kDeadlineExceeded)) {
      auto own = remote_.ListRefs(ctx, prefixes);
      const observe::MutexLock lock(mu_);
      kept_ = nullptr;  // older than this answer
      return own;
    }
    return result;
  }

 private:
  static constexpr size_t kMaxKept = 256;  // references

  static bool Covers(const std::vector<std::string>& asked,
                     const std::vector<std::string>& wanted) {
    return std::ranges::all_of(wanted, [&](const std::string& w) {
      return std::ranges::any_of(asked, [&](const std::string& a) { return w.starts_with(a); });
    });
  }

  struct Round {
    std::vector<std::string> prefixes;
    std::chrono::steady_clock::time_point asked{};
    bool done = false;
    const observe::Context* leader = nullptr;  // compared only
    base::Result<std::vector<RemoteRef>> result = base::Internal("listing not made");
  };

  void Lead(const observe::Context& ctx, const std::shared_ptr<Round>& round) SLUICE_REQUIRES(mu_) {
    running_ = true;
    next_ = nullptr;
    round->asked = std::chrono::steady_clock::now();
    mu_.unlock();
    auto result = remote_.ListRefs(ctx, round->prefixes);
    mu_.lock();
    round->result = std::move(result);
    round->leader = &ctx;
    round->done = true;
    kept_ = round->result.ok() && round->result->size() <= kMaxKept ? round : nullptr;
    running_ = false;
    cv_.notify_all();
  }

  Remote& remote_;
  observe::Mutex mu_;
  observe::CondVar cv_;
  bool running_ SLUICE_GUARDED_BY(mu_) = false;
  std::shared_ptr<Round> next_ SLUICE_GUARDED_BY(mu_);
  std::shared_ptr<const Round> kept_ SLUICE_GUARDED_BY(mu_);
};

class PooledRepository final : public Repository {
 public:
  PooledRepository(std::unique_ptr<Remote> remote, std::unique_ptr<Mirror> mirror)
      : remote_(std::move(remote)), mirror_(std::move(mirror)), listings_(*remote_) {}

  void SetCredentials(const RemoteAuth& auth) { remote_->SetCredentials(auth); }

  base::Result<ResolvedReference> Resolve(const observe::Context& ctx, const ReferenceSpec& spec,
                                          base::Duration max_age) override {
    const auto prefixes = RefPrefixes(spec);
    std::vector<RemoteRef> refs;
    if (!prefixes.empty()) {
      SLUICE_TRY(refs, listings_.List(ctx, prefixes, max_age));
    }
    auto found = ResolveReference(spec, refs);
    if (!found.ok() && refs.empty() && found.status().message() == kEmptyRepository) {
      // Nothing under our prefix: is there nothing at all?
      SLUICE_TRY(refs, listings_.List(ctx, {"HEAD", "refs/"}));
      found = ResolveReference(spec, refs);
    }
    if (!found.ok()) return std::move(found).status();
    if (found->size() == 1) return std::move(found->front());
    return NewestOf(ctx, *std::move(found));
  }

  base::Result<std::unique_ptr<MirrorSession>> Checkout(const observe::Context& ctx,
                                                        const ReferenceSpec& spec,
                                                        const ResolvedReference& ref) override {
    auto session = Whole(ctx, spec, ref);
    if (!session.ok() || Readable(**session, ref)) return session;
    // Files of the mirror went away behind its back.
    session->reset();
    mirror_->Distrust();
    return Whole(ctx, spec, ref);
  }

  base::Result<std::unique_ptr<MirrorSession>> CheckoutPart(
      const observe::Context& ctx, const ReferenceSpec& spec, const ResolvedReference& ref,
      const std::vector<std::string>& prefixes) override {
    const auto fetched = mirror_->Fetch(ctx, *remote_, {ref.want}, {.depth = 1, .blobs = false});
    if (Refused(fetched)) return Checkout(ctx, spec, ref);
    SLUICE_TRY(fetched);
    SLUICE_TRY(auto session, mirror_->Open());
    if (!Readable(*session, ref)) return Checkout(ctx, spec, ref);
    SLUICE_TRY(const auto missing, MissingBlobs(ctx, *session, ref.want, prefixes));
    if (missing.empty()) return session;
    session.reset();
    const auto blobs = mirror_->FetchBlobs(ctx, *remote_, missing);
    // trees without blobs, but no blobs by name
    if (Refused(blobs)) return Checkout(ctx, spec, ref);
    SLUICE_TRY(blobs);
    return mirror_->Open();
  }

 private:
  static bool Refused(const base::Status& s) {
    return s.code() == base::StatusCode::kNotFound ||
           s.code() == base::StatusCode::kFailedPrecondition;
  }

  base::Result<std::unique_ptr<MirrorSession>> Whole(const observe::Context& ctx,
                                                     const ReferenceSpec& spec,
                                                     const ResolvedReference& ref) {
    auto status = mirror_->Fetch(ctx, *remote_, {ref.want});
    if (!spec.commit.empty() && Refused(status)) return CheckoutByBranches(ctx, spec, ref);
    SLUICE_TRY(std::move(status));
    return mirror_->Open();
  }

  static bool Readable(const MirrorSession& session, const ResolvedReference& ref) {
    const auto commit = session.ReadCommit(ref.want);
    return commit.ok() && session.Has(commit->tree);
  }

  // Breadth first over the trees that a prefix leads into; a path selects as text does.
  static base::Result<std::vector<ObjectId>> MissingBlobs(
      const observe::Context& ctx, const MirrorSession& session, const ObjectId& want,
      const std::vector<std::string>& prefixes) {
    constexpr size_t kMaxTrees = 1'000'000;
    SLUICE_TRY(const CommitInfo commit, session.ReadCommit(want));
    std::set<ObjectId> missing;
    std::deque<std::pair<std::string, ObjectId>> trees{{"", commit.tree}};
    for (size_t seen = 0; !trees.empty(); trees.pop_front()) {
      SLUICE_TRY(ctx.Check());
      SLUICE_TRY(const auto items, session.ReadTree(trees.front().second));
      for (const TreeItem& item : items) {
        const std::string path = trees.front().first + item.name;
        if (item.mode == TreeMode::kDirectory) {
          std::string folder = path + "/";
          const bool leads = std::ranges::any_of(prefixes, [&](const std::string& p) {
            return p.starts_with(folder) || folder.starts_with(p);
          });
          // Counted where they are found: one tree may name millions, and each of those itself.
          if (leads && ++seen > kMaxTrees) return base::ResourceExhausted("too many directories");
          if (leads) trees.emplace_back(std::move(folder), item.oid);
        } else if (item.mode != TreeMode::kSubmodule &&
                   std::ranges::any_of(prefixes,
                                       [&](const std::string& p) { return path.starts_with(p); })) {
          if (!session.Has(item.oid)) missing.insert(item.oid);
        }
      }
    }
    return std::vector<ObjectId>(missing.begin(), missing.end());
  }

  // The server gives out no bare hashes: the whole history of the branch, or of all, must hold the
  // commit.
  base::Result<std::unique_ptr<MirrorSession>> CheckoutByBranches(const observe::Context& ctx,
                                                                  const ReferenceSpec& spec,
                                                                  const ResolvedReference& ref) {
    const std::string prefix = "refs/heads/" + spec.branch;
    SLUICE_TRY(const auto refs, listings_.List(ctx, {prefix}));
    if (refs.empty() && spec.branch.empty()) return base::FailedPrecondition(kEmptyRepository);
    std::vector<ObjectId> wants;
    for (const RemoteRef& r : refs) {
      const bool wanted = spec.branch.empty() ? r.name.starts_with(prefix) : r.name == prefix;
      if (wanted && std::ranges::count(wants, r.oid) == 0) wants.push_back(r.oid);
    }
    if (!spec.branch.empty() && wants.empty())
      return base::NotFound("couldn't find remote ref " + base::QuoteGo(prefix));
    if (!wants.empty()) SLUICE_TRY(mirror_->Fetch(ctx, *remote_, wants, {.depth = 0}));
    SLUICE_TRY(auto session, mirror_->Open());
    if (!session->ReadCommit(ref.commit).ok()) {
      return base::InvalidArgument("unable to resolve commit object for '" + spec.commit +
                                   "': object not found");
    }
    return session;
  }

  // Tags of equal precedence (build metadata): Flux takes the one whose commit is newest, the last
  // of equals.
  base::Result<ResolvedReference> NewestOf(const observe::Context& ctx,
                                           std::vector<ResolvedReference> tied) {
    if (tied.size() > kMaxTiedTags) tied.erase(tied.begin(), tied.end() - kMaxTiedTags);
    std::vector<ObjectId> wants;
    for (const ResolvedReference& r : tied) wants.push_back(r.want);
    SLUICE_TRY(mirror_->Fetch(ctx, *remote_, wants));
    SLUICE_TRY(const auto session, mirror_->Open());
    const ResolvedReference* best = nullptr;
    std::chrono::sys_seconds newest{};
    for (const ResolvedReference& r : tied) {
      SLUICE_TRY(const CommitInfo commit, session->ReadCommit(r.commit));
      if (best != nullptr && commit.committed < newest) continue;
      best = &r;
      newest = commit.committed;
    }
    return *best;
  }

  std::unique_ptr<Remote> remote_;
  std::unique_ptr<Mirror> mirror_;
  ListingBatcher listings_;
};

// Objects with equal URL and credentials share a repository; others never meet.
std::string KeyOf(std::string_view url, const RemoteAuth& auth) {
  base::Hasher h;
  const auto add = [&h](std::string_view s) {
    h.Update(std::to_string(s.size()));
    h.Update(":");
    h.Update(s);
  };
  const bool own = auth.account.empty();
  for (const std::string_view s :
       {url, std::string_view(auth.account), own ? std::string_view(auth.username) : "",
        own ? auth.password.Reveal() : "", own ? auth.bearer_token.Reveal() : "",
        std::string_view(auth.ca_pem), std::string_view(auth.client_cert_pem),
        auth.client_key_pem.Reveal(), std::string_view(auth.proxy_url),
        std::string_view(auth.proxy_username), auth.proxy_password.Reveal(),
        auth.ssh_identity.Reveal(), auth.ssh_passphrase.Reveal(),
        std::string_view(auth.ssh_known_hosts)}) {
    add(s);
  }
  return h.Finish().hex().substr(0, 40);
}

class DiskPool final : public RepositoryPool {
 public:
  DiskPool(http::Client& client, io::RootedFs fs) : client_(client), fs_(std::move(fs)) {}

  base::Result<std::shared_ptr<Repository>> Get(std::string_view url,
                                                const RemoteAuth& auth) override {
    const std::string key = KeyOf(url, auth);
    if (auto known = Known(key, auth)) return std::shared_ptr<Repository>(std::move(known));
    // Not under the lock: to open an encrypted key takes as long as who made it wished.
    const bool ssh = url.starts_with("ssh://");
    auto made_remote = ssh ? MakeSshRemote(url, auth) : MakeHttpRemote(client_, url, auth);
    SLUICE_TRY(auto remote, std::move(made_remote));
    const observe::MutexLock lock(mu_);
    if (auto known = repositories_[key].lock())
      return std::shared_ptr<Repository>(std::move(known));
    SLUICE_TRY(auto mirror, OpenMirror(fs_.Absolute(key)));
    auto made = std::make_shared<PooledRepository>(std::move(remote), std::move(mirror));
    repositories_[key] = made;
    return std::shared_ptr<Repository>(std::move(made));
  }

  base::Status Sweep() override {
    const observe::MutexLock lock(mu_);
    std::erase_if(repositories_, [](const auto& r) { return r.second.expired(); });
    SLUICE_TRY(const auto entries, fs_.ReadDir(""));
    for (const auto& e : entries) {
      if (!repositories_.contains(e.name)) SLUICE_TRY(fs_.RemoveAll(e.name));
    }
    return base::OkStatus();
  }

 private:
  std::shared_ptr<PooledRepository> Known(const std::string& key, const RemoteAuth& auth) {
    const observe::MutexLock lock(mu_);
    const auto it = repositories_.find(key);
    auto known = it == repositories_.end() ? nullptr : it->second.lock();
    if (known != nullptr && !auth.account.empty()) known->SetCredentials(auth);
    return known;
  }

  http::Client& client_;
  const io::RootedFs fs_;
  observe::Mutex mu_;
  std::map<std::string, std::weak_ptr<PooledRepository>> repositories_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace

base::Result<std::unique_ptr<RepositoryPool>> MakeRepositoryPool(http::Client& client,
                                                                 const std::string& directory) {
  SLUICE_TRY(auto fs, io::RootedFs::OpenOrCreate(directory));
  return std::unique_ptr<RepositoryPool>(std::make_unique<DiskPool>(client, std::move(fs)));
}

}  // namespace sluice::git
