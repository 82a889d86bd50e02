#include "artifact/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include "artifact/unpack.h"
#include "base/digest.h"
#include "base/fake_clock.h"
#include "io/rooted_fs.h"
#include "io/temp_dir.h"

namespace sluice::artifact {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { Reopen(); }
  void Reopen() {
    store_ = nullptr;
    auto store = ArtifactStore::Open({.root = dir_.path(), .advertised = "source.example"}, clock_);
    ASSERT_TRUE(store.ok()) << store.status().message();
    store_ = *std::move(store);
  }
  ArchiveSummary Store(const std::string& file, const std::string& content,
                       const ObjectDirectory& object = kObject) {
    auto r = store_->Write(object, file, [&](ByteSink sink) {
      return ArchiveTree(*io::MakeMemoryTree({{"f", content}}), nullptr, std::move(sink));
    });
    EXPECT_TRUE(r.ok()) << r.status().message();
    EXPECT_TRUE(dir_.fs().SetModified(object.Path() + "/" + file, clock_.Now()).ok());
    return r.ok() ? *std::move(r) : ArchiveSummary();
  }
  bool Exists(const std::string& path) const { return dir_.fs().Stat(path).ok(); }

  static const ObjectDirectory kObject;
  io::TempDir dir_ = *io::TempDir::Create(::testing::TempDir(), "store-");
  base::FakeClock clock_;
  std::unique_ptr<ArtifactStore> store_;
};
const ObjectDirectory StoreTest::kObject{"gitrepository", "apps", "shop"};

