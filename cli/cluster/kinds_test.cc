#include "cluster/kinds.h"

#include <gtest/gtest.h>

#include <sstream>

#include "cluster/table.h"
#include "document/json.h"

namespace sluice::cli {
namespace {

TEST(KindsTest, FindsKindsByTheWordsOfUsers) {
  const struct {
    std::string words, kind;
  } cases[] = {{"sources git", "GitRepository"},
               {"source git", "GitRepository"},
               {"ks", "Kustomization"},
               {"kustomization", "Kustomization"},
               {"hr", "HelmRelease"},
               {"alert-providers", "Provider"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.words);
    ASSERT_NE(FindKind(c.words), nullptr);
    EXPECT_EQ(FindKind(c.words)->gvk.kind, c.kind);
  }
  EXPECT_EQ(FindKind("pods"), nullptr);
}

TEST(KindsTest, ReadsReadyAndRevision) {
  const struct {
    std::string kind, json, ready, message, revision;
  } cases[] = {
      {"Kustomization",
       R"({"status":{"lastAppliedRevision":"main@sha1:a","conditions":[{"type":"Ready","status":"True","message":"Applied"}]}})",
       "True", "Applied", "main@sha1:a"},
      {"GitRepository", R"({"status":{"observedGeneration":-1}})", "False",
       "waiting to be reconciled", ""},
      {"HelmRepository", R"({"spec":{"type":"oci"}})", "True", "Helm repository is Ready", ""},
      {"HelmRelease",
       R"({"status":{"history":[{"chartVersion":"1.2.3"}],"lastAttemptedRevision":"1.2.4"}})",
       "False", "waiting to be reconciled", "1.2.3"},
      {"Alert", R"({})", "True", "Alert is Ready", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.kind);
    const KindInfo* kind = FindKindByName(c.kind);
    ASSERT_NE(kind, nullptr);
    const auto object = document::ParseJson(c.json);
    ASSERT_TRUE(object.ok());
    EXPECT_EQ(ReadyOf(*kind, *object).status, c.ready);
    EXPECT_EQ(ReadyOf(*kind, *object).message, c.message);
    EXPECT_EQ(RevisionOf(*kind, *object), c.revision);
  }
}

TEST(KindsTest, ShortensDigestsOnly) {
  const std::string sha(40, 'a'), sha256(64, 'b');
  const struct {
    std::string in, want;
  } cases[] = {
      {"main@sha1:" + sha, "main@sha1:aaaaaaaa"},
      {"stored artifact for revision '6.1.0@sha256:" + sha256 + "'",
       "stored artifact for revision '6.1.0@sha256:bbbbbbbb'"},
      {std::string(39, 'a'), std::string(39, 'a')},
      {std::string(129, 'a'), std::string(129, 'a')},
      {"x" + sha, "x" + sha},
      {"", ""},
  };
  for (const auto& c : cases) EXPECT_EQ(ShortenDigests(c.in), c.want);
}

TEST(TableTest, PadsCellsAndEndsEachWithATab) {
  std::ostringstream out;
  PrintTable(out, {"Name", "Ready"}, {{"a-long-name", "True"}, {"b", "False"}});
  EXPECT_EQ(out.str(), "NAME       \tREADY\t\na-long-name\tTrue \t\nb          \tFalse\t\n");
}

}  // namespace
}  // namespace sluice::cli
