#include "artifact/unpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/temp_dir.h"
#include "test_tar.h"

namespace sluice::artifact {
namespace {

using ::testing::HasSubstr;

// The same archive piece by piece through a file.
base::Result<std::shared_ptr<const io::FileTree>> Spool(const io::TempDir& dir,
                                                        std::string_view archive,
                                                        const UnpackLimits& limits = {}) {
  SLUICE_TRY(auto file, dir.fs().OpenReadWrite("spool"));
  SLUICE_TRY(dir.fs().Remove("spool"));
  TarGzSpool spool(std::move(file), limits);
  constexpr size_t kPiece = 7;
  for (size_t at = 0; at < archive.size(); at += kPiece)
    SLUICE_TRY(spool.Write(archive.substr(at, kPiece)));
  return spool.Finish();
}

TEST(SpoolTest, IsUnpackingAtConstantMemory) {
  const auto dir = *io::TempDir::Create(testing::TempDir(), "spool");
  const std::string big(300'000, 'b');
  const std::string good = RawTarEntry("./a/", '5') +
                           RawTarEntry("./a/x.sh", '0', "run", "", 0755) +
                           RawTarEntry("big", '0', big) + TarEnd();
  const auto tree = Spool(dir, Gzip(good));
  ASSERT_TRUE(tree.ok()) << tree.status().message();
  for (int i = 0; i < 2; ++i) {  // what was read may leave memory, and comes back
    EXPECT_EQ(*(*tree)->ReadFile("a/x.sh"), "run");
    EXPECT_EQ(*(*tree)->ReadFile("big"), big);
  }
  EXPECT_TRUE((*tree)->Stat("a/x.sh")->executable);
  EXPECT_EQ((*Spool(dir, Gzip("")))->ReadDir("")->size(), 0U);

  const std::string two_members = Gzip(good.substr(0, 700)) + Gzip(good.substr(700));
  EXPECT_EQ(*(*Spool(dir, two_members))->ReadFile("big"), big);
  const std::string cases[] = {"",
                               "x",
                               "no gzip at all",
                               Gzip(good).substr(0, 200),
                               Gzip(good) + "tail",
                               Gzip(RawTarEntry("../evil", '0', "x")),
                               Gzip(RawTarEntry("link", '2', "", "/etc")),
                               Gzip(std::string(512, 'z')),
                               Gzip(RawTarEntry("cut", '0', std::string(600, 'x')).substr(0, 700))};
  for (const auto& c : cases) {
    const auto whole = UnpackTarGz(c), spooled = Spool(dir, c);
    ASSERT_FALSE(whole.ok());
    EXPECT_EQ(spooled.status(), whole.status());
  }
  EXPECT_EQ(Spool(dir, Gzip(good), {.max_bytes = 1000}).status().code(),
            base::StatusCode::kResourceExhausted);
  EXPECT_EQ(Spool(dir, Gzip(std::string(64 << 20, '\0')), {.max_ratio = 100}).status().code(),
            base::StatusCode::kResourceExhausted);
}

TEST(UnpackTest, ReadsFilesDirectoriesAndModes) {
  const auto tree = UnpackTarGz(Gzip(RawTarEntry("./", '5') + RawTarEntry("./a/", '5') +
                                     RawTarEntry("./a/x.sh", '0', "run", "", 0755) +
                                     RawTarEntry("b/c/d", '0', "deep") +
                                     RawTarEntry("old", '\0', "v7") + TarEnd()));
  ASSERT_TRUE(tree.ok()) << tree.status().message();
  EXPECT_EQ(*(*tree)->ReadFile("a/x.sh"), "run");
  EXPECT_TRUE((*tree)->Stat("a/x.sh")->executable);
  EXPECT_FALSE((*tree)->Stat("b/c/d")->executable);
  EXPECT_EQ((*tree)->Stat("b/c")->kind, io::FileKind::kDirectory);
  EXPECT_EQ((*tree)->ReadDir("")->size(), 3u);
  EXPECT_EQ((*tree)->ReadFile("nope").status().code(), base::StatusCode::kNotFound);
  EXPECT_EQ((*tree)->ReadFile("b/c/d", 3).status().code(), base::StatusCode::kResourceExhausted);
  EXPECT_FALSE((*tree)->ReadFile("a").ok());
  EXPECT_EQ((*tree)->ReadDir("a/x.sh").status().message(), "open a/x.sh: not a directory");
}

TEST(UnpackTest, RefusesHostileEntries) {
  const struct {
    std::string entry, message;
  } cases[] = {
      {RawTarEntry("../evil", '0', "x"), "tar contained invalid name error \"../evil\""},
      {RawTarEntry("a/../../evil", '0', "x"), "tar contained invalid name error \"a/../../evil\""},
      {RawTarEntry("/etc/passwd", '0', "x"), "tar contained invalid name error \"/etc/passwd\""},
      {RawTarEntry("a\\..\\b", '0', "x"), "tar contained invalid name error"},
      {RawTarEntry("", '0', "x"), "tar contained invalid name error \"\""},
      {RawTarEntry("link", '2', "", "/etc"),
       "tar file entry link is a symlink, which is not allowed in this context"},
      {RawTarEntry("hard", '1', "", "../x"), "tar file entry hard contained unsupported file type"},
      {RawTarEntry("dev", '3'), "unsupported file type Dcrw-------"},
      {RawTarEntry("fifo", '6'), "unsupported file type prw-------"},
      {RawTarEntry("a", '0', "x") + RawTarEntry("a/b", '0', "y"), "both a file and a directory"},
      {RawTarEntry("a/b", '0', "x") + RawTarEntry("a", '0', "y"), "both a file and a directory"},
      {std::string(512, 'z'), "archive/tar: invalid tar header"},
      {RawTarEntry("cut", '0', std::string(600, 'x')).substr(0, 700), "unexpected EOF"},
      {RawTarEntry("pax", 'x', "999 path=a\n"), "archive/tar: invalid tar header"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    const auto tree = UnpackTarGz(Gzip(c.entry));
    ASSERT_FALSE(tree.ok());
    EXPECT_THAT(tree.status().message(), HasSubstr(c.message));
  }
}

TEST(UnpackTest, SkipsLinksOnRequestAndReadsPaxNames) {
  const auto tree = UnpackTarGz(
      Gzip(RawTarEntry("link", '2', "", "/etc") + RawTarEntry("x", 'x', "15 path=long/n\n") +
           RawTarEntry("short", '0', "1") + TarEnd()),
      {.skip_links = true});
  ASSERT_TRUE(tree.ok()) << tree.status().message();
  EXPECT_EQ((*tree)->Stat("link").status().code(), base::StatusCode::kNotFound);
  EXPECT_EQ(*(*tree)->ReadFile("long/n"), "1");
}

TEST(UnpackTest, PaxNamesAreCheckedToo) {
  const auto tree =
      UnpackTarGz(Gzip(RawTarEntry("x", 'x', "15 path=../../n\n") + RawTarEntry("ok", '0', "1")));
  EXPECT_FALSE(tree.ok());
}

TEST(UnpackTest, RefusesWhatIsNotGzip) {
  EXPECT_EQ(UnpackTarGz("").status().message(), "requires gzip-compressed body: unexpected EOF");
  EXPECT_EQ(UnpackTarGz("plain text").status().message(),
            "requires gzip-compressed body: gzip: invalid header");
  const std::string good = Gzip(RawTarEntry("a", '0', "x") + TarEnd());
  EXPECT_FALSE(UnpackTarGz(good.substr(0, good.size() - 9)).ok());
  std::string flipped = good;
  flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);  // in the CRC
  EXPECT_FALSE(UnpackTarGz(flipped).ok());
}

TEST(UnpackTest, HoldsItsLimits) {
  const std::string archive =
      Gzip(RawTarEntry("a", '0', std::string(10000, 'a')) + RawTarEntry("b", '0', "b") + TarEnd());
  const uint64_t unpacked = 512 + 10240 + 1024 + 1024;
  EXPECT_TRUE(UnpackTarGz(archive, {.max_bytes = unpacked}).ok());
  EXPECT_EQ(UnpackTarGz(archive, {.max_bytes = unpacked - 1}).status().code(),
            base::StatusCode::kResourceExhausted);
  EXPECT_TRUE(UnpackTarGz(archive, {.max_entries = 2}).ok());
  EXPECT_EQ(UnpackTarGz(archive, {.max_entries = 1}).status().code(),
            base::StatusCode::kResourceExhausted);
}

TEST(UnpackTest, StopsABombEarly) {
  const std::string bomb = Gzip(RawTarEntry("zeros", '0', std::string(64 << 20, '\0')) + TarEnd());
  const auto tree = UnpackTarGz(bomb);
  EXPECT_EQ(tree.status().code(), base::StatusCode::kResourceExhausted);
  EXPECT_THAT(tree.status().message(), HasSubstr("expands more than 1000 times"));
}

TEST(VerifyDigestTest, TellsWhatIsWrong) {
  const std::string good =
      "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
  EXPECT_TRUE(VerifyDigest("hello", good).ok());
  EXPECT_EQ(VerifyDigest("hellO", good).message(), "computed digest doesn't match '" + good + "'");
  EXPECT_EQ(VerifyDigest("x", "").message(), "artifact has no digest");
  EXPECT_THAT(VerifyDigest("x", "md5:00").message(),
              HasSubstr("failed to parse artifact digest 'md5:00': "));
}

}  // namespace
}  // namespace sluice::artifact
