#include "oci/credentials.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace sluice::oci {
namespace {

std::string Entry(const std::string& host, const std::string& user) {
  return "\"" + host + R"(":{"auth":")" + base::Base64Encode(user + ":secret:" + user) + "\"}";
}

TEST(KeychainTest, MatchesAsTheKubeletDoes) {
  Keychain keys;
  ASSERT_TRUE(keys.AddDockerConfig(R"({"auths":{)" + Entry("example.com", "host") + "," +
                                   Entry("https://example.com/v1/", "dup") + "," +
                                   Entry("example.com/team", "team") + "," +
                                   Entry("*.cloud.example.org", "glob") + "," +
                                   Entry("example.com:5000", "port") + "}}")
                  .ok());
  const struct {
    const char *name, *user;
  } cases[] = {{"example.com/app", "host"},           {"example.com/team/app", "team"},
               {"eu.cloud.example.org/x", "glob"},    {"a.eu.cloud.example.org/x", ""},
               {"example.com:5000/team", "port"},     {"example.net/app", ""},
               {"example.com.evil.net/team/app", ""}, {"cloud.example.org/x", ""}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const AuthConfig auth = keys.Resolve(c.name);
    EXPECT_EQ(auth.username, c.user);
    EXPECT_EQ(auth.anonymous(), *c.user == '\0');
    if (*c.user == '\0') continue;
    EXPECT_EQ(auth.password.Reveal(), std::string("secret:") + c.user);
  }
}

TEST(KeychainTest, TheFirstSecretCounts) {
  Keychain keys;
  ASSERT_TRUE(keys.AddDockerConfig("{" + Entry("example.com", "old") + "}", /*legacy=*/true).ok());
  ASSERT_TRUE(keys.AddDockerConfig(R"({"auths":{)" + Entry("example.com", "new") + "}}").ok());
  EXPECT_EQ(keys.Resolve("example.com/app").username, "old");
}

TEST(KeychainTest, ReadsEveryForm) {
  Keychain keys;
  ASSERT_TRUE(
      keys.AddDockerConfig(
              R"({"auths":{"a.io":{"username":"u","password":"p"},"b.io":{"identitytoken":"t"},
      "c.io":{"registrytoken":"r"},"d.io":{"auth":"dTpw"}}})")
          .ok());
  EXPECT_EQ(keys.Resolve("a.io").password.Reveal(), "p");
  EXPECT_EQ(keys.Resolve("b.io").identity_token.Reveal(), "t");
  EXPECT_EQ(keys.Resolve("c.io").registry_token.Reveal(), "r");
  EXPECT_EQ(keys.Resolve("d.io").username, "u");
}

TEST(KeychainTest, RefusesWithoutShowingAValue) {
  const std::string canary = "c4n4ry";
  for (const std::string& text :
       {std::string("[]"), std::string("{"), R"({"auths":{"a.io":{"auth":")" + canary + R"("}}})",
        R"({"auths":{"a.io":{"auth":")" + base::Base64Encode(canary) + R"("}}})",
        R"({"auths":{"a.io":")" + canary + R"("}})"}) {
    Keychain keys;
    const auto status = keys.AddDockerConfig(text);
    EXPECT_FALSE(status.ok()) << text;
    EXPECT_EQ(status.message().find(canary), std::string::npos) << status.message();
  }
}

}  // namespace
}  // namespace sluice::oci
