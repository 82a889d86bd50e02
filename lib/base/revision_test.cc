#include "base/revision.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

const std::string kHash = "5394cb7f48332b2de7c17dd8b8384bbc84b7e738";
const std::string kHash256(64, 'a');

TEST(RevisionTest, ParsesAndPrintsCanonicalForm) {
  const struct {
    std::string text, pointer, algorithm, canonical;
  } cases[] = {
      {"main@sha1:" + kHash, "main", "sha1", "main@sha1:" + kHash},
      {"pkg@v1@sha1:" + kHash, "pkg@v1", "sha1", "pkg@v1@sha1:" + kHash},
      {"sha1:" + kHash, "", "sha1", "sha1:" + kHash},
      {"6.1.6@sha256:" + kHash256, "6.1.6", "sha256", "6.1.6@sha256:" + kHash256},
      {"refs/pull/4/head@sha1:" + kHash, "refs/pull/4/head", "sha1",
       "refs/pull/4/head@sha1:" + kHash},
      {"feat/x/" + kHash, "feat/x", "sha1", "feat/x@sha1:" + kHash},  // pre-RFC
      {"HEAD/" + kHash, "", "sha1", "sha1:" + kHash},
      {kHash, "", "sha1", "sha1:" + kHash},
      {"1.2.3", "1.2.3", "", "1.2.3"},
      {"0.1.0+a1b2c3.3", "0.1.0+a1b2c3.3", "", "0.1.0+a1b2c3.3"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto rev = Revision::Parse(c.text);
    ASSERT_TRUE(rev.ok()) << rev.status().message();
    EXPECT_EQ(rev->pointer(), c.pointer);
    EXPECT_EQ(rev->algorithm(), c.algorithm);
    EXPECT_EQ(rev->ToString(), c.canonical);
  }
}

TEST(RevisionTest, RejectsMalformedText) {
  for (const std::string text : {"", "main@md5:abc", "sha1:ABC", "sha1:", "@sha1:ab"}) {
    EXPECT_FALSE(Revision::Parse(text).ok()) << "accepted '" << text << "'";
  }
}

}  // namespace
}  // namespace sluice::base
