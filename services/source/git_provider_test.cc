// Stubs that look at every header and body of a provider's calls.
#include "git_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <fstream>

#include "base/encoding.h"
#include "base/fake_clock.h"
#include "base/strings.h"
#include "base/time.h"
#include "document/json.h"
#include "http/server.h"
#include "io/temp_dir.h"

namespace sluice::source {
namespace {

using document::Value;
using ::testing::HasSubstr;

std::string NewRsaKey() {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return out;
}

class GitProviderTest : public ::testing::Test {
 protected:
  struct Seen {
    std::string line, authorization, accept, metadata, body;
  };
  void SetUp() override {
    server_ = http::Server::Create({.address = "127.0.0.1:0"}, {});
    for (const std::string method : {"GET", "POST"}) {
      server_->HandlePrefix(method, "/", [this](const http::ServerRequest& r) {
        const observe::MutexLock lock(mu_);
        seen_.push_back({r.method + " " + r.target, std::string(r.headers.Get("Authorization")),
                         std::string(r.headers.Get("Accept")),
                         std::string(r.headers.Get("Metadata")), r.body});
        http::ServerResponse out;
        const auto it = answers_.find(r.method + " " + r.path);
        out.status = it == answers_.end() ? 404 : it->second.first;
        out.body = it == answers_.end() ? R"({"message":"Not Found"})" : it->second.second;
        return out;
      });
    }
    ASSERT_TRUE(server_->Start().ok());
    base_ = "http://127.0.0.1:" + std::to_string(server_->port());
    http_ = *http::Client::Create({});
  }
  Value Secret(const std::map<std::string, std::string>& data) const {
    Value s;
    s.Mutable("metadata").Set("namespace", "apps");
    s.Mutable("metadata").Set("name", "app");
    for (const auto& [k, v] : data) s.Mutable("data").Set(k, base::Base64Encode(v));
    return s;
  }
  std::vector<std::string> Lines() {
    const observe::MutexLock lock(mu_);
    std::vector<std::string> out;
    for (const Seen& s : seen_) out.push_back(s.line);
    return out;
  }

