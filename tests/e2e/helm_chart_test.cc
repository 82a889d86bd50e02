// HelmCharts: what a user of sluice-source sees. Charts come from nginx, docker-registry and Git.
#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/encoding.h"
#include "helm_fixture.h"
#include "test_support/s3_server.h"

namespace sluice::e2e {
namespace {

using test_support::NginxServer;
using test_support::RegistryServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using HelmChartTest = HelmTest;

std::unique_ptr<helm::Chart> Load(const std::string& archive) {
  auto chart = helm::LoadArchive(archive);
  EXPECT_TRUE(chart.ok()) << chart.status().message();
  return chart.ok() ? *std::move(chart) : nullptr;
}
std::string FileOf(const helm::Chart& chart, const std::string& name) {
  for (const auto& file : chart.raw()) {
    if (file.name == name) return std::string(file.data.view());
  }
  return "<absent>";
}

TEST_F(HelmChartTest, IsTheVeryArchiveOfItsRepository) {
  ServeCharts(Web(), ns_, "hello", {"0.1.0", "0.2.0", "0.3.0-rc.1"});
  ApplyRepository("repo", Web().Url("/" + ns_));
  ApplyChart("chart", "hello", "HelmRepository/repo", "  version: '>=0.1.0'\n");
  const Value chart = lab_.WaitReady(Chart());
  const Value& artifact = chart["status"]["artifact"];
  const std::string folder = "helmchart/" + ns_ + "/chart/",
                    message = "pulled 'hello' chart with version '0.2.0'";
  EXPECT_EQ(Text(artifact["revision"]), "0.2.0");
  EXPECT_EQ(Text(artifact["path"]), folder + "hello-0.2.0.tgz");
  EXPECT_EQ(Text(chart["status"]["url"]), lab_.stack().StorageUrl("/" + folder + "latest.tar.gz"));
  EXPECT_EQ(Text(chart["status"]["observedChartName"]), "hello");
  EXPECT_EQ(Text(chart["status"]["observedSourceArtifactRevision"]),
            Revision(lab_.Get(Repository())));
  for (const std::string type : {"Ready", "ArtifactInStorage"}) {
    EXPECT_EQ(Text(ConditionOf(chart, type)["reason"]), "ChartPullSucceeded");
    EXPECT_EQ(Text(ConditionOf(chart, type)["message"]), message);
  }
  EXPECT_EQ(Fetch(chart), ChartArchive("hello", "0.2.0"));
  EXPECT_TRUE(Eventually(kSoon, [&] {
    return lab_.Events(Chart(), "ChartPullSucceeded") == std::vector<std::string>{message};
  }));

  // What is there already is not asked for.
  EXPECT_THAT(Asked(Web(), ".tgz"), ElementsAre("/hello-0.2.0.tgz 200 -"));
  Poll(Chart());
  EXPECT_THAT(Asked(Web(), ".tgz"), ElementsAre("/hello-0.2.0.tgz 200 -"));
  EXPECT_EQ(Asked(Web(), "index").size(), 1u);

  // A new version is taken up as soon as the repository has it.
  ServeCharts(Web(), ns_, "hello", {"0.1.0", "0.2.0", "0.3.0"});
  Poll(Repository());
  EXPECT_EQ(Revision(lab_.WaitReady(Chart(), "0.3.0")), "0.3.0");

  // A process that has just begun needs neither index nor chart.
  const size_t asked = Asked(Web(), ".tgz").size();
  lab_.stack().Stop("source");
  ASSERT_TRUE(lab_.stack().Start("source").ok());
  Poll(Chart());
  EXPECT_EQ(Asked(Web(), ".tgz").size(), asked);
}

TEST_F(HelmChartTest, ChoosesVersions) {
  ServeCharts(Web(), ns_, "hello", {"0.1.0", "1.0.0", "1.1.0", "2.0.0-rc.1", "v3.0.0"});
  ApplyRepository("repo", Web().Url("/" + ns_));
  const struct {
    std::string name, version, want;
  } cases[] = {{"latest", "", "v3.0.0"},
               {"star", "'*'", "v3.0.0"},
               {"exact", "1.0.0", "1.0.0"},
               {"range", "1.x", "1.1.0"},
               {"tilde", "~0.1", "0.1.0"},
               {"pre", "2.0.0-rc.1", "2.0.0-rc.1"},
               {"pre-range", "'>=2.0.0-0 <3'", "2.0.0-rc.1"}};
  for (const auto& c : cases)
    ApplyChart(c.name, "hello", "HelmRepository/repo",
               c.version.empty() ? "" : "  version: " + c.version + "\n");
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Revision(lab_.WaitReady(Chart(c.name))), c.want);
  }
}

