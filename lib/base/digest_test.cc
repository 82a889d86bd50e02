#include "base/digest.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/sha256.h"

namespace sluice::base {
namespace {

constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(DigestTest, ComputesKnownValues) {
  EXPECT_EQ(Digest::Sha256("abc").ToString(), std::string("sha256:") + kAbc);
  EXPECT_EQ(Digest::Of(DigestAlgorithm::kSha1, "abc")->hex(),
            "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(Digest::Of(DigestAlgorithm::kSha512, "")->hex().substr(0, 16), "cf83e1357eefb8bd");
  EXPECT_EQ(Digest::Of(DigestAlgorithm::kBlake3, "").status().code(), StatusCode::kUnimplemented);
}

TEST(DigestTest, HasherTakesPiecesAndStartsAnew) {
  Hasher hasher;
  hasher.Update("a");
  hasher.Update("bc");
  EXPECT_EQ(hasher.Finish().hex(), kAbc);
  hasher.Update("abc");
  EXPECT_EQ(HexEncode(hasher.FinishRaw()), kAbc);
}

TEST(DigestTest, Parses) {
  EXPECT_EQ(Digest::Parse(std::string("sha256:") + kAbc)->hex(), kAbc);
  EXPECT_EQ(Digest::Parse(kAbc)->ToString(), std::string("sha256:") + kAbc);
  EXPECT_EQ(Digest::Parse("blake3:" + std::string(64, '0'))->algorithm(), DigestAlgorithm::kBlake3);
  for (const std::string text :
       {"", "sha256:", "sha256:xyz", "md5:abc", "sha1:BEEF", ":", "sha256"}) {
    EXPECT_FALSE(Digest::Parse(text).ok()) << text;
  }
  EXPECT_FALSE(Digest::Parse("sha256:" + std::string(64, 'A')).ok());
}

TEST(DigestTest, HmacOfRfc4231) {
  EXPECT_EQ(HexEncode(Hmac(DigestAlgorithm::kSha256, "Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(HexEncode(Hmac(DigestAlgorithm::kSha256, "", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Sha256Test, EqualsTheLibrarys) {
  std::string text;
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(Sha256Hex(text), Digest::Sha256(text).hex()) << i;
    text += static_cast<char>(i);
  }
}

}  // namespace
}  // namespace sluice::base
