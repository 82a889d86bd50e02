#include "path_tables.h"

#include <gtest/gtest.h>

namespace sluice::kustomization {
namespace {

std::string Table(const std::string& content) {
  artifact::PathDigestsBuilder builder;
  builder.AddFile("app/a.yaml", content, false);
  return builder.Build().Encode();
}

TEST(PathTablesTest, ATableCountsForItsDigestAlone) {
  PathTables tables;
  EXPECT_EQ(tables.Of("s", "d1"), nullptr);
  tables.Put("s", "d1", Table("1"));
  const PathTablePtr first = tables.Of("s", "d1");
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(tables.Of("s", "d1"), first) << "shared, not copied";
  EXPECT_EQ(tables.Of("s", "d2"), nullptr);
  EXPECT_EQ(tables.Of("other", "d1"), nullptr);
  tables.Put("s", "d2", Table("2"));
  EXPECT_EQ(tables.Of("s", "d1"), nullptr);
  ASSERT_NE(tables.Of("s", "d2"), nullptr);
  EXPECT_FALSE(first->Same(*tables.Of("s", "d2"), "app"));
  tables.Drop("s");
  EXPECT_EQ(tables.Of("s", "d2"), nullptr);
}

TEST(PathTablesTest, WhatSaysNothingIsNoTable) {
  const struct {
    const char* name;
    std::string digest, bytes;
    bool known;  // after a table of d1: is anything of `digest`?
  } cases[] = {{"the same artifact again, after a restart of its source", "d1", "", true},
               {"another artifact", "d2", "", false},
               {"a malformed one", "d2", "\1\1nonsense", false},
               {"a malformed one of the same artifact", "d1", "\1\1nonsense", false}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    PathTables tables;
    tables.Put("s", "d1", Table("1"));
    tables.Put("s", c.digest, c.bytes);
    EXPECT_EQ(tables.Of("s", c.digest) != nullptr, c.known);
  }
}

TEST(PathTablesTest, AllTogetherAreBoundedAndTheOldestGoesFirst) {
  const size_t one = artifact::PathDigests::Decode(Table("1"))->bytes();
  PathTables tables(3 * one);
  for (const std::string source : {"a", "b", "c"}) tables.Put(source, "d", Table("1"));
  tables.Put("a", "d2", Table("2"));
  tables.Put("d", "d", Table("1"));
  EXPECT_EQ(tables.Of("b", "d"), nullptr);
  EXPECT_NE(tables.Of("a", "d2"), nullptr);
  EXPECT_NE(tables.Of("c", "d"), nullptr);
  EXPECT_NE(tables.Of("d", "d"), nullptr);
  PathTables none(one - 1);
  none.Put("a", "d", Table("1"));
  EXPECT_EQ(none.Of("a", "d"), nullptr);
}

}  // namespace
}  // namespace sluice::kustomization
