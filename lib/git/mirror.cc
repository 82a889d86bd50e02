#include "git/mirror.h"

#include <algorithm>
#include <filesystem>
#include <functional>

#include "base/strings.h"
#include "commit_tree.h"
#include "git/remote.h"
#include "io/rooted_fs.h"
#include "mirror_state.h"
#include "object_database.h"
#include "objects.h"
#include "observe/mutex.h"
#include "turn.h"

namespace sluice::git {
namespace {

constexpr std::string_view kStateFile = "state";
constexpr size_t kMaxHaves = 8;
constexpr size_t kMaxPacks = 24;      // then the small ones become one
constexpr size_t kMaxWants = 10'000;  // blobs a request
// bytes of small packs that are let be, though the large one be smaller
constexpr uint64_t kMaxWaste = 64 << 20;
constexpr uint64_t kMaxCommit = 16 << 20, kMaxTree = 64 << 20;
constexpr int kMaxTagDepth = 8;

class Session final : public MirrorSession {
 public:
  // `gaps`: blobs may be missing.
  Session(std::shared_ptr<Generation> generation, std::unique_ptr<ObjectDatabase> odb, bool gaps)
      : generation_(std::move(generation)), odb_(std::move(odb)), gaps_(gaps) {}
  ~Session() override {
    if (damaged()) generation_->MarkDamaged();
  }

  const ObjectDatabase& odb() const { return *odb_; }
  bool damaged() const override { return odb_->corrupt() || (odb_->incomplete() && !gaps_); }
  bool Has(const ObjectId& oid) const override { return odb_->Has(oid); }

  base::Result<CommitInfo> ReadCommit(const ObjectId& oid) const override {
    ObjectId at = oid;
    for (int depth = 0; depth <= kMaxTagDepth; ++depth) {
      if (!Has(at)) return base::NotFound("object not found");  // a fair question
      SLUICE_TRY(const RawObject raw, odb_->Read(at, kMaxCommit));
      if (raw.type == ObjectType::kCommit) return ParseCommit(at, raw.bytes);
      if (raw.type != ObjectType::kTag)
        return base::InvalidArgument("object " + oid.ToString() + " is not a commit");
      SLUICE_TRY(const TagInfo tag, ParseTag(raw.bytes));
      at = tag.target;
    }
    return base::InvalidArgument("tag " + oid.ToString() + " is nested too deep");
  }

  base::Result<SignedObject> ReadSigned(const ObjectId& oid) const override {
    SLUICE_TRY(const RawObject raw, odb_->Read(oid, kMaxCommit));
    if (raw.type == ObjectType::kCommit) return SplitCommit(oid, raw.bytes);
    if (raw.type == ObjectType::kTag) return SplitTag(oid, raw.bytes);
    return base::InvalidArgument("object " + oid.ToString() + " is neither commit nor tag");
  }

  base::Result<std::vector<TreeItem>> ReadTree(const ObjectId& tree) const override {
    SLUICE_TRY(const RawObject raw, odb_->Read(tree, kMaxTree));
    if (raw.type != ObjectType::kTree)
      return base::DataLoss("object " + tree.ToString() + " is not a tree");
    return ParseTree(raw.bytes);
  }

  base::Result<std::string> ReadBlob(const ObjectId& blob, uint64_t max_bytes) const override {
    SLUICE_TRY(RawObject raw, odb_->Read(blob, max_bytes));
    if (raw.type != ObjectType::kBlob)
      return base::DataLoss("object " + blob.ToString() + " is not a blob");
    return std::move(raw.bytes);
  }

  base::Result<std::unique_ptr<io::FileTree>> OpenTree(const ObjectId& commit) const override {
    SLUICE_TRY(const CommitInfo info, ReadCommit(commit));
    return std::unique_ptr<io::FileTree>(std::make_unique<CommitTree>(*odb_, info.tree));
  }

