// The clouds' services are stubs here, which refuse a request that lacks a header or a field.
#include "cloud/registry_login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "base/encoding.h"
#include "base/fake_clock.h"
#include "base/strings.h"
#include "http/server.h"

namespace sluice::cloud {
namespace {

using http::ServerRequest;
using http::ServerResponse;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kCanary = "c4n4ry";

bool HasAll(const ServerRequest& q, const std::vector<std::pair<std::string, std::string>>& headers,
            const std::vector<std::string>& body = {}) {
  for (const auto& [name, value] : headers) {
    if (q.headers.Get(name) != value) return false;
  }
  return std::ranges::all_of(body, [&](const std::string& part) {
    return base::Contains("&" + q.body + "&", "&" + part + "&");
  });
}

class LoginTest : public testing::Test {
 protected:
  LoginTest()
      : client_(*http::Client::Create({})),
        server_(http::Server::Create({.address = "127.0.0.1:0"})) {}
  std::string Start() {
    EXPECT_TRUE(server_->Start().ok());
    return "http://" + server_->address();
  }
  void Handle(const std::string& method, const std::string& path,
              std::function<std::string(const ServerRequest&)> answer) {
    server_->Handle(method, path, [this, answer = std::move(answer)](const ServerRequest& q) {
      ++requests_;
      const std::string body = answer(q);
      return body.empty() ? ServerResponse::Text(400, std::string("refused ") + kCanary)
                          : ServerResponse::Json(200, body);
    });
  }
  std::string TokenFile() const {
    const std::string path = testing::TempDir() + "/cloud-token-" + std::to_string(getpid());
    std::ofstream(path) << "the-token\n";
    return path;
  }
  base::Result<RegistryLogin> Login(const CloudEnvironment& env, const std::string& provider,
                                    const std::string& registry) {
    Identities identities(*client_, env);
    RegistryLogins logins(*client_, identities);
    auto out = logins.Login(ctx_, provider, registry, {});
    const int before = requests_;
    EXPECT_EQ(logins.Login(ctx_, provider, registry, {}).ok(), out.ok());
    EXPECT_EQ(requests_ == before, out.ok() || before == 0);  // a login is kept, a failure is not
    EXPECT_THAT(out.status().message(), Not(HasSubstr(kCanary)));
    return out;
  }
  void ServeEcr(const std::string& access_key, const std::string& session) {
    Handle("POST", "/ecr", [=](const ServerRequest& q) -> std::string {
      const bool good =
          HasAll(q, {{"Content-Type", "application/x-amz-json-1.1"},
                     {"X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"},
                     {"X-Amz-Security-Token", session}}) &&
          q.headers.Get("Authorization")
              .starts_with("AWS4-HMAC-SHA256 Credential=" + access_key + "/") &&
          base::Contains(q.headers.Get("Authorization"), "/eu-west-1/ecr/aws4_request") &&
          q.body == "{}" && q.headers.Has("X-Amz-Date");
      return good ? R"({"authorizationData":[{"authorizationToken":")" +
                        base::Base64Encode("AWS:pass") + R"("}]})"
                  : "";
    });
  }

  std::unique_ptr<http::Client> client_;
  std::unique_ptr<http::Server> server_;
  std::atomic<int> requests_ = 0;
  observe::Context ctx_;
};

constexpr const char* kEcr = "012345678901.dkr.ecr.eu-west-1.amazonaws.com";

TEST_F(LoginTest, RefusesHostsOfOthers) {
  const struct {
    const char *provider, *host, *message;
  } cases[] = {
      {"aws", "ghcr.io", "invalid AWS registry: 'ghcr.io'. must match "},
      // The pattern has no end.
      {"aws", "012345678901.dkr.ecr.eu-west-1.amazonaws.com.evil.net", "invalid AWS registry"},
      {"aws", "012345678901.dkr.ecr.eu-west-1.amazonaws.com:443", "invalid AWS registry"},
      {"aws", "012345678901.dkr.ecr.eu-west-1.amazonaws.comcn", "invalid AWS registry"},
      {"aws", "ecr.x.evil.net.1.dkr.ecr.eu-west-1.amazonaws.com", "invalid AWS registry"},
      {"azure", "azurecr.io.evil.net",
       "invalid Azure registry: 'azurecr.io.evil.net'. must match ^.+\\.(azurecr\\.io|"},
      {"gcp", "gcr.io.evil.net",
       "invalid GCP registry: 'gcr.io.evil.net'. must match ^(((.+\\.)?gcr\\.io)|"},
      {"other", "x", "unknown provider 'other'"}};
  for (const auto& c : cases)
    EXPECT_THAT(Login({}, c.provider, c.host).status().message(), HasSubstr(c.message));
  EXPECT_EQ(requests_, 0);
}

TEST_F(LoginTest, AwsByKeysOfTheEnvironment) {
  ServeEcr("AKID", "session");
  CloudEnvironment env;
  env.aws_ecr_endpoint = Start() + "/ecr";
  env.aws_access_key_id = "AKID";
  env.aws_secret_access_key = base::SecretString(kCanary);
  env.aws_session_token = base::SecretString("session");
  const auto login = Login(env, "aws", kEcr);
  ASSERT_TRUE(login.ok()) << login.status().message();
  EXPECT_EQ(login->username, "AWS");
  EXPECT_EQ(login->password.Reveal(), "pass");
}

