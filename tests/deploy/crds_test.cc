// deploy/crds on a real API server: what is served, what is refused and with which words, what old versions keep.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

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
    const auto established = (*started)->Kubectl({"wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"});
    if (!established.ok()) ADD_FAILURE() << established.err;
    return *std::move(started);
  }();
  return *cp;
}

std::string Manifest(const std::string& api, const std::string& kind, const std::string& name, const std::string& spec) {
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
    EXPECT_EQ(Cluster().Kubectl({"get", "crd", c.crd, "-o", "jsonpath={.spec.versions[?(@.served==true)].name}"}).out, c.versions);
    EXPECT_EQ(Cluster().Kubectl({"get", "crd", c.crd, "-o", "jsonpath={.status.storedVersions[*]}"}).out, c.stored);
  }
}

TEST(CrdsTest, OldVersionsWarnAndKeepTheirFields) {
  const auto result = Cluster().Kubectl(
      {"apply", "-f", "-"},
      Manifest("kustomize.toolkit.fluxcd.io/v1beta2", "Kustomization", "old",
               R"({"interval":"5m","prune":true,"validation":"client","sourceRef":{"kind":"GitRepository","name":"x"},)"
               R"("patchesStrategicMerge":[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"k":"v"}}],)"
               R"("patchesJson6902":[{"target":{"kind":"ConfigMap"},"patch":[{"op":"add","path":"/data/n","value":1}]}]})"));
  ASSERT_TRUE(result.ok()) << result.err;
  EXPECT_THAT(result.err, HasSubstr("v1beta2 Kustomization is deprecated, upgrade to v1"));
  const auto stored = Cluster().Request("GET", "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/default/kustomizations/old").body;
  EXPECT_THAT(stored, HasSubstr(R"("patchesStrategicMerge":[{"apiVersion":"v1")"));
  EXPECT_THAT(stored, HasSubstr(R"("data":{"k":"v"})"));
  EXPECT_THAT(stored, HasSubstr(R"("value":1)"));
  EXPECT_THAT(stored, HasSubstr(R"("status":{"observedGeneration":-1})"));
  EXPECT_THAT(stored, HasSubstr(R"("force":false)"));
}

