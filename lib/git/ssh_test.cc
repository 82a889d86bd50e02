// Against OpenSSH's sshd with git-shell on loopback.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "git/repository.h"
#include "http/client.h"
#include "test_support/eventually.h"
#include "test_support/git_server.h"
#include "test_support/ssh_server.h"

namespace sluice::git {
namespace {

using test_support::Process;
using test_support::ReadFile;
using test_support::TempDir;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Sshd : public test_support::SshServer {
 public:
  using SshServer::SshServer;
  RemoteAuth Auth(const std::string& key = "client_ed25519",
                  const std::string& passphrase = "") const {
    RemoteAuth auth;
    auth.ssh_identity = base::SecretString(ReadFile(Key(key)));
    auth.ssh_passphrase = base::SecretString(passphrase.c_str());
    auth.ssh_known_hosts = known_hosts();
    return auth;
  }
};

class SshTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!Sshd::Available()) return;
    git_ = new test_support::GitServer;
    sshd_ = new Sshd;
  }
  static void TearDownTestSuite() {
    delete sshd_;
    delete git_;
  }
  void SetUp() override {
    if (!Sshd::Available()) GTEST_SKIP() << "no sshd here";
    http_ = *http::Client::Create({});
    pool_ = *MakeRepositoryPool(*http_, mirrors_.path());
    ctx_ = observe::Context().WithTimeout(std::chrono::seconds(60));
  }
  std::string Name() const {
    return ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  std::string FollowError(const std::string& url, const RemoteAuth& auth) {
    auto repository = pool_->Get(url, auth);
    if (!repository.ok()) return repository.status().message();
    const auto ref = (*repository)->Resolve(ctx_, {.branch = "main"});
    return ref.ok() ? "" : ref.status().message();
  }

  static test_support::GitServer* git_;
  static Sshd* sshd_;
  TempDir mirrors_;
  std::unique_ptr<http::Client> http_;
  std::unique_ptr<RepositoryPool> pool_;
  observe::Context ctx_;
};
test_support::GitServer* SshTest::git_ = nullptr;
Sshd* SshTest::sshd_ = nullptr;

// Two commits followed over one connection; the second transfers what changed.
void FollowTwoCommits(const observe::Context& ctx, test_support::GitWorkTree& work,
                      Repository& repository) {
  work.Write("a.yaml", "1");
  const std::string one = work.CommitAndPush("one");
  auto ref = repository.Resolve(ctx, {.branch = "main"});
  ASSERT_TRUE(ref.ok()) << ref.status().message();
  EXPECT_EQ(ref->Revision(), "main@sha1:" + one);
  ASSERT_TRUE(repository.Checkout(ctx, {.branch = "main"}, *ref).ok());
  work.Write("a.yaml", "2");
  const std::string two = work.CommitAndPush("two");
  ref = repository.Resolve(ctx, {.branch = "main"});
  ASSERT_TRUE(ref.ok()) << ref.status().message();
  EXPECT_EQ(ref->Revision(), "main@sha1:" + two);
  const auto session = repository.Checkout(ctx, {.branch = "main"}, *ref);
  ASSERT_TRUE(session.ok()) << session.status().message();
  EXPECT_EQ(*(*(*session)->OpenTree(ref->commit))->ReadFile("a.yaml"), "2");
}

TEST_F(SshTest, FollowsABranchOverOneConnection) {
  test_support::GitWorkTree work(*git_, Name());
  const auto repository = pool_->Get(sshd_->Url(git_->Folder(Name())), sshd_->Auth());
  ASSERT_TRUE(repository.ok()) << repository.status().message();
  FollowTwoCommits(ctx_, work, **repository);
}

TEST_F(SshTest, FollowsWhereGitProtocolIsDropped) {
  const Sshd old(/*protocol=*/false);
  test_support::GitWorkTree work(*git_, Name());
  const auto repository = pool_->Get(old.Url(git_->Folder(Name())), old.Auth());
  ASSERT_TRUE(repository.ok()) << repository.status().message();
  FollowTwoCommits(ctx_, work, **repository);
  work.Git({"tag", "-a", "-m", "annotated", "v1.0.0"});
  work.Git({"push", "-q", "--tags", "origin"});
  const auto tag = (*repository)->Resolve(ctx_, {.semver = ">=1.0.0"});
  ASSERT_TRUE(tag.ok()) << tag.status().message();
  EXPECT_NE(tag->want, tag->commit);
  EXPECT_TRUE((*repository)->Checkout(ctx_, {.semver = ">=1.0.0"}, *tag).ok());
}

