#include "archive_memory.h"

#include "base/strings.h"
#include "io/rooted_fs.h"

namespace sluice::source {
namespace {

constexpr uint64_t kMaxIndex = uint64_t{1} << 30;

// What an index belongs to: the file it points into.
std::string HeadOf(const api::Artifact& a) { return base::Cat(a.path, " ", a.digest, "\n"); }
std::string FileOf(const kube::ObjectKey& key) {
  return base::Cat(key.ns, "_", key.name);
}  // names hold no "_"

}  // namespace

ArchiveMemory::Former ArchiveMemory::Recall(const kube::ObjectKey& key,
                                            const api::Artifact* former) const {
  if (former == nullptr || !store_.Verify(former->path, former->digest).ok()) return {};
  const auto fs = io::RootedFs::OpenOrCreate(directory_);
  if (!fs.ok()) return {};
  auto bytes = fs->ReadFile(FileOf(key), kMaxIndex);
  const std::string head = HeadOf(*former);
  if (!bytes.ok() || !bytes->starts_with(head)) return {};
  auto opened = store_.OpenForRead(former->path);
  if (!opened.ok()) return {};
  return {bytes->substr(head.size()), *std::move(opened)};
}

void ArchiveMemory::Remember(const kube::ObjectKey& key, const api::Artifact& made,
                             const std::string& index) const {
  if (index.empty()) return Forget(key);
  const auto fs = io::RootedFs::OpenOrCreate(directory_);
  if (fs.ok()) static_cast<void>(fs->WriteFile(FileOf(key), HeadOf(made) + index));
}

void ArchiveMemory::Forget(const kube::ObjectKey& key) const {
  const auto fs = io::RootedFs::OpenOrCreate(directory_);
  if (fs.ok()) static_cast<void>(fs->Remove(FileOf(key)));
}

base::Status ArchiveMemory::Sweep(const std::function<bool(const kube::ObjectKey&)>& live) const {
  SLUICE_TRY(const auto fs, io::RootedFs::OpenOrCreate(directory_));
  SLUICE_TRY(const auto files, fs.ReadDir(""));
  for (const auto& f : files) {
    const auto cut = base::Cut(f.name, "_");
    if (!cut || !live({std::string(cut->first), std::string(cut->second)}))
      SLUICE_TRY(fs.Remove(f.name));
  }
  return base::OkStatus();
}

}  // namespace sluice::source