TEST_F(HelmChartTest, ComposesValues) {
  ServeCharts(
      Web(), ns_, "hello", {"0.1.0"},
      {{"prod.yaml", "replicas: 3\nnested: {a: null, b: 1000000}\n"}, {"broken.yaml", "- 1\n"}});
  ApplyRepository("repo", Web().Url("/" + ns_));
  ApplyChart("chart", "hello", "HelmRepository/repo", "  valuesFiles: [values.yaml, prod.yaml]\n");
  const Value chart = lab_.WaitReady(Chart());
  EXPECT_EQ(Revision(chart), "0.1.0+1");
  EXPECT_EQ(Text(ConditionOf(chart, "Ready")["reason"]), "ChartPackageSucceeded");
  EXPECT_EQ(Text(ConditionOf(chart, "Ready")["message"]),
            "packaged 'hello' chart with version '0.1.0+1' and merged values files [values.yaml "
            "prod.yaml]");
  const auto loaded = Load(Fetch(chart));
  EXPECT_EQ(loaded->metadata.version, "0.1.0+1");
  EXPECT_EQ(FileOf(*loaded, "values.yaml"), "nested:\n  a: null\n  b: 1000000\nreplicas: 3\n");
  EXPECT_TRUE(chart["status"]["observedValuesFiles"].is_null());

  // The same files in other namespaces and at other times are the same bytes.
  const std::string digest = Text(chart["status"]["artifact"]["digest"]);
  lab_.Delete(Chart());
  ASSERT_TRUE(lab_.WaitGone(Chart()));
  ApplyChart("chart", "hello", "HelmRepository/repo", "  valuesFiles: [values.yaml, prod.yaml]\n");
  EXPECT_EQ(Text(lab_.WaitReady(Chart())["status"]["artifact"]["digest"]), digest);

  ApplyChart("some", "hello", "HelmRepository/repo",
             "  valuesFiles: [absent.yaml, prod.yaml]\n  ignoreMissingValuesFiles: true\n");
  const Value some = lab_.WaitReady(Chart("some"));
  EXPECT_EQ(some["status"]["observedValuesFiles"], Value::Array({"prod.yaml"}));
  EXPECT_THAT(Text(ConditionOf(some, "Ready")["message"]),
              HasSubstr("merged values files [prod.yaml]"));

  const struct {
    std::string name, files, message;
  } cases[] = {
      {"missing", "[absent.yaml]",
       "values files merge error: failed to merge chart values: no values file found at path "
       "'absent.yaml'"},
      {"broken", "[broken.yaml]",
       "values files merge error: failed to merge chart values: unmarshaling values from "
       "'broken.yaml' failed: error unmarshaling JSON: while "
       "decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}"},
  };
  for (const auto& c : cases)
    ApplyChart(c.name, "hello", "HelmRepository/repo", "  valuesFiles: " + c.files + "\n");
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(lab_.WaitFailed(Chart(c.name), "ValuesFilesError"), c.message);
    const Value object = lab_.Get(Chart(c.name));
    EXPECT_EQ(Text(ConditionOf(object, "BuildFailed")["message"]), c.message);
    EXPECT_EQ(Text(ConditionOf(object, "Stalled")["reason"]), "ValuesFilesError");
  }
}

