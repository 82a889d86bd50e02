// Hostile artifacts: a GitRepository whose status names a file on a server that lies. Without the
// bus, so that the file is downloaded.
#include <gmock/gmock.h>

#include "lab.h"

namespace sluice::e2e {
namespace {

using test_support::Process;
using test_support::RunCommand;
using test_support::TempDir;
using testing::HasSubstr;

Lab& TheLab() {
  static Lab lab = [] {
    Lab::Options options;
    options.stack.bus = SluiceStack::Options::Bus::kOff;
    options.processes = {};
    return Lab(options);
  }();
  return lab;
}

class ArtifactTest : public testing::Test {
 protected:
  ArtifactTest() : ns_(TheLab().NewNamespace()), port_(test_support::FreePorts(1)[0]) {
    if (!lab_.stack().Running("kustomize")) {
      const auto status = lab_.stack().Start("kustomize");
      EXPECT_TRUE(status.ok()) << status.message();
    }
    Process::Options options;
    options.log_file = files_.File("server.log");
    auto server = Process::Start({"python3", "-m", "http.server", std::to_string(port_), "--bind",
                                  "127.0.0.1", "-d", files_.path()},
                                 options);
    SLUICE_CHECK(server.ok());
    server_.emplace(*std::move(server));
    EXPECT_TRUE(
        Eventually(kSoon, [&] { return lab_.stack().http().Send("GET", Url("")).status == 200; }));
  }
  std::string Url(const std::string& file) const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/" + file;
  }

  // A GitRepository (of a source that is not running) that claims `file` with this digest, and a
  // Kustomization of it.
  void Claim(const std::string& file, const std::string& digest) {
    lab_.Apply(GitRepository(ns_, "repo", "http://127.0.0.1:1/x.git"));
    const std::string now = "2026-01-01T00:00:00Z";
    const auto patched = lab_.cluster().Request(
        "PATCH",
        "/apis/source.toolkit.fluxcd.io/v1/namespaces/" + ns_ + "/gitrepositories/repo/status",
        R"({"status":{"observedGeneration":1,"conditions":[{"type":"Ready","status":"True","reason":"Succeeded","message":"x","lastTransitionTime":")" +
            now + R"("}],"artifact":{"url":")" + Url(file) +
            R"(","path":"x","revision":"main@sha1:)" + std::string(40, 'a') +
            R"(","lastUpdateTime":")" + now + R"(","digest":")" + digest + R"("}}})",
        "application/merge-patch+json");
    EXPECT_TRUE(patched.ok()) << patched.body;
    lab_.Apply(Kustomization(ns_, "app", "./", "repo", "  targetNamespace: " + ns_ + "\n"));
  }
  std::string Digest(const std::string& file) {
    return "sha256:" + RunCommand({"sha256sum", files_.File(file)}).out.substr(0, 64);
  }
  std::string Tar(const std::string& script) {
    files_.Write("make.py", "import io, sys, tarfile\nt = tarfile.open(sys.argv[1], 'w:gz')\n" +
                                script + "t.close()\n");
    const auto made = RunCommand({"python3", files_.File("make.py"), files_.File("a.tgz")});
    EXPECT_TRUE(made.ok()) << made.err;
    return Digest("a.tgz");
  }

  Lab& lab_ = TheLab();
  std::string ns_;
  TempDir files_;
  int port_;
  std::optional<Process> server_;
};

TEST_F(ArtifactTest, S12_AWrongDigestIsRefused) {
  Tar("i = tarfile.TarInfo('a.yaml'); b = b'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: "
      "a}\\n'; i.size = len(b); t.addfile(i, io.BytesIO(b))\n");
  Claim("a.tgz", "sha256:" + std::string(64, '0'));
  EXPECT_THAT(lab_.WaitFailed({"Kustomization", ns_, "app"}, "ArtifactFailed"),
              HasSubstr("computed digest doesn't match provided"));
  EXPECT_FALSE(lab_.Exists({"ConfigMap", ns_, "a"}));
}

TEST_F(ArtifactTest, S2_LinksAndEscapingNamesAreRefusedOrDropped) {
  const std::string digest =
      Tar("b = b'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\n'\n"
          "i = tarfile.TarInfo('up'); i.type = tarfile.SYMTYPE; i.linkname = '/tmp'; t.addfile(i)\n"
          "i = tarfile.TarInfo('up/sluice-escaped.yaml'); i.size = len(b); t.addfile(i, "
          "io.BytesIO(b))\n"
          "i = tarfile.TarInfo('../sluice-escaped.yaml'); i.size = len(b); t.addfile(i, "
          "io.BytesIO(b))\n");
  Claim("a.tgz", digest);
  lab_.WaitFor({"Kustomization", ns_, "app"}, "settled", [](const Value& o) {
    const std::string ready = Text(ConditionOf(o, "Ready")["status"]);
    return ready == "True" || ready == "False";
  });
  EXPECT_EQ(RunCommand({"find", "/tmp", "-name", "sluice-escaped.yaml"}).out, "");
}

TEST_F(ArtifactTest, S16_ABombIsRefusedInBoundedMemory) {
  // 1 GiB of zeros in 1 MB.
  const std::string digest =
      Tar("class Zeros(io.RawIOBase):\n  def read(self, n=-1): return bytes(n)\n"
          "i = tarfile.TarInfo('zeros.yaml'); i.size = 1 << 30; t.addfile(i, Zeros())\n");
  Claim("a.tgz", digest);
  lab_.WaitFailed({"Kustomization", ns_, "app"}, "ArtifactFailed");
  const std::string status =
      test_support::ReadFile("/proc/" + std::to_string(lab_.stack().Pid("kustomize")) + "/status");
  EXPECT_LT(std::stol(status.substr(status.find("VmHWM:") + 6)), 256 * 1024);
}

}  // namespace
}  // namespace sluice::e2e
