#include "artifact/incremental.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "artifact/source_ignore.h"
#include "artifact/unpack.h"
#include "base/digest.h"
#include "base/fake_clock.h"
#include "test_support/process.h"

namespace sluice::artifact {
namespace {

// A tree in memory with ids as git has them: names for content. "!" before content: executable;
// "@": a link; nothing but "/" at the path's end: an empty directory.
class MapTree final : public ContentTree {
 public:
  explicit MapTree(const std::map<std::string, std::string>& files) { root_ = Add(files, ""); }
  Id root() const override { return root_; }
  base::Result<std::vector<Item>> List(const Id& id) const override {
    ++lists;
    const auto it = directories_.find(id);
    if (it == directories_.end()) return base::NotFound("no such tree");
    return it->second;
  }
  base::Result<std::string> Read(const Id& id, uint64_t) const override {
    ++reads;
    const auto it = contents_.find(id);
    if (it == contents_.end()) return base::NotFound("no such blob");
    return it->second;
  }
  mutable int lists = 0, reads = 0;

 private:
  static Id IdOf(const std::string& bytes) {
    base::Hasher hasher(base::DigestAlgorithm::kSha1);
    hasher.Update(bytes);
    const std::string raw = hasher.FinishRaw();
    Id id;
    std::copy(raw.begin(), raw.end(), id.begin());
    return id;
  }
  Id Add(const std::map<std::string, std::string>& files, const std::string& prefix) {
    std::map<std::string, Item> items;
    std::string listing = "d";
    for (auto it = files.lower_bound(prefix); it != files.end() && it->first.starts_with(prefix);
         ++it) {
      const std::string rest = it->first.substr(prefix.size());
      const size_t slash = rest.find('/');
      const std::string name = rest.substr(0, slash);
      if (items.contains(name)) continue;
      if (slash != rest.npos && slash + 1 == rest.size()) {
        items[name] = {name, Kind::kEmptyDirectory, IdOf("empty")};
      } else if (slash != rest.npos) {
        items[name] = {name, Kind::kDirectory, Add(files, prefix + name + "/")};
      } else {
        const bool marked = it->second.starts_with('!') || it->second.starts_with('@');
        const Kind kind = it->second.starts_with('!')   ? Kind::kExecutable
                          : it->second.starts_with('@') ? Kind::kOther
                                                        : Kind::kFile;
        const std::string content = it->second.substr(marked ? 1 : 0);
        items[name] = {name, kind, IdOf("f" + content)};
        contents_[items[name].id] = content;
      }
    }
    std::vector<Item> out;
    for (auto& [name, item] : items) {
      listing += name + std::string(1, static_cast<char>(item.kind)) +
                 std::string(item.id.begin(), item.id.end());
      out.push_back(item);
    }
    const Id id = IdOf(listing);
    directories_[id] = std::move(out);
    return id;
  }
  Id root_{};
  std::map<Id, std::vector<Item>> directories_;
  std::map<Id, std::string> contents_;
};

class IncrementalTest : public ::testing::Test {
 protected:
  // Archives `files` with what the last call left, and compares with a fresh archive and with
  // ArchiveTree.
  IncrementalArchive Step(const std::map<std::string, std::string>& files,
                          const std::string& spec_ignore = "") {
    const MapTree tree(files);
    std::shared_ptr<OpenFile> former;
    if (!last_path_.empty()) former = *store_->OpenForRead(last_path_);
    const auto run = [&](const OpenFile* old, std::string& bytes) {
      bytes.clear();
      auto made = ArchiveIncrementally({.tree = tree,
                                        .spec_ignore = spec_ignore,
                                        .former_index = index_,
                                        .former = old,
                                        .read_former = read_former_},
                                       [&](std::string_view b) {
                                         bytes += b;
                                         return base::OkStatus();
                                       });
      EXPECT_TRUE(made.ok()) << made.status().message();
      return *std::move(made);
    };
    std::string fresh, bytes;
    tree.reads = tree.lists = 0;
    const IncrementalArchive other = run(nullptr, fresh);
    full_reads_ = tree.reads;
    tree.reads = tree.lists = 0;
    IncrementalArchive made = run(former.get(), bytes);
    reads_ = tree.reads;
    lists_ = tree.lists;
    EXPECT_EQ(bytes, fresh) << "history shows in the bytes";
    EXPECT_EQ(made.summary.digest, base::Digest::Sha256(bytes).ToString());
    EXPECT_EQ(made.summary.paths, other.summary.paths);
    CompareWithTree(files, spec_ignore, bytes, made.summary);
    const std::string name = "f" + std::to_string(++count_) + ".tar.gz";
    auto stored = store_->Write({"gitrepository", "n", "x"}, name,
                                [&](const ByteSink& sink) -> base::Result<ArchiveSummary> {
                                  SLUICE_TRY(sink(bytes));
                                  return made.summary;
                                });
    EXPECT_TRUE(stored.ok());
    last_path_ = "gitrepository/n/x/" + name;
    index_ = made.index;
    return made;
  }

  static void CompareWithTree(const std::map<std::string, std::string>& files,
                              const std::string& spec_ignore, const std::string& bytes,
                              const ArchiveSummary& summary) {
    std::map<std::string, std::string> plain;
    for (const auto& [path, content] : files) {
      // a memory tree has none of these
      if (content.starts_with('!') || content.starts_with('@') || path.ends_with('/')) return;
      plain[path] = content;
    }
    const auto tree = io::MakeMemoryTree(plain);
    const auto ignore = LoadIgnore(*tree, spec_ignore);
    std::string want;
    const auto made = ArchiveTree(*tree, &*ignore, [&](std::string_view b) {
      want += b;
      return base::OkStatus();
    });
    ASSERT_TRUE(made.ok());
    EXPECT_EQ(bytes, want);
    EXPECT_EQ(summary.entries, made->entries);
    EXPECT_EQ(summary.paths, made->paths);
    const auto back = UnpackTarGz(bytes);
    ASSERT_TRUE(back.ok()) << back.status().message();
  }