 private:
  std::shared_ptr<Generation> generation_;  // outlives the open files
  std::unique_ptr<ObjectDatabase> odb_;
  const bool gaps_;
};

class DiskMirror final : public Mirror {
 public:
  explicit DiskMirror(io::RootedFs fs) : fs_(std::move(fs)) {}

  // What a former run left; anything that does not read starts the mirror afresh. REQUIRES: nobody
  // else has the mirror yet
  base::Status Load() SLUICE_NO_THREAD_SAFETY_ANALYSIS {
    if (auto text = fs_.ReadFile(kStateFile); text.ok()) {
      if (auto state = MirrorState::Parse(*text);
          state.ok() && fs_.Stat(state->generation + "/pack").ok())
        state_ = *std::move(state);
    }
    if (state_.generation.empty()) SLUICE_TRY(NewGeneration());
    SLUICE_TRY(const auto entries, fs_.ReadDir(""));
    for (const auto& e : entries) {
      if (e.name != state_.generation && e.name != kStateFile) SLUICE_TRY(fs_.RemoveAll(e.name));
    }
    const std::string packs = state_.generation + "/pack";
    SLUICE_TRY(const auto files, fs_.ReadDir(packs));
    for (const auto& f : files) {  // of a fetch that the process did not live to end
      const bool whole = f.name.ends_with(".pack") || f.name.ends_with(".idx");
      if (!whole) SLUICE_TRY(fs_.RemoveAll(base::Cat(packs, "/", f.name)));
    }
    if (generation_ == nullptr) generation_ = std::make_shared<Generation>(fs_, state_.generation);
    return base::OkStatus();
  }

  base::Result<std::unique_ptr<MirrorSession>> Open() override {
    SLUICE_TRY(auto session, OpenSession());
    return std::unique_ptr<MirrorSession>(std::move(session));
  }

  base::Status Fetch(const observe::Context& ctx, Remote& remote,
                     const std::vector<ObjectId>& wants, const MirrorFetch& options) override {
    SLUICE_TRY(const Turn::Hold hold, turn_.Take(ctx));
    if (IsDamaged()) SLUICE_TRY(NewGeneration());
    SLUICE_TRY(Bound());
    if (options.depth > 0 && HasAll(wants, options.blobs)) return base::OkStatus();
    bool received = false;
    auto status = FetchOnce(ctx, remote, wants, options, received);
    // What came was whole, and is not what was asked for, or builds upon what is not here: once
    // more from nothing. So no pack stays that nobody counts.
    if (!IsDamaged() && (!received || status.ok())) return status;
    SLUICE_TRY(NewGeneration());
    return FetchOnce(ctx, remote, wants, options, received);
  }

  base::Status FetchBlobs(const observe::Context& ctx, Remote& remote,
                          const std::vector<ObjectId>& blobs) override {
    SLUICE_TRY(const Turn::Hold hold, turn_.Take(ctx));
    for (size_t at = 0; at < blobs.size(); at += kMaxWants) {
      const auto begin = blobs.begin() + static_cast<ptrdiff_t>(at);
      FetchRequest request;
      request.depth = 0;
      request.wants.assign(begin,
                           begin + static_cast<ptrdiff_t>(std::min(kMaxWants, blobs.size() - at)));
      SLUICE_TRY(const auto session, OpenSession());
      SLUICE_TRY(const Received got, Receive(ctx, remote, request, *session));
      SLUICE_TRY(Record(
          {}, [](MirrorState&) {}, got.objects));
    }
    return base::OkStatus();
  }

  void Distrust() override {
    const observe::MutexLock lock(mu_);
    generation_->MarkDamaged();
  }

 private:
  struct Received {
    FetchResult result;
    uint64_t objects = 0;
  };

  base::Result<std::unique_ptr<Session>> OpenSession() {
    std::shared_ptr<Generation> generation;
    bool gaps = false;
    {
      const observe::MutexLock lock(mu_);
      generation = generation_;
      gaps = !state_.partial.empty();
    }
    auto odb = ObjectDatabase::Open(generation->objects());
    if (!odb.ok()) {
      generation->MarkDamaged();
      return std::move(odb).status();
    }
    return std::make_unique<Session>(std::move(generation), *std::move(odb), gaps);
  }

