#include "base/hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sluice::base {
namespace {

TEST(HashTest, KnownValues) {
  EXPECT_EQ(Fnv1a64(""), 0xcbf29ce484222325u);
  EXPECT_EQ(Fnv1a64("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(Crc32("123456789"), 0xcbf43926u);
  EXPECT_EQ(Crc32("6789", Crc32("12345")), 0xcbf43926u);
}

TEST(HashTest, Hash64TellsLengthsAndBytesApart) {
  std::set<uint64_t> seen;
  for (size_t n = 0; n < 100; ++n) {
    EXPECT_TRUE(seen.insert(Hash64(std::string(n, '\0'))).second) << n;
    std::string text(n + 1, '\0');
    text[n] = 'x';
    EXPECT_TRUE(seen.insert(Hash64(text)).second) << n;
  }
  EXPECT_NE(Hash64("a", 1), Hash64("a", 2));
}

}  // namespace
}  // namespace sluice::base
