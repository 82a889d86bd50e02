// Identities against stubs that refuse a request which lacks a header or a field, and what is said
// when they refuse.
#include "cloud/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/fake_clock.h"
#include "base/strings.h"
#include "cloud/jwt.h"
#include "cloud/registry_login.h"
#include "document/json.h"
#include "http/server.h"
#include "io/temp_dir.h"
#include "observe/mutex.h"

namespace sluice::cloud {
namespace {

using document::Value;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kCanary = "c4n4ry";

std::string ToPem(const std::function<void(BIO*)>& write) {
  BIO* bio = BIO_new(BIO_s_mem());
  write(bio);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<size_t>(size));
  BIO_free(bio);
  return out;
}

// An RSA key with a certificate of its own.
struct Pair {
  std::string key, cert;
  static const Pair& Get() {
    static const Pair pair = [] {
      EVP_PKEY* key = EVP_RSA_gen(2048);
      X509* cert = X509_new();
      X509_gmtime_adj(X509_getm_notBefore(cert), 0);
      X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
      X509_set_pubkey(cert, key);
      X509_sign(cert, key, EVP_sha256());
      Pair out{ToPem([&](BIO* b) {
                 PEM_write_bio_PrivateKey(b, key, nullptr, nullptr, 0, nullptr, nullptr);
               }),
               ToPem([&](BIO* b) { PEM_write_bio_X509(b, cert); })};
      X509_free(cert);
      EVP_PKEY_free(key);
      return out;
    }();
    return pair;
  }
};

class IdentityTest : public testing::Test {
 protected:
  IdentityTest()
      : client_(*http::Client::Create({})),
        server_(http::Server::Create({.address = "127.0.0.1:0"})) {
    for (const std::string method : {"GET", "POST", "PUT"}) {
      server_->HandlePrefix(method, "/", [this](const http::ServerRequest& q) {
        const observe::MutexLock lock(mu_);
        seen_.push_back(q);
        const auto it = answers_.find(q.method + " " + q.path);
        if (it == answers_.end())
          return http::ServerResponse::Text(
              403, std::string(R"({"error":"unauthorized_client","error_description":")") +
                       kCanary + "\"}");
        return http::ServerResponse::Text(200, it->second);
      });
    }
    EXPECT_TRUE(server_->Start().ok());
    at_ = "http://" + server_->address();
  }
  void Answer(const std::string& line, const std::string& body) {
    const observe::MutexLock lock(mu_);
    answers_[line] = body;
  }
  // The requests since the last call.
  std::vector<http::ServerRequest> Seen() {
    const observe::MutexLock lock(mu_);
    return std::exchange(seen_, {});
  }
  static std::map<std::string, std::string> Form(const std::string& body) {
    std::map<std::string, std::string> out;
    for (const auto pair : base::Split(body, "&")) {
      const auto cut = base::Cut(pair, "=");
      if (cut) out[std::string(cut->first)] = http::QueryUnescape(cut->second).value_or("");
    }
    return out;
  }
  std::shared_ptr<ServiceAccount> Account(std::map<std::string, std::string> annotations) {
    auto account = std::make_shared<ServiceAccount>();
    account->ns = "apps";
    account->name = "reader";
    account->annotations = std::move(annotations);
    account->token = [this](const observe::Context&,
                            const std::string& audience) -> base::Result<base::SecretString> {
      audiences_.push_back(audience);
      return base::SecretString("kubernetes-token");
    };
    return account;
  }

