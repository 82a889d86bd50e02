#include "git/mirror.h"

#include <algorithm>
#include <deque>
#include <set>

#include "base/strings.h"
#include "commit_tree.h"
#include "git/remote.h"
#include "io/rooted_fs.h"
#include "object_database.h"
#include "objects.h"
#include "observe/mutex.h"
#include "turn.h"

namespace sluice::git {
namespace {

constexpr std::string_view kStateFile = "state";
constexpr std::string_view kStateMagic = "sluice-mirror 1";
constexpr size_t kMaxComplete = 32;  // commits remembered as complete
constexpr size_t kMaxHaves = 8;
constexpr size_t kMaxPacks = 50;     // past it the mirror is fetched afresh
constexpr uint64_t kMaxCommit = 16 << 20, kMaxTree = 64 << 20;
constexpr int kMaxTagDepth = 8;

// One set of packs on disk. A retired one is removed when its last reader is gone.
class Generation {
 public:
  Generation(io::RootedFs fs, std::string name) : fs_(std::move(fs)), name_(std::move(name)) {}
  ~Generation() {
    if (retired_) static_cast<void>(fs_.RemoveAll(name_));
  }
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;
  void Retire() { retired_ = true; }
  const std::string& name() const { return name_; }
  std::string objects() const { return fs_.Absolute(name_); }

 private:
  io::RootedFs fs_;
  const std::string name_;
  bool retired_ = false;
};

// What the mirror knows: which commits have all their objects here, which of those lack their parents. In a text file:
//   sluice-mirror 1 <generation> <packs>
//   complete <oid>      newest first
//   shallow <oid>
struct State {
  std::string generation;
  size_t packs = 0;
  std::deque<ObjectId> complete;
  std::set<ObjectId> shallow;

  std::string ToString() const {
    std::string out = base::Cat(kStateMagic, " ", generation, " ", std::to_string(packs), "\n");
    for (const ObjectId& id : complete) out += "complete " + id.ToString() + "\n";
    for (const ObjectId& id : shallow) out += "shallow " + id.ToString() + "\n";
    return out;
  }
  static base::Result<State> Parse(std::string_view text) {
    State s;
    const auto lines = base::Split(text, "\n");
    const auto head = base::Fields(lines[0]);
    const auto packs = head.size() == 4 ? base::ParseUint64(head[3]) : std::nullopt;
    if (!lines[0].starts_with(kStateMagic) || !packs) return base::DataLoss("malformed mirror state");
    s.generation = head[2];
    s.packs = *packs;
    for (const std::string_view line : lines) {
      const auto cut = base::Cut(line, " ");
      if (!cut || (cut->first != "complete" && cut->first != "shallow")) continue;
      SLUICE_TRY(const ObjectId id, ObjectId::Parse(cut->second));
      if (cut->first == "complete") s.complete.push_back(id);
      if (cut->first == "shallow") s.shallow.insert(id);
    }
    return s;
  }
  void AddComplete(const ObjectId& id) {
    std::erase(complete, id);
    complete.push_front(id);
    if (complete.size() > kMaxComplete) complete.pop_back();
  }
};

class Session final : public MirrorSession {
 public:
  Session(std::shared_ptr<Generation> generation, std::unique_ptr<ObjectDatabase> odb)
      : generation_(std::move(generation)), odb_(std::move(odb)) {}

  const ObjectDatabase& odb() const { return *odb_; }
  bool Has(const ObjectId& oid) const override { return odb_->Has(oid); }

  base::Result<CommitInfo> ReadCommit(const ObjectId& oid) const override {
    ObjectId at = oid;
    for (int depth = 0; depth <= kMaxTagDepth; ++depth) {
      SLUICE_TRY(const RawObject raw, odb_->Read(at, kMaxCommit));
      if (raw.type == ObjectType::kCommit) return ParseCommit(at, raw.bytes);
      if (raw.type != ObjectType::kTag) return base::InvalidArgument("object " + oid.ToString() + " is not a commit");
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
    if (raw.type != ObjectType::kTree) return base::DataLoss("object " + tree.ToString() + " is not a tree");
    return ParseTree(raw.bytes);
  }

  base::Result<std::string> ReadBlob(const ObjectId& blob, uint64_t max_bytes) const override {
    SLUICE_TRY(RawObject raw, odb_->Read(blob, max_bytes));
    if (raw.type != ObjectType::kBlob) return base::DataLoss("object " + blob.ToString() + " is not a blob");
    return std::move(raw.bytes);
  }

  base::Result<std::unique_ptr<io::FileTree>> OpenTree(const ObjectId& commit) const override {
    SLUICE_TRY(const CommitInfo info, ReadCommit(commit));
    return std::unique_ptr<io::FileTree>(std::make_unique<CommitTree>(*odb_, info.tree));
  }

 private:
  std::shared_ptr<Generation> generation_;  // outlives the open files
  std::unique_ptr<ObjectDatabase> odb_;
};

class DiskMirror final : public Mirror {
 public:
  explicit DiskMirror(io::RootedFs fs) : fs_(std::move(fs)) {}