TEST_F(HelmChartTest, IsPackagedFromGit) {
  static NginxServer locked({.auth = true, .tls = false, .client_certificates = false, .more = ""});
  ServeCharts(Web(), ns_, "open", {"1.0.0", "1.1.0"});
  ServeCharts(locked, ns_, "closed", {"2.0.0", "2.1.0"});
  lab_.Apply(Secret(ns_, "basic",
                    {{"username", NginxServer::kUser}, {"password", NginxServer::kPassword}}));
  ApplyRepository("closed", locked.Url("/" + ns_), "  secretRef: {name: basic}\n");
  lab_.WaitReady(Repository("closed"));
  PushChart(Registry(), ns_ + "/charts/registry", "3.0.0", ChartArchive("registry", "3.0.0"));
  // Nobody else may be asked by plain HTTP.
  ApplyRepository("charts", "oci://" + Registry().address() + "/" + ns_ + "/charts",
                  "  type: oci\n  insecure: true\n");

  GitWorkTree tree(lab_.git(), ns_);
  tree.Write(
      "charts/app/Chart.yaml",
      base::Cat("apiVersion: v2\nname: app\nversion: 0.1.0\ndependencies:\n- {name: beside, "
                "version: '*', repository: 'file://../beside'}\n"
                "- {name: open, version: 1.0.x, repository: '",
                Web().Url("/" + ns_),
                "'}\n- {name: closed, version: '>=2', alias: shut, repository: '",
                locked.Url("/" + ns_), "/'}\n- {name: registry, version: 3.x, repository: 'oci://",
                Registry().address(), "/", ns_, "/charts'}\n"));
  tree.Write("charts/app/values.yaml", "a: 1\n");
  tree.Write("charts/app/templates/cm.yaml", "kind: ConfigMap\n");
  tree.Write("charts/app/.helmignore", "*.secret\n");
  tree.Write("charts/app/x.secret", "no\n");
  tree.Write("charts/beside/Chart.yaml", "apiVersion: v2\nname: beside\nversion: 0.5.0\n");
  tree.Write("prod.yaml", "a: 2\n");
  const std::string commit = tree.CommitAndPush("charts");
  lab_.Apply(GitRepository(ns_, "fleet", tree.url()));
  ApplyChart("chart", "./charts/app", "GitRepository/fleet",
             "  reconcileStrategy: Revision\n  valuesFiles: [charts/app/values.yaml, prod.yaml]\n");
  const Value chart = lab_.WaitReady(Chart());
  const std::string version = "0.1.0+" + commit.substr(0, 12) + ".1";
  EXPECT_EQ(Revision(chart), version);
  EXPECT_EQ(Text(chart["status"]["artifact"]["path"]),
            "helmchart/" + ns_ + "/chart/app-" + version + ".tgz");
  EXPECT_EQ(Text(ConditionOf(chart, "Ready")["message"]),
            "packaged 'app' chart with version '" + version +
                "' and merged values files [charts/app/values.yaml prod.yaml]");
  EXPECT_EQ(Text(chart["status"]["observedSourceArtifactRevision"]), "main@sha1:" + commit);
  const auto loaded = Load(Fetch(chart));
  EXPECT_EQ(FileOf(*loaded, "values.yaml"), "a: 2\n");
  EXPECT_EQ(FileOf(*loaded, "x.secret"), "<absent>");
  std::map<std::string, std::string> children;
  for (const auto& child : loaded->dependencies())
    children[child->name()] = child->metadata.version;
  EXPECT_EQ(children,
            (std::map<std::string, std::string>{
                {"beside", "0.5.0"}, {"open", "1.0.0"}, {"registry", "3.0.0"}, {"shut", "2.1.0"}}));
  EXPECT_THAT(Asked(locked, ".tgz"), ElementsAre("/closed-2.1.0.tgz 200 reader"));

  EXPECT_TRUE(Said("chart", "ResolvedDependencies", "resolved 4 chart dependencies"));

  // Nothing changed: nothing is asked.
  const size_t asked = Asked(Web()).size();
  Poll(Chart());
  EXPECT_EQ(Asked(Web()).size(), asked);

  // The lock goes before the ranges, and each commit is a version.
  tree.Write(
      "charts/app/Chart.lock",
      base::Cat("dependencies:\n- {name: open, version: 1.1.0, repository: '", Web().Url("/" + ns_),
                "'}\ndigest: x\n"
                "generated: \"2024-01-01T00:00:00Z\"\n"));
  const std::string next = tree.CommitAndPush("lock");
  lab_.RequestReconcile({"GitRepository", ns_, "fleet"});
  const auto relocked = Load(Fetch(lab_.WaitReady(Chart(), next.substr(0, 12))));
  ASSERT_EQ(relocked->dependencies().size(), 1u);
  EXPECT_EQ(relocked->dependencies().front()->metadata.version, "1.1.0");
}

