#include "sources.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "document/json.h"
#include "kube/fake_informer.h"

namespace sluice::kustomization {
namespace {

using namespace std::chrono_literals;

const SourceRef kFleet{"GitRepository", "flux-system", "fleet"};

document::Value Watched(const std::string& version, const std::string& revision,
                        const std::string& time) {
  auto value = document::ParseJson(
      R"({"kind":"GitRepository","metadata":{"namespace":"flux-system","name":"fleet","resourceVersion":")" +
      version + R"("},"status":{"artifact":{"revision":")" + revision + R"(","digest":"sha256:)" +
      revision + R"(","lastUpdateTime":")" + time + R"("}}})");
  return std::move(value).value();
}

bus::RevisionEvent Event(const std::string& version, const std::string& revision,
                         const std::string& time) {
  bus::RevisionEvent event;
  event.source = {"GitRepository", "flux-system", "fleet"};
  event.resource_version = version;
  event.revision = revision;
  event.digest = "sha256:" + revision;
  event.last_update = time;
  return event;
}

class SourcesTest : public testing::Test {
 protected:
  SourcesTest() {
    sources_.Watch("GitRepository", informer_);
    sources_.SetListener([this](const SourceRef&) { ++told_; });
  }
  std::string Revision() const {
    const auto found = sources_.Get(kFleet);
    return found.artifact ? found.artifact->revision : found.exists ? "none" : "absent";
  }

  base::FakeClock clock_;
  kube::FakeInformer informer_;
  Sources sources_{clock_};
  int told_ = 0;
};

TEST_F(SourcesTest, AnEventIsEarlierThanTheWatchAndStandsUntilItCatchesUp) {
  EXPECT_EQ(Revision(), "absent");
  informer_.Put(Watched("10", "a", "2026-01-01T00:00:00Z"));
  EXPECT_EQ(Revision(), "a");
  sources_.OnRevision(Event("10", "b", "2026-01-01T00:01:00Z"));
  EXPECT_EQ(Revision(), "b");
  // Another writer touched the object before the status patch with b: still the old artifact.
  informer_.Put(Watched("11", "a", "2026-01-01T00:00:00Z"));
  EXPECT_EQ(Revision(), "b");
  informer_.Put(Watched("12", "b", "2026-01-01T00:01:00Z"));
  EXPECT_EQ(Revision(), "b");
  informer_.Put(Watched("13", "c", "2026-01-01T00:02:00Z"));
  EXPECT_EQ(Revision(), "c");
}

TEST_F(SourcesTest, TheWatchWinsInTheEnd) {
  informer_.Put(Watched("10", "a", "2026-01-01T00:00:00Z"));
  sources_.OnRevision(Event("10", "b", "2026-01-01T00:01:00Z"));
  informer_.Put(Watched("11", "a", "2026-01-01T00:00:00Z"));
  clock_.Advance(11s);  // the patch never came: another source process rules
  EXPECT_EQ(Revision(), "a");
}

TEST_F(SourcesTest, FailuresAndDeletions) {
  informer_.Put(Watched("10", "a", "2026-01-01T00:00:00Z"));
  auto failed = Event("10", "b", "");
  failed.state = bus::RevisionEvent::State::kFailed;
  sources_.OnRevision(failed);
  EXPECT_EQ(Revision(), "a");
  sources_.OnRevision(Event("10", "b", "2026-01-01T00:01:00Z"));
  auto deleted = Event("10", "", "");
  deleted.state = bus::RevisionEvent::State::kDeleted;
  sources_.OnRevision(deleted);
  informer_.Delete({"flux-system", "fleet"});
  EXPECT_EQ(Revision(), "absent");
}

TEST_F(SourcesTest, ATableStaysWithItsArtifactWhenTheWatchCatchesUp) {
  artifact::PathDigestsBuilder builder;
  builder.AddFile("app/a.yaml", "1", false);
  auto event = Event("10", "b", "2026-01-01T00:01:00Z");
  event.path_table = builder.Build().Encode();
  informer_.Put(Watched("10", "a", "2026-01-01T00:00:00Z"));
  sources_.OnRevision(event);
  ASSERT_NE(sources_.Get(kFleet).table, nullptr);
  informer_.Put(Watched("12", "b", "2026-01-01T00:01:00Z"));
  EXPECT_NE(sources_.Get(kFleet).table, nullptr);
  informer_.Put(Watched("13", "c", "2026-01-01T00:02:00Z"));
  EXPECT_EQ(sources_.Get(kFleet).table, nullptr) << "news of c was lost";
}

TEST_F(SourcesTest, ListenersHearOfNewArtifactsOnly) {
  informer_.Put(Watched("10", "a", "2026-01-01T00:00:00Z"));
  EXPECT_EQ(told_, 1);
  informer_.Put(Watched("11", "a", "2026-01-01T00:00:00Z"));
  EXPECT_EQ(told_, 1);
  informer_.Put(Watched("12", "b", "2026-01-01T00:00:00Z"));
  EXPECT_EQ(told_, 2);
}

TEST_F(SourcesTest, ProjectionKeepsIdentityAndArtifact) {
  auto object = Watched("10", "a", "t");
  object.Mutable("spec").Set("url", "https://example.org");
  object.Mutable("metadata").Mutable("annotations").Set("x", "y");
  ProjectSource(object);
  EXPECT_EQ(object["spec"].size(), 0u);
  EXPECT_EQ(object["metadata"]["annotations"].size(), 0u);
  EXPECT_EQ(kube::ResourceVersionOf(object), "10");
  EXPECT_EQ(object["status"]["artifact"]["revision"].AsString(), "a");
}

}  // namespace
}  // namespace sluice::kustomization