  // What a former run left; anything that does not read starts the mirror afresh. REQUIRES: nobody else has the mirror yet
  base::Status Load() SLUICE_NO_THREAD_SAFETY_ANALYSIS {
    if (auto text = fs_.ReadFile(kStateFile); text.ok()) {
      if (auto state = State::Parse(*text); state.ok() && fs_.Stat(state->generation + "/pack").ok()) state_ = *std::move(state);
    }
    if (state_.generation.empty()) SLUICE_TRY(NewGeneration());
    SLUICE_TRY(const auto entries, fs_.ReadDir(""));
    for (const auto& e : entries) {
      if (e.name != state_.generation && e.name != kStateFile) SLUICE_TRY(fs_.RemoveAll(e.name));
    }
    if (generation_ == nullptr) generation_ = std::make_shared<Generation>(fs_, state_.generation);
    return base::OkStatus();
  }

  base::Result<std::unique_ptr<MirrorSession>> Open() override {
    SLUICE_TRY(auto session, OpenSession());
    return std::unique_ptr<MirrorSession>(std::move(session));
  }

  base::Status Fetch(const observe::Context& ctx, Remote& remote, const std::vector<ObjectId>& wants, int depth) override {
    SLUICE_TRY(const Turn::Hold hold, turn_.Take(ctx));
    if (depth > 0 && HasAll(wants)) return base::OkStatus();
    if (PackCount() >= kMaxPacks) SLUICE_TRY(NewGeneration());
    auto status = FetchOnce(ctx, remote, wants, depth);
    if (status.code() != base::StatusCode::kDataLoss) return status;
    // The packs here may be what is damaged: once more without them.
    SLUICE_TRY(NewGeneration());
    return FetchOnce(ctx, remote, wants, depth);
  }

 private:
  base::Result<std::unique_ptr<Session>> OpenSession() {
    std::shared_ptr<Generation> generation;
    {
      const observe::MutexLock lock(mu_);
      generation = generation_;
    }
    SLUICE_TRY(auto odb, ObjectDatabase::Open(generation->objects()));
    return std::make_unique<Session>(std::move(generation), std::move(odb));
  }

  bool HasAll(const std::vector<ObjectId>& wants) {
    const observe::MutexLock lock(mu_);
    const auto& complete = state_.complete;
    return std::ranges::all_of(wants, [&](const ObjectId& w) { return std::ranges::count(complete, w) > 0; });
  }

  size_t PackCount() {
    const observe::MutexLock lock(mu_);
    return state_.packs;
  }

  // An empty set of packs takes the place of the current one.
  base::Status NewGeneration() {
    const observe::MutexLock lock(mu_);
    const uint64_t last = base::ParseUint64(base::TrimPrefix(state_.generation, "objects-")).value_or(0);
    State fresh;
    fresh.generation = "objects-" + std::to_string(last + 1);
    SLUICE_TRY(fs_.RemoveAll(fresh.generation));
    SLUICE_TRY(fs_.MakeDirs(fresh.generation + "/pack"));
    SLUICE_TRY(fs_.WriteFile(kStateFile, fresh.ToString()));
    if (generation_ != nullptr) generation_->Retire();
    state_ = std::move(fresh);
    generation_ = std::make_shared<Generation>(fs_, state_.generation);
    return base::OkStatus();
  }

  FetchRequest MakeRequest(const std::vector<ObjectId>& wants, int depth) {
    const observe::MutexLock lock(mu_);
    FetchRequest r;
    r.wants = wants;
    r.depth = depth;
    for (const ObjectId& id : state_.complete) {
      if (r.haves.size() == kMaxHaves) break;
      r.haves.push_back(id);
    }
    r.shallows.assign(state_.shallow.begin(), state_.shallow.end());
    return r;
  }

  base::Status FetchOnce(const observe::Context& ctx, Remote& remote, const std::vector<ObjectId>& wants, int depth) {
    SLUICE_TRY(auto session, OpenSession());
    const FetchRequest request = MakeRequest(wants, depth);
    std::unique_ptr<PackWriter> writer;
    uint64_t objects = 0;
    const std::string folder = [this] {
      const observe::MutexLock lock(mu_);
      return generation_->objects();
    }();
    const auto take = [&](std::string_view bytes) -> base::Status {
      if (writer == nullptr) {
        SLUICE_TRY(writer, PackWriter::Create(folder, session->odb()));
      }
      return writer->Append(bytes);
    };
    SLUICE_TRY(const FetchResult result, remote.Fetch(ctx, request, take));
    if (!result.has_pack) return base::DataLoss("the server sent no pack");
    if (writer != nullptr) {
      SLUICE_TRY(objects, writer->Finish());
    }
    writer.reset();
    SLUICE_TRY(session, OpenSession());  // sees the new pack
    std::vector<ObjectId> complete;
    for (const ObjectId& want : wants) {
      SLUICE_TRY(const CommitInfo commit, session->ReadCommit(want));
      if (!session->Has(commit.tree)) return base::DataLoss("the server's pack lacks the commit's tree");
      complete.push_back(commit.oid);
      if (commit.oid != want) complete.push_back(want);
    }
    return Record(result, complete, objects);
  }

  base::Status Record(const FetchResult& result, const std::vector<ObjectId>& complete, uint64_t objects) {
    const observe::MutexLock lock(mu_);
    if (objects > 0) ++state_.packs;
    for (const ObjectId& id : result.shallow) state_.shallow.insert(id);
    for (const ObjectId& id : result.unshallow) state_.shallow.erase(id);
    for (const ObjectId& id : complete) state_.AddComplete(id);
    return fs_.WriteFile(kStateFile, state_.ToString());
  }

  const LibGit2 library_;  // initialising it anew for each session would cost more than the session
  const io::RootedFs fs_;
  Turn turn_;  // one fetch at a time
  observe::Mutex mu_;
  State state_ SLUICE_GUARDED_BY(mu_);
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
