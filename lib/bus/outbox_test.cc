#include "outbox.h"

#include <gtest/gtest.h>

#include "envelope.h"
#include "inbox.h"
#include "test_support.h"

namespace sluice::bus {
namespace {

Event EventOf(const std::string& id, const std::string& severity = "info") {
  Event e;
  e.id = id;
  e.severity = severity;
  e.message = "message of " + id;
  return e;
}

std::vector<std::string> Ids(const Outbox& outbox) {
  std::vector<std::string> ids;
  for (uint64_t at = outbox.NextAfter(0); at != 0; at = outbox.NextAfter(at)) {
    ids.push_back(std::get<Event>(*Decode(*outbox.Frame(at))).id);
  }
  return ids;
}

TEST(OutboxTest, KeepsOverARestart) {
  const auto dir = NewTempDir();
  const EventSenderOptions options{.journal = dir->path() + "/outbox"};
  {
    auto outbox = Outbox::Open(options, {});
    for (const char* id : {"a", "b", "c"}) outbox->Add(EventOf(id));
    EXPECT_TRUE(outbox->Ack("b"));
    EXPECT_FALSE(outbox->Ack("b"));
  }
  auto again = Outbox::Open(options, {});
  EXPECT_EQ(Ids(*again), (std::vector<std::string>{"a", "c"}));
}

TEST(OutboxTest, OverflowDropsTheOldestInfoEventFirst) {
  for (const bool on_disk : {false, true}) {
    SCOPED_TRACE(on_disk);
    const auto dir = NewTempDir();
    EventSenderOptions options{.journal = on_disk ? dir->path() + "/outbox" : "", .max_events = 3};
    auto outbox = Outbox::Open(options, {});
    outbox->Add(EventOf("e1", "error"));
    outbox->Add(EventOf("i1"));
    outbox->Add(EventOf("i2"));
    EXPECT_EQ(outbox->Add(EventOf("e2", "error")).dropped_info, 1u);
    EXPECT_EQ(Ids(*outbox), (std::vector<std::string>{"e1", "i2", "e2"}));
    outbox->Add(EventOf("e3", "error"));
    EXPECT_EQ(outbox->Add(EventOf("e4", "error")).dropped_other, 1u);
    EXPECT_EQ(Ids(*outbox), (std::vector<std::string>{"e2", "e3", "e4"}));
  }
}

TEST(OutboxTest, BoundsBytes) {
  auto outbox = Outbox::Open({.max_bytes = 4096}, {});
  Event big = EventOf("big");
  big.message.assign(5000, 'x');
  EXPECT_EQ(outbox->Add(big).sequence, 0u);
  for (int i = 0; i < 100; ++i) {
    Event e = EventOf(std::to_string(i));
    e.message.assign(1000, 'x');
    outbox->Add(e);
  }
  EXPECT_LE(outbox->size(), 4u);
  EXPECT_EQ(Ids(*outbox).back(), "99");
}

TEST(OutboxTest, UnusableJournalIsSetAside) {
  const auto dir = NewTempDir();
  ASSERT_TRUE(dir->fs().WriteFile("outbox", "this was never a journal, whatever it is\n").ok());
  const EventSenderOptions options{.journal = dir->path() + "/outbox"};
  {
    auto outbox = Outbox::Open(options, {});
    outbox->Add(EventOf("a"));
    auto second = Outbox::Open(options, {});  // another process with the same file
    EXPECT_EQ(second->size(), 0u);
    second->Add(EventOf("b"));
    EXPECT_EQ(Ids(*second), std::vector<std::string>{"b"});
  }
  EXPECT_EQ(Ids(*Outbox::Open(options, {})), std::vector<std::string>{"a"});
  EXPECT_TRUE(dir->fs().Stat("outbox.damaged").ok());
}

TEST(OutboxTest, WithoutAPlaceEventsStayInMemory) {
  auto outbox = Outbox::Open({.journal = "/proc/nowhere/outbox"}, {});
  outbox->Add(EventOf("a"));
  EXPECT_EQ(Ids(*outbox), std::vector<std::string>{"a"});
}

TEST(InboxTest, RemembersWhatIsDoneOverARestart) {
  const auto dir = NewTempDir();
  const EventServerOptions options{.journal = dir->path() + "/inbox"};
  {
    auto inbox = Inbox::Open(options, {});
    for (const char* id : {"a", "b", "c"})
      EXPECT_EQ(*inbox->Add(EventOf(id)), Inbox::Verdict::kNew);
    EXPECT_EQ(*inbox->Add(EventOf("a")), Inbox::Verdict::kKnown);
    EXPECT_TRUE(inbox->Done("b").ok());
  }
  auto inbox = Inbox::Open(options, {});
  EXPECT_EQ(inbox->pending(), 2u);
  const auto left = inbox->TakeLeft();
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left[0], EventOf("a"));
  EXPECT_EQ(left[1].id, "c");
  for (const char* id : {"a", "b", "c"})
    EXPECT_EQ(*inbox->Add(EventOf(id)), Inbox::Verdict::kKnown);
}

TEST(InboxTest, IsBounded) {
  auto inbox = Inbox::Open({.max_pending = 2, .remembered_ids = 3}, {});
  EXPECT_EQ(*inbox->Add(EventOf("a")), Inbox::Verdict::kNew);
  EXPECT_EQ(*inbox->Add(EventOf("b")), Inbox::Verdict::kNew);
  EXPECT_EQ(*inbox->Add(EventOf("c")), Inbox::Verdict::kFull);
  for (int i = 0; i < 10; ++i) {
    const std::string id = std::to_string(i);
    EXPECT_TRUE(inbox->Done(i == 0 ? "a" : std::to_string(i - 1)).ok());
    EXPECT_EQ(*inbox->Add(EventOf(id)), Inbox::Verdict::kNew);
  }
  EXPECT_EQ(*inbox->Add(EventOf("8")), Inbox::Verdict::kKnown);
}

}  // namespace
}  // namespace sluice::bus
