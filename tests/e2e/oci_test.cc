// OCIRepositories: what a user of sluice-source sees. The registries are docker-registry.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <sstream>

#include "artifact_files.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "lab.h"
#include "test_support/registry_server.h"
#include "test_support/scripted_server.h"

namespace sluice::e2e {
namespace {

using test_support::kFluxContent;
using test_support::RegistryServer;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Lab& TheLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {"source"}});
  return lab;
}

std::string Secret(const std::string& ns, const std::string& name, const std::string& more) {
  return "apiVersion: v1\nkind: Secret\nmetadata: {name: " + name + ", namespace: " + ns + "}\n" +
         more;
}
std::string PullSecret(const std::string& ns, const std::string& name, const std::string& config) {
  return Secret(ns, name,
                "type: kubernetes.io/dockerconfigjson\ndata: {.dockerconfigjson: " +
                    base::Base64Encode(config) + "}\n");
}

class OciTest : public testing::Test {
 protected:
  OciTest() : ns_(TheLab().NewNamespace()) {}
  static RegistryServer& Registry() {
    static RegistryServer registry;
    return registry;
  }
  static RegistryServer& Locked() {
    static RegistryServer registry({.auth = RegistryServer::Auth::kToken});
    return registry;
  }
  Ref Source(const std::string& name = "app") const { return {"OCIRepository", ns_, name}; }
  void Apply(const std::string& name, const std::string& url, const std::string& more = "") {
    lab_.Apply(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: " + name +
        ", namespace: " + ns_ + "}\nspec:\n  interval: 10m\n  url: " + url + "\n" + more);
  }
  static std::string Revision(const Value& source) {
    return Text(source["status"]["artifact"]["revision"]);
  }
  std::string Fetch(const Value& source) {
    return lab_.stack().http().Send("GET", Text(source["status"]["artifact"]["url"])).body;
  }

  bool Said(const std::string& name, const std::string& reason,
            const testing::Matcher<std::string>& message) {
    return Eventually(kSoon, [&] {
      return testing::Value(lab_.Events(Source(name), reason), Contains(message));
    });
  }

  Lab& lab_ = TheLab();
  const std::string ns_;
};

TEST_F(OciTest, StoresTheFilesOfAnArtifact) {
  const std::string digest = Registry().Push(
      ns_ + "/app", "v1", {{kFluxContent, TarGz({{"a.yaml", "a: 1\n"}, {"x.jpg", "picture"}})}},
      {{"org.opencontainers.image.source", "https://example.com/shop.git"},
       {"org.opencontainers.image.revision", "main@sha1:0123"}});
  Apply("app", Registry().Url(ns_ + "/app"), "  ref: {tag: v1}\n");
  const Value source = lab_.WaitReady(Source());
  const Value& artifact = source["status"]["artifact"];
  const std::string revision = "v1@" + digest, folder = "ocirepository/" + ns_ + "/app/";
  EXPECT_EQ(Revision(source), revision);
  EXPECT_EQ(Text(artifact["path"]), folder + digest + ".tar.gz");
  EXPECT_EQ(Text(artifact["url"]), lab_.stack().StorageUrl("/" + folder + digest + ".tar.gz"));
  EXPECT_EQ(Text(source["status"]["url"]), lab_.stack().StorageUrl("/" + folder + "latest.tar.gz"));
  EXPECT_EQ(Text(artifact["metadata"]["org.opencontainers.image.revision"]), "main@sha1:0123");
  EXPECT_EQ(Text(source["metadata"]["finalizers"].items().at(0)), "finalizers.fluxcd.io");
  for (const std::string type : {"Ready", "ArtifactInStorage"}) {
    EXPECT_EQ(Text(ConditionOf(source, type)["reason"]), "Succeeded") << type;
    EXPECT_EQ(Text(ConditionOf(source, type)["message"]),
              "stored artifact for digest '" + revision + "'")
        << type;
  }
  EXPECT_TRUE(ConditionOf(source, "Reconciling").is_null());
  const std::string bytes = Fetch(source);
  EXPECT_EQ(base::Digest::Sha256(bytes).ToString(), Text(artifact["digest"]));
  const auto tree = artifact::UnpackTarGz(bytes);
  ASSERT_TRUE(tree.ok());
  EXPECT_EQ(*(*tree)->ReadFile("a.yaml"), "a: 1\n");
  EXPECT_FALSE((*tree)->Stat("x.jpg").ok());  // ignored by default
  const std::string message =
      "stored artifact with revision '" + revision + "' from '" + Registry().Url(ns_ + "/app") +
      "', origin source 'https://example.com/shop.git', origin revision 'main@sha1:0123'";
  EXPECT_TRUE(Eventually(kSoon, [&] {
    return lab_.Events(Source(), "NewArtifact") == std::vector<std::string>{message};
  }));
}