TEST_F(HelmChartTest, ReportsWhatCannotBeBuilt) {
  GitWorkTree tree(lab_.git(), ns_);
  const auto chart = [&](const std::string& name, const std::string& more) {
    tree.Write(name + "/Chart.yaml", "apiVersion: v2\nname: " + name + "\nversion: 0.1.0\n" + more);
  };
  chart("plain", "");
  chart("alias", "dependencies: [{name: d, version: 1.x, repository: '@mine'}]\n");
  chart("other", "dependencies: [{name: d, version: 1.x, repository: 's3://x'}]\n");
  chart("nowhere",
        "dependencies: [{name: d, version: 1.x, repository: 'file://../../../absent'}]\n");
  chart("unmet", "dependencies: [{name: plain, version: 2.x, repository: 'file://../plain'}]\n");
  tree.Write("bad/Chart.yaml", "name: bad\n");
  tree.Write("broken/Chart.yaml", "apiVersion: v2\nname: broken\nversion: 0.1.0\n");
  tree.Write("broken/values.yaml", "a: [\n");
  tree.Write("file.txt", "no chart\n");
  tree.CommitAndPush("charts");
  lab_.Apply(GitRepository(ns_, "fleet", tree.url()));
  ServeCharts(Web(), ns_, "hello", {"0.1.0"});
  Web().Write(ns_ + "/gone/index.yaml", Index("hello", {"0.1.0"}));
  Web().Write(ns_ + "/fake/index.yaml", Index("hello", {"0.1.0"}));
  Web().Write(ns_ + "/fake/hello-0.1.0.tgz", "no archive");
  ApplyRepository("repo", Web().Url("/" + ns_));
  ApplyRepository("gone", Web().Url("/" + ns_ + "/gone"));
  ApplyRepository("fake", Web().Url("/" + ns_ + "/fake"));
  const std::string reference = "invalid chart reference: ",
                    dependency = "dependency build error: ", repo = "HelmRepository/repo",
                    git = "GitRepository/fleet";
  const struct {
    std::string name, source, chart, version, reason, message;
  } cases[] = {
      {"absent", repo, "absent", "", "InvalidChartReference",
       reference + "failed to get chart version for remote reference: no chart name found"},
      {"no-version", repo, "hello", "9.9.9", "InvalidChartReference",
       reference + "failed to get chart version for remote reference: no 'hello' chart with "
                   "version matching '9.9.9' found"},
      {"bad-range", repo, "hello", "'a b'", "InvalidChartReference",
       reference +
           "failed to get chart version for remote reference: improper constraint: \"a b\""},
      {"bad-name", repo, "He_llo", "", "InvalidChartReference",
       reference + "invalid chart name 'He_llo': a valid name must be lower case letters and "
                   "numbers and MAY be separated with dashes (-), slashes "
                   "(/) or periods (.)"},
      {"gone", "HelmRepository/gone", "hello", "", "ChartPullError",
       "chart pull error: failed to download chart for remote reference: failed to fetch " +
           Web().Url("/" + ns_ + "/gone/hello-0.1.0.tgz") + " : 404 Not Found"},
      {"fake", "HelmRepository/fake", "hello", "", "ChartPullError",
       "chart pull error: failed to load chart metadata from written chart: gzip: invalid header"},
      {"no-source", "HelmRepository/none", "hello", "", "SourceUnavailable",
       "failed to get source: HelmRepository.source.toolkit.fluxcd.io \"none\" not found"},
      {"bad", git, "bad", "", "InvalidChartReference",
       reference + "validation: chart.metadata.version is required"},
      {"file", git, "file.txt", "", "InvalidChartReference", reference + "gzip: invalid header"},
      {"alias", git, "alias", "", "DependencyBuildError",
       dependency + "failed to add remote dependency 'd': aliased repository dependency is not "
                    "supported: @mine/"},
      {"other", git, "other", "", "DependencyBuildError",
       dependency +
           "failed to add remote dependency 'd': invalid dependency repository URL: s3://x"},
      {"nowhere", git, "nowhere", "", "DependencyBuildError",
       dependency + "failed to add local dependency 'd': no chart found at '/absent' (reference "
                    "'file://../../../absent')"},
      {"unmet", git, "unmet", "", "DependencyBuildError",
       dependency + "failed to add local dependency 'plain': can't get a valid version for "
                    "constraint '2.x'"},
  };
  for (const auto& c : cases)
    ApplyChart(c.name, c.chart, c.source,
               c.version.empty() ? "" : "  version: " + c.version + "\n");
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(lab_.WaitFailed(Chart(c.name), c.reason), c.message);
    const Value object = lab_.Get(Chart(c.name));
    EXPECT_TRUE(object["status"]["artifact"].is_null());
    EXPECT_EQ(
        Text(ConditionOf(
            object, c.reason == "DependencyBuildError" ? "BuildFailed" : "FetchFailed")["reason"]),
        c.reason);
    EXPECT_EQ(Text(ConditionOf(object, "Stalled")["status"]) == "True",
              c.reason == "InvalidChartReference");
  }
  ApplyChart("nofolder", "absent", git);
  EXPECT_THAT(lab_.WaitFailed(Chart("nofolder"), "InvalidChartReference"),
              testing::EndsWith("/source/absent: no such file or directory"));
  ApplyChart("broken", "broken", git);
  EXPECT_THAT(
      lab_.WaitFailed(Chart("broken"), "ChartPackageError"),
      testing::StartsWith(
          "chart package error: failed to load chart from /broken/: cannot load values.yaml: "));
  ApplyChart("outside", "../../../../etc", git);
  EXPECT_THAT(lab_.WaitFailed(Chart("outside"), "InvalidChartReference"),
              testing::EndsWith("/source/etc: no such file or directory"));
}

