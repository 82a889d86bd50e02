#include "kube/config.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "credentials.h"

namespace sluice::kube {
namespace {

const std::string kHead = R"(apiVersion: v1
kind: Config
current-context: c
contexts:
- name: c
  context: {cluster: k, user: u, namespace: team}
- name: d
  context: {cluster: k, user: v}
clusters:
- name: k
  cluster:
    server: https://api.example:6443/prefix
    tls-server-name: api.internal
    proxy-url: http://proxy:3128
    certificate-authority-data: Y2E=
users:
- name: v
  user: {username: me, password: secret}
- name: u
  user:
)";

class TempDir {
 public:
  TempDir() {
    char name[] = "/tmp/kube-config-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TempDir() {
    std::error_code ec;
    for (const auto& e : std::filesystem::directory_iterator(path_, ec))
      std::filesystem::remove(e.path(), ec);
    std::filesystem::remove(path_, ec);
  }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
    return path_ + "/" + name;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(KubeconfigTest, ReadsContextClusterAndUser) {
  const auto config = ParseKubeconfig(
      kHead +
      "    token: t0ken\n    client-certificate-data: Y2VydA==\n    client-key-data: a2V5\n");
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->server, "https://api.example:6443/prefix");
  EXPECT_EQ(config->ns, "team");
  EXPECT_EQ(config->tls->ca_pem, "ca");
  EXPECT_FALSE(config->tls->system_roots);
  EXPECT_EQ(config->tls->server_name, "api.internal");
  EXPECT_EQ(config->tls->client_cert_pem, "cert");
  EXPECT_EQ(config->tls->client_key_pem.Reveal(), "key");
  EXPECT_EQ(config->proxy->url, "http://proxy:3128");
  EXPECT_EQ(config->token.Reveal(), "t0ken");
  const auto other = ParseKubeconfig(kHead + "    token: t\n", {.context = "d"});
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->username, "me");
  EXPECT_EQ(other->ns, "default");
}

TEST(KubeconfigTest, JsonIsYaml) {
  const auto config =
      ParseKubeconfig(R"({"clusters":[{"name":"lab","cluster":{"server":"https://127.0.0.1:17443",
    "insecure-skip-tls-verify":true}}],"users":[{"name":"a","user":{"token":"x"}}],
    "contexts":[{"name":"lab","context":{"cluster":"lab","user":"a"}}],"current-context":"lab"})",
                      {.allow_insecure = true});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_TRUE(config->tls->insecure_skip_verify);
}

// A tenant's Secret reaches for nothing of the controller's.
TEST(KubeconfigTest, AStrangersTextCannotNameFilesProgramsOrDropVerification) {
  const TempDir dir;
  const std::string secret = dir.Write("secret", "canary");
  std::string text =
      kHead + "    tokenFile: " + secret + "\n    client-certificate: " + secret +
      "\n    client-key: " + secret +
      "\n    exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/touch, args: [" +
      dir.path() + "/ran]}\n";
  text.insert(text.find("    certificate-authority-data"), "    insecure-skip-tls-verify: true\n");
  const auto config = ParseKubeconfig(text);
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_TRUE(config->token_file.empty());
  EXPECT_TRUE(config->tls->client_cert_pem.empty());
  EXPECT_TRUE(config->tls->client_key_pem.empty());
  EXPECT_FALSE(config->tls->insecure_skip_verify);
  EXPECT_FALSE(config->exec.enabled());
  EXPECT_FALSE(std::filesystem::exists(dir.path() + "/ran"));
}

