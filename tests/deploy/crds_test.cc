// deploy/crds on a real API server: what is served, what is refused and with which words, what old
// versions keep.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "document/json.h"
#include "test_support/control_plane.h"
#include "test_support/eventually.h"

namespace sluice::test_support {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

const std::string kCrds = std::string(SLUICE_SOURCE_DIR) + "/deploy/crds";

ControlPlane& Cluster() {
  static auto cp = [] {
    auto started = ControlPlane::Start({});
    SLUICE_CHECK(started.ok());
    const auto applied = (*started)->Kubectl({"apply", "--server-side", "-k", kCrds});
    if (!applied.ok()) ADD_FAILURE() << applied.err;
    const auto established = (*started)->Kubectl(
        {"wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"});
    if (!established.ok()) ADD_FAILURE() << established.err;
    return *std::move(started);
  }();
  return *cp;
}

std::string Manifest(const std::string& api, const std::string& kind, const std::string& name,
                     const std::string& spec) {
  return R"({"apiVersion":")" + api + R"(","kind":")" + kind + R"(","metadata":{"name":")" + name +
         R"(","namespace":"default"},"spec":)" + spec + "}";
}

TEST(CrdsTest, EveryVersionIsServedAndOnlyTheNewestStored) {
  const struct {
    std::string crd, versions, stored;
  } cases[] = {
      {"gitrepositories.source.toolkit.fluxcd.io", "v1 v1beta2 v1beta1", "v1"},
      {"ocirepositories.source.toolkit.fluxcd.io", "v1 v1beta2", "v1"},
      {"helmrepositories.source.toolkit.fluxcd.io", "v1 v1beta2 v1beta1", "v1"},
      {"helmcharts.source.toolkit.fluxcd.io", "v1 v1beta2 v1beta1", "v1"},
      {"buckets.source.toolkit.fluxcd.io", "v1 v1beta2 v1beta1", "v1"},
      {"externalartifacts.source.toolkit.fluxcd.io", "v1", "v1"},
      {"artifactgenerators.source.extensions.fluxcd.io", "v1beta1", "v1beta1"},
      {"kustomizations.kustomize.toolkit.fluxcd.io", "v1 v1beta2 v1beta1", "v1"},
      {"helmreleases.helm.toolkit.fluxcd.io", "v2 v2beta2 v2beta1", "v2"},
      {"alerts.notification.toolkit.fluxcd.io", "v1beta3 v1beta2 v1beta1", "v1beta3"},
      {"providers.notification.toolkit.fluxcd.io", "v1beta3 v1beta2 v1beta1", "v1beta3"},
      {"receivers.notification.toolkit.fluxcd.io", "v1 v1beta2 v1beta1", "v1"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.crd);
    EXPECT_EQ(Cluster()
                  .Kubectl({"get", "crd", c.crd, "-o",
                            "jsonpath={.spec.versions[?(@.served==true)].name}"})
                  .out,
              c.versions);
    EXPECT_EQ(
        Cluster().Kubectl({"get", "crd", c.crd, "-o", "jsonpath={.status.storedVersions[*]}"}).out,
        c.stored);
  }
}

// Names, columns and categories of source.md §2, which `kubectl get` and users' scripts count on.
TEST(CrdsTest, SourcesAreShownAsInFlux) {
  const std::string ready = R"(Ready=.status.conditions[?(@.type=="Ready")].status;)",
                    message = R"(Status=.status.conditions[?(@.type=="Ready")].message;)",
                    age = "Age=.metadata.creationTimestamp;", url = "URL=.spec.url;",
                    state = ready + message;
  const struct {
    std::string plural, short_name, columns;
  } cases[] = {
      {"gitrepositories", "gitrepo", url + age + state},
      {"ocirepositories", "ocirepo", url + state + age},
      {"helmrepositories", "helmrepo", url + age + state},
      {"helmcharts", "hc",
       "Chart=.spec.chart;Version=.spec.version;Source Kind=.spec.sourceRef.kind;Source "
       "Name=.spec.sourceRef.name;" +
           age + state},
      {"buckets", "", "Endpoint=.spec.endpoint;" + age + state},
      {"externalartifacts", "ea", age + state + "Source=.spec.sourceRef.name;"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.plural);
    const auto show = [&](const std::string& path) {
      return Cluster()
          .Kubectl({"get", "crd", c.plural + ".source.toolkit.fluxcd.io", "-o", "jsonpath=" + path})
          .out;
    };
    EXPECT_EQ(show("{.spec.names.shortNames[*]}"), c.short_name);
    EXPECT_EQ(show("{.spec.names.categories[*]}"), "all fluxcd fluxcd-sources");
    EXPECT_EQ(show("{.spec.scope} {.spec.conversion.strategy}"), "Namespaced None");
    EXPECT_EQ(show(R"({.metadata.annotations.kustomize\.toolkit\.fluxcd\.io/substitute})"),
              "disabled");
    for (const std::string version : {"0", "1"}) {  // v1, and the newest of the old ones
      if (version == "1" && c.plural == "externalartifacts") continue;
      EXPECT_EQ(show("{range .spec.versions[" + version +
                     "].additionalPrinterColumns[*]}{.name}={.jsonPath};{end}"),
                c.columns);
    }
  }
}