TEST_F(HelmChartTest, ComesFromABucket) {
  const test_support::S3Server store;
  store.MakeBucket(ns_);
  store.Put(ns_, "hello/Chart.yaml", "apiVersion: v2\nname: hello\nversion: 0.1.0\n");
  const std::string packed = ChartArchive("packed", "0.2.0");
  store.Put(ns_, "packed.tgz", packed);
  lab_.Apply(Secret(ns_, "keys",
                    {{"accesskey", test_support::S3Server::kAccessKey},
                     {"secretkey", test_support::S3Server::kSecretKey}}));
  lab_.Apply(
      "apiVersion: source.toolkit.fluxcd.io/v1\nkind: Bucket\nmetadata: {name: store, namespace: " +
      ns_ + "}\nspec: {interval: 10m, bucketName: " + ns_ + ", endpoint: '" + store.endpoint() +
      "', insecure: true, secretRef: {name: keys}}\n");
  ApplyChart("folder", "hello", "Bucket/store", "  reconcileStrategy: Revision\n");
  ApplyChart("packed", "packed.tgz", "Bucket/store");
  const std::string revision = Revision(lab_.WaitReady({"Bucket", ns_, "store"}));
  EXPECT_EQ(Revision(lab_.WaitReady(Chart("folder"))), "0.1.0+" + revision.substr(7, 12));
  const Value as_it_is = lab_.WaitReady(Chart("packed"));
  EXPECT_EQ(Text(ConditionOf(as_it_is, "Ready")["message"]),
            "pulled 'packed' chart with version '0.2.0'");
  EXPECT_EQ(Fetch(as_it_is), packed);
}

TEST_F(HelmChartTest, WaitsForItsSource) {
  ApplyRepository("repo", Web().Url("/" + ns_));
  ApplyChart("chart", "hello", "HelmRepository/repo");
  EXPECT_EQ(lab_.WaitFailed(Chart(), "NoSourceArtifact"),
            "no artifact available for HelmRepository source 'repo'");
  EXPECT_TRUE(
      Said("chart", "NoSourceArtifact", "no artifact available for HelmRepository source 'repo'"));
  EXPECT_EQ(lab_.Get(Chart())["status"]["observedGeneration"].AsInt(), -1);
  ServeCharts(Web(), ns_, "hello", {"0.1.0"});
  lab_.RequestReconcile(Repository());
  EXPECT_EQ(Revision(lab_.WaitReady(Chart())), "0.1.0");
}