TEST(KubeconfigTest, ErrorsSayWhatIsMissing) {
  const struct {
    std::string text, want;
  } cases[] = {
      {"",
       "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER "
       "environment variable"},
      {"current-context: x", "context \"x\" does not exist"},
      {"current-context: x\ncontexts: [{name: x, context: {cluster: k}}]",
       "cluster \"k\" does not exist"},
      {"current-context: x\ncontexts: [{name: x, context: {cluster: k}}]\nclusters: [{name: k, "
       "cluster: {}}]",
       "invalid configuration: cluster has no server defined"},
      {kHead + "    client-key-data: '***'",
       "invalid client-key-data: illegal base64 data at input byte 0"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(ParseKubeconfig(c.text).status().message(), c.want);
  }
  for (const char* hostile : {"[", "a: &a [*a]", "- 1", "contexts: 3\ncurrent-context: 1",
                              "contexts: [null, 1, {}]\ncurrent-context: x"}) {
    EXPECT_FALSE(ParseKubeconfig(hostile).ok()) << hostile;
  }
}

TEST(LoadConfigTest, MergesFilesAndResolvesTheirPaths) {
  const TempDir dir;
  dir.Write("ca.pem", "root");
  const std::string first = dir.Write("first",
                                      "current-context: c\nclusters: [{name: k, cluster: {server: "
                                      "'https://one', certificate-authority: ca.pem}}]\n");
  const std::string second = dir.Write("second", kHead + "    token: t\n");
  const auto config = LoadConfig(
      {.kubeconfig_env = first + ":" + dir.path() + "/missing:" + second, .user_agent = "ua"});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->server, "https://one");
  EXPECT_EQ(config->tls->ca_pem, "root");
  EXPECT_EQ(config->token.Reveal(), "t");
  EXPECT_EQ(config->user_agent, "ua");
  EXPECT_FALSE(LoadConfig({.kubeconfig = dir.path() + "/missing"}).ok());
  EXPECT_FALSE(LoadConfig({}).ok());
}

TEST(LoadConfigTest, InClusterTokenFollowsItsFile) {
  const TempDir dir;
  dir.Write("token", "one\n");
  dir.Write("ca.crt", "root");
  dir.Write("namespace", "flux-system");
  const auto config = LoadConfig(
      {.service_host = "fd00::1", .service_port = "443", .service_account_dir = dir.path()});
  ASSERT_TRUE(config.ok()) << config.status().message();
  EXPECT_EQ(config->server, "https://[fd00::1]:443");
  EXPECT_EQ(config->ns, "flux-system");
  CredentialSource source(*config);
  EXPECT_EQ((*source.Get())->bearer.Reveal(), "one");
  dir.Write("token", "two\n");
  EXPECT_EQ((*source.Get())->bearer.Reveal(), "one");  // read once a minute
  source.Invalidate();                                 // or when the server refuses it
  EXPECT_EQ((*source.Get())->bearer.Reveal(), "two");
  std::filesystem::remove(dir.path() + "/token");
  source.Invalidate();
  EXPECT_TRUE(source.Get().ok());  // the last one may still do
}

TEST(ExecPluginTest, RunsThePluginAndReadsItsToken) {
  const TempDir dir;
  const std::string script = dir.Write(
      "plugin", "#!/bin/sh\necho \"{\\\"status\\\":{\\\"token\\\":\\\"$1-$EXTRA\\\"}}\"\n");
  chmod(script.c_str(), 0700);
  Config config;
  config.server = "https://h";
  config.exec.command = script;
  config.exec.args = {"a b"};
  config.exec.env = {{"EXTRA", "x"}};
  const auto credential = RunExecPlugin(config);
  ASSERT_TRUE(credential.ok()) << credential.status().message();
  EXPECT_EQ(credential->token.Reveal(), "a b-x");
  config.exec.command = dir.path() + "/missing";
  config.exec.install_hint = "install it";
  EXPECT_EQ(
      RunExecPlugin(config).status().message(),
      "getting credentials: exec: executable " + dir.path() + "/missing not found\n\ninstall it");
  config.exec.command = "/bin/false";
  EXPECT_THAT(RunExecPlugin(config).status().message(),
              testing::HasSubstr("failed with exit code 1"));
  config.exec.command = "/bin/echo";
  EXPECT_FALSE(RunExecPlugin(config).ok());
}

TEST(ExecPluginTest, InheritsNoDescriptor) {
  const int inheritable = fcntl(STDIN_FILENO, F_DUPFD, 100);
  ASSERT_GE(inheritable, 100);
  const TempDir dir;
  const std::string script = dir.Write("plugin",
                                       "#!/bin/sh\n[ -e /proc/$$/fd/$1 ] && t=kept || t=closed\n"
                                       "echo \"{\\\"status\\\":{\\\"token\\\":\\\"$t\\\"}}\"\n");
  chmod(script.c_str(), 0700);
  Config config;
  config.server = "https://h";
  config.exec.command = script;
  config.exec.args = {std::to_string(inheritable)};
  const auto credential = RunExecPlugin(config);
  close(inheritable);
  ASSERT_TRUE(credential.ok()) << credential.status().message();
  EXPECT_EQ(credential->token.Reveal(), "closed");
}

}  // namespace
}  // namespace sluice::kube
