#include "git_auth.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "git/url.h"

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

base::Status Fill(const std::map<std::string, std::string>& data, const std::string& url,
                  git::RemoteAuth& auth) {
  return FillCredentials(Secret(data), *git::ParseUrl(url), auth);
}

TEST(GitAuthTest, ReadsCredentials) {
  const std::string url = "https://example.com/a", named = "https://me:p%40ss@example.com/a";
  const struct {
    std::string name, url;
    std::map<std::string, std::string> data;
    std::string username, password, bearer;
  } cases[] = {
      {"basic", url, {{"username", "u"}, {"password", "p"}}, "u", "p", ""},
      {"the token wins",
       url,
       {{"username", "u"}, {"password", "p"}, {"bearerToken", "t"}},
       "",
       "",
       "t"},
      {"the URL's", named, {}, "me", "p@ss", ""},
      {"the Secret's before the URL's",
       named,
       {{"username", "u"}, {"password", "p"}},
       "u",
       "p",
       ""},
      {"the URL fills in a user", "https://me@example.com/a", {{"password", "p"}}, "me", "p", ""},
      {"the URL fills in a password", named, {{"username", "u"}}, "u", "p@ss", ""},
      {"an empty token is one", url, {{"username", "u"}, {"bearerToken", ""}}, "", "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    git::RemoteAuth a;
    ASSERT_TRUE(Fill(c.data, c.url, a).ok());
    EXPECT_EQ(a.username, c.username);
    EXPECT_EQ(a.password.Reveal(), c.password);
    EXPECT_EQ(a.bearer_token.Reveal(), c.bearer);
  }
}

TEST(GitAuthTest, ReadsTlsAndSsh) {
  git::RemoteAuth a;
  ASSERT_TRUE(Fill({{"ca.crt", "new"}, {"caFile", "old"}, {"tls.crt", "C"}, {"tls.key", "K"}},
                   "https://example.com/a", a)
                  .ok());
  EXPECT_EQ(a.ca_pem, "new");
  EXPECT_EQ(a.client_cert_pem, "C");
  EXPECT_EQ(a.client_key_pem.Reveal(), "K");
  for (const std::string half : {"tls.crt", "tls.key"}) {  // as go-git, which needs both
    git::RemoteAuth b;
    ASSERT_TRUE(Fill({{"caFile", "old"}, {half, "x"}}, "https://example.com/a", b).ok());
    EXPECT_EQ(b.ca_pem, "old");
    EXPECT_EQ(b.client_cert_pem, "");
    EXPECT_EQ(b.client_key_pem.Reveal(), "");
  }
  git::RemoteAuth c;
  ASSERT_TRUE(Fill({{"identity", "I"}, {"known_hosts", "H"}, {"password", "P"}, {"username", "u"}},
                   "ssh://example.com/a", c)
                  .ok());
  EXPECT_EQ(c.ssh_identity.Reveal(), "I");
  EXPECT_EQ(c.ssh_known_hosts, "H");
  EXPECT_EQ(c.ssh_passphrase.Reveal(), "P");
  EXPECT_EQ(c.username, "") << "who it is says the URL alone";
}

TEST(GitAuthTest, SaysWhatIsMissing) {
  const struct {
    std::string url;
    std::map<std::string, std::string> data;
    std::string message;
  } cases[] = {
      {"https://example.com/a",
       {{"password", "p"}},
       "invalid 'https' auth option: 'password' requires 'username' to be set"},
      {"http://:p@example.com/a",
       {},
       "invalid 'http' auth option: 'password' requires 'username' to be set"},
      {"ssh://example.com/a", {}, "invalid 'ssh' auth option: 'identity' is required"},
      {"ssh://example.com/a",
       {{"identity", "x"}},
       "invalid 'ssh' auth option: 'known_hosts' is required"},
  };
  for (const auto& c : cases) {
    git::RemoteAuth a;
    EXPECT_EQ(Fill(c.data, c.url, a).message(), c.message);
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
            "secret 'apps/auth': proxy URL must use one of the supported schemes (http, https, "
            "socks5), got 'ftp'");
  EXPECT_EQ(
      FillProxyFromSecret(Secret({{"address", "http://" + std::string(2048, 'x')}}), a).message(),
      "secret 'apps/auth': proxy URL exceeds maximum length of 2048 characters");
}

}  // namespace
}  // namespace sluice::source
