#include "io/journal.h"

#include <gtest/gtest.h>

#include "io/temp_dir.h"

namespace sluice::io {
namespace {

using base::StatusCode;

class JournalTest : public testing::Test {
 protected:
  JournalTest() : dir_(*TempDir::Create(testing::TempDir(), "journal-")) {}
  std::unique_ptr<Journal> Open(const JournalOptions& options = {}) {
    auto journal = Journal::Open(dir_.fs(), "j", options);
    SLUICE_CHECK(journal.ok());
    return *std::move(journal);
  }
  static std::string Live(const Journal& journal) {
    std::string out;
    EXPECT_TRUE(journal
                    .ForEach([&](uint64_t n, std::string_view p) {
                      out += std::to_string(n) + "=" + std::string(p) + " ";
                      return true;
                    })
                    .ok());
    return out;
  }
  TempDir dir_;
};

TEST_F(JournalTest, ReplaysWhatWasNotAcknowledged) {
  {
    const auto j = Open();
    EXPECT_EQ(j->Append("a").value_or(0), 1u);
    EXPECT_EQ(j->Append("b").value_or(0), 2u);
    EXPECT_EQ(j->Append("c").value_or(0), 3u);
    ASSERT_TRUE(j->Ack(2).ok());
    ASSERT_TRUE(j->Ack(99).ok());
  }
  const auto j = Open();
  EXPECT_EQ(Live(*j), "1=a 3=c ");
  EXPECT_EQ(j->Append("d").value_or(0), 4u);
  EXPECT_EQ(j->Read(2).status().code(), StatusCode::kNotFound);
}

TEST_F(JournalTest, CutsATornTailAtEveryLength) {
  {
    const auto j = Open();
    ASSERT_TRUE(j->Append("first").ok());
    ASSERT_TRUE(j->Append("second").ok());
  }
  const std::string whole = *dir_.fs().ReadFile("j");
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    SCOPED_TRACE(cut);
    ASSERT_TRUE(dir_.fs().WriteFile("j", whole.substr(0, cut)).ok());
    const auto j = Open();
    const std::string live = Live(*j);
    EXPECT_TRUE(live.empty() || live == "1=first ") << live;
    ASSERT_TRUE(j->Append("next").ok());
    EXPECT_NE(Live(*Open()).find("=next "), std::string::npos);
  }
}

TEST_F(JournalTest, ADamagedRecordEndsTheReplay) {
  {
    const auto j = Open();
    ASSERT_TRUE(j->Append("first").ok());
    ASSERT_TRUE(j->Append("second").ok());
  }
  std::string bytes = *dir_.fs().ReadFile("j");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  ASSERT_TRUE(dir_.fs().WriteFile("j", bytes).ok());
  const auto j = Open();
  EXPECT_EQ(Live(*j), "1=first ");
  EXPECT_GT(j->dropped_bytes(), 0u);
}

TEST_F(JournalTest, IsBounded) {
  const auto j = Open({.max_bytes = 60, .max_record = 30});
  EXPECT_EQ(j->Append(std::string(31, 'x')).status().code(), StatusCode::kInvalidArgument);
  ASSERT_TRUE(j->Append(std::string(30, 'x')).ok());
  EXPECT_EQ(j->Append("y").status().code(), StatusCode::kResourceExhausted);
  ASSERT_TRUE(j->Ack(1).ok());
  EXPECT_TRUE(j->Append("y").ok());
}

TEST_F(JournalTest, ShrinksWhenMostOfItIsDead) {
  const auto j = Open();
  const std::string payload(1000, 'p');
  for (int i = 0; i < 2000; ++i) {
    const auto sequence = j->Append(payload);
    ASSERT_TRUE(sequence.ok());
    ASSERT_TRUE(j->Ack(*sequence).ok());
  }
  EXPECT_LT(j->file_bytes(), 300u << 10);
  EXPECT_EQ(j->size(), 0u);
  EXPECT_EQ(Open()->Append("x").value_or(0), 2001u);  // numbers go on
}

TEST_F(JournalTest, RefusesAnotherKindOfFile) {
  ASSERT_TRUE(dir_.fs().WriteFile("j", "#!/bin/sh\necho\n").ok());
  EXPECT_EQ(Journal::Open(dir_.fs(), "j").status().code(), StatusCode::kDataLoss);
}

}  // namespace
}  // namespace sluice::io
