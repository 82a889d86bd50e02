#include "objects.h"

#include <gtest/gtest.h>

namespace sluice::git {
namespace {

const std::string kA(40, 'a'), kB(40, 'b');
const std::string kPeople = "author A <a@a> 1700000000 +0100\ncommitter C <c@c> 1700000060 +0000\n";

TEST(CommitTest, ReadsHeadersAndMessage) {
  const auto c = ParseCommit({}, "tree " + kA + "\nparent " + kB + "\n" + kPeople +
                                     "gpgsig -----BEGIN\n more\nencoding x\n\nsubject\n\nbody\n");
  ASSERT_TRUE(c.ok());
  EXPECT_EQ(c->tree.ToString(), kA);
  ASSERT_EQ(c->parents.size(), 1u);
  EXPECT_EQ(c->Subject(), "subject");
  EXPECT_EQ(c->committed.time_since_epoch().count(), 1700000060);
}

TEST(CommitTest, RefusesCraftedHeaders) {
  for (const std::string& bad :
       {std::string(), "tree short\n" + kPeople, kPeople + "\nm",
        "parent " + kA + "\ntree " + kA + "\n" + kPeople + "\n",
        "tree " + kA + "\n" + kPeople + "tree " + kB + "\n\nm",
        "tree " + kA + "\n" + kPeople + "parent " + kB + "\n\nm", "tree " + kA + "\nauthor x",
        "tree " + kA + "\nparent zz\n" + kPeople}) {
    EXPECT_FALSE(ParseCommit({}, bad).ok()) << bad;
  }
}

TEST(TagTest, ReadsItsTarget) {
  const auto t = ParseTag("object " + kA + "\ntype commit\ntag v1\n\nm");
  ASSERT_TRUE(t.ok());
  EXPECT_EQ(t->target.ToString(), kA);
  EXPECT_EQ(t->target_type, "commit");
  EXPECT_FALSE(ParseTag("type commit\nobject " + kA + "\n").ok());
}

std::string Item(std::string_view mode, std::string_view name) {
  return std::string(mode) + " " + std::string(name) + std::string(1, '\0') +
         std::string(20, '\x11');
}

TEST(TreeTest, ReadsModesSorted) {
  const auto t = ParseTree(Item("100644", "z") + Item("100755", "run") + Item("120000", "link") +
                           Item("40000", "dir") + Item("160000", "sub") + Item("100664", "old"));
  ASSERT_TRUE(t.ok()) << t.status().message();
  ASSERT_EQ(t->size(), 6u);
  EXPECT_EQ((*t)[0].name, "dir");
  EXPECT_EQ((*t)[0].mode, TreeMode::kDirectory);
  EXPECT_EQ((*t)[3].mode, TreeMode::kExecutable);
  EXPECT_EQ((*t)[4].mode, TreeMode::kSubmodule);
}

TEST(TreeTest, RefusesForbiddenNamesAndDamage) {
  for (const std::string name : {"", ".", "..", ".git", ".GIT", ".gIt", "git~1", "a/b", "../x"}) {
    EXPECT_FALSE(ParseTree(Item("100644", name)).ok()) << name;
  }
  EXPECT_TRUE(ParseTree(Item("100644", ".gitignore")).ok());
  EXPECT_FALSE(ParseTree(Item("100644", "a") + Item("40000", "a")).ok())
      << "file and directory of one name";
  EXPECT_FALSE(ParseTree(Item("10064x", "a")).ok());
  EXPECT_FALSE(ParseTree(Item("020000", "dev")).ok());
  const std::string whole = Item("100644", "a");
  for (size_t n = 1; n < whole.size(); ++n) EXPECT_FALSE(ParseTree(whole.substr(0, n)).ok()) << n;
}

}  // namespace
}  // namespace sluice::git
