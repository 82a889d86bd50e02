#include "git_archive_step.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::source {
namespace {

constexpr uint64_t kMaxIndex = uint64_t{1} << 30;
constexpr uint64_t kWorthIt = 200;  // entries: smaller trees are archived anew in no time

class CommitContent final : public artifact::ContentTree {
 public:
  CommitContent(const git::MirrorSession& session, const git::ObjectId& root) : session_(session), root_(IdOf(root)) {}
  Id root() const override { return root_; }

  base::Result<std::vector<Item>> List(const Id& directory) const override {
    SLUICE_TRY(auto items, session_.ReadTree(git::ObjectId::FromBytes(directory.data())));
    std::vector<Item> out;
    out.reserve(items.size());
    for (git::TreeItem& item : items) out.push_back({std::move(item.name), KindOf(item.mode), IdOf(item.oid)});
    return out;
  }

  base::Result<std::string> Read(const Id& file, uint64_t max_bytes) const override {
    return session_.ReadBlob(git::ObjectId::FromBytes(file.data()), max_bytes);
  }

 private:
  static Id IdOf(const git::ObjectId& oid) {
    Id id;
    std::copy_n(oid.data(), id.size(), id.begin());
    return id;
  }
  static Kind KindOf(git::TreeMode mode) {
    switch (mode) {
      case git::TreeMode::kFile: return Kind::kFile;
      case git::TreeMode::kExecutable: return Kind::kExecutable;
      case git::TreeMode::kDirectory: return Kind::kDirectory;
      case git::TreeMode::kSubmodule: return Kind::kEmptyDirectory;
      case git::TreeMode::kSymlink: return Kind::kOther;
    }
    return Kind::kOther;
  }
  const git::MirrorSession& session_;
  const Id root_;
};

// What an index belongs to: the file it points into.
std::string HeadOf(const api::Artifact& a) { return base::Cat(a.path, " ", a.digest, "\n"); }

}  // namespace

std::string GitArchiveStep::FileOf(const kube::ObjectKey& key) { return base::Cat(key.ns, "_", key.name); }  // names hold no "_"

std::string GitArchiveStep::Recall(const kube::ObjectKey& key, const api::Artifact& former) const {
  const auto fs = io::RootedFs::OpenOrCreate(directory_);
  if (!fs.ok()) return "";
  auto bytes = fs->ReadFile(FileOf(key), kMaxIndex);
  const std::string head = HeadOf(former);
  if (!bytes.ok() || !bytes->starts_with(head)) return "";
  return bytes->substr(head.size());
}

base::Result<GitArchiveStep::Result> GitArchiveStep::Run(const kube::ObjectKey& key, const git::MirrorSession& session,
                                                         const git::CommitInfo& commit, std::string_view spec_ignore,
                                                         const api::Artifact* former, const artifact::ArchiveLimits& limits,
                                                         artifact::ByteSink sink) const {
  const CommitContent tree(session, commit.tree);
  std::string index;
  std::shared_ptr<artifact::OpenFile> file;
  if (former != nullptr && store_.Verify(former->path, former->digest).ok()) {
    index = Recall(key, *former);
    if (auto opened = store_.OpenForRead(former->path); !index.empty() && opened.ok()) file = *std::move(opened);
  }
  SLUICE_TRY(auto made, artifact::ArchiveIncrementally(
                            {.tree = tree, .spec_ignore = spec_ignore, .limits = limits, .former_index = index, .former = file.get()}, std::move(sink)));
  if (made.summary.entries < kWorthIt) made.index.clear();
  return Result{std::move(made.summary), std::move(made.index)};
}

void GitArchiveStep::Remember(const kube::ObjectKey& key, const api::Artifact& made, const std::string& index) const {
  if (index.empty()) return Forget(key);
  const auto fs = io::RootedFs::OpenOrCreate(directory_);
  if (fs.ok()) static_cast<void>(fs->WriteFile(FileOf(key), HeadOf(made) + index));
}

void GitArchiveStep::Forget(const kube::ObjectKey& key) const {
  const auto fs = io::RootedFs::OpenOrCreate(directory_);
  if (fs.ok()) static_cast<void>(fs->Remove(FileOf(key)));
}

base::Status GitArchiveStep::Sweep(const std::function<bool(const kube::ObjectKey&)>& live) const {
  SLUICE_TRY(const auto fs, io::RootedFs::OpenOrCreate(directory_));
  SLUICE_TRY(const auto files, fs.ReadDir(""));
  for (const auto& f : files) {
    const auto cut = base::Cut(f.name, "_");
    if (!cut || !live({std::string(cut->first), std::string(cut->second)})) SLUICE_TRY(fs.Remove(f.name));
  }
  return base::OkStatus();
}

}  // namespace sluice::source
