// Hostile Git servers and repositories against lib/git, as the source process uses it. Names begin
// with the advisory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "artifact/archive.h"
#include "base/strings.h"
#include "git/gitmodules.h"
#include "http/server.h"
#include "observe/mutex.h"
#include "testing/pool_fixture.h"

namespace sluice::git {
namespace {

using test_support::GitWorkTree;
using test_support::ReadFile;
using test_support::RunCommand;
using test_support::TempDir;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

const std::string kOid(40, 'a');

std::string Pkt(const std::string& data) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const size_t n = data.size() + 4;
  std::string out;
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[n >> shift & 15];
  return out + data;
}

// Speaks version 2: what it lists and the bytes of the pack it sends are the test's.
class HostileGit {
 public:
  HostileGit(std::string refs, std::string pack) {
    http::ServerOptions options;
    options.address = "127.0.0.1:0";
    server_ = http::Server::Create(options);
    server_->Handle("GET", "/x.git/info/refs", [](const http::ServerRequest&) {
      return Answer("advertisement", Pkt("version 2\n") + Pkt("ls-refs\n") +
                                         Pkt("fetch=shallow\n") + Pkt("object-format=sha1\n") +
                                         "0000");
    });
    server_->Handle("POST", "/x.git/git-upload-pack",
                    [refs = std::move(refs), pack = std::move(pack)](const http::ServerRequest& r) {
                      if (r.body.find("command=ls-refs") != std::string::npos)
                        return Answer("result", refs + "0000");
                      std::string out = Pkt("packfile\n");
                      for (size_t at = 0; at < pack.size(); at += 60'000)
                        out += Pkt("\1" + pack.substr(at, 60'000));
                      return Answer("result", out + "0000");
                    });
    EXPECT_TRUE(server_->Start().ok());
  }
  std::string Url() const { return "http://" + server_->address() + "/x.git"; }

 private:
  static http::ServerResponse Answer(const std::string& what, std::string body) {
    http::ServerResponse r;
    r.content_type = "application/x-git-upload-pack-" + what;
    r.body = std::move(body);
    return r;
  }
  std::unique_ptr<http::Server> server_;
};

long PeakKilobytes() {
  const std::string status = ReadFile("/proc/self/status");
  return std::stol(status.substr(status.find("VmHWM:") + 6));
}

class GitSecurityTest : public PoolFixture {
 protected:
  base::Result<std::unique_ptr<MirrorSession>> Follow(const std::string& url,
                                                      const ReferenceSpec& spec = {
                                                          .branch = "main"}) {
    SLUICE_TRY(repository_, pool_->Get(url, {}));
    SLUICE_TRY(ref_, repository_->Resolve(ctx_, spec));
    return repository_->Checkout(ctx_, spec, ref_);
  }
  std::vector<std::string> MirrorFiles() const {
    std::vector<std::string> out;
    for (const auto& f : Files()) out.push_back(f.filename());
    return out;
  }
  // Of what python prints: packs and objects that git itself would not make.
  static std::string Python(const std::string& script) {
    const auto r = RunCommand({"python3", "-c", script});
    EXPECT_TRUE(r.ok()) << r.err;
    return r.out;
  }

  std::shared_ptr<Repository> repository_;
  ResolvedReference ref_;
};

TEST_F(GitSecurityTest, CVE_2024_6257_ContentIsNeverConfigurationOrHook) {
  const TempDir sentinel;
  const std::string hook = "#!/bin/sh\ntouch " + sentinel.File("ran") + "\n";
  GitWorkTree work(*server_, Name());
  for (const std::string name :
       {"hooks/post-checkout", "hooks/post-merge", "hooks/reference-transaction",
        "objects/info/alternates", "run.sh"})
    work.Write(name, hook);
  work.Write("config",
             "[core]\n\tfsmonitor = touch " + sentinel.File("ran") + "\n\thooksPath = hooks\n");
  work.Write("HEAD", "ref: refs/heads/evil\n");
  work.Write(".gitattributes", "* filter=evil diff=evil\n");
  for (int i = 0; i < 2; ++i) {  // a clone, then its update
    work.Write("a", std::to_string(i));
    work.CommitAndPush("content");
    const auto session = Follow(work.url());
    ASSERT_TRUE(session.ok()) << session.status().message();
    const auto tree = (*session)->OpenTree(ref_.commit);
    EXPECT_EQ(*(*tree)->ReadFile("a"), std::to_string(i));
    EXPECT_EQ(*(*tree)->ReadFile("hooks/post-checkout"), hook) << "a file like any other";
  }
  EXPECT_FALSE(fs::exists(sentinel.File("ran")));
  EXPECT_THAT(MirrorFiles(), Each(::testing::AnyOf(
                                 "state", ::testing::MatchesRegex("pack-[0-9a-f]+[.](pack|idx)"))));
}

TEST_F(GitSecurityTest,
       CVE_2026_45571_CVE_2026_71556_CVE_2026_71557_NoNameOfAReferenceOrSubmoduleClimbs) {
  std::string refs;
  const std::vector<std::string> names = {"../../x",
                                          "refs/heads/../../x",
                                          "refs/heads/-o",
                                          "/etc/passwd",
                                          "refs/heads/.x",
                                          "refs/heads/a.lock",
                                          std::string("refs/heads/a\0b", 14),
                                          "refs/heads/a\x01",
                                          "refs/heads/a//b",
                                          "refs/heads/@{1}"};
  for (const std::string& name : names) refs += Pkt(kOid + " " + name + "\n");
  const HostileGit git(refs, "");
  const auto remote = *MakeHttpRemote(*http_, git.Url(), {});
  const auto listed = remote->ListRefs(ctx_, {});
  if (listed.ok()) {
    for (const auto& r : *listed)
      EXPECT_EQ(r.name, "refs/heads/-o") << "git itself allows it: it is compared, never an option";
  }
  for (const std::string& name : names) {
    EXPECT_FALSE(Follow(git.Url(), {.branch = name}).ok()) << name;
    EXPECT_FALSE(Follow(git.Url(), {.name = name}).ok() && name != "refs/heads/-o") << name;
  }
  for (const std::string path :
       {"a/../../b", "/abs", "..", ".git", "a/.GIT/hooks", "", "a//b", "git~1", "a\\\\b"}) {
    EXPECT_FALSE(
        ParseGitmodules("[submodule \"s\"]\n\tpath = " + path + "\n\turl = https://example.com/x\n")
            .ok() &&
        !ParseGitmodules("[submodule \"s\"]\n\tpath = " + path +
                         "\n\turl = https://example.com/x\n")
             ->empty())
        << path;
  }
  EXPECT_THAT(MirrorFiles(), Each("state"));
}

TEST_F(
    GitSecurityTest,
    CVE_2023_49568_CVE_2025_21614_CVE_2026_25934_CVE_2026_33762_CVE_2026_34165_HostileAnswersEndAsErrors) {  // NOLINT: a name
  GitWorkTree work(*server_, Name());
  work.Write("a", std::string(5000, 'x'));
  work.CommitAndPush("one");
  for (const std::string fault : {"short", "flip", "cut", "endless"}) {
    SCOPED_TRACE(fault);
    server_->SetFault(fault);
    EXPECT_FALSE(Follow(work.url()).ok());
    server_->SetFault("");
  }
  // Packs that a server makes up: bombs of every kind, checksums that are not.
  const std::string pack = R"(
import sys, zlib, hashlib, struct
def head(kind, size):
    out = bytearray([(kind << 4) | (size & 15)]); size >>= 4
    while size: out[-1] |= 128; out.append(size & 127); size >>= 7
    return bytes(out)
def varint(n):
    out = bytearray([n & 127]); n >>= 7
    while n: out[-1] |= 128; out.append(n & 127); n >>= 7
    return bytes(out)
def pack(*entries):
    body = b'PACK' + struct.pack('>II', 2, len(entries)) + b''.join(entries)
    return body + hashlib.sha1(body).digest()
base = b'\0' * (1 << 20)
blob = head(3, len(base)) + zlib.compress(base)
def delta(result, ops):
    d = varint(len(base)) + varint(result) + ops
    oid = hashlib.sha1(b'blob %d\0' % len(base) + base).digest()
    return head(7, len(d)) + oid + zlib.compress(d)
copy = bytes([0x80 | 0x40]) + b'\x10'  # size 0x100000 from 0
kind = sys.argv[1]
if kind == 'delta of 6 GiB': out = pack(blob, delta(6 << 30, copy * 6144))
if kind == 'delta that lies of its size': out = pack(blob, delta(1 << 62, copy))
if kind == 'delta out of its base': out = pack(blob, delta(100, bytes([0x80 | 0x01 | 0x10]) + b'\xff\xff'))
if kind == 'object that lies of its size': out = pack(head(3, 1 << 62) + zlib.compress(base))
if kind == 'stream longer than it says': out = pack(head(3, 10) + zlib.compress(base))
if kind == 'more objects than there are': out = b'PACK' + struct.pack('>II', 2, 0xffffffff) + blob; out += hashlib.sha1(out).digest()
if kind == 'delta of a base that is not there': out = pack(head(7, 10) + b'\x11' * 20 + zlib.compress(b'0123456789'))
if kind == 'offset before the pack': out = pack(head(6, 10) + b'\xff\xff\x7f' + zlib.compress(b'0123456789'))
if kind == 'wrong checksum': out = pack(blob)[:-1] + b'x'
if kind == 'version 9': out = b'PACK' + struct.pack('>II', 9, 1) + blob; out += hashlib.sha1(out).digest()
if kind == 'nothing': out = b''
if kind == 'another object': out = pack(blob)
sys.stdout.buffer.write(out)
)";
  const long before = PeakKilobytes();
  for (const std::string kind :
       {"delta of 6 GiB", "delta that lies of its size", "delta out of its base",
        "object that lies of its size", "stream longer than it says", "more objects than there are",
        "delta of a base that is not there", "offset before the pack", "wrong checksum",
        "version 9", "nothing", "another object"}) {
    SCOPED_TRACE(kind);
    const auto made = RunCommand({"python3", "-c", pack, kind});
    ASSERT_TRUE(made.ok()) << made.err;
    const HostileGit git(Pkt(kOid + " refs/heads/main\n"), made.out);
    const auto session = Follow(git.Url());
    EXPECT_FALSE(session.ok());
    EXPECT_LT(session.status().message().size(), 1000u);
  }
  EXPECT_LT(PeakKilobytes() - before, 200 << 10);
}

TEST_F(GitSecurityTest, CVE_2026_44973_CVE_2026_44740_LinksEndAndNamesStayInside) {
  GitWorkTree work(*server_, Name());
  work.Symlink("a", "b");
  work.Symlink("b", "a");
  work.Symlink("dir/up", "../..");
  work.Symlink("dir/out", "../../../../etc/passwd");
  work.Symlink("dir/deep", "deep/deep/deep");
  work.Write("dir/file", "1");
  work.CommitAndPush("links");
  const auto session = Follow(work.url());
  ASSERT_TRUE(session.ok()) << session.status().message();
  const auto tree = *(*session)->OpenTree(ref_.commit);
  for (const std::string path :
       {"a", "b", "a/x", "dir/up", "dir/up/etc/passwd", "dir/out", "dir/deep", "..",
        "../etc/passwd", "dir/../../etc/passwd", "/etc/passwd", "dir/file/../../.."}) {
    SCOPED_TRACE(path);
    const auto read = tree->ReadFile(path);
    EXPECT_FALSE(read.ok() && *read != "1");
    const auto resolved = tree->Resolve(path);
    EXPECT_TRUE(!resolved.ok() || !resolved->starts_with("..")) << *resolved;
    const auto listed = tree->ReadDir(path);
    EXPECT_FALSE(listed.ok() && !listed->empty() && path.find("passwd") != std::string::npos);
    static_cast<void>(tree->Stat(path));
    static_cast<void>(tree->ReadLink(path));
  }
  const auto summary =
      artifact::ArchiveTree(*tree, nullptr, [](std::string_view) { return base::OkStatus(); });
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->dropped, 5u);
}

// What a server answers with a redirect, and what another one then gets to see.
TEST_F(GitSecurityTest,
       CVE_2026_41506_CVE_2026_53584_CVE_2026_53585_CVE_2026_53586_RedirectsCarryNoCredentials) {
  observe::Mutex mu;
  std::vector<std::string> seen;
  http::ServerOptions options;
  options.address = "127.0.0.1:0";
  const auto thief = http::Server::Create(options), home = http::Server::Create(options);
  thief->HandlePrefix("GET", "/", [&](const http::ServerRequest& r) {
    const observe::MutexLock lock(mu);
    for (const std::string name : {"Authorization", "Cookie", "Proxy-Authorization"})
      seen.emplace_back(r.headers.Get(name));
    seen.emplace_back(r.target.find("s3cr3t") == std::string::npos ? "" : r.target);
    return http::ServerResponse::Text(401, "");
  });
  ASSERT_TRUE(thief->Start().ok());
  home->HandlePrefix("GET", "/", [&](const http::ServerRequest&) {
    http::ServerResponse r = http::ServerResponse::Text(302, "");
    r.headers.Add("Location",
                  "http://" + thief->address() + "/x.git/info/refs?service=git-upload-pack");
    return r;
  });
  ASSERT_TRUE(home->Start().ok());
  RemoteAuth basic, bearer;
  basic.username = "u";
  basic.password = base::SecretString("s3cr3t");
  bearer.bearer_token = base::SecretString("s3cr3t");
  for (const auto& [url, auth] :
       {std::pair{"http://" + home->address() + "/x.git", basic},
        {"http://" + home->address() + "/x.git", bearer},
        {"http://u:s3cr3t@" + home->address() + "/x.git", RemoteAuth()}}) {
    const auto refs = (*MakeHttpRemote(*http_, url, auth))->ListRefs(ctx_, {"refs/"});
    EXPECT_FALSE(refs.ok());
    EXPECT_THAT(refs.status().message(), Not(HasSubstr("s3cr3t")));
  }
  const observe::MutexLock lock(mu);
  EXPECT_THAT(seen, Each(""));
}

TEST_F(GitSecurityTest, CVE_2026_45022_ACommitHasOneReadingOnly) {
  GitWorkTree work(*server_, Name());
  work.Write("a", "1");
  const std::string good = work.CommitAndPush("one");
  const std::string tree = work.Git({"rev-parse", good + "^{tree}"});
  const std::string who = "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n",
                    signature =
                        "gpgsig -----BEGIN SSH SIGNATURE-----\n x\n -----END SSH SIGNATURE-----\n";
  const struct {
    std::string name, commit;
  } cases[] = {
      {"two trees", "tree " + tree + "\ntree " + std::string(40, '1') + "\n" + who + "\nm\n"},
      {"two signatures", "tree " + tree + "\n" + who + signature + signature + "\nm\n"},
      {"a tree behind the author", who + "tree " + tree + "\n\nm\n"},
      {"two authors", "tree " + tree + "\nauthor B <b@b> 1 +0000\n" + who + "\nm\n"},
      {"a parent behind the author", "tree " + tree + "\n" + who + "parent " + good + "\n\nm\n"},
      {"a NUL in a header", "tree " + tree + "\nauthor A" + std::string(1, '\0') +
                                " <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const TempDir dir;
    const std::string file = dir.Write("commit", c.commit);
    const std::string oid = work.Git({"hash-object", "-t", "commit", "-w", "--literally", file});
    work.Git({"--git-dir=" + server_->Folder(Name()), "hash-object", "-t", "commit", "-w",
              "--literally", file});
    std::ofstream(server_->Folder(Name()) + "/refs/heads/main") << oid << "\n";
    const auto session = Follow(work.url());
    if (!session.ok()) continue;  // the server itself may refuse to send it
    EXPECT_FALSE((*session)->ReadCommit(ref_.commit).ok() &&
                 (*session)->ReadSigned(ref_.commit).ok());
  }
}

TEST_F(GitSecurityTest,
       CVE_2022_21235_CVE_2024_3817_CVE_2026_45570_CVE_2026_5917_PathsOverSshAreOneArgument) {
  RemoteAuth auth;
  auth.ssh_identity = base::SecretString("x");
  auth.ssh_known_hosts = "h ssh-ed25519 AAAA\n";
  for (const std::string path : {"%0a", "x%0aid", "x%00", "x%7f", "x%1b"}) {
    const auto remote = MakeSshRemote("ssh://git@127.0.0.1:1/" + path, auth);
    ASSERT_FALSE(remote.ok());
    EXPECT_THAT(remote.status().message(), HasSubstr("control characters")) << path;
  }
  for (const std::string url : {"ssh://-oProxyCommand=id/x", "ssh://git@-oProxyCommand=id/x",
                                "ext::sh -c id", "file:///etc", "--upload-pack=id"}) {
    EXPECT_FALSE(pool_->Get(url, auth).ok()) << url;
  }
}

// Debian's fixed build, or a newer library.
TEST_F(GitSecurityTest, CVE_2024_24575_CVE_2024_24577_TheLibraryIsAFixedOne) {
  const auto version = RunCommand({"dpkg-query", "-W", "-f", "${Version}", "libgit2-dev"});
  if (!version.ok()) GTEST_SKIP() << "no Debian package";
  const auto newer =
      RunCommand({"dpkg", "--compare-versions", version.out, "ge", "1.5.1+ds-1+deb12u1"});
  EXPECT_TRUE(newer.ok()) << version.out;
}

}  // namespace
}  // namespace sluice::git
