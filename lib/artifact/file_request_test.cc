#include "artifact/file_request.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "io/temp_dir.h"

namespace sluice::artifact {
namespace {

std::string HeaderOf(const FileResponse& r, std::string_view name) {
  for (const auto& [k, v] : r.headers) {
    if (k == name) return v;
  }
  return "";
}

TEST(FileRequestTest, AnswersAsGosFileServerDoes) {
  const auto dir = *io::TempDir::Create(::testing::TempDir(), "files-");
  base::FakeClock clock;
  const auto store = *ArtifactStore::Open({.root = dir.path(), .advertised = "h"}, clock);
  const auto summary = store->Write({"gitrepository", "n", "o"}, "a.tar.gz", [](ByteSink sink) {
    return ArchiveTree(*io::MakeMemoryTree({{"f", "1"}}), nullptr, std::move(sink));
  });
  ASSERT_TRUE(summary.ok());
  const std::string path = "/gitrepository/n/o/a.tar.gz";

  auto r = AnswerFileRequest(*store, {.method = "GET", .path = path});
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.content_type, "application/x-gzip");
  EXPECT_EQ(HeaderOf(r, "ETag"), "\"" + summary->digest + "\"");
  EXPECT_EQ(HeaderOf(r, "Accept-Ranges"), "bytes");
  ASSERT_NE(r.file, nullptr);
  EXPECT_EQ(r.file->size(), summary->size);
  const std::string modified = HeaderOf(r, "Last-Modified");

  EXPECT_EQ(AnswerFileRequest(*store, {.path = path, .if_modified_since = modified}).status, 304);
  EXPECT_EQ(AnswerFileRequest(*store,
                              {.path = path, .if_modified_since = "Thu, 01 Jan 1970 00:00:00 GMT"})
                .status,
            200);
  EXPECT_EQ(AnswerFileRequest(*store,
                              {.path = path, .if_none_match = "\"x\", \"" + summary->digest + "\""})
                .status,
            304);
  EXPECT_EQ(AnswerFileRequest(
                *store, {.path = path, .if_modified_since = modified, .if_none_match = "\"x\""})
                .status,
            200);

  EXPECT_EQ(AnswerFileRequest(*store, {.path = "/"}).status, 200) << "the readiness probe";
  for (const std::string absent : {"/gitrepository/n/o/b.tar.gz", "/gitrepository",
                                   "/gitrepository/n/o/", "/../etc/passwd", "//", "/a/./b"}) {
    r = AnswerFileRequest(*store, {.path = absent});
    EXPECT_EQ(r.status, 404) << absent;
    EXPECT_EQ(r.body, "404 page not found\n");
  }
  r = AnswerFileRequest(*store, {.path = "/x"}, /*ready=*/false);
  EXPECT_EQ(r.status, 503);
  EXPECT_EQ(HeaderOf(r, "Retry-After"), "1");
}

}  // namespace
}  // namespace sluice::artifact
