#include "git_archive_step.h"

#include <algorithm>

namespace sluice::source {
namespace {

constexpr uint64_t kWorthIt = 200;  // entries: smaller trees are archived anew in no time

class CommitContent final : public artifact::ContentTree {
 public:
  CommitContent(const git::MirrorSession& session, const git::ObjectId& root)
      : session_(session), root_(IdOf(root)) {}
  Id root() const override { return root_; }

  base::Result<std::vector<Item>> List(const Id& directory) const override {
    SLUICE_TRY(auto items, session_.ReadTree(git::ObjectId::FromBytes(directory.data())));
    std::vector<Item> out;
    out.reserve(items.size());
    for (git::TreeItem& item : items)
      out.push_back({std::move(item.name), KindOf(item.mode), IdOf(item.oid)});
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
      case git::TreeMode::kFile:
        return Kind::kFile;
      case git::TreeMode::kExecutable:
        return Kind::kExecutable;
      case git::TreeMode::kDirectory:
        return Kind::kDirectory;
      case git::TreeMode::kSubmodule:
        return Kind::kEmptyDirectory;
      case git::TreeMode::kSymlink:
        return Kind::kOther;
    }
    return Kind::kOther;
  }
  const git::MirrorSession& session_;
  const Id root_;
};

}  // namespace

base::Result<GitArchiveStep::Result> GitArchiveStep::Run(
    const kube::ObjectKey& key, const git::MirrorSession& session, const git::CommitInfo& commit,
    std::string_view spec_ignore, const api::Artifact* former,
    const artifact::ArchiveLimits& limits, artifact::ByteSink sink) const {
  const CommitContent tree(session, commit.tree);
  const ArchiveMemory::Former known = memory_.Recall(key, former);
  SLUICE_TRY(auto made, artifact::ArchiveIncrementally({.tree = tree,
                                                        .spec_ignore = spec_ignore,
                                                        .limits = limits,
                                                        .former_index = known.index,
                                                        .former = known.file.get()},
                                                       std::move(sink)));
  if (made.summary.entries < kWorthIt) made.index.clear();
  return Result{std::move(made.summary), std::move(made.index)};
}

}  // namespace sluice::source