  test_support::TempDir dir_;
  base::FakeClock clock_;
  std::unique_ptr<ArtifactStore> store_ = *ArtifactStore::Open({.root = dir_.path()}, clock_);
  std::string last_path_, index_;
  bool read_former_ = false;
  int count_ = 0, reads_ = 0, lists_ = 0, full_reads_ = 0;
};

std::map<std::string, std::string> ManyFiles(int n) {
  std::map<std::string, std::string> files;
  for (int i = 0; i < n; ++i) {
    files["apps/team-" + std::to_string(i % 17) + "/app-" + std::to_string(i) + "/deploy.yaml"] =
        "kind: x\nname: " + std::to_string(i) + "\n";
  }
  return files;
}

TEST_F(IncrementalTest, ReadsOnlyWhatIsNearTheChange) {
  auto files = ManyFiles(1500);
  Step(files);
  files["apps/team-3/app-3/deploy.yaml"] = "changed";
  const auto made = Step(files);
  EXPECT_GT(made.copied_bytes, made.summary.size * 8 / 10);
  EXPECT_LT(reads_, full_reads_ / 10);
  EXPECT_EQ(lists_, 4) << "the root and the three directories above the file";
  Step(files);
  EXPECT_EQ(reads_, 0) << "the same tree";
}

TEST_F(IncrementalTest, EveryKindOfChangeEndsInTheSameBytes) {
  auto files = ManyFiles(400);
  files["README.md"] = "hello";
  files["tools/run"] = "!#!/bin/sh\n";
  files["tools/link"] = "@run";
  files["mods/"] = "";
  files["big/blob"] = std::string(700'000, 'x');
  files["a-b/x"] = "1";
  files["a/x"] = "2";
  files["z/.sourceignore"] = "*.tmp\n";
  files["z/drop.tmp"] = "t";
  files["z/keep.yaml"] = "t";
  Step(files);
  files.erase("apps/team-1/app-1/deploy.yaml");  // with its directory
  Step(files);
  files["apps/team-1/app-1"] = "a file where a directory was";
  Step(files);
  files.erase("apps/team-1/app-1");
  files["apps/team-1/app-1/sub/deploy.yaml"] = "and back";
  Step(files);
  files["tools/run"] = "#!/bin/sh\n";  // the same bytes, not executable
  Step(files);
  files["tools/link"] = "no link any more";
  Step(files);
  files["mods/m.yaml"] = "filled";
  files.erase("mods/");
  Step(files);
  files["big/blob"] = std::string(700'000, 'x') + "y";
  Step(files);
  files["z/.sourceignore"] = "*.tmp\nkeep.yaml\n";
  Step(files);
  Step(files, "/apps\n");
  Step(files, "/*\n!/apps\n");
  Step(files, "/*\n!/apps/team-2/**\n");
  files.erase("z/.sourceignore");
  Step(files);
  Step({});
  Step(ManyFiles(3));
}

TEST_F(IncrementalTest, RandomHistories) {
  std::mt19937 random(7);
  std::map<std::string, std::string> files = ManyFiles(120);
  for (int round = 0; round < 30; ++round) {
    for (int change = 0; change < 4; ++change) {
      const std::string path = "d" + std::to_string(random() % 5) + "/e" +
                               std::to_string(random() % 4) + (random() % 2 ? "-x" : "") + "/f" +
                               std::to_string(random() % 9);
      if (random() % 3 == 0) {
        files.erase(path);
      } else {
        files[path] = std::string(random() % 3000, static_cast<char>('a' + random() % 26));
      }
    }
    Step(files, random() % 4 == 0 ? "*3\n" : "");
  }
}

TEST_F(IncrementalTest, ABrokenIndexCostsTimeOnly) {
  auto files = ManyFiles(200);
  Step(files);
  for (const size_t cut : {size_t{0}, size_t{10}, index_.size() / 2, index_.size() - 1}) {
    const std::string good = index_;
    index_.resize(cut);
    EXPECT_EQ(Step(files).copied_bytes, 0u);
    index_ = good;
    index_[index_.size() / 3] ^= 1;
    EXPECT_EQ(Step(files).copied_bytes, 0u);
  }
}

TEST_F(IncrementalTest, NeighboursComeFromTheFormerArchiveWhereAskedFor) {
  read_former_ = true;
  std::map<std::string, std::string> files;
  for (int i = 0; i < 300; ++i)
    files["d" + std::to_string(i % 7) + "/" + std::to_string(i)] =
        std::string(static_cast<size_t>(i * 11), static_cast<char>('a' + i % 26));
  Step(files);
  files["d3/150"] = "other";
  files.erase("d2/100");
  files["d0/" + std::string(150, 'l')] = "long name";
  Step(files);
  EXPECT_EQ(reads_, 2) << "the changed and the new one";
  const auto held = FilesOfIndex(index_);
  EXPECT_EQ(held.size(), files.size());
  EXPECT_TRUE(FilesOfIndex("nonsense").empty());
  Step({{"only", "one"}});
  EXPECT_EQ(reads_, 1);
}

}  // namespace
}  // namespace sluice::artifact
