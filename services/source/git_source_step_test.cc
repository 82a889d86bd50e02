#include "git_source_step.h"

#include <gtest/gtest.h>

namespace sluice::source {
namespace {

TEST(GitSourceStepTest, KnowsRevisionsAsTheyWereWritten) {
  const std::string hex(40, 'a'), other(40, 'b');
  const struct {
    std::string stored, revision;
    bool same;
  } cases[] = {
      {"main@sha1:" + hex, "main@sha1:" + hex, true},
      {"main/" + hex, "main@sha1:" + hex, true},
      {"feature/x/" + hex, "feature/x@sha1:" + hex, true},
      {"HEAD/" + hex, "sha1:" + hex, true},
      {"main/" + other, "main@sha1:" + hex, false},
      {"main@sha1:" + other, "main@sha1:" + hex, false},
      {"", "main@sha1:" + hex, false},
  };
  for (const auto& c : cases) {
    api::Artifact artifact;
    artifact.revision = c.stored;
    EXPECT_EQ(IsRevision(artifact, c.revision), c.same) << c.stored;
  }
}

}  // namespace
}  // namespace sluice::source
