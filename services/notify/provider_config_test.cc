#include "provider_config.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace sluice::notify {
namespace {

using document::Value;

Value Secret(const std::map<std::string, std::string>& data) {
  Value secret = Value::Object({{"metadata", Value::Object({{"name", "s"}, {"namespace", "n"}})}});
  for (const auto& [key, bytes] : data) secret.Mutable("data").Set(key, base::Base64Encode(bytes));
  return secret;
}

api::Provider Slack() {
  api::Provider p;
  p.ns = "n";
  p.name = "p";
  p.type = "slack";
  p.address = "https://spec";
  p.username = "spec";
  return p;
}

TEST(ProviderConfigTest, TheSecretWins) {
  const Value secret = Secret({{"address", " https://secret\n"},
                               {"token", "t\n"},
                               {"username", "u"},
                               {"password", "p"},
                               {"headers", "X-A: b\n"},
                               {"proxy", "http://proxy:1"}});
  const auto resolved = ResolveProvider(Slack(), {.main = &secret});
  ASSERT_TRUE(resolved.ok()) << resolved.status().message();
  EXPECT_EQ(resolved->config.address, "https://secret");
  EXPECT_EQ(resolved->config.username, "u");
  EXPECT_EQ(resolved->config.token.Reveal(), "t");
  EXPECT_EQ(resolved->config.headers.at("X-A"), "b");
  EXPECT_EQ(resolved->config.proxy->url, "http://proxy:1");
}

TEST(ProviderConfigTest, HalfABasicAuthVoidsTheCredentialsAndIsReported) {
  const Value secret = Secret({{"token", "t"}, {"username", "u"}});
  const auto resolved = ResolveProvider(Slack(), {.main = &secret});
  ASSERT_TRUE(resolved.ok());
  EXPECT_TRUE(resolved->config.token.empty());
  EXPECT_EQ(resolved->issues.at(0),
            "secret 'n/s': malformed basic auth - has 'username' but missing 'password'");
}

TEST(ProviderConfigTest, RefusesBadSecrets) {
  const struct {
    std::map<std::string, std::string> main, tls, proxy;
    std::string want;
  } cases[] = {
      {{{"address", std::string(2049, 'a')}},
       {},
       {},
       "invalid address in secret: address exceeds maximum length of 2048 bytes"},
      {{{"headers", "a: [1"}}, {}, {}, "failed to read headers from secret"},
      {{{"headers", "\"a\\r\\nb\": x"}}, {}, {}, "failed to read headers from secret"},
      {{},
       {{"tls.crt", "x"}},
       {},
       "failed to get TLS config: secret 'n/s' contains 'tls.crt' but missing 'tls.key'"},
      {{},
       {{"other", "x"}},
       {},
       "failed to get TLS config: secret 'n/s' must contain either 'ca.crt' or both 'tls.crt' and "
       "'tls.key'"},
      {{}, {}, {{"address", "ftp://x"}}, "invalid proxy secret 'n/s': unsupported proxy address"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.want);
    const Value main = Secret(c.main), tls = Secret(c.tls), proxy = Secret(c.proxy);
    const auto resolved =
        ResolveProvider(Slack(), {c.main.empty() ? nullptr : &main, c.tls.empty() ? nullptr : &tls,
                                  c.proxy.empty() ? nullptr : &proxy});
    ASSERT_FALSE(resolved.ok());
    EXPECT_TRUE(resolved.status().message().starts_with(c.want)) << resolved.status().message();
  }
}

}  // namespace
}  // namespace sluice::notify