  bool IsDamaged() {
    const observe::MutexLock lock(mu_);
    return generation_->damaged();
  }

  bool HasAll(const std::vector<ObjectId>& wants, bool blobs) {
    const observe::MutexLock lock(mu_);
    for (const ObjectId& w : wants) {
      if (blobs ? std::ranges::count(state_.complete, w) == 0 : !state_.Knows(w)) return false;
    }
    return true;
  }

  // Keeps the number of packs within its bound. What cannot be joined is fetched afresh.
  base::Status Bound() {
    std::shared_ptr<Generation> old;
    {
      const observe::MutexLock lock(mu_);
      if (state_.packs < kMaxPacks) return base::OkStatus();
      old = generation_;
    }
    return Consolidate(*old).ok() ? base::OkStatus() : NewGeneration();
  }

  // The largest pack stays as it is, under a second name; the others become one.
  base::Status Consolidate(const Generation& old) {
    SLUICE_TRY(const auto entries, fs_.ReadDir(old.name() + "/pack"));
    const io::DirEntry* large = nullptr;
    uint64_t total = 0;
    for (const auto& e : entries) {
      if (!e.name.ends_with(".pack")) continue;
      total += e.info.size;
      if (large == nullptr || e.info.size > large->info.size) large = &e;
    }
    if (large == nullptr) return base::DataLoss("no packs");
    if (total - large->info.size > std::max(large->info.size, kMaxWaste))
      return base::ResourceExhausted("more is old than is needed");
    const std::string stem = large->name.substr(0, large->name.rfind('.'));
    std::vector<std::string> small;
    for (const auto& e : entries) {
      if (e.name.ends_with(".idx") && e.name != stem + ".idx") small.push_back(e.name);
    }
    const std::string next = NextName();
    SLUICE_TRY(fs_.RemoveAll(next));
    SLUICE_TRY(fs_.MakeDirs(next + "/pack"));
    for (const std::string_view suffix : {".pack", ".idx"}) {
      const std::string file = base::Cat("/pack/", stem, suffix);
      std::error_code failure;
      std::filesystem::create_hard_link(fs_.Absolute(old.name() + file), fs_.Absolute(next + file),
                                        failure);
      if (failure) return base::Internal("link: " + failure.message());
    }
    SLUICE_TRY(JoinPacks(old.objects(), small, fs_.Absolute(next)));
    const observe::MutexLock lock(mu_);
    MirrorState joined = state_;
    joined.generation = next;
    joined.packs = 2;
    return Adopt(std::move(joined));
  }

  std::string NextName() {
    const observe::MutexLock lock(mu_);
    const uint64_t last =
        base::ParseUint64(base::TrimPrefix(state_.generation, "objects-")).value_or(0);
    return "objects-" + std::to_string(last + 1);
  }

  // An empty set of packs takes the place of the current one.
  base::Status NewGeneration() {
    MirrorState fresh;
    fresh.generation = NextName();
    SLUICE_TRY(fs_.RemoveAll(fresh.generation));
    SLUICE_TRY(fs_.MakeDirs(fresh.generation + "/pack"));
    const observe::MutexLock lock(mu_);
    return Adopt(std::move(fresh));
  }

  base::Status Adopt(MirrorState next) SLUICE_REQUIRES(mu_) {
    SLUICE_TRY(fs_.WriteFile(kStateFile, next.ToString()));
    if (generation_ != nullptr) generation_->Retire();
    state_ = std::move(next);
    generation_ = std::make_shared<Generation>(fs_, state_.generation);
    return base::OkStatus();
  }