  base::FakeClock clock_{base::FromUnixSeconds(1'772'439'300)};  // 2026-03-02T08:15:00Z
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<http::Server> server_;
  observe::Mutex mu_;
  std::map<std::string, std::string> answers_ SLUICE_GUARDED_BY(mu_);
  std::vector<http::ServerRequest> seen_ SLUICE_GUARDED_BY(mu_);
  std::vector<std::string> audiences_;
  std::string at_;
  observe::Context ctx_;
};

constexpr const char* kStsAnswer =
    "<AssumeRoleWithWebIdentityResponse "
    "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/"
    "\"><AssumeRoleWithWebIdentityResult><Credentials>"
    "<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>a&amp;b</"
    "SecretAccessKey><SessionToken>session</SessionToken>"
    "<Expiration>2026-03-02T09:15:00Z</Expiration></Credentials></"
    "AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";

TEST_F(IdentityTest, AwsByAnAccountsRole) {
  Answer("POST /sts", kStsAnswer);
  Identities identities(*client_,
                        {.aws_access_key_id = "of the process", .aws_sts_endpoint = at_ + "/sts"},
                        {}, clock_);
  AwsAsked asked;
  asked.account = Account({{"eks.amazonaws.com/role-arn", "arn:aws:iam::123:role/reader"}});
  asked.region = "eu-west-1";
  const auto made = identities.AwsCredential(ctx_, asked);
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(made->id, "ASIA");
  EXPECT_EQ(made->secret.Reveal(), "a&b");
  EXPECT_EQ(made->session.Reveal(), "session");
  EXPECT_EQ(audiences_, std::vector<std::string>{"sts.amazonaws.com"});
  auto seen = Seen();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(Form(seen[0].body), (std::map<std::string, std::string>{
                                    {"Action", "AssumeRoleWithWebIdentity"},
                                    {"Version", "2011-06-15"},
                                    {"RoleArn", "arn:aws:iam::123:role/reader"},
                                    {"RoleSessionName", "reader.apps.eu-west-1.fluxcd.io"},
                                    {"WebIdentityToken", "kubernetes-token"}}));
  // Kept for four fifths of its life; asked for anew where it was refused.
  clock_.Advance(std::chrono::minutes(47));
  ASSERT_TRUE(identities.AwsCredential(ctx_, asked).ok());
  EXPECT_TRUE(Seen().empty());
  asked.renew = true;
  ASSERT_TRUE(identities.AwsCredential(ctx_, asked).ok());
  asked.renew = false;
  clock_.Advance(std::chrono::minutes(2));
  ASSERT_TRUE(identities.AwsCredential(ctx_, asked).ok());
  EXPECT_GE(Seen().size(), 1u);
}

TEST_F(IdentityTest, AwsSaysWhatIsMissing) {
  Identities identities(*client_, {.aws_sts_endpoint = at_ + "/sts"}, {}, clock_);
  const struct {
    std::map<std::string, std::string> annotations;
    std::string region, sts;
    std::string message;
  } cases[] = {
      {{},
       "eu-west-1",
       "",
       "failed to get provider identity from service account 'apps/reader' annotations: invalid "
       "eks.amazonaws.com/role-arn annotation: ''. must match "},
      {{{"eks.amazonaws.com/role-arn", "arn:aws:iam::x:role/r"}},
       "eu-west-1",
       "",
       "invalid eks.amazonaws.com/role-arn annotation: 'arn:aws:iam::x:role/r'"},
      {{{"eks.amazonaws.com/role-arn", "arn:aws:iam::1:role/r"}},
       "",
       "",
       "failed to create provider access token for service account 'apps/reader': an AWS region is "
       "required for authenticating with a service account."},
      {{{"eks.amazonaws.com/role-arn", "arn:aws:iam::1:role/r"}},
       "eu-west-1",
       "https://evil.example.com",
       "invalid STS endpoint: 'https://evil.example.com'. must match "},
      {{{"eks.amazonaws.com/role-arn", "arn:aws:iam::1:role/r"}},
       "eu-west-1",
       "",
       "/sts: unexpected status code 403: unauthorized_client"},
  };
  for (const auto& c : cases) {
    AwsAsked asked;
    asked.account = Account(c.annotations);
    asked.region = c.region;
    asked.sts_endpoint = c.sts;
    const auto made = identities.Aws(ctx_, asked);
    ASSERT_FALSE(made.ok());
    EXPECT_THAT(made.status().message(), HasSubstr(c.message));
    EXPECT_THAT(made.status().message(), Not(HasSubstr(kCanary)));
    EXPECT_THAT(made.status().message(), Not(HasSubstr("kubernetes-token")));
  }
  EXPECT_THAT(identities.Aws(ctx_, {}).status().message(),
              HasSubstr("failed to create provider access token for the controller: AWS_REGION "
                        "environment variable is not set in the Flux controller. "));
  // A pod's token goes to no stranger.
  Identities pod(
      *client_,
      {.aws_region = "eu-west-1", .aws_container_credentials_uri = "http://evil.example.com/"}, {},
      clock_);
  EXPECT_THAT(pod.Aws(ctx_, {}).status().message(), HasSubstr("is neither https nor on this host"));
  for (const std::string good : {"https://sts.amazonaws.com", "https://sts.eu-west-1.amazonaws.com",
                                 "https://vpce-1-2.sts.us-east-1.vpce.amazonaws.com"}) {
    EXPECT_TRUE(CheckStsEndpoint(good).ok()) << good;
  }
  for (const std::string bad :
       {"http://sts.amazonaws.com", "https://sts.amazonaws.com.evil.net",
        "https://sts.amazonaws.com/path", "https://169.254.169.254",
        // The pattern alone takes these for AWS's.
        "https://evil.example.com/x.sts.amazonaws.com",
        "https://evil.example.com?x.sts.amazonaws.com",
        "https://evil.example.com#x.sts.amazonaws.com",
        "https://evil.example.com\\x.sts.amazonaws.com",
        "https://evil.example.com:443/.sts.amazonaws.com", "https://user:pass@x.sts.amazonaws.com",
        "https://evil.example.com%2fx.sts.amazonaws.com"}) {
    EXPECT_FALSE(CheckStsEndpoint(bad).ok()) << bad;
  }
  // Nor does a token go where an object's spec leads it: nothing is asked at all.
  Identities roles(*client_, {.aws_web_identity_token_file = "/nowhere"}, {}, clock_);
  AwsAsked elsewhere;
  elsewhere.region = "eu-west-1";
  elsewhere.sts_endpoint = "https://evil.example.com/x.sts.amazonaws.com";
  EXPECT_THAT(roles.Aws(ctx_, elsewhere).status().message(), HasSubstr("invalid STS endpoint"));
}

TEST_F(IdentityTest, AwsByLdap) {
  Answer("POST /sts", kStsAnswer);
  Identities identities(*client_, {}, {}, clock_);
  const LdapSts sts{at_ + "/sts", "user", base::SecretString("pass word&"), nullptr, nullptr};
  const auto made = identities.AwsByLdap(ctx_, sts, false);
  ASSERT_TRUE(made.ok()) << made.status().message();
  EXPECT_EQ(made->access_key_id, "ASIA");
  const auto seen = Seen();
  EXPECT_EQ(Form(seen[0].body),
            (std::map<std::string, std::string>{{"Action", "AssumeRoleWithLDAPIdentity"},
                                                {"Version", "2011-06-15"},
                                                {"LDAPUsername", "user"},
                                                {"LDAPPassword", "pass word&"}}));
  EXPECT_EQ(seen[0].headers.Get("Content-Type"), "application/x-www-form-urlencoded");
}

TEST_F(IdentityTest, AzureByAnAccountAndByCertificate) {
  Answer("POST /tenant/oauth2/v2.0/token", R"({"access_token":"aad","expires_in":3599})");
  Identities identities(*client_, {.azure_authority_host = at_}, {}, clock_);
  Asked asked;
  asked.account = Account({{"azure.workload.identity/tenant-id", "tenant"},
                           {"azure.workload.identity/client-id", "client"}});
  const auto token = identities.Azure(ctx_, "https://storage.azure.com/.default", asked);
  ASSERT_TRUE(token.ok()) << token.status().message();
  EXPECT_EQ(token->Reveal(), "aad");
  EXPECT_EQ(audiences_, std::vector<std::string>{"api://AzureADTokenExchange"});
  auto form = Form(Seen()[0].body);
  EXPECT_EQ(form["client_assertion"], "kubernetes-token");
  EXPECT_EQ(form["scope"], "https://storage.azure.com/.default");
  asked.account = Account({{"azure.workload.identity/tenant-id", "tenant"}});
  EXPECT_THAT(identities.Azure(ctx_, "s", asked).status().message(),
              HasSubstr("annotations: azure client ID is not set in the service account annotation "
                        "azure.workload.identity/client-id"));

  AzurePrincipal principal{"tenant", "client", at_, {}, Pair::Get().cert + Pair::Get().key,
                           {},       true};
  ASSERT_TRUE(identities.AzureByPrincipal(ctx_, principal, "scope", {}).ok());
  form = Form(Seen()[0].body);
  const auto parts = base::Split(form["client_assertion"], ".");
  ASSERT_EQ(parts.size(), 3u);
  const Value header = *document::ParseJson(*base::Base64UrlDecode(parts[0])),
              claims = *document::ParseJson(*base::Base64UrlDecode(parts[1]));
  const auto parsed = *ParseClientCertificate(principal.certificate, {});
  EXPECT_EQ(header["x5t"].AsString(),
            base::Base64UrlEncode(*base::HexDecode(
                base::Digest::Of(base::DigestAlgorithm::kSha1, parsed.chain_der[0])->hex())));
  EXPECT_EQ(header["x5c"].items().at(0).AsString(), base::Base64Encode(parsed.chain_der[0]));
  EXPECT_EQ(claims["aud"].AsString(), at_ + "/tenant/oauth2/v2.0/token");
  EXPECT_EQ(claims["iss"].AsString(), "client");
  EXPECT_EQ(claims["exp"].AsInt() - claims["nbf"].AsInt(), 600);
  principal.certificate = "nonsense";
  EXPECT_THAT(identities.AzureByPrincipal(ctx_, principal, "scope", {}).status().message(),
              HasSubstr("failed to parse client certificates: "));

  AzurePrincipal secret{"tenant", "client", at_, base::SecretString(kCanary), "", {}, false};
  ASSERT_TRUE(identities.AzureByPrincipal(ctx_, secret, "scope", {}).ok());
  EXPECT_EQ(Form(Seen()[0].body)["client_secret"], kCanary);
  secret.tenant_id = "other";
  const auto refused = identities.AzureByPrincipal(ctx_, secret, "scope", {});
  EXPECT_THAT(
      refused.status().message(),
      HasSubstr("/other/oauth2/v2.0/token: unexpected status code 403: unauthorized_client"));
  EXPECT_THAT(refused.status().message(), Not(HasSubstr(kCanary)));
}

TEST_F(IdentityTest, GcpByAKeyAndByTheMetadataServer) {
  Answer("POST /token", R"({"access_token":"of key","expires_in":3600})");
  Answer("GET /computeMetadata/v1/instance/service-accounts/default/token",
         R"({"access_token":"of machine","expires_in":"3600"})");
  Identities identities(*client_, {.gcp_metadata_endpoint = at_}, {}, clock_);
  std::string key =
      R"({"type":"service_account","client_email":"a@b","private_key_id":"kid1","token_uri":")" +
      at_ + R"(/token","private_key":)";
  key += "\"" + base::ReplaceAll(Pair::Get().key, "\n", "\\n") + "\"}";
  const auto token =
      identities.GcpByKey(ctx_, base::SecretString(key), kGcpReadOnlyStorageScope, {});
  ASSERT_TRUE(token.ok()) << token.status().message();
  EXPECT_EQ(token->Reveal(), "of key");
  auto form = Form(Seen()[0].body);
  EXPECT_EQ(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const auto parts = base::Split(form["assertion"], ".");
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(*base::Base64UrlDecode(parts[0]), R"({"alg":"RS256","typ":"JWT","kid":"kid1"})");
  EXPECT_EQ(
      *base::Base64UrlDecode(parts[1]),
      R"({"iss":"a@b","scope":"https://www.googleapis.com/auth/devstorage.read_only","aud":")" +
          at_ + R"(/token","exp":1772442900,"iat":1772439300})");
  EXPECT_EQ(identities.Gcp(ctx_, {})->secret.Reveal(), "of machine");
  EXPECT_EQ(Seen()[0].headers.Get("Metadata-Flavor"), "Google");
  // What would read a file or another address from here.
  for (const std::string type : {"external_account", "impersonated_service_account", ""}) {
    const auto refused =
        identities.GcpByKey(ctx_,
                            base::SecretString(R"({"type":")" + type +
                                               R"(","credential_source":{"file":"/etc/passwd"}})"),
                            "s", {});
    EXPECT_EQ(refused.status().message(), "credentials of type '" + type + "' are not supported");
  }
}

