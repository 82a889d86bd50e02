#include "protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::git {
namespace {

using ::testing::HasSubstr;

const std::string kA(40, 'a'), kB(40, 'b');

std::string Pkts(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& l : lines) {
    if (l == kFlushPkt || l == kDelimiterPkt) {
      out += l;
    } else {
      AppendPkt(out, l);
    }
  }
  return out;
}

TEST(AdvertisementTest, ReadsVersionTwo) {
  for (const bool with_service : {false, true}) {
    AdvertisementParser p;
    std::string bytes = with_service ? Pkts({"# service=git-upload-pack\n", "0000"}) : "";
    bytes += Pkts({"version 2\n", "agent=git/2.39\n", "ls-refs=unborn\n",
                   "fetch=shallow wait-for-done\n", "object-format=sha1\n", "0000"});
    ASSERT_TRUE(p.Feed(bytes).ok());
    const auto caps = p.Finish();
    ASSERT_TRUE(caps.ok()) << caps.status().message();
    EXPECT_TRUE(caps->fetch_shallow);
  }
}

TEST(AdvertisementTest, ReadsVersionZero) {
  AdvertisementParser p;
  ASSERT_TRUE(p.Feed(Pkts({"# service=git-upload-pack\n", "0000",
                           kA + " HEAD" + std::string(1, '\0') +
                               "multi_ack shallow symref=HEAD:refs/heads/main\n",
                           kA + " refs/heads/main\n", kA + " refs/tags/v1\n",
                           kA + " refs/tags/v1^{}\n", kA + " refs/../x\n", "0000"}))
                  .ok());
  EXPECT_TRUE(p.done());
  const auto caps = p.Finish();
  ASSERT_TRUE(caps.ok()) << caps.status().message();
  EXPECT_TRUE(caps->fetch_shallow);
  ASSERT_NE(p.legacy(), nullptr);
  ASSERT_EQ(p.legacy()->refs.size(), 3u);
  EXPECT_EQ(p.legacy()->refs[0].symref_target, "refs/heads/main");
  EXPECT_FALSE(p.legacy()->refs[2].peeled.IsZero());
  EXPECT_EQ(FilterRefs(p.legacy()->refs, {"refs/tags/"}).size(), 1u);
  AdvertisementParser cut;
  ASSERT_TRUE(cut.Feed(Pkts({kA + " HEAD\n"})).ok());
  EXPECT_FALSE(cut.Finish().ok());
}

TEST(AdvertisementTest, SaysWhatIsNotSupported) {
  const struct {
    std::string bytes, message;
  } cases[] = {
      {Pkts({"version 2\n", "ls-refs\n", "fetch=shallow\n", "object-format=sha256\n", "0000"}),
       "object format 'sha256' is not supported"},
      {Pkts({"version 2\n", "0000"}), "the server offers no ls-refs and fetch"},
      {"000aver", "unexpected EOF"},
      {Pkts({"ERR access denied\x01\n"}), "access denied"},
  };
  for (const auto& c : cases) {
    AdvertisementParser p;
    auto status = p.Feed(c.bytes);
    if (status.ok()) status = p.Finish().status();
    EXPECT_THAT(status.message(), HasSubstr(c.message));
  }
}

TEST(LsRefsTest, ReadsRefsAndFilters) {
  const std::vector<std::string> prefixes = {"HEAD", "refs/tags/"};
  LsRefsParser p(prefixes, 10);
  ASSERT_TRUE(p.Feed(Pkts({kA + " HEAD symref-target:refs/heads/main\n",
                           kB + " refs/tags/v1 peeled:" + kA + "\n", kB + " refs/heads/main\n",
                           kB + " refs/tags/../../x\n", "unborn HEAD symref-target:refs/heads/x\n",
                           "0000"}))
                  .ok());
  const auto refs = p.Finish();
  ASSERT_TRUE(refs.ok());
  ASSERT_EQ(refs->size(), 2u) << "another prefix and a hostile name are dropped";
  EXPECT_EQ((*refs)[0].symref_target, "refs/heads/main");
  EXPECT_EQ((*refs)[1].commit().ToString(), kA);
  EXPECT_EQ((*refs)[1].oid.ToString(), kB);
}

