#include "revision_log.h"

#include <gtest/gtest.h>

namespace sluice::bus {
namespace {

RevisionEvent At(uint64_t epoch, uint64_t sequence, const std::string& name,
                 RevisionEvent::State state = RevisionEvent::State::kStored) {
  RevisionEvent e;
  e.source = {"GitRepository", "ns", name};
  e.epoch = epoch;
  e.sequence = sequence;
  e.state = state;
  return e;
}

SnapshotMessage SnapshotAt(uint64_t epoch, uint64_t sequence, std::vector<RevisionEvent> events) {
  return {1, epoch, sequence, 0, true, std::move(events)};
}

TEST(RevisionLogTest, FollowsAnUnbrokenSequence) {
  RevisionLog log;
  log.OnHeartbeat(5, 0);
  EXPECT_FALSE(log.behind());
  for (uint64_t i = 1; i <= 3; ++i) EXPECT_TRUE(log.OnEvent(At(5, i, "a")));
  log.OnHeartbeat(5, 3);
  EXPECT_FALSE(log.behind());
}

TEST(RevisionLogTest, LateSubscriberIsBehind) {
  RevisionLog log;
  log.OnHeartbeat(5, 7);
  EXPECT_TRUE(log.behind());
  const auto tell = log.OnSnapshot(SnapshotAt(5, 7, {At(5, 3, "a"), At(5, 7, "b")}));
  ASSERT_TRUE(tell);
  EXPECT_EQ(tell->size(), 2u);
  EXPECT_FALSE(log.behind());
}

TEST(RevisionLogTest, LostMessageShowsAsAGap) {
  RevisionLog log;
  log.OnEvent(At(5, 1, "a"));
  EXPECT_TRUE(log.OnEvent(At(5, 3, "c")));  // told at once
  EXPECT_TRUE(log.behind());
  const auto tell = log.OnSnapshot(SnapshotAt(5, 3, {At(5, 1, "a"), At(5, 2, "b"), At(5, 3, "c")}));
  ASSERT_TRUE(tell && tell->size() == 1);  // what it knows already is not told again
  EXPECT_EQ((*tell)[0].source.name, "b");
  EXPECT_FALSE(log.behind());
}

TEST(RevisionLogTest, LostLastMessageShowsInTheHeartbeat) {
  RevisionLog log;
  log.OnEvent(At(5, 1, "a"));
  log.OnHeartbeat(5, 2);
  EXPECT_TRUE(log.behind());
}

TEST(RevisionLogTest, DropsDuplicatesAndOlderNews) {
  RevisionLog log;
  EXPECT_TRUE(log.OnEvent(At(5, 1, "a")));
  EXPECT_FALSE(log.OnEvent(At(5, 1, "a")));
  EXPECT_TRUE(log.OnEvent(At(5, 3, "a")));
  EXPECT_FALSE(log.OnEvent(At(5, 2, "a")));  // reordered: older news of the same source
  EXPECT_FALSE(log.behind());                // but nothing is missing now
}

TEST(RevisionLogTest, ReorderedOtherSourceIsTold) {
  RevisionLog log;
  EXPECT_TRUE(log.OnEvent(At(5, 2, "b")));
  EXPECT_TRUE(log.behind());
  EXPECT_TRUE(log.OnEvent(At(5, 1, "a")));
  EXPECT_FALSE(log.behind());
}

TEST(RevisionLogTest, EventsDuringAResyncAreKept) {
  RevisionLog log;
  log.OnHeartbeat(5, 10);
  EXPECT_TRUE(log.OnEvent(At(5, 11, "a")));
  EXPECT_TRUE(log.OnEvent(At(5, 13, "b")));
  const auto tell = log.OnSnapshot(SnapshotAt(5, 11, {At(5, 9, "c"), At(5, 11, "a")}));
  ASSERT_TRUE(tell && tell->size() == 1);
  EXPECT_TRUE(log.behind());  // 12 is still missing
  log.OnEvent(At(5, 12, "d"));
  EXPECT_FALSE(log.behind());
}

TEST(RevisionLogTest, OlderSnapshotNeverRevivesADeletedSource) {
  RevisionLog log;
  log.OnHeartbeat(5, 4);
  EXPECT_TRUE(log.OnEvent(At(5, 6, "a", RevisionEvent::State::kDeleted)));
  const auto tell = log.OnSnapshot(SnapshotAt(5, 5, {At(5, 2, "a")}));
  ASSERT_TRUE(tell);
  EXPECT_TRUE(tell->empty());
}

TEST(RevisionLogTest, MissedDeletionIsTold) {
  RevisionLog log;
  log.OnEvent(At(5, 1, "a"));
  log.OnHeartbeat(5, 2);
  const auto tell = log.OnSnapshot(SnapshotAt(5, 2, {}));
  ASSERT_TRUE(tell && tell->size() == 1);
  EXPECT_EQ((*tell)[0].state, RevisionEvent::State::kDeleted);
  EXPECT_EQ((*tell)[0].source.name, "a");
}

TEST(RevisionLogTest, NewEpochForgetsAndDeletesNothing) {
  RevisionLog log;
  log.OnEvent(At(5, 1, "a"));
  log.OnEvent(At(5, 2, "b"));
  log.OnHeartbeat(6, 1);
  EXPECT_TRUE(log.behind());
  EXPECT_FALSE(log.OnSnapshot(SnapshotAt(5, 2, {At(5, 1, "a")})));  // of the former life
  const auto tell = log.OnSnapshot(SnapshotAt(6, 1, {At(6, 1, "a")}));
  ASSERT_TRUE(tell && tell->size() == 1);
  EXPECT_EQ((*tell)[0].state, RevisionEvent::State::kStored);
}

TEST(RevisionLogTest, EndlessGapsStayBounded) {
  RevisionLog log;
  for (uint64_t i = 2; i < 60000; i += 2) log.OnEvent(At(5, i, "a"));
  EXPECT_TRUE(log.behind());
  EXPECT_TRUE(log.OnSnapshot(SnapshotAt(5, 60000, {At(5, 59998, "a")})));
  EXPECT_FALSE(log.behind());
}

}  // namespace
}  // namespace sluice::bus
