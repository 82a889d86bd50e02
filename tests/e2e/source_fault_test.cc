// What a source publishes when the disk or its own end get in the way: the last whole artifact, and
// nothing else. Upstream and the network: source_matrix_test.cc.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "artifact/unpack.h"
#include "lab.h"

namespace sluice::e2e {
namespace {

using test_support::HttpClient;
using test_support::ReadFile;
using testing::AnyOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kMain = "  ref: {branch: main}\n";

Lab& TheLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {}});
  return lab;
}

class SourceFaultTest : public testing::Test {
 protected:
  SourceFaultTest() : ns_(TheLab().NewNamespace()), tree_(TheLab().git(), ns_) {
    lab_.stack().options().flags.clear();
    for (int i = 0; i < 40; ++i)
      tree_.Write("f" + std::to_string(i),
                  std::string(500, static_cast<char>('a' + i % 26)) + std::to_string(i * 7919));
    sha_ = tree_.CommitAndPush("one");
  }
  ~SourceFaultTest() override {
    lab_.Delete(Source());
    EXPECT_TRUE(lab_.WaitGone(Source()));
    lab_.stack().Stop("source");
  }
  void Start() {
    const auto started = lab_.stack().Start("source");
    ASSERT_TRUE(started.ok()) << started.message();
  }
  Ref Source() const { return {"GitRepository", ns_, "repo"}; }
  // Asks for a pass and waits for its end: what it found is in the status, and no pass is under
  // way.
  void Reconcile() {
    lab_.RequestReconcile(Source());
    lab_.WaitFor(Source(), "asked", [](const Value& o) {
      return Text(o["status"]["lastHandledReconcileAt"]) ==
             Text(o["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]);
    });
  }
  std::string Push(const std::string& content) {
    tree_.Write("f1", content);
    return tree_.CommitAndPush("push " + content);
  }
  // The published artifact is of this commit, and its URL gives just the bytes that its digest
  // names.
  void ExpectPublished(const std::string& sha) {
    const Value artifact = lab_.Get(Source())["status"]["artifact"];
    EXPECT_EQ(Text(artifact["revision"]), "main@sha1:" + sha);
    const auto file = lab_.stack().http().Send("GET", Text(artifact["url"]));
    EXPECT_EQ(file.status, 200);
    EXPECT_TRUE(artifact::VerifyDigest(file.body, Text(artifact["digest"])).ok());
    EXPECT_EQ(static_cast<int64_t>(file.body.size()), artifact["size"].AsInt());
  }
  fs::path Folder() const {
    return fs::path(lab_.stack().StorageFolder()) / "gitrepository" / ns_ / "repo";
  }
  size_t Archives() const {
    size_t n = 0;
    for (const auto& e : fs::directory_iterator(Folder())) n += e.is_regular_file();
    return n;
  }

  Lab& lab_ = TheLab();
  std::string ns_, sha_;
  GitWorkTree tree_;
};

TEST_F(SourceFaultTest, ATamperedArtifactIsNeverServedAndMadeAnew) {
  Start();
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  const Value artifact = lab_.WaitReady(Source(), sha_)["status"]["artifact"];
  ASSERT_EQ(lab_.stack().Stop("source"), 0);
  const fs::path file = Folder() / (sha_ + ".tar.gz");
  std::string bytes = ReadFile(file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  std::ofstream(file, std::ios::binary) << bytes;
  std::atomic<bool> end = false;
  std::atomic<int> wrong = 0, right = 0;
  std::jthread hammer([&] {
    HttpClient http;
    while (!end) {
      const auto answer = http.Send("GET", Text(artifact["url"]));
      if (answer.status != 200) continue;
      ++(artifact::VerifyDigest(answer.body, Text(artifact["digest"])).ok() ? right : wrong);
    }
  });
  Start();
  EXPECT_TRUE(Eventually(kSoon, [&] { return right > 0; }));
  end = true;
  hammer.join();
  EXPECT_EQ(wrong, 0);
  ExpectPublished(sha_);
  EXPECT_TRUE(Eventually(
      kSoon, [&] { return !lab_.Events(Source(), "ArtifactVerificationFailed").empty(); }));
}

TEST_F(SourceFaultTest, ARestartAnswersNo404) {
  Start();
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  const Value artifact = lab_.WaitReady(Source(), sha_)["status"]["artifact"];
  for (const bool storage_lost : {false, true}) {
    SCOPED_TRACE(storage_lost ? "the storage is lost" : "the storage stays");
    std::atomic<bool> end = false;
    std::atomic<int> good = 0;
    std::map<int, int> statuses;
    std::jthread hammer([&] {
      HttpClient http;
      while (!end) {
        const auto answer = http.Send("GET", Text(artifact["url"]));
        ++statuses[answer.status];
        if (answer.status != 200) continue;
        EXPECT_TRUE(artifact::VerifyDigest(answer.body, Text(artifact["digest"])).ok());
        ++good;
      }
    });
    EXPECT_TRUE(Eventually(kSoon, [&] { return good > 0; }));
    lab_.stack().Kill("source");
    if (storage_lost) {
      for (const auto& e : fs::directory_iterator(lab_.stack().StorageFolder()))
        fs::remove_all(e.path());
    }
    good = 0;
    Start();
    EXPECT_TRUE(Eventually(kSoon, [&] { return good > 0; }));
    end = true;
    hammer.join();
    for (const auto& [status, count] : statuses)
      EXPECT_THAT(status, AnyOf(0, 200, 503)) << count << " times";
  }
}

TEST_F(SourceFaultTest, AFullDiskLeavesTheOldArtifactAndSaysSo) {
  // Files may grow no further, as on a full disk; the process is told by an error, not by a signal.
  const auto former = std::signal(SIGXFSZ, SIG_IGN);
  Start();
  std::signal(SIGXFSZ, former);
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  lab_.WaitReady(Source(), sha_);
  const auto limit = [&](rlim_t bytes) {
    rlimit now{};
    prlimit(lab_.stack().Pid("source"), RLIMIT_FSIZE, nullptr, &now);
    now.rlim_cur = bytes;
    ASSERT_EQ(prlimit(lab_.stack().Pid("source"), RLIMIT_FSIZE, &now, nullptr), 0);
  };
  // Many names of one content: a small pack, a large archive.
  for (int i = 0; i < 8000; ++i) tree_.Write("many/" + std::to_string(i * 7919), "same\n");
  const std::string next = tree_.CommitAndPush("many");
  limit(110 << 10);
  Reconcile();
  const Value failed = lab_.WaitFor(Source(), "failed", [](const Value& o) {
    return Text(ConditionOf(o, "StorageOperationFailed")["status"]) == "True";
  });
  EXPECT_EQ(Text(ConditionOf(failed, "StorageOperationFailed")["reason"]),
            "ArchiveOperationFailed");
  EXPECT_THAT(Text(ConditionOf(failed, "StorageOperationFailed")["message"]),
              HasSubstr("file too large"));
  EXPECT_EQ(Text(ConditionOf(failed, "Ready")["status"]), "False");
  EXPECT_EQ(Text(ConditionOf(failed, "ArtifactInStorage")["status"]), "True");
  ExpectPublished(sha_);
  EXPECT_EQ(Archives(), 1u);
  limit(RLIM_INFINITY);
  Reconcile();
  const Value healed = lab_.WaitReady(Source(), next);
  EXPECT_TRUE(ConditionOf(healed, "StorageOperationFailed").is_null());
  ExpectPublished(next);
}

TEST_F(SourceFaultTest, RetentionIsByNumberAndByAge) {
  lab_.stack().options().flags["source"] = {"--artifact-retention-records=3",
                                            "--artifact-retention-ttl=1h"};
  Start();
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  lab_.WaitReady(Source(), sha_);
  std::string last;
  for (int i = 0; i < 5; ++i) {
    last = Push(std::to_string(i));
    Reconcile();
    lab_.WaitReady(Source(), last);
  }
  Reconcile();
  EXPECT_TRUE(Eventually(kSoon, [&] { return Archives() == 3; }));
  EXPECT_TRUE(fs::exists(Folder() / (last + ".tar.gz")));
  ASSERT_EQ(lab_.stack().Stop("source"), 0);
  lab_.stack().options().flags["source"] = {"--artifact-retention-records=3",
                                            "--artifact-retention-ttl=1ms"};
  Start();
  EXPECT_TRUE(Eventually(kSoon, [&] { return Archives() == 1; }));
  ExpectPublished(last);
}

TEST_F(SourceFaultTest, ADamagedMirrorIsNobodysBusiness) {
  const fs::path mirrors =
      fs::path(lab_.stack().StorageFolder()).parent_path() / "tmp-source" / "sluice-source-mirrors";
  fs::remove_all(mirrors);
  Start();
  lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  lab_.WaitReady(Source(), sha_);
  size_t packs = 0;
  for (const auto& e : fs::recursive_directory_iterator(mirrors)) {
    if (e.path().extension() != ".pack") continue;
    ++packs;
    std::string bytes = ReadFile(e.path());
    for (size_t i = 200; i < bytes.size() - 20; i += 40)
      bytes[i] = static_cast<char>(bytes[i] ^ 0x5a);
    fs::remove(e.path());
    std::ofstream(e.path(), std::ios::binary) << bytes;
  }
  EXPECT_EQ(packs, 1u);
  // The same commit, archived otherwise: every file is read again.
  lab_.Apply(GitRepository(ns_, "repo", tree_.url(), kMain + "  ignore: 'f2'\n"));
  lab_.WaitFor(Source(), "ready anew", [](const Value& o) {
    return IsReady(o) &&
           o["status"]["observedGeneration"].AsInt() == o["metadata"]["generation"].AsInt();
  });
  ExpectPublished(sha_);
  EXPECT_THAT(lab_.Events(Source(), "ArchiveOperationFailed"), testing::IsEmpty());
}

}  // namespace
}  // namespace sluice::e2e