TEST(LsRefsTest, HoldsItsLimits) {
  const std::vector<std::string> all;
  LsRefsParser p(all, 1);
  EXPECT_EQ(p.Feed(Pkts({kA + " refs/heads/a\n", kA + " refs/heads/b\n"})).code(),
            base::StatusCode::kResourceExhausted);
  LsRefsParser cut(all, 1);
  ASSERT_TRUE(cut.Feed(Pkts({kA + " refs/heads/a\n"})).ok());
  EXPECT_EQ(cut.Finish().status().code(), base::StatusCode::kDataLoss)
      << "no flush: the answer was cut";
  LsRefsParser bad(all, 1);
  EXPECT_FALSE(bad.Feed(Pkts({"nonsense\n"})).ok());
}

TEST(FetchTest, WritesOneRoundOfRequest) {
  const auto a = *ObjectId::Parse(kA), b = *ObjectId::Parse(kB);
  EXPECT_EQ(FetchRequestBody({.wants = {a}, .haves = {b}, .shallows = {b}, .depth = 1}),
            Pkts({"command=fetch\n", "agent=git/sluice\n", "object-format=sha1\n", "0001",
                  "thin-pack\n", "no-progress\n", "ofs-delta\n", "shallow " + kB + "\n",
                  "deepen 1\n", "want " + kA + "\n", "have " + kB + "\n", "done\n", "0000"}));
}

TEST(FetchTest, ReadsSections) {
  std::string pack;
  const std::function<base::Status(std::string_view)> sink = [&](std::string_view b) {
    pack += b;
    return base::OkStatus();
  };
  FetchParser p(sink);
  ASSERT_TRUE(p.Feed(Pkts({"acknowledgments\n", "NAK\n", "0001", "shallow-info\n", "shallow " + kA,
                           "unshallow " + kB, "0001", "packfile\n",
                           "\x02"
                           "counting",
                           "\x01PA",
                           "\x01"
                           "CK",
                           "0000"}))
                  .ok());
  const auto r = p.Finish();
  ASSERT_TRUE(r.ok());
  EXPECT_TRUE(r->has_pack);
  EXPECT_EQ(pack, "PACK");
  EXPECT_EQ(r->shallow.size(), 1u);
  EXPECT_EQ(r->unshallow.size(), 1u);
}

TEST(FetchTest, PassesErrorsOn) {
  const std::function<base::Status(std::string_view)> sink = [](std::string_view) {
    return base::OkStatus();
  };
  FetchParser err(sink);
  const auto refused = err.Feed(Pkts({"ERR upload-pack: not our ref " + kA + "\n"}));
  EXPECT_EQ(refused.code(), base::StatusCode::kNotFound);
  EXPECT_EQ(refused.message(), "upload-pack: not our ref " + kA);
  FetchParser band(sink);
  EXPECT_EQ(band.Feed(Pkts({"packfile\n",
                            "\x03"
                            "disk full\n"}))
                .message(),
            "disk full");
  FetchParser cut(sink);
  ASSERT_TRUE(cut.Feed(Pkts({"packfile\n", "\x01PACK"})).ok());
  EXPECT_EQ(cut.Finish().status().message(), "unexpected EOF");
}

TEST(RefNameTest, FollowsCheckRefFormat) {
  for (const std::string good :
       {"HEAD", "refs/heads/main", "refs/tags/v1.2.3+4", "refs/pull/4/head", "refs/heads/a@b"}) {
    EXPECT_TRUE(IsValidRefName(good)) << good;
  }
  for (const std::string bad : {"", "main", "refs/", "refs/heads/", "refs/../x", "refs/heads/.a",
                                "refs/a.lock", "refs/a b", "refs/a\x7f", "refs/a\\b", "refs/a~1",
                                "refs/a..b", "refs/a@{1}", "refs/a.", "refs//a", "refs/a:b"}) {
    EXPECT_FALSE(IsValidRefName(bad)) << bad;
  }
}

}  // namespace
}  // namespace sluice::git