TEST(CrdsTest, RefusesWhatTheRulesForbid) {
  const std::string source = "source.toolkit.fluxcd.io/v1", kustomize = "kustomize.toolkit.fluxcd.io/v1",
                    helm = "helm.toolkit.fluxcd.io/v2", generator = "source.extensions.fluxcd.io/v1beta1", notification = "notification.toolkit.fluxcd.io/v1";
  const struct {
    std::string api, kind, spec, message;
  } cases[] = {
      {source, "GitRepository", R"({"interval":"1m","url":"git@example.com:a/b"})", "spec.url"},
      {source, "GitRepository", R"({"interval":"1 minute","url":"https://x/y"})", "spec.interval"},
      {source, "GitRepository", R"({"interval":"1m","url":"https://x/y","timeout":"1h"})", "spec.timeout"},
      {source, "GitRepository", R"({"interval":"1m","url":"https://x/y","serviceAccountName":"a"})",
       "serviceAccountName can only be set when provider is 'azure' or 'aws'"},
      {source, "OCIRepository", R"({"interval":"1m","url":"https://x/y"})", "spec.url"},
      {source, "HelmChart", R"({"interval":"1m","chart":"c","sourceRef":{"kind":"Bucket","name":"b"},"verify":{"provider":"cosign"}})",
       "spec.verify is only supported when spec.sourceRef.kind is 'HelmRepository'"},
      {source, "Bucket", R"({"interval":"1m","bucketName":"b","endpoint":"e","provider":"gcp","sts":{"provider":"aws","endpoint":"https://s"}})",
       "STS configuration is only supported for the 'aws' and 'generic' Bucket providers"},
      {source, "Bucket", R"({"interval":"1m","bucketName":"b","endpoint":"e","serviceAccountName":"s"})",
       "ServiceAccountName is not supported for the 'generic' Bucket provider"},
      {kustomize, "Kustomization", R"({"interval":"1m","sourceRef":{"kind":"GitRepository","name":"x"}})", "spec.prune"},
      {kustomize, "Kustomization", R"({"interval":"1m","prune":true,"sourceRef":{"kind":"HelmChart","name":"x"}})", "spec.sourceRef.kind"},
      {kustomize, "Kustomization", R"({"interval":"1m","prune":true,"sourceRef":{"kind":"Bucket","name":"x"},"kubeConfig":{}})",
       "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified"},
      {helm, "HelmRelease", R"({"interval":"1m"})", "either chart or chartRef must be set"},
      {helm, "HelmRelease", R"({"interval":"1m","chartRef":{"kind":"HelmChart","name":"c"},"upgrade":{"strategy":{"name":"RemediateOnFailure","retryInterval":"1m"}}})",
       ".retryInterval can only be set when .name is 'RetryOnFailure'"},
      {notification + "beta3", "Provider", R"({"type":"slack","commitStatusExpr":"1"})",
       "spec.commitStatusExpr is only supported for the 'github', 'gitlab', 'gitea', 'bitbucketserver', 'bitbucket', 'azuredevops' provider types"},
      {notification + "beta3", "Alert", R"({"providerRef":{"name":"p"},"eventSources":[{"kind":"Pod","name":"*"}]})", "kind"},
      {generator, "ArtifactGenerator", R"({"sources":[],"artifacts":[{"name":"a","copy":[{"from":"@a/","to":"@artifact/"}]}]})", "spec.sources"},
      {generator, "ArtifactGenerator", R"({"sources":[{"alias":"A","kind":"Bucket","name":"b"}],"artifacts":[{"name":"a","copy":[{"from":"@a/","to":"@artifact/"}]}]})",
       "spec.sources[0].alias"},
      {generator, "ArtifactGenerator", R"({"sources":[{"alias":"a","kind":"HelmRepository","name":"b"}],"artifacts":[{"name":"a","copy":[{"from":"@a/","to":"@artifact/"}]}]})",
       "spec.sources[0].kind"},
      {generator, "ArtifactGenerator", R"({"sources":[{"alias":"a","kind":"Bucket","name":"b"}],"artifacts":[{"name":"../a","copy":[{"from":"@a/","to":"@artifact/"}]}]})",
       "artifact names must be valid Kubernetes object names when pathPattern is not set"},
      {generator, "ArtifactGenerator", R"({"sources":[{"alias":"a","kind":"Bucket","name":"b"}],"artifacts":[{"name":"a","copy":[{"from":"a/","to":"@artifact/"}]}]})",
       "spec.artifacts[0].copy[0].from"},
      {generator, "ArtifactGenerator", R"({"sources":[{"alias":"a","kind":"Bucket","name":"b"}],"artifacts":[{"name":"a","copy":[{"from":"@a/","to":"/x"}]}]})",
       "spec.artifacts[0].copy[0].to"},
      {generator, "ArtifactGenerator",
       R"({"sources":[{"alias":"a","kind":"Bucket","name":"b"}],"artifacts":[{"name":"a","copy":[{"from":"@a/","to":"@artifact/","strategy":"Move"}]}]})",
       "spec.artifacts[0].copy[0].strategy"},
      {notification, "Receiver", R"({"type":"github","resources":[]})", "secretRef is required when type is not generic-oidc"},
      {notification, "Receiver", R"({"type":"generic-oidc","resources":[]})", "generic-oidc receivers must define at least one oidcProvider"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.kind + " " + c.spec);
    const auto result = Cluster().Kubectl({"create", "-f", "-"}, Manifest(c.api, c.kind, "bad", c.spec));
    EXPECT_FALSE(result.ok());
    EXPECT_THAT(result.err, HasSubstr(c.message));
  }
}

TEST(CrdsTest, DefaultsAreTheDocumentedOnes) {
  const auto result = Cluster().Kubectl({"create", "-o", "json", "-f", "-"},
                                        Manifest("source.toolkit.fluxcd.io/v1", "Bucket", "b",
                                                 R"({"interval":"1m","bucketName":"b","endpoint":"e"})"));
  ASSERT_TRUE(result.ok()) << result.err;
  EXPECT_THAT(result.out, HasSubstr(R"("provider": "generic")"));
  EXPECT_THAT(result.out, HasSubstr(R"("timeout": "60s")"));
  EXPECT_THAT(result.err, Not(HasSubstr("Warning")));
}

}  // namespace
}  // namespace sluice::test_support
