#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/gzip.h"
#include "archive/tar.h"

namespace sluice::archive {
namespace {

using ::testing::HasSubstr;

std::string Compress(std::string_view bytes, const GzipOptions& options = {}) {
  std::string out;
  GzipWriter writer(
      [&](std::string_view piece) {
        out += piece;
        return base::OkStatus();
      },
      options);
  EXPECT_TRUE(writer.Write(bytes).ok());
  EXPECT_TRUE(writer.Finish().ok());
  return out;
}

TEST(TarHeaderTest, UstarFields) {
  const auto head = FormatTarHeader({.name = "dir/run.sh", .executable = true, .size = 5});
  ASSERT_TRUE(head.ok());
  ASSERT_EQ(head->size(), kTarBlock);
  EXPECT_EQ(head->substr(0, 11), std::string("dir/run.sh\0", 11));
  EXPECT_EQ(head->substr(100, 8), std::string("0000700\0", 8));
  EXPECT_EQ(head->substr(108, 16), std::string("0000000\0"
                                               "0000000\0",
                                               16));
  EXPECT_EQ(head->substr(124, 24), std::string("00000000005\0"
                                               "00000000000\0",
                                               24));
  EXPECT_EQ((*head)[156], '0');
  EXPECT_EQ(head->substr(257, 8), std::string("ustar\0"
                                              "00",
                                              8));
  EXPECT_EQ(head->substr(329, 16), std::string("0000000\0"
                                               "0000000\0",
                                               16));
  EXPECT_EQ((*head)[154], '\0');
  EXPECT_EQ((*head)[155], ' ');
}

TEST(TarHeaderTest, LongNames) {
  const std::string split = std::string(120, 'd') + "/" + std::string(90, 'n');
  auto head = FormatTarHeader({.name = split});
  ASSERT_EQ(head->size(), kTarBlock) << "a name that fits prefix and name needs no PAX header";
  EXPECT_EQ(head->substr(345, 120), std::string(120, 'd'));
  const std::string whole(200, 'n');
  head = FormatTarHeader({.name = whole});
  ASSERT_EQ(head->size(), 3 * kTarBlock);
  EXPECT_EQ((*head)[156], 'x');
  EXPECT_THAT(head->substr(0, 100), HasSubstr("PaxHeaders.0/nnn"));
  EXPECT_EQ(head->substr(512, 11), "210 path=nn");
  EXPECT_EQ(head->substr(1024, 100), std::string(100, 'n'));
  head = FormatTarHeader({.name = "caf\xc3\xa9"});
  EXPECT_EQ(head->substr(512, 14), "14 path=caf\xc3\xa9\n");
  EXPECT_EQ(head->substr(1024, 4), std::string("caf\0", 4));
}

TEST(TarHeaderTest, ModeAndTimeRoundTrip) {
  std::string tar =
      *FormatTarHeader(
          {.name = "c/values.yaml", .size = 3, .mode = 0644, .modified = 1'700'000'000}) +
      "a: ";
  tar.resize(2 * kTarBlock);
  EXPECT_EQ(tar.substr(100, 8), std::string("0000644\0", 8));
  TarReader reader(tar);
  const auto item = reader.Next();
  ASSERT_TRUE(item.ok() && *item) << item.status().message();
  EXPECT_EQ((*item)->name, "c/values.yaml");
  EXPECT_EQ((*item)->content, "a: ");
  EXPECT_EQ(base::ToUnixSeconds((*item)->modified), 1'700'000'000);
  EXPECT_FALSE(reader.Next().value().has_value());
}

TEST(GzipTest, RoundTripsAndKeepsHeaderFields) {
  const std::string text(100000, 'x');
  const std::string bytes = Compress(text, {.extra = "ab", .comment = "Helm"});
  EXPECT_EQ(bytes.substr(0, 19), std::string("\x1f\x8b\x08\x14\0\0\0\0\0\xff\x02\0abHelm\0", 19));
  const auto back = InflateGzip(bytes + Compress("y"));  // two members
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(*back, text + "y");
  EXPECT_EQ(Compress(text), Compress(text));
}

TEST(GzipTest, RefusesWhatIsNoGzipAndWhatExpandsTooFar) {
  const struct {
    std::string bytes;
    InflateLimits limits;
    base::StatusCode code;
    std::string message;
  } cases[] = {
      {"", {}, base::StatusCode::kInvalidArgument, "unexpected EOF"},
      {"PK\3\4", {}, base::StatusCode::kInvalidArgument, "gzip: invalid header"},
      {Compress("abc").substr(0, 12), {}, base::StatusCode::kDataLoss, "unexpected EOF"},
      {Compress("abc") + "junk", {}, base::StatusCode::kDataLoss, "gzip: invalid data"},
      {Compress(std::string(101, 'a')),
       {.max_bytes = 100},
       base::StatusCode::kResourceExhausted,
       "archive is larger than 100 bytes when unpacked"},
      {Compress(std::string(20 << 20, '\0')),
       {.max_ratio = 100},
       base::StatusCode::kResourceExhausted,
       "archive expands more than 100 times"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    const auto got = InflateGzip(c.bytes, c.limits);
    EXPECT_EQ(got.status().code(), c.code);
    EXPECT_EQ(got.status().message(), c.message);
  }
}

}  // namespace
}  // namespace sluice::archive
