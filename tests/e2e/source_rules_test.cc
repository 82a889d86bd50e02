// What holds for every kind of source alike: suspend, requests, the events' annotations, recovery,
// deletion (source.md §3).
#include <fcntl.h>
#include <gmock/gmock.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/strings.h"
#include "faulty_source.h"

namespace sluice::e2e {
namespace {

using base::Cat;
using testing::Contains;
using testing::StartsWith;
namespace fs = std::filesystem;

Lab& TheLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {"source"}});
  return lab;
}

// A file that nobody can remove while this lives, not even root.
class Immovable {
 public:
  explicit Immovable(const fs::path& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    ok_ = fd_ >= 0 && ioctl(fd_, FS_IOC_GETFLAGS, &flags_) == 0 && Set(flags_ | FS_IMMUTABLE_FL);
  }
  ~Immovable() {
    if (ok_) Set(flags_);
    if (fd_ >= 0) close(fd_);
  }
  Immovable(const Immovable&) = delete;
  Immovable& operator=(const Immovable&) = delete;
  bool ok() const { return ok_; }

 private:
  bool Set(int flags) const { return ioctl(fd_, FS_IOC_SETFLAGS, &flags) == 0; }
  const int fd_;
  int flags_ = 0;
  bool ok_ = false;
};

class SourceRulesTest : public testing::TestWithParam<FaultyKind> {
 protected:
  SourceRulesTest() : ns_(TheLab().NewNamespace()), source_(GetParam().make(TheLab(), ns_, {})) {
    first_ = source_->Push(1);
    source_->Apply();
  }
  Ref ref() const { return source_->ref(); }
  static std::string Handled(const Value& o) { return Text(o["status"]["lastHandledReconcileAt"]); }
  static std::string Asked(const Value& o) {
    return Text(o["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]);
  }
  Value Ask() {
    lab_.RequestReconcile(ref());
    return lab_.WaitFor(ref(), "the request was handled",
                        [](const Value& o) { return Handled(o) == Asked(o); });
  }
  // Of the Events about the object the one that names this revision; null while there is none.
  Value EventOf(const std::string& revision) {
    const Value list = lab_.Get({"Event", ns_, ""});
    for (const Value& event : list["items"].items()) {
      if (Text(event["involvedObject"]["kind"]) == ref().kind &&
          Text(event["involvedObject"]["name"]) == ref().name &&
          Text(event["metadata"]["annotations"]["source.toolkit.fluxcd.io/revision"]) == revision) {
        return event;
      }
    }
    return {};
  }

  bool Said(const std::string& reason, const testing::Matcher<std::string>& message) {
    return Eventually(
        kSoon, [&] { return testing::Value(lab_.Events(ref(), reason), Contains(message)); });
  }
  // The condition and what the summary makes of it.
  Value WaitStorageFailed(const std::string& reason, const std::string& begins) {
    const Value failed = lab_.WaitFor(ref(), "failed with " + reason, [&](const Value& o) {
      return Text(ConditionOf(o, "StorageOperationFailed")["reason"]) == reason;
    });
    const std::string message = Text(ConditionOf(failed, "StorageOperationFailed")["message"]);
    EXPECT_THAT(message, StartsWith(begins));
    EXPECT_EQ(Text(ConditionOf(failed, "StorageOperationFailed")["status"]), "True");
    EXPECT_EQ(Text(ConditionOf(failed, "Ready")["status"]), "False");
    EXPECT_EQ(Text(ConditionOf(failed, "Ready")["reason"]), reason);
    EXPECT_EQ(Text(ConditionOf(failed, "Ready")["message"]), message);
    EXPECT_EQ(Text(ConditionOf(failed, "Reconciling")["reason"]), "ProgressingWithRetry");
    EXPECT_TRUE(Said(reason, message));
    return failed;
  }
  fs::path Stored(const std::string& path) const {
    return fs::path(TheLab().stack().StorageFolder()) / path;
  }

  Lab& lab_ = TheLab();
  const std::string ns_;
  const std::unique_ptr<FaultySource> source_;
  std::string first_;
};

TEST_P(SourceRulesTest, ASuspendedOneKeepsItsArtifactAndAnswersRequests) {
  const Value before = lab_.WaitReady(ref(), first_);
  lab_.Merge(ref(), R"({"spec":{"suspend":true}})");
  const std::string second = source_->Push(2);
  const Value still = Ask();
  EXPECT_EQ(still["status"]["artifact"], before["status"]["artifact"]);
  EXPECT_EQ(still["status"]["conditions"], before["status"]["conditions"]);
  EXPECT_EQ(still["status"]["observedGeneration"], before["status"]["observedGeneration"])
      << "nothing was looked at";
  EXPECT_EQ(lab_.stack().http().Send("GET", Text(still["status"]["artifact"]["url"])).status, 200);
  lab_.Merge(ref(), R"({"spec":{"suspend":false}})");
  const Value after = lab_.WaitReady(ref(), second);
  EXPECT_EQ(after["status"]["observedGeneration"], after["metadata"]["generation"]);
}

TEST_P(SourceRulesTest, EventsCarryRevisionDigestAndTheObjectsOwnAnnotations) {
  const auto expect_event = [&](const Value& artifact, const std::string& team) {
    Value event;
    ASSERT_TRUE(Eventually(
        kSoon, [&] { return !(event = EventOf(Text(artifact["revision"]))).is_null(); }));
    const Value& annotations = event["metadata"]["annotations"];
    EXPECT_EQ(Text(annotations["source.toolkit.fluxcd.io/digest"]), Text(artifact["digest"]));
    EXPECT_EQ(Text(annotations["event.toolkit.fluxcd.io/team"]), team);
    EXPECT_TRUE(annotations["example.com/other"].is_null());
    EXPECT_EQ(Text(event["type"]), "Normal");
    EXPECT_EQ(Text(event["reason"]),
              ref().kind == "HelmChart" ? "ChartPullSucceeded" : "NewArtifact");
    EXPECT_EQ(Text(event["source"]["component"]), "source-controller");
  };
  expect_event(lab_.WaitReady(ref(), first_)["status"]["artifact"], "");
  // In the same words it is the same Event to Kubernetes, counted twice: its annotations stay as
  // they were.
  if (ref().kind == "HelmRepository" || ref().kind == "Bucket") return;
  lab_.Annotate(ref(), "event.toolkit.fluxcd.io/team", "red");
  lab_.Annotate(ref(), "example.com/other", "no");
  const std::string second = source_->Push(2);
  Ask();
  expect_event(lab_.WaitReady(ref(), second)["status"]["artifact"], "red");
}

TEST_P(SourceRulesTest, AnUnchangedOneIsSilent) {
  const Value before = lab_.WaitReady(ref(), first_);
  const Value after = Ask();
  EXPECT_EQ(after["status"]["artifact"], before["status"]["artifact"]);
  EXPECT_EQ(after["status"]["conditions"], before["status"]["conditions"]);
  const std::string revision = Text(before["status"]["artifact"]["revision"]);
  if (ref().kind == "GitRepository") {
    EXPECT_TRUE(Said("GitOperationSucceeded",
                     "no changes since last reconciliation: observed revision '" + revision + "'"));
  } else {
    EXPECT_TRUE(
        Said("ArtifactUpToDate", "artifact up-to-date with remote revision: '" + revision + "'"));
  }
}

// What stands in the place of the new artifact: the old one stays, and what is known of the new one
// is said (source.md §3.10).
TEST_P(SourceRulesTest, WhatCannotBeStoredLeavesTheOldArtifact) {
  const Value before = lab_.WaitReady(ref(), first_);
  const std::string kind = ref().kind, second = kind == "HelmChart" ? "1.2.0" : source_->Push(2);
  const std::string hex = second.substr(second.find(':') + 1);
  const std::map<std::string, std::string> files = {{"GitRepository", second + ".tar.gz"},
                                                    {"OCIRepository", second + ".tar.gz"},
                                                    {"HelmRepository", "index-" + hex + ".yaml"},
                                                    {"HelmChart", "hello-1.2.0.tgz"},
                                                    {"Bucket", hex + ".tar.gz"}};
  const fs::path obstacle =
      Stored(Text(before["status"]["artifact"]["path"])).parent_path() / files.at(kind);
  fs::create_directory(obstacle);
  std::ofstream(obstacle / "file") << "in the way";
  if (kind == "HelmChart") source_->Push(2);
  lab_.RequestReconcile(ref());
  const Value failed = WaitStorageFailed(
      "ArchiveOperationFailed", kind == "HelmRepository" ? "unable to save artifact to storage: "
                                : kind == "HelmChart"    ? "unable to copy Helm chart to storage: "
                                                      : "unable to archive artifact to storage: ");
  EXPECT_EQ(failed["status"]["artifact"], before["status"]["artifact"]);
  EXPECT_EQ(Text(ConditionOf(failed, "ArtifactInStorage")["status"]), "True");
  const std::map<std::string, std::string> news = {
      {"GitRepository", Cat("new upstream revision 'main@sha1:", second, "'")},
      {"OCIRepository", Cat("new revision 'latest@", second, "' for '", source_->proxy().address(),
                            "/", ns_, "/app:latest'")},
      {"HelmRepository", Cat("new index revision '", second, "'")},
      {"HelmChart", "pulled 'hello' chart with version '1.2.0'"},
      {"Bucket", Cat("new upstream revision '", second, "'")}};
  const Value& outdated = ConditionOf(failed, "ArtifactOutdated");
  EXPECT_EQ(Text(outdated["status"]), "True");
  EXPECT_EQ(Text(outdated["reason"]), kind == "HelmChart" ? "NewChart" : "NewRevision");
  EXPECT_EQ(Text(outdated["message"]), news.at(kind));
  EXPECT_EQ(Text(ConditionOf(failed, "Reconciling")["message"]),
            "building artifact: " + news.at(kind));
  EXPECT_EQ(lab_.stack().http().Send("GET", Text(before["status"]["artifact"]["url"])).status, 200);

  fs::remove_all(obstacle);
  const Value healed = lab_.WaitReady(ref(), second);
  EXPECT_TRUE(ConditionOf(healed, "StorageOperationFailed").is_null());
  EXPECT_TRUE(ConditionOf(healed, "ArtifactOutdated").is_null());
}

// Nor can its folder be made, its link be set, or what it was be removed.
TEST_P(SourceRulesTest, WhatIsWrongWithItsFolderIsSaid) {
  const fs::path folder =
      Stored(Text(lab_.WaitReady(ref(), first_)["status"]["artifact"]["path"])).parent_path();
  lab_.Delete(ref());
  ASSERT_TRUE(lab_.WaitGone(ref()));
  fs::create_directories(folder.parent_path());
  std::ofstream(folder) << "no directory";
  source_->Apply();
  const Value failed =
      WaitStorageFailed("DirectoryCreationFailed", "failed to create artifact directory: ");
  EXPECT_TRUE(failed["status"]["artifact"].is_null());
  fs::remove(folder);
  lab_.WaitReady(ref(), first_);

  if (ref().kind != "GitRepository") {  // which has no link
    const std::string link = ref().kind == "HelmRepository" ? "index.yaml" : "latest.tar.gz";
    lab_.Delete(ref());
    ASSERT_TRUE(lab_.WaitGone(ref()));
    fs::create_directories(folder / link / "in the way");
    source_->Apply();
    const Value ready = lab_.WaitReady(ref(), first_);
    EXPECT_TRUE(ready["status"]["url"].is_null());
    EXPECT_TRUE(Said("SymlinkUpdateFailed", StartsWith("failed to update status URL symlink: ")));
    fs::remove_all(folder / link);
  }

  std::ofstream(folder / "kept") << "nobody's";
  {
    const Immovable kept(folder / "kept");
    if (!kept.ok()) return;  // this file system has no such thing
    lab_.Delete(ref());
    EXPECT_TRUE(Said("GarbageCollectionFailed",
                     StartsWith("garbage collection for deleted resource failed: ")));
    EXPECT_EQ(Text(lab_.Get(ref())["metadata"]["finalizers"].items().at(0)),
              "finalizers.fluxcd.io");
  }
  EXPECT_TRUE(lab_.WaitGone(ref()));
  EXPECT_FALSE(fs::exists(folder));
}

TEST_P(SourceRulesTest, GoesWithItsFiles) {
  const std::string url = Text(lab_.WaitReady(ref(), first_)["status"]["artifact"]["url"]);
  EXPECT_EQ(lab_.stack().http().Send("GET", url).status, 200);
  lab_.Delete(ref());
  EXPECT_TRUE(lab_.WaitGone(ref()));
  EXPECT_EQ(lab_.stack().http().Send("GET", url).status, 404);
  EXPECT_TRUE(
      Said("GarbageCollectionSucceeded", "garbage collected artifacts for deleted resource"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, SourceRulesTest, testing::ValuesIn(FaultyKinds()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace sluice::e2e