TEST(CrdsTest, OldVersionsWarnAndKeepTheirFields) {
  const auto result = Cluster().Kubectl(
      {"apply", "-f", "-"},
      Manifest(
          "kustomize.toolkit.fluxcd.io/v1beta2", "Kustomization", "old",
          R"({"interval":"5m","prune":true,"validation":"client","sourceRef":{"kind":"GitRepository","name":"x"},)"
          R"("patchesStrategicMerge":[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"k":"v"}}],)"
          R"("patchesJson6902":[{"target":{"kind":"ConfigMap"},"patch":[{"op":"add","path":"/data/n","value":1}]}]})"));
  ASSERT_TRUE(result.ok()) << result.err;
  EXPECT_THAT(result.err, HasSubstr("v1beta2 Kustomization is deprecated, upgrade to v1"));
  const auto stored =
      Cluster()
          .Request("GET",
                   "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/default/kustomizations/old")
          .body;
  EXPECT_THAT(stored, HasSubstr(R"("patchesStrategicMerge":[{"apiVersion":"v1")"));
  EXPECT_THAT(stored, HasSubstr(R"("data":{"k":"v"})"));
  EXPECT_THAT(stored, HasSubstr(R"("value":1)"));
  EXPECT_THAT(stored, HasSubstr(R"("status":{"observedGeneration":-1})"));
  EXPECT_THAT(stored, HasSubstr(R"("force":false)"));
}