TEST_F(OciTest, FollowsEveryKindOfReference) {
  const std::string repo = ns_ + "/app";
  std::map<std::string, std::string> digests;
  for (const std::string tag :
       {"latest", "v1.0.0", "1.2.0", "1.3.0-rc.1", "2.0.0-rc.2", "nightly"}) {
    digests[tag] = Registry().Push(repo, tag, {{kFluxContent, TarGz({{"tag", tag}})}});
  }
  const struct {
    std::string name, ref, revision;
  } cases[] = {
      {"none", "", "latest@" + digests["latest"]},
      {"tag", "  ref: {tag: nightly}\n", "nightly@" + digests["nightly"]},
      {"semver", "  ref: {semver: 1.x}\n", "1.2.0@" + digests["1.2.0"]},
      {"original", "  ref: {semver: 1.0.x}\n", "v1.0.0@" + digests["v1.0.0"]},
      {"filter", "  ref: {semver: '>=1.0.0-0', semverFilter: '.*-rc.*'}\n",
       "2.0.0-rc.2@" + digests["2.0.0-rc.2"]},
      {"digest", "  ref: {digest: '" + digests["v1.0.0"] + "'}\n", digests["v1.0.0"]},
      {"precedence", "  ref: {tag: nope, semver: '>=9', digest: '" + digests["1.2.0"] + "'}\n",
       digests["1.2.0"]},
      {"semver-over-tag", "  ref: {tag: nope, semver: 1.2.x}\n", "1.2.0@" + digests["1.2.0"]},
  };
  for (const auto& c : cases) Apply(c.name, Registry().Url(repo), c.ref);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Revision(lab_.WaitReady(Source(c.name))), c.revision);
  }
}

TEST_F(OciTest, SelectsAndCopiesLayers) {
  const std::string chart = TarGz({{"hello/Chart.yaml", "name: hello\n"}});
  const std::string digest = Registry().Push(
      ns_ + "/app", "1.0.0", {{"text/plain", "words"}, {"application/chart", chart}});
  Apply("app", Registry().Url(ns_ + "/app"),
        "  ref: {tag: 1.0.0}\n  ignore: '*'\n  layerSelector: {mediaType: application/chart, "
        "operation: copy}\n");
  const Value source = lab_.WaitReady(Source());
  EXPECT_EQ(Text(source["status"]["artifact"]["digest"]), base::Digest::Sha256(chart).ToString());
  EXPECT_EQ(Fetch(source), chart);
  EXPECT_EQ(Text(source["status"]["observedLayerSelector"]["operation"]), "copy");
  EXPECT_EQ(Text(source["status"]["observedIgnore"]), "*");

  // The same revision, made otherwise.
  Apply("app", Registry().Url(ns_ + "/app"),
        "  ref: {tag: 1.0.0}\n  layerSelector: {mediaType: application/chart}\n");
  const Value extracted = lab_.WaitFor(Source(), "extracted", [](const Value& o) {
    return IsReady(o) && o["status"]["observedLayerSelector"]["operation"].is_null() &&
           o["status"]["observedIgnore"].is_null();
  });
  const auto tree = artifact::UnpackTarGz(Fetch(extracted));
  ASSERT_TRUE(tree.ok());
  EXPECT_TRUE((*tree)->Stat("hello/Chart.yaml").ok());
  EXPECT_EQ(Revision(extracted), "1.0.0@" + digest);
}