// CVE-2021-32690.
TEST_F(HelmChartTest, CredentialsStayWithTheirHost) {
  static NginxServer locked({.auth = true, .tls = false, .client_certificates = false, .more = ""});
  // Charts on another port than the index.
  std::string index = Index("hello", {"0.1.0"});
  index = base::ReplaceAll(index, "hello-0.1.0.tgz", locked.Url("/" + ns_ + "/hello-0.1.0.tgz"));
  static NginxServer indexes(
      {.auth = true, .tls = false, .client_certificates = false, .more = ""});
  indexes.Write(ns_ + "/index.yaml", index);
  locked.Write(ns_ + "/hello-0.1.0.tgz", ChartArchive("hello", "0.1.0"));
  lab_.Apply(Secret(ns_, "basic",
                    {{"username", NginxServer::kUser}, {"password", NginxServer::kPassword}}));
  ApplyRepository("strict", indexes.Url("/" + ns_), "  secretRef: {name: basic}\n");
  ApplyRepository("lenient", indexes.Url("/" + ns_),
                  "  secretRef: {name: basic}\n  passCredentials: true\n");
  ApplyChart("strict", "hello", "HelmRepository/strict");
  ApplyChart("lenient", "hello", "HelmRepository/lenient");
  const std::string failed = lab_.WaitFailed(Chart("strict"), "Unknown");
  EXPECT_EQ(failed,
            "unknown build error: failed to authenticate with the Helm repository: chart pull "
            "error: failed to download chart for remote "
            "reference: failed to fetch " +
                locked.Url("/" + ns_ + "/hello-0.1.0.tgz") + " : 401 Unauthorized");
  EXPECT_TRUE(Eventually(
      kSoon, [&] { return !lab_.Events(Chart("strict"), "AuthenticationFailed").empty(); }));
  lab_.WaitReady(Chart("lenient"));
  for (const auto& line : Asked(locked))
    EXPECT_TRUE(line.ends_with(" 401 -") || line.ends_with(" 200 reader")) << line;
}

// A key pair, as cosign has them.
struct SigningKey {
  SigningKey() : key(EVP_EC_gen("P-256")) {}
  ~SigningKey() { EVP_PKEY_free(key); }
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;
  std::string PublicPem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(bio, key);
    char* at = nullptr;
    const long size = BIO_get_mem_data(bio, &at);
    std::string out(at, static_cast<size_t>(size));
    BIO_free(bio);
    return out;
  }
  std::string Sign(const std::string& text) const {
    EVP_MD_CTX* ctx = EVP_MD_CTX_new();
    EVP_DigestSignInit(ctx, nullptr, EVP_sha256(), nullptr, key);
    size_t size = 256;
    std::string out(size, '\0');
    EVP_DigestSign(ctx, reinterpret_cast<unsigned char*>(out.data()), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(ctx);
    out.resize(size);
    return out;
  }
  EVP_PKEY* key;
};

void SignChart(const RegistryServer& registry, const std::string& repository,
               const std::string& digest, const SigningKey& key) {
  const std::string payload = base::Cat(
      R"({"critical":{"identity":{"docker-reference":"x"},"image":{"docker-manifest-digest":")",
      digest, R"("},"type":"cosign container image signature"},"optional":null})");
  const std::string manifest = "application/vnd.oci.image.manifest.v1+json";
  registry.PushManifest(
      repository, "sha256-" + digest.substr(7) + ".sig", manifest,
      base::Cat(
          R"({"schemaVersion":2,"mediaType":")", manifest,
          R"(","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":")",
          registry.PushBlob(repository, "{}"),
          R"(","size":2},"layers":[{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","digest":")",
          registry.PushBlob(repository, payload), R"(","size":)", std::to_string(payload.size()),
          R"(,"annotations":{"dev.cosignproject.cosign/signature":")",
          base::Base64Encode(key.Sign(payload)), R"("}}]})"));
}