TEST_F(IdentityTest, GcpByAnAccount) {
  Answer("GET /computeMetadata/v1/project/project-id", "shop\n");
  Answer("GET /computeMetadata/v1/instance/attributes/cluster-location", "europe-west1");
  Answer("GET /computeMetadata/v1/instance/attributes/cluster-name", "prod");
  Answer("POST /v1/token", R"({"access_token":"federated","expires_in":3600})");
  Answer(
      "POST /v1/projects/-/serviceAccounts/reader@shop.iam.gserviceaccount.com:generateAccessToken",
      R"({"accessToken":"own","expireTime":"2026-03-02T09:15:00Z"})");
  Identities identities(
      *client_, {.gcp_metadata_endpoint = at_, .gcp_sts_endpoint = at_, .gcp_iam_endpoint = at_},
      {}, clock_);
  Asked asked;
  asked.account = Account({});
  auto token = identities.Gcp(ctx_, asked);
  ASSERT_TRUE(token.ok()) << token.status().message();
  EXPECT_EQ(token->secret.Reveal(), "federated");
  EXPECT_EQ(audiences_.back(), "shop.svc.id.goog");
  auto form = Form(Seen().back().body);
  EXPECT_EQ(form["audience"],
            "identitynamespace:shop.svc.id.goog:https://container.googleapis.com/v1/projects/shop/"
            "locations/europe-west1/clusters/prod");
  EXPECT_EQ(form["subject_token"], "kubernetes-token");
  EXPECT_EQ(form["subject_token_type"], "urn:ietf:params:oauth:token-type:jwt");
  EXPECT_EQ(form["grant_type"], "urn:ietf:params:oauth:grant-type:token-exchange");

  const std::string provider = "projects/1/locations/global/workloadIdentityPools/p/providers/k";
  asked.account =
      Account({{"gcp.auth.fluxcd.io/workload-identity-provider", provider},
               {"iam.gke.io/gcp-service-account", "reader@shop.iam.gserviceaccount.com"}});
  token = identities.Gcp(ctx_, asked);
  ASSERT_TRUE(token.ok()) << token.status().message();
  EXPECT_EQ(token->secret.Reveal(), "own");
  EXPECT_EQ(audiences_.back(), "//iam.googleapis.com/" + provider);
  const auto seen = Seen();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(Form(seen[0].body)["audience"], "//iam.googleapis.com/" + provider);
  EXPECT_EQ(seen[1].headers.Get("Authorization"), "Bearer federated");

  asked.account = Account({{"gcp.auth.fluxcd.io/workload-identity-provider", "nonsense"}});
  EXPECT_THAT(identities.Gcp(ctx_, asked).status().message(),
              HasSubstr("failed to get provider audience: invalid "
                        "gcp.auth.fluxcd.io/workload-identity-provider annotation: 'nonsense'"));
  asked.account = Account({{"iam.gke.io/gcp-service-account", "x@evil.com/../y"}});
  EXPECT_THAT(identities.Gcp(ctx_, asked).status().message(),
              HasSubstr("invalid iam.gke.io/gcp-service-account annotation"));
}