TEST_F(OciTest, ReportsWhatCannotBe) {
  const std::string repo = ns_ + "/app", url = Registry().Url(repo), at = Registry().address();
  Registry().Push(repo, "latest", {{kFluxContent, TarGz({{"a", "1"}})}});
  Registry().Push(repo, "plain", {{"text/plain", "no archive"}});
  Registry().Push(repo, "empty", {});
  Registry().Push(repo, "evil", {{kFluxContent, TarGz({{"a", "1"}}).substr(0, 40)}});
  const std::string v2 = "http://" + at + "/v2/", absent = "sha256:" + std::string(64, '0');
  lab_.Apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: puller, namespace: " + ns_ +
             "}\nimagePullSecrets: [{name: nope}]\n");
  lab_.Apply(Secret(ns_, "nothing", "data: {other: eA==}\n"));
  lab_.Apply(Secret(ns_, "half-pair", "data: {tls.crt: eA==}\n"));
  lab_.Apply(Secret(ns_, "bad-pair", "data: {tls.crt: eA==, tls.key: eA==}\n"));
  lab_.Apply(Secret(ns_, "bad-ca", "data: {ca.crt: eA==}\n"));
  const std::string transport = "failed to generate transport for '" + url + "': ";
  const struct {
    std::string name, url, more, reason, message;
  } cases[] = {
      {"missing", Registry().Url("none/app"), "", "OCIArtifactPullFailed",
       "failed to determine artifact digest: GET " + v2 +
           "none/app/manifests/latest: MANIFEST_UNKNOWN: manifest unknown; map[Tag:latest]"},
      {"no-tag", url, "  ref: {semver: '>=1'}\n", "ReadOperationFailed",
       "failed to determine the artifact tag for '" + url + "': no match found for semver: >=1"},
      {"bad-semver", url, "  ref: {semver: 'x y'}\n", "ReadOperationFailed",
       "failed to determine the artifact tag for '" + url +
           "': semver 'x y' parse error: improper constraint: \"x y\""},
      {"bad-filter", url, "  ref: {semver: '*', semverFilter: '['}\n", "ReadOperationFailed",
       "failed to determine the artifact tag for '" + url +
           "': error parsing regexp: missing closing ]: `[`"},
      {"no-list", Registry().Url("none/app"), "  ref: {semver: '*'}\n", "ReadOperationFailed",
       "failed to determine the artifact tag for '" + Registry().Url("none/app") + "': GET " + v2 +
           "none/app/tags/list?n=1000: NAME_UNKNOWN: repository name not known to registry; "
           "map[name:none/app]"},
      {"with-tag", "oci://" + at + "/" + repo + ":v1", "", "URLInvalid",
       "URL validation failed for 'oci://" + at + "/" + repo +
           ":v1': repository can only contain the characters "
           "`abcdefghijklmnopqrstuvwxyz0123456789_-./`: " +
           repo + ":v1"},
      {"bad-digest", url, "  ref: {digest: 'sha256:00'}\n", "OCIArtifactPullFailed",
       "failed to determine artifact digest: wrong number of hex digits for sha256: 00"},
      {"no-secret", url, "  secretRef: {name: nope}\n", "AuthenticationFailed",
       "failed to get credential: failed to get secret '" + ns_ +
           "/nope': secrets \"nope\" not found"},
      {"no-account", url, "  serviceAccountName: nope\n", "AuthenticationFailed",
       "failed to get credential: serviceaccount '" + ns_ + "/nope' not found"},
      {"no-pull-secret", url, "  serviceAccountName: puller\n", "AuthenticationFailed",
       "failed to get credential: failed to get image pull secret for serviceaccount '" + ns_ +
           "/puller': secret '" + ns_ + "/nope' not found"},
      {"no-path", "oci://" + at, "", "URLInvalid",
       "URL validation failed for 'oci://" + at +
           "': repository can only contain the characters "
           "`abcdefghijklmnopqrstuvwxyz0123456789_-./`: " +
           at},
      {"gone", url, "  ref: {digest: '" + absent + "'}\n", "OCIArtifactPullFailed",
       "failed to pull artifact from '" + url + "': GET " + v2 + repo + "/manifests/" + absent +
           ": MANIFEST_UNKNOWN: manifest unknown; map[Name:" + repo + " Revision:" + absent + "]"},
      {"no-proxy", url, "  proxySecretRef: {name: nope}\n", "AuthenticationFailed",
       "failed to get proxy address: secret '" + ns_ + "/nope' not found"},
      {"no-cert", url, "  certSecretRef: {name: nope}\n", "AuthenticationFailed",
       "failed to generate transport for '" + url + "': secret '" + ns_ + "/nope' not found"},
      {"no-cloud", url, "  provider: aws\n", "AuthenticationFailed",
       "failed to get credential from aws: invalid AWS registry: '" + at +
           R"('. must match ([0-9+]*).dkr[.-]ecr(?:-fips)?\.([^/.]*)\.(amazonaws\.com[.cn]*|amazonaws\.eu|sc2s\.sgov\.gov|c2s\.ic\.gov|)"
           R"(cloud\.adc-e\.uk|csp\.hci\.ic\.gov|on\.aws))"},
      {"bad-proxy", url, "  proxySecretRef: {name: nothing}\n", "AuthenticationFailed",
       "failed to get proxy address: secret '" + ns_ + "/nothing': key 'address' not found"},
      {"no-material", url, "  certSecretRef: {name: nothing}\n", "AuthenticationFailed",
       transport + "secret '" + ns_ +
           "/nothing' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'"},
      {"half-pair", url, "  certSecretRef: {name: half-pair}\n", "AuthenticationFailed",
       transport + "secret '" + ns_ + "/half-pair' contains 'tls.crt' but missing 'tls.key'"},
      {"bad-pair", url, "  certSecretRef: {name: bad-pair}\n", "AuthenticationFailed",
       transport + "failed to parse TLS certificate and key: tls: failed to find any PEM data in "
                   "certificate input"},
      {"bad-ca", url, "  certSecretRef: {name: bad-ca}\n", "AuthenticationFailed",
       transport + "failed to parse CA certificate"},
      {"no-layer", url, "  layerSelector: {mediaType: a/b}\n", "OCIArtifactLayerOperationFailed",
       "failed to find layer with media type 'a/b' in artifact"},
      {"no-layers", url, "  ref: {tag: empty}\n", "OCIArtifactLayerOperationFailed",
       "no layers found in artifact"},
      {"no-archive", url, "  ref: {tag: plain}\n", "OCIArtifactLayerOperationFailed",
       "failed to extract layer contents from artifact: requires gzip-compressed body: gzip: "
       "invalid header"},
      {"cut", url, "  ref: {tag: evil}\n", "OCIArtifactLayerOperationFailed",
       "failed to extract layer contents from artifact: unexpected EOF"},
  };
  for (const auto& c : cases) Apply(c.name, c.url, c.more);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(lab_.WaitFailed(Source(c.name), c.reason), c.message);
    const Value object = lab_.Get(Source(c.name));
    EXPECT_EQ(Text(ConditionOf(object, "FetchFailed")["message"]), c.message);
    EXPECT_EQ(Text(ConditionOf(object, "Stalled")["status"]),
              c.reason == "URLInvalid" ? "True" : "");
    EXPECT_TRUE(object["status"]["artifact"].is_null());
    EXPECT_TRUE(Said(c.name, c.reason, c.message));
  }
  EXPECT_TRUE(Said("no-secret", "AuthenticationFailed", "auth secret 'nope' not found"));

  // Asked for an identity that the process may not take on: nothing was fetched, so no fetch
  // failed.
  lab_.Apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: bare, namespace: " + ns_ +
             "}\n");
  Apply("gate", url, "  provider: aws\n  serviceAccountName: bare\n");
  EXPECT_EQ(lab_.WaitFailed(Source("gate"), "FeatureGateDisabled"),
            "to use spec.serviceAccountName for provider authentication please enable the "
            "ObjectLevelWorkloadIdentity feature gate in the controller");
  const Value gate = lab_.Get(Source("gate"));
  EXPECT_EQ(Text(ConditionOf(gate, "Stalled")["reason"]), "FeatureGateDisabled");
  EXPECT_TRUE(ConditionOf(gate, "FetchFailed").is_null());
}