TEST_F(SshTest, TakesEveryKindOfKey) {
  test_support::GitWorkTree work(*git_, Name());
  work.CommitAndPush("one");
  const std::string url = sshd_->Url(git_->Folder(Name()));
  EXPECT_EQ(FollowError(url, sshd_->Auth("client_ed25519")), "");
  EXPECT_EQ(FollowError(url, sshd_->Auth("client_ecdsa")), "");
  EXPECT_EQ(FollowError(url, sshd_->Auth("client_rsa", "open sesame")), "");
  EXPECT_THAT(FollowError(url, sshd_->Auth("client_rsa", "wrong")),
              StartsWith("unable to construct auth method with options: "));
  EXPECT_TRUE(IsEncryptedSshKey(ReadFile(sshd_->Key("client_rsa"))));
  EXPECT_FALSE(IsEncryptedSshKey(ReadFile(sshd_->Key("client_ed25519"))));
}

TEST_F(SshTest, SaysWhatIsWrong) {
  test_support::GitWorkTree work(*git_, Name());
  work.CommitAndPush("one");
  const std::string url = sshd_->Url(git_->Folder(Name()));
  RemoteAuth unknown = sshd_->Auth(), mismatch = sshd_->Auth(), garbage = sshd_->Auth();
  unknown.ssh_known_hosts = "elsewhere " + ReadFile(sshd_->Key("stranger.pub"));
  std::string other_key = ReadFile(sshd_->Key("stranger.pub"));
  mismatch.ssh_known_hosts =
      sshd_->known_hosts().substr(0, sshd_->known_hosts().find(' ') + 1) + other_key;
  garbage.ssh_identity = base::SecretString("no key");
  const struct {
    std::string what, url;
    RemoteAuth auth;
    std::string begins, holds;
  } cases[] = {
      {"stranger", url, sshd_->Auth("stranger"),
       "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey]",
       ""},
      {"unknown host", url, unknown, "ssh: handshake failed: knownhosts: key is unknown",
       "SHA256:"},
      {"other key", url, mismatch, "ssh: handshake failed: knownhosts: key mismatch", ""},
      {"no repository", sshd_->Url("/nowhere/x.git"), sshd_->Auth(), "repository not found", ""},
      {"garbage", url, garbage, "unable to construct auth method with options: ", ""},
      {"nobody there", "ssh://git@127.0.0.1:1/x", sshd_->Auth(),
       "dial tcp 127.0.0.1:1: connect: connection refused", ""},
      {"quotes", sshd_->Url("/tmp/it's%20'$(touch%20/tmp/x)"), sshd_->Auth(),
       "repository not found", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    EXPECT_THAT(FollowError(c.url, c.auth), AllOf(StartsWith(c.begins), HasSubstr(c.holds)));
  }
}

TEST_F(SshTest, GoesThroughAProxy) {
  test_support::GitWorkTree work(*git_, Name());
  work.CommitAndPush("one");
  const std::string url = sshd_->Url(git_->Folder(Name()));
  const TempDir dir;
  Process::Options options;
  options.stdout_file = dir.Write("out", "");
  options.log_file = dir.File("log");
  auto process =
      Process::Start({"python3", std::string(SLUICE_SOURCE_DIR) + "/tests/support/connect_proxy.py",
                      "puser:ppass"},
                     options);
  ASSERT_TRUE(process.ok());
  ASSERT_TRUE(test_support::Eventually(std::chrono::seconds(20), [&] {
    return ReadFile(dir.File("out")).find('\n') != std::string::npos;
  }));
  const std::string out = ReadFile(dir.File("out")),
                    proxy = "127.0.0.1:" + out.substr(0, out.find('\n'));
  const auto through = [&](const std::string& proxy_url, const std::string& to,
                           const std::string& password) {
    RemoteAuth auth = sshd_->Auth();
    auth.proxy_url = proxy_url;
    auth.proxy_username = "puser";
    auth.proxy_password = base::SecretString(password);
    return FollowError(to, auth);
  };
  const std::string port =
      url.substr(url.rfind(':'), url.find('/', url.rfind(':')) - url.rfind(':'));
  EXPECT_EQ(through("socks5://" + proxy, url, "ppass"), "");
  EXPECT_THAT(ReadFile(dir.File("out")), HasSubstr("socks 127.0.0.1" + port));
  EXPECT_EQ(through("http://" + proxy, url, "ppass"), "");
  EXPECT_THAT(ReadFile(dir.File("out")), HasSubstr("tunnel 127.0.0.1" + port));
  EXPECT_THAT(through("socks5://" + proxy, url, "wr0ng"),
              AllOf(HasSubstr("username/password authentication failed"),
                    ::testing::Not(HasSubstr("wr0ng"))));
  EXPECT_THAT(
      through("http://" + proxy, url, "wr0ng"),
      AllOf(HasSubstr("Proxy Authentication Required"), ::testing::Not(HasSubstr("wr0ng"))));
  EXPECT_THAT(through("socks5://" + proxy, "ssh://git@127.0.0.1:1/x", "ppass"),
              HasSubstr("connection refused"));
  EXPECT_EQ(through("https://" + proxy, url, "ppass"), "proxy: unknown scheme: https");
  EXPECT_THAT(through("socks5://127.0.0.1:1", url, "ppass"),
              HasSubstr("dial tcp 127.0.0.1:1: connect: connection refused"));
}

}  // namespace
}  // namespace sluice::git