TEST(TokenCacheTest, KeepsTheLastUsed) {
  base::FakeClock clock;
  TokenCache cache(clock, {.max_size = 2});
  int fetched = 0;
  const auto get = [&](const std::string& key) {
    const int before = fetched;
    EXPECT_TRUE(
        cache
            .Get(key, false,
                 [&]() -> base::Result<Credential> {
                   ++fetched;
                   return Credential{
                       "", base::SecretString(key), {}, clock.Now() + std::chrono::hours(10)};
                 })
            .ok());
    return fetched > before;
  };
  EXPECT_TRUE(get("a") && get("b"));
  EXPECT_FALSE(get("a"));
  EXPECT_TRUE(get("c"));  // b goes
  EXPECT_FALSE(get("a"));
  EXPECT_TRUE(get("b"));
  cache.Drop(base::SecretString("b"));
  EXPECT_TRUE(get("b"));
  clock.Advance(std::chrono::minutes(61));
  EXPECT_TRUE(get("b")) << "an hour at most";
  TokenCache none(clock, {.max_size = 0});
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(none.Get("x", false,
                         [&] {
                           ++fetched;
                           return Credential{"", {}, {}, clock.Now() + std::chrono::hours(1)};
                         })
                    .ok());
}

}  // namespace
}  // namespace sluice::cloud