// Registries that refuse such manifests when they are pushed may serve them all the same.
TEST_F(OciTest, ReportsManifestsThatAreNone) {
  const struct {
    std::string name, manifest, message;
  } cases[] = {
      {"number", R"({"layers":5})",
       "json: cannot unmarshal number into Go struct field Manifest.layers of type "
       "[]v1.Descriptor"},
      {"digest", R"({"layers":[{"digest":"sha256:00"}]})",
       "wrong number of hex digits for sha256: 00"},
  };
  const test_support::ScriptedServer registry([&cases](const std::string& request) {
    for (const auto& c : cases) {
      if (!base::Contains(request, "/" + c.name + "/manifests/")) continue;
      return test_support::Http(
          200, c.manifest,
          "Content-Type: application/vnd.oci.image.manifest.v1+json\r\nDocker-Content-Digest: " +
              base::Digest::Sha256(c.manifest).ToString() + "\r\n");
    }
    return test_support::Http(200, "{}");  // the ping
  });
  for (const auto& c : cases) Apply(c.name, "oci://" + registry.address() + "/" + c.name);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(lab_.WaitFailed(Source(c.name), "OCIArtifactLayerOperationFailed"),
              "failed to parse artifact manifest: " + c.message);
    lab_.Delete(Source(c.name));
    EXPECT_TRUE(lab_.WaitGone(Source(c.name)));  // which asks the registry no more
  }
}