  FetchRequest MakeRequest(const std::vector<ObjectId>& wants, const MirrorFetch& options) {
    const observe::MutexLock lock(mu_);
    FetchRequest r;
    r.wants = wants;
    r.depth = options.depth;
    r.leave_blobs = !options.blobs;
    const auto& shallow = state_.shallow;
    const auto have = [&](const ObjectId& id) {
      if (r.haves.size() == kMaxHaves) return;
      r.haves.push_back(id);
      if (shallow.contains(id)) r.shallows.push_back(id);
    };
    // Who has a commit without its blobs must not say that he has it, unless he wants none of the
    // new one, either.
    if (!options.blobs) std::ranges::for_each(state_.partial, have);
    std::ranges::for_each(state_.complete, have);
    return r;
  }

  base::Result<Received> Receive(const observe::Context& ctx, Remote& remote,
                                 const FetchRequest& request, const Session& session) {
    std::unique_ptr<PackWriter> writer;
    const std::string folder = [this] {
      const observe::MutexLock lock(mu_);
      return generation_->objects();
    }();
    const auto take = [&](std::string_view bytes) -> base::Status {
      if (writer == nullptr) {
        SLUICE_TRY(writer, PackWriter::Create(ctx, folder, session.odb()));
      }
      return writer->Append(bytes);
    };
    Received out;
    SLUICE_TRY(out.result, remote.Fetch(ctx, request, take));
    if (!out.result.has_pack) return base::FailedPrecondition("the server sent no pack");
    if (writer != nullptr) {
      auto objects = writer->Finish();
      // The pack came as it was sent, and does not fit what is here.
      if (!objects.ok() && !request.haves.empty() &&
          objects.status().message().find("trailer") == std::string::npos)
        Distrust();
      SLUICE_TRY(out.objects, std::move(objects));
    }
    return out;
  }

  // `received`: the answer was whole.
  base::Status FetchOnce(const observe::Context& ctx, Remote& remote,
                         const std::vector<ObjectId>& wants, const MirrorFetch& options,
                         bool& received) {
    received = false;
    SLUICE_TRY(auto session, OpenSession());
    SLUICE_TRY(const Received got, Receive(ctx, remote, MakeRequest(wants, options), *session));
    received = true;
    SLUICE_TRY(session, OpenSession());  // sees the new pack
    std::vector<ObjectId> here;
    for (const ObjectId& want : wants) {
      SLUICE_TRY(const CommitInfo commit, session->ReadCommit(want));
      if (!session->Has(commit.tree))
        return base::DataLoss("the server's pack lacks the commit's tree");
      here.push_back(commit.oid);
      if (commit.oid != want) here.push_back(want);
    }
    const bool whole = !got.result.left_blobs;
    const auto add = [&](MirrorState& state) {
      for (const ObjectId& id : here) whole ? state.AddComplete(id) : state.AddPartial(id);
    };
    return Record(got.result, add, got.objects);
  }

  base::Status Record(const FetchResult& result, const std::function<void(MirrorState&)>& add,
                      uint64_t objects) {
    const observe::MutexLock lock(mu_);
    if (objects > 0) ++state_.packs;
    add(state_);
    for (const ObjectId& id : result.shallow) {
      if (state_.Knows(id)) state_.shallow.insert(id);  // a server may name a million
    }
    for (const ObjectId& id : result.unshallow) state_.shallow.erase(id);
    return fs_.WriteFile(kStateFile, state_.ToString());
  }

  const LibGit2 library_;  // initialising it anew for each session would cost more than the session
  const io::RootedFs fs_;
  Turn turn_;  // one fetch at a time
  observe::Mutex mu_;
  MirrorState state_ SLUICE_GUARDED_BY(mu_);
  std::shared_ptr<Generation> generation_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace

base::Result<std::unique_ptr<Mirror>> OpenMirror(const std::string& directory) {
  SLUICE_TRY(auto fs, io::RootedFs::OpenOrCreate(directory));
  auto mirror = std::make_unique<DiskMirror>(std::move(fs));
  SLUICE_TRY(mirror->Load());
  return std::unique_ptr<Mirror>(std::move(mirror));
}

}  // namespace sluice::git