// Manifests as people have them in their repositories, one per kind and version (source.md §2):
// taken with a warning, and every field is there whatever version it is read through. `v1_only`:
// what only v1 knew, put in by v1 and read by the old versions.
TEST(CrdsTest, SourcesOfEveryVersionLoseNothing) {
  const std::string access =
      R"("accessFrom":{"namespaceSelectors":[{"matchLabels":{"team":"a"}}]})";
  const struct {
    std::string kind, plural, version, spec;
  } cases[] = {
      {"GitRepository", "gitrepositories", "v1beta1",
       R"({"interval":"1m","url":"https://example.com/a","gitImplementation":"libgit2","ref":{"branch":"main","commit":"abc"},"timeout":"20s","suspend":true,)"
       R"("verify":{"mode":"head","secretRef":{"name":"keys"}},"ignore":"*.md","recurseSubmodules":true,"secretRef":{"name":"s"},)"
       R"("include":[{"repository":{"name":"o"},"fromPath":"a","toPath":"b"}],)" +
           access + "}"},
      {"GitRepository", "gitrepositories", "v1beta2",
       R"({"interval":"1m","url":"ssh://git@example.com/a","gitImplementation":"go-git","ref":{"name":"refs/heads/main"},)" +
           access + "}"},
      {"GitRepository", "gitrepositories", "v1",
       R"({"interval":"1m","url":"https://example.com/a","provider":"azure","serviceAccountName":"sa","proxySecretRef":{"name":"p"},)"
       R"("sparseCheckout":["a"],"verify":{"mode":"TagAndHEAD","secretRef":{"name":"k"}}})"},
      {"OCIRepository", "ocirepositories", "v1beta2",
       R"({"interval":"1m","url":"oci://example.com/a","ref":{"semver":"1.x","semverFilter":".*"},"layerSelector":{"mediaType":"m","operation":"copy"},)"
       R"("provider":"aws","insecure":true,"certSecretRef":{"name":"c"},"verify":{"provider":"cosign","matchOIDCIdentity":[{"issuer":"i","subject":"s"}]}})"},
      {"OCIRepository", "ocirepositories", "v1",
       R"({"interval":"1m","url":"oci://example.com/a","proxySecretRef":{"name":"p"},"verify":{"provider":"notation","secretRef":{"name":"k"}}})"},
      {"HelmRepository", "helmrepositories", "v1beta1",
       R"({"interval":"10m","url":"https://example.com/charts","passCredentials":true,"timeout":"60s","secretRef":{"name":"s"},)" +
           access + "}"},
      {"HelmRepository", "helmrepositories", "v1beta2",
       R"({"interval":"10m","url":"oci://example.com/charts","type":"oci","provider":"gcp","insecure":true,"certSecretRef":{"name":"c"},)" +
           access + "}"},
      {"HelmRepository", "helmrepositories", "v1",
       R"({"url":"oci://example.com/charts","type":"oci"})"},
      {"HelmChart", "helmcharts", "v1beta1",
       R"({"interval":"5m","chart":"web","version":">=1.0.0","valuesFile":"values-prod.yaml","valuesFiles":["a.yaml"],"reconcileStrategy":"Revision",)"
       R"("sourceRef":{"kind":"GitRepository","name":"g"},)" +
           access + "}"},
      {"HelmChart", "helmcharts", "v1beta2",
       R"({"interval":"5m","chart":"web","sourceRef":{"kind":"HelmRepository","name":"r"},"valuesFile":"v.yaml",)"
       R"("verify":{"provider":"cosign","secretRef":{"name":"k"}},)" +
           access + "}"},
      {"HelmChart", "helmcharts", "v1",
       R"({"interval":"5m","chart":"web","sourceRef":{"kind":"HelmRepository","name":"r"},"valuesFiles":["a"],"ignoreMissingValuesFiles":true})"},
      {"Bucket", "buckets", "v1beta1",
       R"({"interval":"5m","provider":"aws","bucketName":"b","endpoint":"s3.amazonaws.com","region":"eu-1","insecure":true,"ignore":"*.bak",)" +
           access + "}"},
      {"Bucket", "buckets", "v1beta2",
       R"({"interval":"5m","provider":"azure","bucketName":"b","endpoint":"https://x.blob.core.windows.net","prefix":"p/","secretRef":{"name":"s"},)" +
           access + "}"},
      {"Bucket", "buckets", "v1",
       R"({"interval":"5m","bucketName":"b","endpoint":"e","proxySecretRef":{"name":"p"},"certSecretRef":{"name":"c"},)"
       R"("sts":{"provider":"ldap","endpoint":"https://sts","secretRef":{"name":"l"}}})"},
      {"ExternalArtifact", "externalartifacts", "v1",
       R"({"sourceRef":{"apiVersion":"example.com/v1","kind":"K","name":"n","namespace":"x"}})"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.kind + " " + c.version);
    const std::string name = "old-" + c.version,
                      path = "/namespaces/default/" + c.plural + "/" + name;
    const auto applied =
        Cluster().Kubectl({"apply", "-f", "-"},
                          Manifest("source.toolkit.fluxcd.io/" + c.version, c.kind, name, c.spec));
    ASSERT_TRUE(applied.ok()) << applied.err;
    const std::string warning = c.version + " " + c.kind + " is deprecated, upgrade to v1";
    EXPECT_THAT(applied.err, c.version == "v1"
                                 ? testing::Matcher<std::string>(Not(HasSubstr("deprecated")))
                                 : HasSubstr(warning));
    const auto wanted = document::ParseJson(c.spec);
    ASSERT_TRUE(wanted.ok());
    for (const std::string version : {"v1", "v1beta2", "v1beta1"}) {
      SCOPED_TRACE("read by " + version);
      const auto read =
          Cluster().Request("GET", "/apis/source.toolkit.fluxcd.io/" + version + path);
      const bool served = c.kind == "ExternalArtifact"
                              ? version == "v1"
                              : c.kind != "OCIRepository" || version != "v1beta1";
      EXPECT_EQ(read.status, served ? 200 : 404);
      if (!served) continue;
      const auto object = document::ParseJson(read.body);
      ASSERT_TRUE(object.ok());
      for (const auto& [field, value] : wanted->members())
        EXPECT_EQ((*object)["spec"][field], value) << field;
      EXPECT_EQ((*object)["apiVersion"].AsString(), "source.toolkit.fluxcd.io/" + version);
    }
  }
}

// Written by controllers of old, read by clients of old.
TEST(CrdsTest, StatusFieldsOfOldVersionsAreKept) {
  const struct {
    std::string plural, kind, spec, status;
  } cases[] = {
      {"gitrepositories", "GitRepository", R"({"interval":"1m","url":"https://example.com/a"})",
       R"("url":"http://x/latest.tar.gz","contentConfigChecksum":"sha256:1")"},
      {"ocirepositories", "OCIRepository", R"({"interval":"1m","url":"oci://example.com/a"})",
       R"("url":"http://x/latest.tar.gz","contentConfigChecksum":"sha256:1")"},
      {"helmrepositories", "HelmRepository", R"({"url":"https://example.com/a"})",
       R"("url":"http://x/index.yaml")"},
      {"helmcharts", "HelmChart",
       R"({"interval":"1m","chart":"c","sourceRef":{"kind":"Bucket","name":"b"}})",
       R"("url":"http://x/c.tgz")"},
      {"buckets", "Bucket", R"({"interval":"1m","bucketName":"b","endpoint":"e"})",
       R"("url":"http://x/b.tgz")"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.kind);
    const std::string path =
        "/apis/source.toolkit.fluxcd.io/v1beta2/namespaces/default/" + c.plural;
    ASSERT_EQ(Cluster()
                  .Request("POST", path,
                           Manifest("source.toolkit.fluxcd.io/v1beta2", c.kind, "status", c.spec))
                  .status,
              201);
    const std::string artifact =
        R"("artifact":{"checksum":"00","digest":"sha256:00","lastUpdateTime":"2026-01-01T00:00:00Z","path":"p","revision":"main/00","url":"u"})";
    const auto patched = Cluster().Request("PATCH", path + "/status/status",
                                           "{\"status\":{" + c.status + "," + artifact + "}}",
                                           "application/merge-patch+json");
    EXPECT_EQ(patched.status, 200) << patched.body;
    for (const std::string& text : {c.status, artifact}) {
      const auto wanted = document::ParseJson("{" + text + "}"),
                 read = document::ParseJson(
                     Cluster()
                         .Request("GET", "/apis/source.toolkit.fluxcd.io/v1/namespaces/default/" +
                                             c.plural + "/status")
                         .body);
      ASSERT_TRUE(wanted.ok() && read.ok());
      for (const auto& [field, value] : wanted->members())
        EXPECT_EQ((*read)["status"][field], value) << field;
    }
  }
}

TEST(CrdsTest, RefusesWhatTheRulesForbid) {
  const std::string source = "source.toolkit.fluxcd.io/v1",
                    kustomize = "kustomize.toolkit.fluxcd.io/v1",
                    helm = "helm.toolkit.fluxcd.io/v2",
                    generator = "source.extensions.fluxcd.io/v1beta1",
                    notification = "notification.toolkit.fluxcd.io/v1";
  const struct {
    std::string api, kind, spec, message;
  } cases[] = {
      {source, "GitRepository", R"({"interval":"1m","url":"git@example.com:a/b"})", "spec.url"},
      {source, "GitRepository", R"({"interval":"1 minute","url":"https://x/y"})", "spec.interval"},
      {source, "GitRepository", R"({"interval":"1m","url":"https://x/y","timeout":"1h"})",
       "spec.timeout"},
      {source, "GitRepository", R"({"interval":"1m","url":"https://x/y","serviceAccountName":"a"})",
       "serviceAccountName can only be set when provider is 'azure' or 'aws'"},
      {source, "OCIRepository", R"({"interval":"1m","url":"https://x/y"})", "spec.url"},
      {source, "HelmChart",
       R"({"interval":"1m","chart":"c","sourceRef":{"kind":"Bucket","name":"b"},"verify":{"provider":"cosign"}})",
       "spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'"},
      {source, "Bucket",
       R"({"interval":"1m","bucketName":"b","endpoint":"e","provider":"gcp","sts":{"provider":"aws","endpoint":"https://s"}})",
       "STS configuration is only supported for the 'aws' and 'generic' Bucket providers"},
      {source, "Bucket",
       R"({"interval":"1m","bucketName":"b","endpoint":"e","serviceAccountName":"s"})",
       "ServiceAccountName is not supported for the 'generic' Bucket provider"},
      {kustomize, "Kustomization",
       R"({"interval":"1m","sourceRef":{"kind":"GitRepository","name":"x"}})", "spec.prune"},
      {kustomize, "Kustomization",
       R"({"interval":"1m","prune":true,"sourceRef":{"kind":"HelmChart","name":"x"}})",
       "spec.sourceRef.kind"},
      {kustomize, "Kustomization",
       R"({"interval":"1m","prune":true,"sourceRef":{"kind":"Bucket","name":"x"},"kubeConfig":{}})",
       "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be "
       "specified"},
      {helm, "HelmRelease", R"({"interval":"1m"})", "either chart or chartRef must be set"},
      {helm, "HelmRelease",
       R"({"interval":"1m","chartRef":{"kind":"HelmChart","name":"c"},"upgrade":{"strategy":{"name":"RemediateOnFailure","retryInterval":"1m"}}})",
       ".retryInterval can only be set when .name is 'RetryOnFailure'"},
      {notification + "beta3", "Provider", R"({"type":"slack","commitStatusExpr":"1"})",
       "spec.commitStatusExpr is only supported for the 'github', 'gitlab', 'gitea', "
       "'bitbucketserver', 'bitbucket', 'azuredevops' provider types"},
      {notification + "beta3", "Alert",
       R"({"providerRef":{"name":"p"},"eventSources":[{"kind":"Pod","name":"*"}]})", "kind"},
      {generator, "ArtifactGenerator",
       R"({"sources":[],"artifacts":[{"name":"a","copy":[{"from":"@a/","to":"@artifact/"}]}]})",
       "spec.sources"},
      {generator, "ArtifactGenerator",
       R"({"sources":[{"alias":"A","kind":"Bucket","name":"b"}],"artifacts":[{"name":"a","copy":[{"from":"@a/","to":"@artifact/"}]}]})",
       "spec.sources[0].alias"},
      {generator, "ArtifactGenerator",
       R"({"sources":[{"alias":"a","kind":"HelmRepository","name":"b"}],"artifacts":[{"name":"a","copy":[{"from":"@a/","to":"@artifact/"}]}]})",
       "spec.sources[0].kind"},
      {generator, "ArtifactGenerator",
       R"({"sources":[{"alias":"a","kind":"Bucket","name":"b"}],"artifacts":[{"name":"../a","copy":[{"from":"@a/","to":"@artifact/"}]}]})",
       "artifact names must be valid Kubernetes object names when pathPattern is not set"},
      {generator, "ArtifactGenerator",
       R"({"sources":[{"alias":"a","kind":"Bucket","name":"b"}],"artifacts":[{"name":"a","copy":[{"from":"a/","to":"@artifact/"}]}]})",
       "spec.artifacts[0].copy[0].from"},
      {generator, "ArtifactGenerator",
       R"({"sources":[{"alias":"a","kind":"Bucket","name":"b"}],"artifacts":[{"name":"a","copy":[{"from":"@a/","to":"/x"}]}]})",
       "spec.artifacts[0].copy[0].to"},
      {generator, "ArtifactGenerator",
       R"({"sources":[{"alias":"a","kind":"Bucket","name":"b"}],"artifacts":[{"name":"a","copy":[{"from":"@a/","to":"@artifact/","strategy":"Move"}]}]})",
       "spec.artifacts[0].copy[0].strategy"},
      {notification, "Receiver", R"({"type":"github","resources":[]})",
       "secretRef is required when type is not generic-oidc"},
      {notification, "Receiver", R"({"type":"generic-oidc","resources":[]})",
       "generic-oidc receivers must define at least one oidcProvider"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.kind + " " + c.spec);
    const auto result =
        Cluster().Kubectl({"create", "-f", "-"}, Manifest(c.api, c.kind, "bad", c.spec));
    EXPECT_FALSE(result.ok());
    EXPECT_THAT(result.err, HasSubstr(c.message));
  }
}

TEST(CrdsTest, DefaultsAreTheDocumentedOnes) {
  const auto result =
      Cluster().Kubectl({"create", "-o", "json", "-f", "-"},
                        Manifest("source.toolkit.fluxcd.io/v1", "Bucket", "b",
                                 R"({"interval":"1m","bucketName":"b","endpoint":"e"})"));
  ASSERT_TRUE(result.ok()) << result.err;
  EXPECT_THAT(result.out, HasSubstr(R"("provider": "generic")"));
  EXPECT_THAT(result.out, HasSubstr(R"("timeout": "60s")"));
  EXPECT_THAT(result.err, Not(HasSubstr("Warning")));
}

}  // namespace
}  // namespace sluice::test_support