TEST_F(OciTest, ReportsWhatItCannotStore) {
  const std::string repo = ns_ + "/app", gz = TarGz({{"a", "1"}});
  const std::string digest = Registry().Push(repo, "latest", {{kFluxContent, gz}});
  const auto folder = std::filesystem::path(lab_.stack().StorageFolder()) / "ocirepository" / ns_;
  std::filesystem::create_directories(folder / "copy" / (digest + ".tar.gz") / "in the way");
  Apply("copy", Registry().Url(repo), "  layerSelector: {operation: copy}\n");
  EXPECT_THAT(lab_.WaitFailed(Source("copy"), "ArchiveOperationFailed"),
              StartsWith("unable to copy artifact to storage: "));
  std::filesystem::remove_all(folder / "copy" / (digest + ".tar.gz"));
  EXPECT_EQ(Fetch(lab_.WaitReady(Source("copy"))), gz);

  Registry().Push(repo, "ignore",
                  {{kFluxContent, TarGz({{".sourceignore", std::string((1 << 20) + 1, '#')}})}});
  Apply("ignore", Registry().Url(repo), "  ref: {tag: ignore}\n");
  EXPECT_THAT(lab_.WaitFailed(Source("ignore"), "ProgressingWithRetry"),
              StartsWith("building artifact: new revision 'ignore@sha256:"));
  EXPECT_TRUE(Said("ignore", "SourceIgnoreError",
                   StartsWith("failed to load source ignore patterns from repository: ")));
  EXPECT_TRUE(ConditionOf(lab_.Get(Source("ignore")), "StorageOperationFailed").is_null());
}