  base::FakeClock clock_{base::FromUnixSeconds(1'772'439'300)};  // 2026-03-02T08:15:00Z
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Client> http_;
  std::string base_;
  observe::Context ctx_;
  observe::Mutex mu_;
  std::vector<Seen> seen_;
  std::map<std::string, std::pair<int, std::string>> answers_;
};

TEST_F(GitProviderTest, GithubAppTradesItsKeyForAToken) {
  answers_["GET /api/orgs/acme/installation"] = {404, R"({"message":"Not Found"})"};
  answers_["GET /api/users/acme/installation"] = {200, R"({"id":77})"};
  answers_["POST /api/app/installations/77/access_tokens"] = {
      201, R"({"token":"ghs_one","expires_at":"2026-03-02T09:15:00Z"})"};
  cloud::Identities identities(*http_, {}, {}, clock_);
  GitProvider provider(*http_, identities, clock_);
  const Value secret = Secret({{"githubAppID", "12"},
                               {"githubAppInstallationOwner", "acme"},
                               {"githubAppPrivateKey", NewRsaKey()},
                               {"githubAppBaseURL", base_ + "/api"}});
  git::RemoteAuth auth;
  auto status = provider.Github(ctx_, secret, auth);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(auth.username, "x-access-token");
  EXPECT_EQ(auth.password.Reveal(), "ghs_one");
  EXPECT_NE(auth.account, "");
  EXPECT_EQ(Lines(), (std::vector<std::string>{"GET /api/orgs/acme/installation",
                                               "GET /api/users/acme/installation",
                                               "POST /api/app/installations/77/access_tokens"}));
  {
    const observe::MutexLock lock(mu_);
    for (const Seen& s : seen_) {
      ASSERT_TRUE(s.authorization.starts_with("Bearer "));
      EXPECT_EQ(s.accept, "application/vnd.github.v3+json");
      const auto parts = base::Split(std::string_view(s.authorization).substr(7), ".");
      ASSERT_EQ(parts.size(), 3u);
      const Value claims = *document::ParseJson(*base::Base64UrlDecode(parts[1]));
      EXPECT_EQ(claims["iss"].AsString(), "12");
      EXPECT_EQ(claims["exp"].AsInt() - claims["iat"].AsInt(), 120);
      EXPECT_EQ(claims["iat"].AsInt(), 1772439270);
    }
  }
  // Kept for four fifths of its life, and gone when a server refuses it.
  const size_t calls = Lines().size();
  ASSERT_TRUE(provider.Github(ctx_, secret, auth).ok());
  clock_.Advance(std::chrono::minutes(47));
  ASSERT_TRUE(provider.Github(ctx_, secret, auth).ok());
  EXPECT_EQ(Lines().size(), calls);
  provider.Refused(auth);
  answers_["POST /api/app/installations/77/access_tokens"] = {
      201, R"({"token":"ghs_two","expires_at":"2026-03-02T10:15:00Z"})"};
  const std::string account = auth.account;
  ASSERT_TRUE(provider.Github(ctx_, secret, auth).ok());
  EXPECT_EQ(auth.password.Reveal(), "ghs_two");
  EXPECT_EQ(auth.account, account) << "the mirror stays";
}

TEST_F(GitProviderTest, AnAppIsToldByItsKeys) {
  const std::string exactly =
      "secret 'apps/app' must contain exactly one of 'githubAppInstallationOwner' or "
      "'githubAppInstallationID'";
  const std::string none = "the Secret holds no app's data";
  const struct {
    std::vector<std::string> keys;
    std::string want;
  } cases[] = {
      {{}, none},
      {{"githubAppID"}, none},
      {{"githubAppPrivateKey", "githubAppInstallationID"}, none},
      {{"githubAppID", "githubAppPrivateKey"}, exactly},
      {{"githubAppID", "githubAppPrivateKey", "githubAppInstallationID",
        "githubAppInstallationOwner"},
       exactly},
      {{"githubAppID", "githubAppPrivateKey", "githubAppInstallationID"}, ""},
      {{"username"},
       "secret 'apps/app': malformed basic auth - has 'username' but missing 'password'"},
  };
  for (const auto& c : cases) {
    std::map<std::string, std::string> data;
    for (const std::string& key : c.keys) data[key] = "";  // what they hold comes later
    const auto checked = GithubApp::Check(Secret(data));
    EXPECT_EQ(checked.message(), c.want);
    EXPECT_EQ(checked.code() == base::StatusCode::kNotFound, c.want == none);
  }
}

TEST_F(GitProviderTest, GithubAppSaysWhatIsWrong) {
  const std::string key = NewRsaKey();
  const struct {
    std::map<std::string, std::string> data;
    std::string want;
  } cases[] = {
      {{}, "app ID must be provided to use github app authentication"},
      {{{"githubAppID", "1"}},
       "app installation owner or ID must be provided to use github app authentication"},
      {{{"githubAppID", "1"}, {"githubAppInstallationID", "2"}},
       "private key must be provided to use github app authentication"},
      {{{"githubAppID", "1"},
        {"githubAppInstallationID", "2"},
        {"githubAppPrivateKey", "x"},
        {"githubAppBaseURL", base_}},
       "could not parse private key: "},
      {{{"githubAppID", "1"},
        {"githubAppInstallationOwner", "o"},
        {"githubAppPrivateKey", key},
        {"githubAppBaseURL", base_}},
       "failed to find organization installation: "},
      {{{"githubAppID", "1"},
        {"githubAppInstallationID", "2"},
        {"githubAppPrivateKey", key},
        {"githubAppBaseURL", base_}},
       "404 Not Found"},
  };
  cloud::Identities identities(*http_, {}, {}, clock_);
  GitProvider provider(*http_, identities, clock_);
  for (const auto& c : cases) {
    git::RemoteAuth auth;
    const auto status = provider.Github(ctx_, Secret(c.data), auth);
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.message(), HasSubstr(c.want));
    EXPECT_THAT(status.message(), Not(HasSubstr("PRIVATE KEY")));
  }
}

TEST_F(GitProviderTest, AzureByWorkloadIdentityAndByMetadata) {
  const auto dir = *io::TempDir::Create(::testing::TempDir(), "azure-");
  std::ofstream(dir.path() + "/token") << "projected\n";
  answers_["POST /tenant/oauth2/v2.0/token"] = {200, R"({"access_token":"aad","expires_in":3599})"};
  answers_["GET /metadata/identity/oauth2/token"] = {
      200, R"({"access_token":"msi","expires_in":"86399"})"};
  git::RemoteAuth auth;
  cloud::Identities of_pod(*http_,
                           {.azure_client_id = "client",
                            .azure_tenant_id = "tenant",
                            .azure_federated_token_file = dir.path() + "/token",
                            .azure_authority_host = base_ + "/"},
                           {}, clock_);
  GitProvider federated(*http_, of_pod, clock_);
  auto status = federated.Azure(ctx_, nullptr, auth);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(auth.bearer_token.Reveal(), "aad");
  {
    const observe::MutexLock lock(mu_);
    EXPECT_EQ(
        seen_[0].body,
        "client_assertion=projected&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-"
        "assertion-type%3Ajwt-bearer&client_id=client&"
        "grant_type=client_credentials&scope=499b84ac-1321-427f-aa17-267ca6975798%2F.default");
  }
  cloud::Identities of_machine(*http_, {.azure_metadata_endpoint = base_}, {}, clock_);
  GitProvider managed(*http_, of_machine, clock_);
  status = managed.Azure(ctx_, nullptr, auth);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(auth.bearer_token.Reveal(), "msi");
  const observe::MutexLock lock(mu_);
  EXPECT_EQ(seen_[1].line,
            "GET "
            "/metadata/identity/oauth2/"
            "token?api-version=2018-02-01&resource=499b84ac-1321-427f-aa17-267ca6975798");
  EXPECT_EQ(seen_[1].metadata, "true");
}

TEST_F(GitProviderTest, CodeCommitSignsWithTheProcessesOwnRole) {
  const auto dir = *io::TempDir::Create(::testing::TempDir(), "aws-");
  std::ofstream(dir.path() + "/token") << "projected";
  answers_["POST /sts"] = {
      200,
      "<R><Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>secret</"
      "SecretAccessKey><SessionToken>session</SessionToken>"
      "<Expiration>2026-03-02T09:15:00Z</Expiration></Credentials></R>"};
  cloud::Identities identities(*http_,
                               {.aws_role_arn = "arn:aws:iam::1:role/r",
                                .aws_web_identity_token_file = dir.path() + "/token",
                                .aws_sts_endpoint = base_ + "/sts"},
                               {}, clock_);
  GitProvider provider(*http_, identities, clock_);
  const auto url =
      *http::Url::Parse("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/fleet");
  git::RemoteAuth auth;
  const auto status = provider.Aws(ctx_, url, nullptr, auth);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(auth.username, "ASIA1%session");
  EXPECT_EQ(auth.password.Reveal(), CodeCommitPassword("secret", url, "eu-west-1", clock_.Now()));
  EXPECT_THAT(std::string(auth.password.Reveal()),
              testing::MatchesRegex("20260302T081500Z[0-9a-f]{64}"));
  {
    const observe::MutexLock lock(mu_);
    EXPECT_EQ(seen_[0].body,
              "Action=AssumeRoleWithWebIdentity&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&"
              "RoleSessionName=sluice-source&"
              "Version=2011-06-15&WebIdentityToken=projected");
  }
  for (const std::string bad : {"http://git-codecommit.eu-west-1.amazonaws.com/x",
                                "https://example.com/x", "https://git-codecommit.eu.evil.com/x"}) {
    EXPECT_FALSE(provider.Aws(ctx_, *http::Url::Parse(bad), nullptr, auth).ok()) << bad;
  }
}

// Computed by an independent implementation of Signature Version 4 (Python's hmac and hashlib).
TEST(CodeCommitTest, SignatureIsPinned) {
  const auto url = *http::Url::Parse("https://git-codecommit.us-east-1.amazonaws.com/v1/repos/x");
  EXPECT_EQ(CodeCommitPassword("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", url, "us-east-1",
                               *base::ParseRfc3339("2026-01-02T03:04:05Z")),
            "20260102T030405Ze08895b83876e057e31209394844c4b0ec61239ccdc5500d5e4aee2588a6b591");
}

}  // namespace
}  // namespace sluice::source
