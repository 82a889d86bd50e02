// HelmRepositories: what a user of sluice-source sees. The web servers are nginx.
#include <gmock/gmock.h>

#include <cstdio>
#include <fstream>

#include "helm_fixture.h"

namespace sluice::e2e {
namespace {

using test_support::NginxServer;
using testing::ElementsAre;
using testing::HasSubstr;

using HelmSourceTest = HelmTest;

TEST_F(HelmSourceTest, StoresTheIndexAsJson) {
  const std::string index = Index("hello", {"0.1.0", "0.2.0"});
  Web().Write(ns_ + "/index.yaml", index);
  const std::string url = Web().Url("/" + ns_);
  ApplyRepository("repo", url);
  const Value source = lab_.WaitReady(Repository());
  const Value& artifact = source["status"]["artifact"];
  const std::string revision = base::Digest::Sha256(index).ToString(),
                    folder = "helmrepository/" + ns_ + "/repo/";
  EXPECT_EQ(Text(artifact["revision"]), revision);
  EXPECT_EQ(Text(artifact["path"]), folder + "index-" + revision.substr(7) + ".yaml");
  EXPECT_EQ(Text(source["status"]["url"]), lab_.stack().StorageUrl("/" + folder + "index.yaml"));
  for (const std::string type : {"Ready", "ArtifactInStorage"}) {
    EXPECT_EQ(Text(ConditionOf(source, type)["message"]),
              "stored artifact: revision '" + revision + "'")
        << type;
  }
  const std::string json = Fetch(source);
  EXPECT_EQ(base::Digest::Sha256(json).ToString(), Text(artifact["digest"]));
  EXPECT_THAT(
      json, testing::StartsWith("{\n  \"apiVersion\": \"v1\",\n  \"generated\": "
                                "\"2024-01-01T00:00:00Z\",\n  \"entries\": {\n    \"hello\": [\n"));
  EXPECT_LT(json.find("\"0.2.0\""), json.find("\"0.1.0\"")) << "newest first";
  const std::string message =
      "stored fetched index of size " + std::to_string(json.size()) + "B from '" + url + "'";
  EXPECT_TRUE(Eventually(kSoon, [&] {
    return lab_.Events(Repository(), "NewArtifact") == std::vector<std::string>{message};
  }));
}

TEST_F(HelmSourceTest, AsksForWhatChangedAndNoMore) {
  Web().Write(ns_ + "/index.yaml", Index("hello", {"0.1.0"}));
  ApplyRepository("repo", Web().Url("/" + ns_));
  const std::string first = Text(lab_.WaitReady(Repository())["status"]["artifact"]["revision"]);
  EXPECT_EQ(Text(Poll(Repository())["status"]["artifact"]["revision"]), first);
  EXPECT_THAT(Asked(Web()), ElementsAre("/index.yaml 200 -", "/index.yaml 304 -"));
  // Another object of the same repository downloads nothing, and serves the same bytes.
  ApplyRepository("second", Web().Url("/" + ns_) + "/");
  const Value second = lab_.WaitReady(Repository("second"));
  EXPECT_THAT(Asked(Web()),
              ElementsAre("/index.yaml 200 -", "/index.yaml 304 -", "/index.yaml 304 -"));
  EXPECT_EQ(Fetch(second), Fetch(lab_.Get(Repository())));
  // Nor does a process that has just begun.
  lab_.stack().Stop("source");
  ASSERT_TRUE(lab_.stack().Start("source").ok());
  EXPECT_EQ(Text(Poll(Repository())["status"]["artifact"]["revision"]), first);
  EXPECT_EQ(Asked(Web(), " 200 ").size(), 1u);

  Web().Write(ns_ + "/index.yaml", Index("hello", {"0.1.0", "0.2.0"}));
  EXPECT_NE(Text(Poll(Repository())["status"]["artifact"]["revision"]), first);
}

TEST_F(HelmSourceTest, AuthenticatesAtTheRepository) {
  static NginxServer locked({.auth = true, .tls = true, .client_certificates = true, .more = ""});
  locked.Write(ns_ + "/index.yaml", Index("hello", {"0.1.0"}));
  const auto client = test_support::IssueCertificate(locked.authority(), "client", "");
  lab_.Apply(Secret(ns_, "basic",
                    {{"username", NginxServer::kUser}, {"password", NginxServer::kPassword}}));
  lab_.Apply(Secret(ns_, "tls",
                    {{"ca.crt", locked.authority().cert_pem},
                     {"tls.crt", client.cert_pem},
                     {"tls.key", client.key_pem}}));
  lab_.Apply(Secret(ns_, "ca", {{"ca.crt", locked.authority().cert_pem}}));
  lab_.Apply(Secret(ns_, "all",
                    {{"username", NginxServer::kUser},
                     {"password", NginxServer::kPassword},
                     {"caFile", locked.authority().cert_pem},
                     {"certFile", client.cert_pem},
                     {"keyFile", client.key_pem}}));
  lab_.Apply(Secret(ns_, "half", {{"username", "u"}}));
  lab_.Apply(Secret(ns_, "half-tls", {{"tls.crt", client.cert_pem}}));
  lab_.Apply(Secret(ns_, "bad-ca", {{"ca.crt", "nothing"}}));
  lab_.Apply(Secret(ns_, "bad-pair", {{"tls.crt", "x"}, {"tls.key", "x"}}));
  const std::string url = locked.Url("/" + ns_);
  ApplyRepository("good", url, "  secretRef: {name: basic}\n  certSecretRef: {name: tls}\n");
  ApplyRepository("former", url, "  secretRef: {name: all}\n");
  for (const std::string name : {"good", "former"}) lab_.WaitReady(Repository(name));

  const std::string fetch =
      "failed to fetch Helm repository index: failed to cache index to temporary file: ";
  const struct {
    std::string name, more, reason, message;
  } cases[] = {
      {"no-user", "  certSecretRef: {name: tls}\n", "Failed",
       fetch + "failed to fetch " + url + "/index.yaml : 401 Unauthorized"},
      {"no-client", "  secretRef: {name: basic}\n  certSecretRef: {name: ca}\n", "Failed",
       fetch + "failed to fetch " + url + "/index.yaml : 400 Bad Request"},
      {"no-secret", "  secretRef: {name: nope}\n", "AuthenticationFailed",
       "failed to get authentication secret '" + ns_ + "/nope': secrets \"nope\" not found"},
      {"no-cert", "  certSecretRef: {name: nope}\n", "AuthenticationFailed",
       "failed to get TLS authentication secret '" + ns_ + "/nope': secrets \"nope\" not found"},
      {"half", "  secretRef: {name: half}\n", "AuthenticationFailed",
       "failed to detect authentication methods: secret '" + ns_ +
           "/half': malformed basic auth - has 'username' but missing 'password'"},
      {"half-tls", "  certSecretRef: {name: half-tls}\n", "AuthenticationFailed",
       "failed to construct Helm client's TLS config: secret '" + ns_ +
           "/half-tls' contains 'tls.crt' but missing 'tls.key'"},
      {"bad-ca", "  certSecretRef: {name: bad-ca}\n", "AuthenticationFailed",
       "failed to construct Helm client's TLS config: failed to parse CA certificate"},
      {"bad-pair", "  certSecretRef: {name: bad-pair}\n", "AuthenticationFailed",
       "failed to construct Helm client's TLS config: failed to parse TLS certificate and key: "
       "tls: failed to find any PEM data in certificate input"},
      {"bad-former-pair", "  secretRef: {name: bad-pair}\n", "AuthenticationFailed",
       "failed to detect authentication methods: failed to parse TLS certificate and key: tls: "
       "failed to find any PEM data in certificate input"},
      {"half-former-pair", "  secretRef: {name: half-tls}\n", "Failed",  // as none
       fetch + "Get \"" + url +
           "/index.yaml\": tls: failed to verify certificate: x509: certificate signed by unknown "
           "authority"},
      {"unknown", "  secretRef: {name: basic}\n", "Failed",
       fetch + "Get \"" + url +
           "/index.yaml\": tls: failed to verify certificate: x509: certificate signed by unknown "
           "authority"},
  };
  for (const auto& c : cases) ApplyRepository(c.name, url, c.more);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(lab_.WaitFailed(Repository(c.name), c.reason), c.message);
  }
}

TEST_F(HelmSourceTest, ReportsWhatCannotBe) {
  Web().Write(ns_ + "/empty/index.yaml", "");
  Web().Write(ns_ + "/none/index.yaml", "entries: {}\n");
  Web().Write(ns_ + "/bad/index.yaml", "apiVersion: v1\nwhat: 1\n");
  Web().Write(ns_ + "/broken/index.yaml", "a: [");
  const std::string load = "failed to load Helm repository from index YAML: failed to load index: ";
  const struct {
    std::string name, url, reason, message;
  } cases[] = {
      {"absent", Web().Url("/" + ns_ + "/nope/"), "Failed",
       "failed to fetch Helm repository index: failed to cache index to temporary file: failed to "
       "fetch " +
           Web().Url("/" + ns_ + "/nope/index.yaml") + " : 404 Not Found"},
      {"empty", Web().Url("/" + ns_ + "/empty"), "IndexationFailed",
       load + "empty index.yaml file"},
      {"none", Web().Url("/" + ns_ + "/none"), "IndexationFailed",
       load + "no API version specified"},
      {"bad", Web().Url("/" + ns_ + "/bad"), "IndexationFailed",
       load + "error unmarshaling JSON: while decoding JSON: json: unknown field \"what\""},
      {"broken", Web().Url("/" + ns_ + "/broken"), "IndexationFailed",
       load + "error converting YAML to JSON: yaml: line 1: did not find expected node content"},
      {"url", "http://[::1", "URLInvalid",
       "invalid Helm repository URL: parse \"http://[::1\": missing ']' in host"},
      {"scheme", "oci://127.0.0.1:1/charts", "URLInvalid",
       "invalid Helm repository URL: 'oci' URL scheme cannot be used with 'default' HelmRepository "
       "type"},
  };
  for (const auto& c : cases) ApplyRepository(c.name, c.url);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(lab_.WaitFailed(Repository(c.name), c.reason), c.message);
    EXPECT_TRUE(lab_.Get(Repository(c.name))["status"]["artifact"].is_null());
  }
  EXPECT_EQ(Text(ConditionOf(lab_.Get(Repository("scheme")), "Stalled")["reason"]), "URLInvalid");
}