TEST_F(OciTest, AuthenticatesWithPullSecrets) {
  Locked().Push(ns_ + "/app", "latest", {{kFluxContent, TarGz({{"a", "1"}})}});
  const std::string url = Locked().Url(ns_ + "/app");
  Apply("anonymous", url);
  EXPECT_THAT(lab_.WaitFailed(Source("anonymous"), "OCIArtifactPullFailed"),
              AllOf(StartsWith("failed to determine artifact digest: GET http://127.0.0.1:"),
                    HasSubstr("UNAUTHORIZED: who are you?")));
  lab_.Apply(PullSecret(ns_, "pull", Locked().DockerConfig()));
  lab_.Apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: puller, namespace: " + ns_ +
             "}\nimagePullSecrets: [{name: pull}]\n");
  Apply("by-secret", url, "  secretRef: {name: pull}\n");
  Apply("by-account", url, "  serviceAccountName: puller\n");
  for (const std::string name : {"by-secret", "by-account"})
    EXPECT_THAT(Revision(lab_.WaitReady(Source(name))), StartsWith("latest@sha256:"));
}

TEST_F(OciTest, SpeaksTlsWithGivenRootsOrNone) {
  static RegistryServer registry({.tls = true});
  registry.Push(ns_ + "/app", "latest", {{kFluxContent, TarGz({{"a", "1"}})}});
  const std::string url = registry.Url(ns_ + "/app");
  lab_.Apply(Secret(ns_, "roots",
                    "data: {ca.crt: " + base::Base64Encode(registry.authority().cert_pem) + "}\n"));
  Apply("stranger", url);
  Apply("trusted", url, "  certSecretRef: {name: roots}\n");
  Apply("insecure", url, "  insecure: true\n");
  EXPECT_THAT(Revision(lab_.WaitReady(Source("trusted"))), StartsWith("latest@sha256:"));
  EXPECT_THAT(Revision(lab_.WaitReady(Source("insecure"))), StartsWith("latest@sha256:"));
  EXPECT_THAT(
      lab_.WaitFailed(Source("stranger"), "OCIArtifactPullFailed"),
      HasSubstr(
          "tls: failed to verify certificate: x509: certificate signed by unknown authority"));
}