TEST_F(LoginTest, AwsByWebIdentity) {
  ServeEcr("ROLEKEY", "role-session");
  Handle("POST", "/sts", [](const ServerRequest& q) -> std::string {
    return HasAll(q, {{"Content-Type", "application/x-www-form-urlencoded"}},
                  {"Action=AssumeRoleWithWebIdentity", "Version=2011-06-15",
                   "WebIdentityToken=the-token", "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx"})
               ? "<R><Credentials><AccessKeyId>ROLEKEY</AccessKeyId><SecretAccessKey>s</"
                 "SecretAccessKey>"
                 "<SessionToken>role-session</SessionToken></Credentials></R>"
               : "";
  });
  const std::string at = Start();
  CloudEnvironment env;
  env.aws_ecr_endpoint = at + "/ecr";
  env.aws_sts_endpoint = at + "/sts";
  env.aws_role_arn = "arn:aws:iam::1:role/x";
  env.aws_web_identity_token_file = TokenFile();
  const auto login = Login(env, "aws", kEcr);
  EXPECT_TRUE(login.ok()) << login.status().message();
}

TEST_F(LoginTest, AwsByContainerAndByInstance) {
  ServeEcr("ROLEKEY", "role-session");
  const std::string credentials =
      R"({"AccessKeyId":"ROLEKEY","SecretAccessKey":"s","Token":"role-session"})";
  Handle("GET", "/pod", [=](const ServerRequest& q) -> std::string {
    return HasAll(q, {{"Authorization", "the-token"}}) ? credentials : "";
  });
  Handle("PUT", "/latest/api/token", [](const ServerRequest& q) -> std::string {
    return q.headers.Has("X-aws-ec2-metadata-token-ttl-seconds") ? "imds" : "";
  });
  const std::string roles = "/latest/meta-data/iam/security-credentials/";
  Handle("GET", roles, [](const ServerRequest& q) -> std::string {
    return HasAll(q, {{"X-aws-ec2-metadata-token", "imds"}}) ? "node" : "";
  });
  Handle("GET", roles + "node", [=](const ServerRequest& q) -> std::string {
    return HasAll(q, {{"X-aws-ec2-metadata-token", "imds"}}) ? credentials : "";
  });
  const std::string at = Start();
  CloudEnvironment env;
  env.aws_ecr_endpoint = at + "/ecr";
  env.aws_metadata_endpoint = at;
  auto login = Login(env, "aws", kEcr);
  EXPECT_TRUE(login.ok()) << login.status().message();
  env.aws_container_credentials_uri = at + "/pod";
  env.aws_container_token_file = TokenFile();
  login = Login(env, "aws", kEcr);
  EXPECT_TRUE(login.ok()) << login.status().message();
}

TEST_F(LoginTest, AzureByWorkloadAndManagedIdentity) {
  Handle("POST", "/tenant/oauth2/v2.0/token", [](const ServerRequest& q) -> std::string {
    return HasAll(
               q, {},
               {"client_id=client", "client_assertion=the-token", "grant_type=client_credentials",
                "scope=https%3A%2F%2Fcontainerregistry.azure.net%2F.default",
                "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-"
                "bearer"})
               ? R"({"access_token":"aad","expires_in":3600})"
               : "";
  });
  Handle("GET", "/metadata/identity/oauth2/token", [](const ServerRequest& q) -> std::string {
    return HasAll(q, {{"Metadata", "true"}}) &&
                   q.Query("resource") == "https://containerregistry.azure.net"
               ? R"({"access_token":"aad"})"
               : "";
  });
  Handle("POST", "/oauth2/exchange", [](const ServerRequest& q) -> std::string {
    return HasAll(q, {{"Content-Type", "application/x-www-form-urlencoded"}},
                  {"grant_type=access_token", "service=acme.azurecr.io", "access_token=aad"})
               ? R"({"refresh_token":"refresh"})"
               : "";
  });
  const std::string at = Start();
  CloudEnvironment env;
  env.azure_registry_endpoint = env.azure_metadata_endpoint = env.azure_authority_host = at;
  auto login = Login(env, "azure", "acme.azurecr.io");
  ASSERT_TRUE(login.ok()) << login.status().message();
  EXPECT_EQ(login->username, "00000000-0000-0000-0000-000000000000");
  EXPECT_EQ(login->password.Reveal(), "refresh");
  env.azure_client_id = "client";
  env.azure_tenant_id = "tenant";
  env.azure_federated_token_file = TokenFile();
  login = Login(env, "azure", "acme.azurecr.io");
  EXPECT_TRUE(login.ok()) << login.status().message();
}

TEST_F(LoginTest, GcpByTheMetadataServer) {
  Handle("GET", "/computeMetadata/v1/instance/service-accounts/default/token",
         [](const ServerRequest& q) -> std::string {
           return HasAll(q, {{"Metadata-Flavor", "Google"}})
                      ? R"({"access_token":"gcp","expires_in":3599})"
                      : "";
         });
  CloudEnvironment env;
  env.gcp_metadata_endpoint = Start();
  const auto login = Login(env, "gcp", "europe-docker.pkg.dev");
  ASSERT_TRUE(login.ok()) << login.status().message();
  EXPECT_EQ(login->username, "oauth2accesstoken");
  EXPECT_EQ(login->password.Reveal(), "gcp");
}

TEST_F(LoginTest, SaysWhoRefusedAndNoMore) {
  Handle("POST", "/ecr", [](const ServerRequest&) { return std::string(); });
  CloudEnvironment env;
  env.aws_ecr_endpoint = Start() + "/ecr";
  env.aws_access_key_id = "AKID";
  env.aws_secret_access_key = base::SecretString(kCanary);
  EXPECT_THAT(Login(env, "aws", kEcr).status().message(),
              HasSubstr("/ecr: unexpected status code 400"));
}

}  // namespace
}  // namespace sluice::cloud
