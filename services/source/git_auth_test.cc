#include "git_auth.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace sluice::source {
namespace {

using document::Value;

Value Secret(const std::map<std::string, std::string>& data) {
  Value s;
  s.Mutable("metadata").Set("namespace", "apps");
  s.Mutable("metadata").Set("name", "auth");
  for (const auto& [k, v] : data) s.Mutable("data").Set(k, base::Base64Encode(v));
  return s;
}

TEST(GitAuthTest, ReadsCredentials) {
  git::RemoteAuth a;
  ASSERT_TRUE(
      FillFromSecret(Secret({{"username", "u"}, {"password", "p"}, {"caFile", "CA"}}), "https", a)
          .ok());
  EXPECT_EQ(a.username, "u");
  EXPECT_EQ(a.password.Reveal(), "p");
  EXPECT_EQ(a.ca_pem, "CA");
  git::RemoteAuth b;
  ASSERT_TRUE(FillFromSecret(Secret({{"username", "u"},
                                     {"password", "p"},
                                     {"bearerToken", "t"},
                                     {"ca.crt", "new"},
                                     {"caFile", "old"},
                                     {"tls.crt", "C"},
                                     {"tls.key", "K"}}),
                             "https", b)
                  .ok());
  EXPECT_EQ(b.bearer_token.Reveal(), "t");
  EXPECT_EQ(b.username, "") << "the token wins";
  EXPECT_EQ(b.ca_pem, "new");
  EXPECT_EQ(b.client_cert_pem, "C");
  EXPECT_EQ(b.client_key_pem.Reveal(), "K");
}

TEST(GitAuthTest, SaysWhatIsMissing) {
  const struct {
    std::map<std::string, std::string> data;
    std::string message;
  } cases[] = {
      {{{"password", "p"}},
       "invalid 'https' auth option: 'password' requires 'username' to be set"},
      {{{"tls.crt", "C"}}, "secret 'apps/auth' contains 'tls.crt' but missing 'tls.key'"},
      {{{"tls.key", "K"}}, "secret 'apps/auth' contains 'tls.key' but missing 'tls.crt'"},
  };
  for (const auto& c : cases) {
    git::RemoteAuth a;
    EXPECT_EQ(FillFromSecret(Secret(c.data), "https", a).message(), c.message);
  }
}

TEST(GitAuthTest, ReadsTheProxy) {
  git::RemoteAuth a;
  ASSERT_TRUE(
      FillProxyFromSecret(
          Secret({{"address", "http://proxy:3128"}, {"username", "u"}, {"password", "p"}}), a)
          .ok());
  EXPECT_EQ(a.proxy_url, "http://proxy:3128");
  EXPECT_EQ(a.proxy_username, "u");
  EXPECT_EQ(FillProxyFromSecret(Secret({}), a).message(),
            "secret 'apps/auth': key 'address' not found");
  EXPECT_EQ(FillProxyFromSecret(Secret({{"address", ""}}), a).message(),
            "secret 'apps/auth': proxy address is empty");
  EXPECT_EQ(FillProxyFromSecret(Secret({{"address", "ftp://x"}}), a).message(),
            "proxy URL must use one of the supported schemes (http, https, socks5), got 'ftp'");
  EXPECT_EQ(
      FillProxyFromSecret(Secret({{"address", "http://" + std::string(2048, 'x')}}), a).message(),
      "proxy URL exceeds maximum length of 2048 characters");
}

}  // namespace
}  // namespace sluice::source
