// What Secrets and specs hold, before anything is asked of anybody (source.md §6.1, §8.1, §11.2).
#include <gtest/gtest.h>

#include <map>

#include "base/encoding.h"
#include "bucket_access.h"
#include "document/value.h"
#include "oci_access.h"
#include "secrets.h"
#include "test_support/certificates.h"

namespace sluice::source {
namespace {

using document::Value;
using Data = std::map<std::string, std::string>;

Value Secret(const Data& data, const std::string& type = "Opaque") {
  Value s = Value::Object({{"type", type}});
  s.Mutable("metadata").Set("namespace", "apps");
  s.Mutable("metadata").Set("name", "auth");
  for (const auto& [k, v] : data) s.Mutable("data").Set(k, base::Base64Encode(v));
  return s;
}

TEST(SecretsTest, TlsIsCheckedBeforeItIsUsed) {
  const auto authority = test_support::MakeAuthority("tests"),
             other = test_support::MakeAuthority("others");
  const std::string parse = "failed to parse TLS certificate and key: tls: ";
  const struct {
    std::string name;
    Data data;
    std::string message;
    bool incomplete = false;
  } cases[] = {
      {"authority", {{"ca.crt", authority.cert_pem}}, ""},
      {"pair", {{"tls.crt", authority.cert_pem}, {"tls.key", authority.key_pem}}, ""},
      {"former names",
       {{"certFile", authority.cert_pem},
        {"keyFile", authority.key_pem},
        {"caFile", authority.cert_pem}},
       ""},
      {"both names", {{"ca.crt", authority.cert_pem}, {"caFile", "nonsense"}}, ""},
      {"nothing",
       {{"other", "x"}},
       "secret 'apps/auth' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'",
       true},
      {"empty",
       {{"ca.crt", ""}},
       "secret 'apps/auth' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'",
       true},
      {"no key",
       {{"tls.crt", "x"}},
       "secret 'apps/auth' contains 'tls.crt' but missing 'tls.key'",
       true},
      {"no certificate",
       {{"keyFile", "x"}},
       "secret 'apps/auth' contains 'tls.key' but missing 'tls.crt'",
       true},
      {"no certificate's",
       {{"tls.crt", "x"}, {"tls.key", authority.key_pem}},
       parse + "failed to find any PEM data in certificate input"},
      {"no key's",
       {{"tls.crt", authority.cert_pem}, {"tls.key", "x"}},
       parse + "failed to find any PEM data in key input"},
      {"another's",
       {{"tls.crt", authority.cert_pem}, {"tls.key", other.key_pem}},
       parse + "private key does not match public key"},
      {"no authority", {{"ca.crt", "x"}}, "failed to parse CA certificate"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto tls = TlsFromSecret(Secret(c.data));
    EXPECT_EQ(tls.status().message(), c.message);
    EXPECT_EQ(tls.status().code() == base::StatusCode::kFailedPrecondition, c.incomplete);
  }
}

TEST(SecretsTest, SaysWhatIsNoSecret) {
  Value s = Secret({});
  s.Mutable("data").Set("username", "***");
  EXPECT_EQ(BasicAuthFromSecret(s).status().message(),
            "secret 'apps/auth': key 'username' is not base64");
  EXPECT_EQ(SecretView(s).Require("password").status().message(),
            "secret 'apps/auth': key 'password' not found");
  EXPECT_EQ(BasicAuthFromSecret(Secret({{"password", "p"}})).status().message(),
            "secret 'apps/auth': malformed basic auth - has 'password' but missing 'username'");
}

TEST(BucketAccessTest, ChecksTheSecretOfAProvider) {
  const std::string invalid = "invalid 'auth' secret data: ";
  const std::string keys = invalid + "required fields 'accesskey' and 'secretkey'",
                    azure = invalid +
                            "requires a 'clientId' or 'accountKey' field, a combination of "
                            "'tenantId', 'clientId' and 'clientSecret', or 'tenantId', 'clientId' "
                            "and 'clientCertificate'";
  const struct {
    std::string provider;
    Data data;
    std::string message;
  } cases[] = {
      {"generic", {{"accesskey", "a"}}, keys},
      {"aws", {{"secretkey", "s"}}, keys},
      {"generic", {{"accesskey", "a"}, {"secretkey", "s"}}, ""},
      {"gcp", {{"accesskey", "a"}}, invalid + "required fields 'serviceaccount'"},
      {"gcp", {{"serviceaccount", "{}"}}, ""},
      {"azure", {{"tenantId", "t"}, {"clientSecret", "s"}}, azure},
      {"azure", {{"clientId", "c"}}, ""},
      {"azure", {{"accountKey", "k"}}, ""},
      {"azure", {{"sasKey", "k"}}, ""},
      {"azure", {{"authorityHost", "h"}}, ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(CheckBucketSecret(c.provider, Secret(c.data)).message(), c.message) << c.provider;
  }
}

// The API server refuses most of these; an older object may hold them.
TEST(BucketAccessTest, ChecksWhoGivesTokens) {
  const struct {
    std::string provider, sts, secret, cert, message;
  } cases[] = {
      {"aws", "aws", "", "", ""},
      {"generic", "ldap", "s", "c", ""},
      {"gcp", "aws", "", "", "STS configuration is not supported for 'gcp' bucket provider"},
      {"aws", "ldap", "", "", "STS provider 'ldap' is not supported for 'aws' bucket provider"},
      {"generic", "aws", "", "",
       "STS provider 'aws' is not supported for 'generic' bucket provider"},
      {"aws", "aws", "s", "", "spec.sts.secretRef is not required for the 'aws' STS provider"},
      {"aws", "aws", "", "c", "spec.sts.certSecretRef is not required for the 'aws' STS provider"},
  };
  for (const auto& c : cases) {
    Value sts = Value::Object({{"provider", c.sts}, {"endpoint", "https://sts"}});
    if (!c.secret.empty()) sts.Set("secretRef", Value::Object({{"name", c.secret}}));
    if (!c.cert.empty()) sts.Set("certSecretRef", Value::Object({{"name", c.cert}}));
    const auto spec = api::BucketSpec::From(
        Value::Object({{"spec", Value::Object({{"provider", c.provider}, {"sts", sts}})}}));
    ASSERT_TRUE(spec.ok()) << spec.status().message();
    EXPECT_EQ(CheckSts(*spec).message(), c.message) << c.provider << " " << c.sts;
  }
}

TEST(OciAccessTest, ReadsTheUrl) {
  const struct {
    std::string url, message;
  } cases[] = {
      {"oci://registry.example.com/acme/app", ""},
      {"https://registry.example.com/acme/app",
       "URL must be in format 'oci://<domain>/<org>/<repo>'"},
      {"oci://registry.example.com/acme/app:v1",
       "repository can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-./`: "
       "acme/app:v1"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(OciRepositoryOf(c.url, false).status().message(), c.message) << c.url;
  }
}

TEST(OciAccessTest, ReadsPullSecrets) {
  const struct {
    std::string type, key, config, message;
    bool found;
  } cases[] = {
      {"kubernetes.io/dockerconfigjson", ".dockerconfigjson",
       R"({"auths":{"r.io":{"username":"u","password":"p"}}})", "", true},
      {"kubernetes.io/dockercfg", ".dockercfg", R"({"r.io":{"username":"u","password":"p"}})", "",
       true},
      {"Opaque", ".dockerconfigjson", R"({"auths":{"r.io":{"username":"u","password":"p"}}})", "",
       false},
      {"kubernetes.io/dockerconfigjson", "other", "x", "", false},
      {"kubernetes.io/dockerconfigjson", ".dockerconfigjson", "{", "unexpected end of JSON input",
       false},
  };
  for (const auto& c : cases) {
    oci::Keychain keychain;
    EXPECT_EQ(AddPullSecret(Secret({{c.key, c.config}}, c.type), keychain).message(), c.message);
    EXPECT_EQ(keychain.Resolve("r.io/app").username, c.found ? "u" : "");
  }
}

}  // namespace
}  // namespace sluice::source