TEST_F(HelmChartTest, ComesFromARegistry) {
  const std::string repository = ns_ + "/charts/hello",
                    url = "oci://" + Registry().address() + "/" + ns_ + "/charts";
  PushChart(Registry(), repository, "0.1.0", ChartArchive("hello", "0.1.0"));
  PushChart(Registry(), repository, "0.2.0_a", ChartArchive("hello", "0.2.0+a"));
  PushChart(Registry(), repository, "latest", ChartArchive("hello", "9.9.9"));
  Registry().Push(ns_ + "/charts/other", "1.0.0", {{"text/plain", "words"}});
  ApplyRepository("repo", url, "  type: oci\n  insecure: true\n");
  const struct {
    std::string name, version, want;
  } good[] = {{"latest", "'*'", "0.2.0+a"},
              {"exact", "0.1.0", "0.1.0"},
              {"range", "<0.2", "0.1.0"},
              {"meta", "0.2.0+a", "0.2.0+a"}};
  for (const auto& c : good)
    ApplyChart(c.name, "hello", "HelmRepository/repo", "  version: " + c.version + "\n");
  for (const auto& c : good) {
    SCOPED_TRACE(c.name);
    const Value chart = lab_.WaitReady(Chart(c.name));
    EXPECT_EQ(Revision(chart), c.want);
    EXPECT_EQ(Fetch(chart), ChartArchive("hello", c.want));
    EXPECT_TRUE(chart["status"]["observedSourceArtifactRevision"].is_null());
  }
  const size_t asked = Registry().Requests().size();
  Poll(Chart("exact"));
  EXPECT_EQ(Registry().Requests().size(), asked)
      << "a whole version that is stored costs no request";

  const struct {
    std::string name, chart, version, message;
  } bad[] = {
      {"none", "hello", ">=7",
       "chart pull error: failed to get chart version for remote reference: could not locate a "
       "version matching provided version string >=7"},
      {"image", "other", "1.0.0",
       "chart pull error: failed to download chart for remote reference: failed to get '" + url +
           "/other:1.0.0': manifest does not contain minimum number of descriptors (2), "
           "descriptors found: 1"},
  };
  for (const auto& c : bad)
    ApplyChart(c.name, c.chart, "HelmRepository/repo", "  version: '" + c.version + "'\n");
  for (const auto& c : bad) EXPECT_EQ(lab_.WaitFailed(Chart(c.name), "ChartPullError"), c.message);
}

TEST_F(HelmChartTest, IsVerified) {
  const std::string repository = ns_ + "/charts/hello",
                    url = "oci://" + Registry().address() + "/" + ns_ + "/charts";
  const SigningKey key, stranger;
  SignChart(Registry(), repository,
            PushChart(Registry(), repository, "0.1.0", ChartArchive("hello", "0.1.0")), key);
  PushChart(Registry(), repository, "0.2.0", ChartArchive("hello", "0.2.0"));
  lab_.Apply(Secret(ns_, "keys",
                    {{"stranger.pub", stranger.PublicPem()}, {"cosign.pub", key.PublicPem()}}));
  ApplyRepository("repo", url, "  type: oci\n  insecure: true\n");
  ApplyChart("good", "hello", "HelmRepository/repo",
             "  version: 0.1.0\n  verify: {provider: cosign, secretRef: {name: keys}}\n");
  ApplyChart("unsigned", "hello", "HelmRepository/repo",
             "  version: 0.2.0\n  verify: {provider: cosign, secretRef: {name: keys}}\n");
  lab_.Apply(Secret(ns_, "stranger", {{"stranger.pub", stranger.PublicPem()}}));
  ApplyChart("wrong", "hello", "HelmRepository/repo",
             "  version: 0.1.0\n  verify: {provider: cosign, secretRef: {name: stranger}}\n");
  ApplyChart("no-keys", "hello", "HelmRepository/repo",
             "  version: 0.1.0\n  verify: {provider: cosign, secretRef: {name: none}}\n");
  const Value good = lab_.WaitReady(Chart("good"));
  EXPECT_EQ(Text(ConditionOf(good, "SourceVerified")["message"]),
            "verified signature of version 0.1.0");
  EXPECT_EQ(
      lab_.WaitFailed(Chart("unsigned"), "VerificationError"),
      "chart verification error: failed to verify " + url + "/hello:0.2.0: no signatures found");
  EXPECT_THAT(lab_.WaitFailed(Chart("wrong"), "VerificationError"),
              testing::StartsWith("chart verification error: failed to verify " + url +
                                  "/hello:0.1.0: no matching signatures: "));
  EXPECT_EQ(Text(ConditionOf(lab_.Get(Chart("unsigned")), "BuildFailed")["reason"]),
            "ChartVerificationError");
  EXPECT_TRUE(lab_.Get(Chart("unsigned"))["status"]["artifact"].is_null());
  EXPECT_EQ(lab_.WaitFailed(Chart("no-keys"), "VerificationError"),
            "failed to verify the signature using provider 'cosign': secrets \"none\" not found");
}

}  // namespace
}  // namespace sluice::e2e