TEST_F(StoreTest, WritesWholeFilesPrivately) {
  const auto summary = Store("aa.tar.gz", "1");
  const std::string path = "gitrepository/apps/shop/aa.tar.gz";
  EXPECT_EQ(store_->UrlOf(path), "http://source.example/" + path);
  const auto bytes = dir_.fs().ReadFile(path);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->size(), summary.size);
  EXPECT_TRUE(VerifyDigest(*bytes, summary.digest).ok());
  struct stat st {};
  ASSERT_EQ(stat(dir_.fs().Absolute(path).c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(dir_.fs().Absolute("gitrepository/apps/shop").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0700u);
  EXPECT_EQ(*store_->PathOf(summary.digest), path);
  EXPECT_EQ(*store_->DigestOf(path), summary.digest);
}

TEST_F(StoreTest, FailedWriteLeavesTheOldFile) {
  const auto summary = Store("aa.tar.gz", "1");
  const auto r =
      store_->Write(kObject, "aa.tar.gz", [](ByteSink sink) -> base::Result<ArchiveSummary> {
        static_cast<void>(sink("half"));
        return base::Unavailable("cut");
      });
  EXPECT_EQ(r.status().message(), "cut");
  EXPECT_TRUE(store_->Verify("gitrepository/apps/shop/aa.tar.gz", summary.digest).ok());
  EXPECT_EQ(dir_.fs().ReadDir("gitrepository/apps/shop")->size(), 1u);
}

TEST_F(StoreTest, VerifiesAfterARestartAndNoticesDamage) {
  const auto summary = Store("aa.tar.gz", "1");
  const std::string path = "gitrepository/apps/shop/aa.tar.gz";
  Reopen();
  EXPECT_EQ(store_->PathOf(summary.digest).status().code(), base::StatusCode::kNotFound);
  EXPECT_TRUE(store_->Verify(path, summary.digest).ok());
  EXPECT_TRUE(store_->PathOf(summary.digest).ok());
  EXPECT_EQ(store_->Verify(path, "").message(), "artifact has no digest");
  EXPECT_THAT(store_->Verify(path, "nonsense").message(),
              HasSubstr("failed to parse artifact digest 'nonsense': "));
  EXPECT_EQ(store_->Verify("gitrepository/apps/shop/bb", summary.digest).code(),
            base::StatusCode::kNotFound);
  ASSERT_TRUE(dir_.fs().WriteFile(path, "damaged").ok());
  EXPECT_EQ(store_->Verify(path, summary.digest).message(),
            "computed digest doesn't match '" + summary.digest + "'");
}

TEST_F(StoreTest, CollectsByAgeThenByNumber) {
  Store("1.tar.gz", "1");
  clock_.Advance(30s);
  Store("2.tar.gz", "2");
  EXPECT_EQ(*store_->CollectGarbage(kObject, "2.tar.gz"), 0u) << "two records are kept";
  clock_.Advance(10s);
  Store("3.tar.gz", "3");
  EXPECT_EQ(*store_->CollectGarbage(kObject, "3.tar.gz"), 1u);
  EXPECT_FALSE(Exists("gitrepository/apps/shop/1.tar.gz"));
  EXPECT_TRUE(Exists("gitrepository/apps/shop/2.tar.gz"));
  clock_.Advance(61s);
  EXPECT_EQ(*store_->CollectGarbage(kObject, "3.tar.gz"), 1u) << "past the TTL";
  EXPECT_TRUE(Exists("gitrepository/apps/shop/3.tar.gz")) << "the current one stays at any age";
  EXPECT_EQ(*store_->CollectGarbage({"gitrepository", "apps", "none"}, "x"), 0u);
}

TEST_F(StoreTest, AReaderKeepsACollectedFile) {
  const auto summary = Store("1.tar.gz", "1");
  const auto file = store_->OpenForRead("gitrepository/apps/shop/1.tar.gz");
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE(store_->RemoveObject(kObject).ok());
  EXPECT_FALSE(Exists("gitrepository/apps"));
  std::string bytes(summary.size + 10, '\0');
  EXPECT_EQ(*(*file)->ReadAt(0, bytes), summary.size);
  EXPECT_TRUE(VerifyDigest(std::string_view(bytes).substr(0, summary.size), summary.digest).ok());
  EXPECT_FALSE(store_->PathOf(summary.digest).ok());
}

TEST_F(StoreTest, RefusesNamesThatLeaveTheRoot) {
  const auto produce = [](ByteSink) -> base::Result<ArchiveSummary> { return ArchiveSummary(); };
  EXPECT_FALSE(store_->Write({"gitrepository", "..", "x"}, "f", produce).ok());
  EXPECT_FALSE(store_->Write(kObject, "../../../f", produce).ok());
  EXPECT_FALSE(store_->RemoveObject({"gitrepository", "apps", ".."}).ok());
  EXPECT_FALSE(store_->RemoveObject({"gitrepository", "apps", ""}).ok());
  EXPECT_FALSE(store_->OpenForRead("../etc/passwd").ok());
  ASSERT_TRUE(dir_.fs().Symlink("/etc", "gitrepository").ok());
  EXPECT_FALSE(store_->OpenForRead("gitrepository/passwd").ok()) << "a link is not followed";
}

TEST_F(StoreTest, ListsObjects) {
  Store("1", "1");
  Store("1", "1", {"gitrepository", "b", "c"});
  EXPECT_EQ(store_->ListObjects("gitrepository")->size(), 2u);
  EXPECT_EQ(store_->ListObjects("bucket")->size(), 0u);
}

TEST(StoreOpenTest, NeedsADirectory) {
  base::FakeClock clock;
  EXPECT_EQ(ArtifactStore::Open({.root = "/nonexistent/x"}, clock).status().message(),
            "invalid dir path: /nonexistent/x");
}

TEST(AdvertisedAddressTest, Defaults) {
  EXPECT_EQ(DefaultAdvertisedAddress(":9090", "host"), "localhost:9090");
  EXPECT_EQ(DefaultAdvertisedAddress("0.0.0.0:9090", "host"), "host:9090");
  EXPECT_EQ(DefaultAdvertisedAddress("10.1.2.3:80", "host"), "10.1.2.3:80");
}

// A file may grow no further, as on a full disk.
TEST(ArtifactStoreFullTest, AFailedWriteLeavesTheOldFileAndNothingElse) {
  const auto dir = *io::TempDir::Create(::testing::TempDir(), "full-");
  base::FakeClock clock;
  const auto store = *ArtifactStore::Open({.root = dir.path(), .advertised = "h"}, clock);
  const ObjectDirectory object{"gitrepository", "n", "o"};
  const auto produce = [](size_t size) {
    return [size](const ByteSink& sink) -> base::Result<ArchiveSummary> {
      SLUICE_TRY(sink(std::string(size, 'x')));
      return ArchiveSummary{.digest = base::Digest::Sha256(std::string(size, 'x')).ToString(),
                            .size = size};
    };
  };
  ASSERT_TRUE(store->Write(object, "a.tar.gz", produce(100)).ok());
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1 << 20, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const auto failed = store->Write(object, "b.tar.gz", produce(2 << 20));
  const auto again = store->Write(object, "a.tar.gz", produce(2 << 20));
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(failed.ok());
  ASSERT_FALSE(again.ok());
  EXPECT_NE(failed.status().message(), "");
  EXPECT_TRUE(store
                  ->Verify("gitrepository/n/o/a.tar.gz",
                           base::Digest::Sha256(std::string(100, 'x')).ToString())
                  .ok());
  size_t files = 0;
  for (const auto& e : std::filesystem::recursive_directory_iterator(dir.path()))
    files += e.is_regular_file();
  EXPECT_EQ(files, 1u) << "no half written file stays";
}

TEST(ArtifactStoreShareTest, TwoObjectsHaveOneFile) {
  const auto dir = *io::TempDir::Create(::testing::TempDir(), "share-");
  base::FakeClock clock;
  const auto store = *ArtifactStore::Open({.root = dir.path(), .advertised = "h"}, clock);
  const ObjectDirectory first{"helmrepository", "n", "a"}, second{"helmrepository", "m", "b"};
  const std::string digest = base::Digest::Sha256("bytes").ToString();
  ASSERT_TRUE(store
                  ->Write(first, "i.yaml",
                          [&](const ByteSink& sink) -> base::Result<ArchiveSummary> {
                            SLUICE_TRY(sink("bytes"));
                            return ArchiveSummary{.digest = digest, .size = 5};
                          })
                  .ok());
  for (int again = 0; again < 2; ++again) {  // onto itself, too
    const auto shared = store->Share("helmrepository/n/a/i.yaml", digest, second, "j.yaml");
    ASSERT_TRUE(shared.ok()) << shared.status().message();
    EXPECT_EQ(shared->path, "helmrepository/m/b/j.yaml");
    EXPECT_EQ(shared->size, 5u);
  }
  size_t files = 0;
  for (const auto& e : std::filesystem::recursive_directory_iterator(dir.path()))
    files += e.is_regular_file();
  EXPECT_EQ(files, 2u);
  ASSERT_TRUE(store->RemoveObject(first).ok());
  EXPECT_TRUE(store->Verify("helmrepository/m/b/j.yaml", digest).ok());
  EXPECT_EQ(*store->PathOf(digest), "helmrepository/m/b/j.yaml");
  EXPECT_FALSE(store->Share("helmrepository/n/a/i.yaml", digest, second, "k.yaml").ok())
      << "it is gone";
  EXPECT_FALSE(store
                   ->Share("helmrepository/m/b/j.yaml", base::Digest::Sha256("x").ToString(),
                           second, "k.yaml")
                   .ok());
  EXPECT_FALSE(store->Share("../x", digest, second, "k.yaml").ok());
}

TEST(ArtifactStoreLinkTest, LeadsToAFileBesideItAndNowhereElse) {
  const auto dir = *io::TempDir::Create(::testing::TempDir(), "link-");
  base::FakeClock clock;
  const auto store = *ArtifactStore::Open({.root = dir.path(), .advertised = "h"}, clock);
  const ObjectDirectory object{"bucket", "n", "o"};
  ASSERT_TRUE(store
                  ->Write(object, "a.tar.gz",
                          [](const ByteSink& sink) -> base::Result<ArchiveSummary> {
                            SLUICE_TRY(sink("bytes"));
                            return ArchiveSummary{
                                .digest = base::Digest::Sha256("bytes").ToString(), .size = 5};
                          })
                  .ok());
  ASSERT_TRUE(store->Link(object, "latest.tar.gz", "a.tar.gz").ok());
  EXPECT_EQ((*store->OpenForRead("bucket/n/o/latest.tar.gz"))->size(), 5u);
  EXPECT_FALSE(store->Link(object, "latest.tar.gz", "../x").ok());
  std::filesystem::create_symlink("/etc/hostname", dir.path() + "/bucket/n/o/evil");
  std::filesystem::create_symlink("../o/a.tar.gz", dir.path() + "/bucket/n/o/round");
  EXPECT_FALSE(store->OpenForRead("bucket/n/o/evil").ok());
  EXPECT_FALSE(store->OpenForRead("bucket/n/o/round").ok());
}

}  // namespace
}  // namespace sluice::artifact