TEST_F(OciTest, FollowsANewDigestAndCostsOneHeadWhenThereIsNone) {
  const std::string repo = ns_ + "/app";
  Registry().Push(repo, "latest", {{kFluxContent, TarGz({{"a", "1"}})}});
  Apply("app", Registry().Url(repo));
  lab_.WaitReady(Source());
  const std::string second = Registry().Push(repo, "latest", {{kFluxContent, TarGz({{"a", "2"}})}});
  lab_.RequestReconcile(Source());
  lab_.WaitReady(Source(), second);

  const auto mine = [&] {
    auto all = Registry().Requests();
    std::erase_if(all, [&](const std::string& r) { return r.find(ns_) == r.npos; });
    return all;
  };
  const size_t before = mine().size();
  lab_.RequestReconcile(Source());
  const std::string handled =
      Text(lab_.Get(Source())["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]);
  lab_.WaitFor(Source(), "polled", [&](const Value& o) {
    return Text(o["status"]["lastHandledReconcileAt"]) == handled;
  });
  const auto after = mine();
  EXPECT_THAT(
      std::vector<std::string>(after.begin() + static_cast<std::ptrdiff_t>(before), after.end()),
      ElementsAre("HEAD /v2/" + repo + "/manifests/latest 200"));
}

TEST_F(OciTest, KeepsTheOldArtifactWhenTheNewOneIsBad) {
  const std::string repo = ns_ + "/app";
  const std::string good = Registry().Push(repo, "latest", {{kFluxContent, TarGz({{"a", "1"}})}});
  Apply("app", Registry().Url(repo));
  lab_.WaitReady(Source());
  const std::string bad = Registry().Push(repo, "latest", {{kFluxContent, "no archive"}});
  lab_.RequestReconcile(Source());
  lab_.WaitFailed(Source(), "OCIArtifactLayerOperationFailed");
  const Value object = lab_.Get(Source());
  EXPECT_EQ(Revision(object), "latest@" + good);
  EXPECT_EQ(
      Text(ConditionOf(object, "ArtifactOutdated")["message"]),
      "new revision 'latest@" + bad + "' for '" + Registry().address() + "/" + repo + ":latest'");
  EXPECT_EQ(Text(ConditionOf(object, "Reconciling")["message"]),
            "building artifact: new revision 'latest@" + bad + "' for '" + Registry().address() +
                "/" + repo + ":latest'");
  EXPECT_FALSE(Fetch(object).empty());
  const std::string better = Registry().Push(repo, "latest", {{kFluxContent, TarGz({{"a", "3"}})}});
  lab_.RequestReconcile(Source());
  const Value healed = lab_.WaitReady(Source(), better);
  EXPECT_TRUE(ConditionOf(healed, "FetchFailed").is_null());
  EXPECT_TRUE(ConditionOf(healed, "ArtifactOutdated").is_null());
}

// Minutes long, for the figure in bench/README.md: --gtest_also_run_disabled_tests
// --gtest_filter=*Thousand*
TEST_F(OciTest, DISABLED_AThousandUnchangedObjectsCostOneHeadEach) {
  constexpr int kObjects = 1000, kSeconds = 180;
  Registry().Push(ns_ + "/app", "latest", {{kFluxContent, TarGz({{"a", "1"}})}});
  for (int i = 0; i < kObjects; ++i) {
    lab_.Apply(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: app-" +
        std::to_string(i) + ", namespace: " + ns_ + "}\nspec: {interval: 1m, url: '" +
        Registry().Url(ns_ + "/app") + "'}\n");
  }
  lab_.WaitFor(Source("app-999"), "ready", IsReady, 120s);
  const auto cpu = [&] {
    const std::string stat =
        test_support::ReadFile("/proc/" + std::to_string(lab_.stack().Pid("source")) + "/stat");
    std::istringstream in(stat.substr(stat.rfind(')') + 2));
    std::vector<std::string> fields{std::istream_iterator<std::string>(in), {}};
    return std::stol(fields.at(11)) + std::stol(fields.at(12));  // ticks of 10 ms
  };
  EXPECT_TRUE(Throughout(20s, [] { return true; }));
  const size_t before = Registry().Requests().size();
  const long ticks = cpu();
  EXPECT_TRUE(Throughout(std::chrono::seconds(kSeconds), [] { return true; }));
  const auto all = Registry().Requests();
  const std::vector<std::string> seen(all.begin() + static_cast<std::ptrdiff_t>(before), all.end());
  const auto heads = std::ranges::count(seen, "HEAD /v2/" + ns_ + "/app/manifests/latest 200");
  const double each = static_cast<double>(heads) / kObjects / (kSeconds / 60.0);
  std::printf(
      "%d objects, %d s: %zu requests, %td of them HEAD; %.3f HEAD an object and interval; CPU "
      "%.2f s; RSS %s",
      kObjects, kSeconds, seen.size(), heads, each, static_cast<double>(cpu() - ticks) / 100,
      test_support::RunCommand(
          {"grep", "VmRSS", "/proc/" + std::to_string(lab_.stack().Pid("source")) + "/status"})
          .out.c_str());
  EXPECT_EQ(static_cast<size_t>(heads), seen.size());
  EXPECT_NEAR(each, 1.0, 0.1);
}

TEST_F(OciTest, GoesWithItsFiles) {
  Registry().Push(ns_ + "/app", "latest", {{kFluxContent, TarGz({{"a", "1"}})}});
  Apply("app", Registry().Url(ns_ + "/app"));
  const std::string url = Text(lab_.WaitReady(Source())["status"]["artifact"]["url"]);
  lab_.Delete(Source());
  EXPECT_TRUE(lab_.WaitGone(Source()));
  EXPECT_EQ(lab_.stack().http().Send("GET", url).status, 404);
}

}  // namespace
}  // namespace sluice::e2e
