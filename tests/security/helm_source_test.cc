// Hostile Helm repositories and charts against the real source process. Names begin with the
// advisory or the law they test.
#include <gmock/gmock.h>

#include "archive/gzip.h"
#include "helm_fixture.h"

namespace sluice::e2e {
namespace {

using test_support::NginxServer;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr long kMaxResidentKilobytes = 256 * 1024;

class HostileHelmTest : public HelmTest {
 protected:
  ~HostileHelmTest() override {
    EXPECT_TRUE(lab_.stack().Running("source"));
    const std::string status =
        test_support::ReadFile("/proc/" + std::to_string(lab_.stack().Pid("source")) + "/status");
    const size_t at = status.find("VmHWM:");
    if (at == status.npos) return;
    EXPECT_LT(std::stol(status.substr(at + 6)), kMaxResidentKilobytes);
  }
  // A repository of one chart whose archive is these bytes.
  void Serve(const std::string& name, const std::string& archive) {
    Web().Write(ns_ + "/" + name + "/index.yaml", Index("hello", {"0.1.0"}));
    Web().Write(ns_ + "/" + name + "/hello-0.1.0.tgz", archive);
    ApplyRepository(name, Web().Url("/" + ns_ + "/" + name));
  }
};

std::string Gzip(const std::string& tar) {
  std::string out;
  archive::GzipWriter writer([&out](std::string_view bytes) {
    out += bytes;
    return base::OkStatus();
  });
  EXPECT_TRUE(writer.Write(tar).ok());
  EXPECT_TRUE(writer.Finish().ok());
  return out;
}

// An entry with any name; its checksum is right.
std::string TarEntry(const std::string& name, const std::string& content, char type = '0',
                     const std::string& link = "") {
  std::string head(512, '\0');
  const auto put = [&head](size_t at, const std::string& text) {
    head.replace(at, text.size(), text);
  };
  char octal[16];
  put(0, name);
  put(100, "0000644");
  std::snprintf(octal, sizeof octal, "%011zo", content.size());
  put(124, octal);
  put(136, "00000000000");
  put(148, "        ");
  head[156] = type;
  put(157, link);
  put(257, std::string("ustar\00000", 8));
  unsigned sum = 0;
  for (const char c : head) sum += static_cast<unsigned char>(c);
  std::snprintf(octal, sizeof octal, "%06o", sum);
  put(148, std::string(octal) + '\0' + ' ');
  std::string out = head + content;
  out.append((512 - content.size() % 512) % 512, '\0');
  return out;
}

const std::string kChartYaml = "apiVersion: v2\nname: hello\nversion: 0.1.0\n";

TEST_F(HostileHelmTest, CVE_2024_29893_AnIndexHasALimit) {
  Web().Write(ns_ + "/index.yaml", std::string(60 << 20, 'a'));
  ApplyRepository("repo", Web().Url("/" + ns_));
  EXPECT_EQ(lab_.WaitFailed(Repository(), "Failed"),
            "failed to fetch Helm repository index: failed to cache index to temporary file: index "
            "exceeds the maximum index file size of 52428800 bytes");
}

// Text that a terminal would obey does not come through, and versions that are none are not there.
TEST_F(HostileHelmTest, CVE_2021_21303_WhatAnIndexSaysIsCleaned) {
  Web().Write(ns_ + "/index.yaml",
              "apiVersion: v1\nentries:\n  hello:\n"
              "  - {apiVersion: v2, name: hello, version: 0.1.0, description: "
              "\"a\\e[31mred\\u202ebidi\\u0007\", urls: [a.tgz]}\n"
              "  - {apiVersion: v2, name: hello, version: \"0.2.0\\e[2J\", urls: [a.tgz]}\n  - "
              "{apiVersion: v2, name: hello, version: latest, urls: [a.tgz]}\n");
  ApplyRepository("repo", Web().Url("/" + ns_));
  const std::string json = Fetch(lab_.WaitReady(Repository()));
  for (const std::string bad :
       {"\x1b", "\\u001b", "\xe2\x80\xae", "\\u202e", "\\u0007", "0.2.0", "latest"})
    EXPECT_THAT(json, Not(HasSubstr(bad)));
  EXPECT_THAT(json, HasSubstr("\"version\": \"0.1.0\""));
}

// S1: names of an archive lead nowhere.
TEST_F(HostileHelmTest, S1_ArchivesStayWithinThemselves) {
  const std::string end(1024, '\0'),
      good = TarEntry("hello/Chart.yaml", kChartYaml) + TarEntry("hello/values.yaml", "a: 1\n");
  const struct {
    std::string name, entry, message;
  } cases[] = {
      {"parent", TarEntry("hello/../../evil", "x"), "chart illegally references parent directory"},
      {"absolute", TarEntry("hello//etc/evil", "x"), "chart illegally contains absolute paths"},
      {"bare", TarEntry("evil", "x"),
       "chart illegally contains content outside the base directory: \"evil\""},
      {"drive", TarEntry("hello/c:/evil", "x"), "chart contains illegally named files"},
      {"windows", TarEntry("hello\\..\\..\\evil", "x"),
       "chart illegally references parent directory"},
  };
  for (const auto& c : cases) {
    Serve(c.name, Gzip(good + c.entry + end));
    ApplyChart(c.name, "hello", "HelmRepository/" + c.name);
  }
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(lab_.WaitFailed(Chart(c.name), "ChartPullError"), EndsWith(": " + c.message));
  }
  // A link is an empty file, as Helm has it: what it names is not read.
  Serve("link", Gzip(good + TarEntry("hello/secret.yaml", "", '2', "/etc/passwd") + end));
  ApplyChart("link", "hello", "HelmRepository/link", "  valuesFiles: [values.yaml, secret.yaml]\n");
  EXPECT_THAT(Fetch(lab_.WaitReady(Chart("link"))), Not(HasSubstr("root:")));
}

TEST_F(HostileHelmTest, CVE_2022_31036_ValuesFilesAreOfTheSource) {
  GitWorkTree tree(lab_.git(), ns_);
  tree.Write("hello/Chart.yaml", kChartYaml);
  tree.Write("hello/values.yaml", "a: 1\n");
  tree.Symlink("link.yaml", "/etc/passwd");
  tree.CommitAndPush("chart");
  lab_.Apply(GitRepository(ns_, "fleet", tree.url()));
  const struct {
    std::string name, file, message;
  } cases[] = {
      {"climbing", "../../../../etc/passwd",
       "values files merge error: no values file found at path '/etc/passwd' (reference "
       "'../../../../etc/passwd')"},
      {"absolute", "/etc/passwd",
       "values files merge error: no values file found at path '/etc/passwd' (reference "
       "'/etc/passwd')"},
      {"link", "link.yaml",
       "values files merge error: no values file found at path '/link.yaml' (reference "
       "'link.yaml')"},
  };
  for (const auto& c : cases)
    ApplyChart(c.name, "hello", "GitRepository/fleet", "  valuesFiles: ['" + c.file + "']\n");
  for (const auto& c : cases)
    EXPECT_EQ(lab_.WaitFailed(Chart(c.name), "ValuesFilesError"), c.message);
  ApplyChart("chart", "../../etc", "GitRepository/fleet");
  EXPECT_THAT(lab_.WaitFailed(Chart(), "InvalidChartReference"),
              EndsWith("/source/etc: no such file or directory"));
}

// S3: little that becomes much, and much.
TEST_F(HostileHelmTest, S3_ChartsHaveLimits) {
  const std::string end(1024, '\0'),
      good = TarEntry("hello/Chart.yaml", kChartYaml) + TarEntry("hello/values.yaml", "a: 1\n");
  std::string zeros = good;
  for (int i = 0; i < 30; ++i)
    zeros += TarEntry("hello/files/" + std::to_string(i), std::string(4 << 20, '\0'));
  Serve("bomb", Gzip(zeros + end));
  std::string noise(11 << 20, '\0');
  uint32_t state = 1;
  for (char& c : noise) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  Serve("large", Gzip(good + TarEntry("hello/noise", noise) + end));
  Serve("file", Gzip(good + TarEntry("hello/file", std::string(6 << 20, 'a')) + end));
  ApplyChart("bomb", "hello", "HelmRepository/bomb", "  valuesFiles: [values.yaml, x.yaml]\n");
  ApplyChart("large", "hello", "HelmRepository/large");
  ApplyChart("file", "hello", "HelmRepository/file", "  valuesFiles: [values.yaml, x.yaml]\n");
  EXPECT_EQ(lab_.WaitFailed(Chart("bomb"), "ChartPackageError"),
            "chart package error: failed to load downloaded chart: decompressed chart is larger "
            "than the maximum size 104857600");
  EXPECT_EQ(lab_.WaitFailed(Chart("large"), "ChartPullError"),
            "chart pull error: failed to load chart metadata from written chart: size of chart "
            "'hello-0.1.0.tgz' exceeds '10485760' bytes limit");
  EXPECT_THAT(lab_.WaitFailed(Chart("file"), "ChartPackageError"),
              HasSubstr("is larger than the maximum file size 5242880"));
}

// S7: nobody is told a password.
TEST_F(HostileHelmTest, GHSA_6w87_g839_9wv7_CredentialsAreNotTold) {
  static NginxServer locked({.auth = true, .tls = false, .client_certificates = false, .more = ""});
  const std::string canary = "c4n4ry-p4ssw0rd",
                    url = base::ReplaceAll(locked.Url("/" + ns_ + "?token=" + canary), "http://",
                                           "http://" + canary + ":" + canary + "@");
  lab_.Apply(Secret(ns_, "basic", {{"username", "reader"}, {"password", canary}}));
  ApplyRepository("url", url);
  ApplyRepository("secret", locked.Url("/" + ns_), "  secretRef: {name: basic}\n");
  for (const std::string name : {"url", "secret"}) {
    const std::string message = lab_.WaitFailed(Repository(name), "Failed");
    EXPECT_THAT(message, EndsWith("/index.yaml : 401 Unauthorized"));
    EXPECT_THAT(message, Not(HasSubstr(canary)));
  }
  EXPECT_TRUE(Eventually(kSoon, [&] {
    return !lab_.Events(Repository("url"), "Failed").empty() &&
           !lab_.Events(Repository("secret"), "Failed").empty();
  }));
  EXPECT_THAT(lab_.cluster().Kubectl({"-n", ns_, "get", "events", "-o", "json"}).out,
              Not(HasSubstr(canary)));
  EXPECT_THAT(lab_.stack().Log("source"), Not(HasSubstr(canary)));
}

// Either side's certificate of another authority.
TEST_F(HostileHelmTest, CVE_2019_1010275_CertificatesOfAnotherAuthorityAreRefused) {
  static NginxServer locked({.auth = false, .tls = true, .client_certificates = true, .more = ""});
  locked.Write(ns_ + "/index.yaml", Index("hello", {"0.1.0"}));
  const auto stranger = test_support::MakeAuthority("stranger");
  const auto ours = test_support::IssueCertificate(locked.authority(), "client", ""),
             theirs = test_support::IssueCertificate(stranger, "client", "");
  const auto secret = [&](const std::string& name, const test_support::Certificate& authority,
                          const test_support::Certificate& client) {
    lab_.Apply(Secret(ns_, name,
                      {{"ca.crt", authority.cert_pem},
                       {"tls.crt", client.cert_pem},
                       {"tls.key", client.key_pem}}));
    ApplyRepository(name, locked.Url("/" + ns_), "  certSecretRef: {name: " + name + "}\n");
  };
  secret("good", locked.authority(), ours);
  secret("other-client", locked.authority(), theirs);
  secret("other-server", stranger, ours);
  lab_.WaitReady(Repository("good"));
  EXPECT_THAT(lab_.WaitFailed(Repository("other-client"), "Failed"),
              HasSubstr(" : 400 Bad Request"));
  EXPECT_THAT(lab_.WaitFailed(Repository("other-server"), "Failed"),
              HasSubstr("x509: certificate signed by unknown authority"));
  for (const std::string name : {"other-client", "other-server"})
    EXPECT_TRUE(lab_.Get(Repository(name))["status"]["artifact"].is_null()) << name;
}

}  // namespace
}  // namespace sluice::e2e
