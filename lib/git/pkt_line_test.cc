#include "pkt_line.h"

#include <gtest/gtest.h>

namespace sluice::git {
namespace {

std::string Render(const Pkt& p) {
  switch (p.kind) {
    case PktKind::kFlush:
      return "|flush";
    case PktKind::kDelimiter:
      return "|delim";
    case PktKind::kResponseEnd:
      return "|end";
    case PktKind::kData:
      break;
  }
  return "|" + std::string(p.Line());
}

TEST(PktLineTest, CutsAnyChunking) {
  std::string bytes;
  AppendPkt(bytes, "hello\n");
  bytes += kDelimiterPkt;
  AppendPkt(bytes, "");
  AppendPkt(bytes, "world");
  bytes += kFlushPkt;
  for (size_t chunk = 1; chunk <= bytes.size(); ++chunk) {
    PktReader reader;
    std::string got;
    for (size_t at = 0; at < bytes.size(); at += chunk) {
      ASSERT_TRUE(reader
                      .Feed(std::string_view(bytes).substr(at, chunk),
                            [&](const Pkt& p) {
                              got += Render(p);
                              return base::OkStatus();
                            })
                      .ok());
    }
    EXPECT_EQ(got, "|hello|delim||world|flush") << "chunks of " << chunk;
    EXPECT_TRUE(reader.AtBoundary());
  }
}

TEST(PktLineTest, RefusesWhatIsNoLength) {
  for (const std::string bad : {"<html>", "0003", "fff1", "zzzz", "-001"}) {
    PktReader reader;
    const auto s = reader.Feed(bad, [](const Pkt&) { return base::OkStatus(); });
    EXPECT_EQ(s.message(), "invalid pkt-len found") << bad;
  }
}

TEST(PktLineTest, CallbackErrorEndsTheFeed) {
  std::string bytes;
  AppendPkt(bytes, "a");
  AppendPkt(bytes, "b");
  int seen = 0;
  PktReader reader;
  EXPECT_EQ(
      reader.Feed(bytes, [&](const Pkt&) { return ++seen, base::Internal("stop"); }).message(),
      "stop");
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace sluice::git
