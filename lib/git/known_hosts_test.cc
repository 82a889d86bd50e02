#include "known_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/encoding.h"

namespace sluice::git {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kOne = base::Base64Encode("key one"), kTwo = base::Base64Encode("key two");

std::string Hashed(const std::string& name) {
  return "|1|" + base::Base64Encode("salt") + "|" +
         base::Base64Encode(base::Hmac(base::DigestAlgorithm::kSha1, "salt", name));
}

TEST(KnownHostsTest, FindsHosts) {
  const auto hosts = KnownHosts::Parse(
      "# comment\n\nplain,10.0.0.1 ssh-ed25519 " + kOne + " me@here\nplain ssh-rsa " + kTwo +
      "\n[ported]:2222 ssh-rsa " + kOne +
      "\n*.wild.example,!bad.wild.example ecdsa-sha2-nistp256 " + kOne + "\n" + Hashed("hidden") +
      " ssh-ed25519 " + kOne + "\n" + Hashed("[hidden]:29418") + " ssh-rsa " + kTwo +
      "\n@cert-authority * ssh-rsa " + kOne + "\n");
  ASSERT_TRUE(hosts.ok()) << hosts.status().message();
  EXPECT_THAT(hosts->TypesFor("plain", 22), ElementsAre("ssh-ed25519", "ssh-rsa"));
  EXPECT_THAT(hosts->TypesFor("10.0.0.1", 22), ElementsAre("ssh-ed25519"));
  EXPECT_THAT(hosts->TypesFor("plain", 2222), IsEmpty());
  EXPECT_THAT(hosts->TypesFor("ported", 2222), ElementsAre("ssh-rsa"));
  EXPECT_THAT(hosts->TypesFor("a.wild.example", 22), ElementsAre("ecdsa-sha2-nistp256"));
  EXPECT_THAT(hosts->TypesFor("bad.wild.example", 22), IsEmpty());
  EXPECT_THAT(hosts->TypesFor("hidden", 22), ElementsAre("ssh-ed25519"));
  EXPECT_THAT(hosts->TypesFor("hidden", 29418), ElementsAre("ssh-rsa"));
  EXPECT_TRUE(hosts->Check("plain", 22, {"ssh-ed25519", "key one"}).ok());
  EXPECT_THAT(hosts->Check("plain", 22, {"ssh-ed25519", "other"}).message(),
              AllOf(StartsWith("knownhosts: key mismatch"), HasSubstr("SHA256:"),
                    HasSubstr("known_hosts has ssh-ed25519, ssh-rsa")));
  EXPECT_THAT(hosts->Check("nowhere", 22, {"ssh-ed25519", "key one"}).message(),
              StartsWith("knownhosts: key is unknown"));
}

TEST(KnownHostsTest, RevokedKeysAndBrokenLines) {
  const auto hosts = KnownHosts::Parse("h ssh-rsa " + kOne + "\n@revoked * ssh-rsa " + kOne + "\n");
  ASSERT_TRUE(hosts.ok());
  EXPECT_THAT(hosts->Check("h", 22, {"ssh-rsa", "key one"}).message(),
              StartsWith("knownhosts: key is revoked"));
  for (const std::string text : {"h ssh-rsa", "h ssh-rsa !!!", "h"})
    EXPECT_FALSE(KnownHosts::Parse(text).ok()) << text;
}

}  // namespace
}  // namespace sluice::git