TEST_F(HelmSourceTest, OneOfTypeOciIsLeftAlone) {
  Web().Write(ns_ + "/index.yaml", Index("hello", {"0.1.0"}));
  ApplyRepository("repo", Web().Url("/" + ns_));
  lab_.WaitReady(Repository());
  lab_.Apply(
      "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: repo, "
      "namespace: " +
      ns_ + "}\nspec: {type: oci, url: 'oci://127.0.0.1:1/charts', interval: 10m}\n");
  const Value object = lab_.WaitFor(Repository(), "its status went", [](const Value& o) {
    return o["status"]["conditions"].empty() && o["status"]["artifact"].is_null() &&
           o["metadata"]["finalizers"].empty();
  });
  EXPECT_TRUE(object["status"]["url"].is_null());
}

// Long, for the figures in bench/source/README.md: --gtest_also_run_disabled_tests
// --gtest_filter=*Megabytes*
TEST_F(HelmSourceTest, DISABLED_AHundredMegabytesOfIndex) {
  constexpr int kCharts = 400, kVersions = 100;
  const auto number = [&](const std::string& file, const std::string& key) {
    const std::string text =
        test_support::ReadFile("/proc/" + std::to_string(lab_.stack().Pid("source")) + file);
    const size_t at = text.find(key);
    return at == text.npos ? 0 : std::stol(text.substr(at + key.size()));
  };
  // Seconds that passes of this kind have taken.
  const auto spent = [&](const std::string& kind) {
    const std::string metrics = lab_.stack().Metrics("source");
    const size_t at =
        metrics.find("controller_runtime_reconcile_time_seconds_sum{controller=\"" + kind + "\"}");
    return at == metrics.npos ? 0.0 : std::stod(metrics.substr(metrics.find('}', at) + 1));
  };
  lab_.stack().Stop("source");
  lab_.stack().options().flags["source"] = {"--helm-index-max-size=209715200"};
  ASSERT_TRUE(lab_.stack().Start("source").ok());
  ServeCharts(Web(), ns_ + "/small", "hello", {"0.1.0"});
  ApplyRepository("small", Web().Url("/" + ns_ + "/small"));
  lab_.WaitReady(Repository("small"));
  std::string index = "apiVersion: v1\nentries:\n";
  const std::string text(2300, 'x');
  for (int c = 0; c < kCharts; ++c) {
    index += "  chart-" + std::to_string(c) + ":\n";
    for (int v = 0; v < kVersions; ++v) {
      const std::string name = "chart-" + std::to_string(c),
                        version = "1." + std::to_string(v) + ".0";
      index += "  - apiVersion: v2\n    name: " + name + "\n    version: " + version +
               "\n    created: \"2024-01-01T00:00:00Z\"\n    digest: " +
               base::Digest::Sha256(name + version).hex() + "\n    description: " + text +
               "\n    urls:\n    - https://charts.example.com/" + name + "-" + version + ".tgz\n";
    }
  }
  Web().Write(ns_ + "/index.yaml", index);
  const size_t bytes = index.size();
  index = std::string();
  const long idle = number("/status", "VmRSS:");
  lab_.RequestReconcile(Repository("small"));
  std::ofstream("/proc/" + std::to_string(lab_.stack().Pid("source")) + "/clear_refs") << "5";
  const double before = spent("helmrepository");
  ApplyRepository("first", Web().Url("/" + ns_));
  lab_.WaitFor(Repository("first"), "ready", IsReady, 300s);
  const double first = spent("helmrepository") - before;
  std::printf("index of %zu bytes, %d versions: %.2f s; peak %ld kB over %ld kB idle, now %ld kB\n",
              bytes, kCharts * kVersions, first, number("/status", "VmHWM:") - idle, idle,
              number("/status", "VmRSS:"));
  for (const std::string name : {"second", "third", "fourth"}) {
    const double start = spent("helmrepository");
    ApplyRepository(name, Web().Url("/" + ns_));
    lab_.WaitReady(Repository(name));
    EXPECT_TRUE(Eventually(kSoon, [&] { return spent("helmrepository") > start; }));
    const std::string log = lab_.stack().Log("source"), line = log.substr(log.rfind("index found"));
    const std::string key = "\"microseconds\":";
    ASSERT_NE(line.find(key), line.npos);
    std::printf("%s object: %.2f ms with its writes to the API; the index took %.2f ms of it\n",
                name.c_str(), (spent("helmrepository") - start) * 1000,
                std::stod(line.substr(line.find(key) + key.size())) / 1000);
  }
  EXPECT_EQ(Asked(Web(), "/index.yaml 200").size(), 2u);
  std::printf("peak after all: %ld kB over idle\n", number("/status", "VmHWM:") - idle);
}

}  // namespace
}  // namespace sluice::e2e
