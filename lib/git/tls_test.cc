// git http-backend behind TLS: a private authority, client certificates, tokens and a proxy that
// wants credentials.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "git/repository.h"
#include "http/client.h"
#include "test_support/certificates.h"
#include "test_support/eventually.h"
#include "test_support/git_server.h"

namespace sluice::git {
namespace {

using test_support::Process;
using test_support::ReadFile;
using test_support::TempDir;
using ::testing::HasSubstr;

const std::string kSupport = std::string(SLUICE_SOURCE_DIR) + "/tests/support/";

// A python program that prints its port first.
class Helper {
 public:
  Helper(const TempDir& dir, const std::string& name, std::vector<std::string> argv)
      : out_(dir.File(name + ".out")) {
    dir.Write(name + ".out", "");
    Process::Options options;
    options.stdout_file = out_;
    options.log_file = dir.File(name + ".log");
    argv.insert(argv.begin(), "python3");
    auto process = Process::Start(argv, options);
    SLUICE_CHECK(process.ok());
    process_.emplace(*std::move(process));
    SLUICE_CHECK(test_support::Eventually(
        std::chrono::seconds(20), [this] { return output().find('\n') != std::string::npos; }));
  }
  std::string output() const { return ReadFile(out_); }
  std::string port() const { return output().substr(0, output().find('\n')); }

 private:
  std::string out_;
  std::optional<Process> process_;
};

TEST(GitTlsTest, AuthorityClientCertificateTokenAndProxy) {
  const TempDir dir;
  const auto authority = test_support::MakeAuthority("ours"),
             stranger = test_support::MakeAuthority("stranger");
  const auto server_cert = test_support::IssueCertificate(authority, "git", "IP:127.0.0.1");
  const auto client_cert = test_support::IssueCertificate(authority, "client", "");
  const auto other_cert = test_support::IssueCertificate(stranger, "client", "");
  dir.Write("server.pem", server_cert.cert_pem + server_cert.key_pem);
  dir.Write("ca.pem", authority.cert_pem);
  // The repository is pushed to on disk; three servers show it.
  test_support::GitServer plain;
  test_support::GitWorkTree work(plain, "repo");
  work.Write("a", "1");
  const std::string sha = work.CommitAndPush("one");
  const std::string root = plain.Folder("repo").substr(0, plain.Folder("repo").rfind('/'));
  const Helper tls(dir, "tls", {kSupport + "git_server.py", root, "--tls", dir.File("server.pem")});
  const Helper mutual(dir, "mutual",
                      {kSupport + "git_server.py", root, "--tls", dir.File("server.pem"),
                       "--client-ca", dir.File("ca.pem")});
  const Helper token(dir, "token",
                     {kSupport + "git_server.py", root, "--tls", dir.File("server.pem"), "--bearer",
                      "s3cr3t-token"});
  const Helper proxy(dir, "proxy", {kSupport + "connect_proxy.py", "puser:ppass"});

  const auto http = *http::Client::Create({});
  const auto ctx = observe::Context().WithTimeout(std::chrono::seconds(60));
  const auto follow = [&](const Helper& server, const RemoteAuth& auth) -> std::string {
    const auto remote =
        MakeHttpRemote(*http, "https://127.0.0.1:" + server.port() + "/repo.git", auth);
    if (!remote.ok()) return remote.status().message();
    const auto refs = (*remote)->ListRefs(ctx, {"refs/heads/main"});
    if (!refs.ok()) return refs.status().message();
    return refs->at(0).oid.ToString();
  };
  RemoteAuth ca;
  ca.ca_pem = authority.cert_pem;
  RemoteAuth wrong_ca;
  wrong_ca.ca_pem = stranger.cert_pem;
  EXPECT_EQ(follow(tls, ca), sha);
  EXPECT_THAT(follow(tls, {}), HasSubstr("x509: certificate signed by unknown authority"));
  EXPECT_THAT(follow(tls, wrong_ca), HasSubstr("x509: certificate signed by unknown authority"));

  RemoteAuth with_cert = ca, with_other = ca;
  with_cert.client_cert_pem = client_cert.cert_pem;
  with_cert.client_key_pem = base::SecretString(client_cert.key_pem);
  with_other.client_cert_pem = other_cert.cert_pem;
  with_other.client_key_pem = base::SecretString(other_cert.key_pem);
  EXPECT_EQ(follow(mutual, with_cert), sha);
  EXPECT_NE(follow(mutual, ca), sha);
  EXPECT_NE(follow(mutual, with_other), sha);

  RemoteAuth bearer = ca, wrong = ca;
  bearer.bearer_token = base::SecretString("s3cr3t-token");
  wrong.bearer_token = base::SecretString("other");
  EXPECT_EQ(follow(token, bearer), sha);
  EXPECT_THAT(follow(token, wrong),
              AllOf(HasSubstr("authentication required"), Not(HasSubstr("other"))));

  RemoteAuth proxied = bearer, refused = bearer;
  proxied.proxy_url = refused.proxy_url = "http://127.0.0.1:" + proxy.port();
  proxied.proxy_username = "puser";
  proxied.proxy_password = base::SecretString("ppass");
  EXPECT_EQ(follow(token, proxied), sha);
  EXPECT_THAT(proxy.output(), HasSubstr("tunnel 127.0.0.1:" + token.port()));
  EXPECT_THAT(follow(token, refused), AllOf(Not(HasSubstr(sha)), Not(HasSubstr("s3cr3t"))));
}

}  // namespace
}  // namespace sluice::git
