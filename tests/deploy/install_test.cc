// deploy/ as a whole on a real cluster: it applies, its Pods are admitted, and its accounts may do
// what they need and no more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "test_support/control_plane.h"

namespace sluice::test_support {
namespace {

using testing::HasSubstr;
using testing::Not;

ControlPlane& Installed() {
  static auto cp = [] {
    auto started = ControlPlane::Start({.controllers = true, .apiserver_flags = {}});
    SLUICE_CHECK(started.ok());
    const auto applied = (*started)->Kubectl(
        {"apply", "--server-side", "-k", std::string(SLUICE_SOURCE_DIR) + "/deploy"});
    if (!applied.ok()) ADD_FAILURE() << applied.err;
    return *std::move(started);
  }();
  return *cp;
}

TEST(InstallTest, DeploymentsBecomeAvailableWithoutWarnings) {
  const auto waited = Installed().Kubectl({"-n", "flux-system", "wait", "deployment", "--all",
                                           "--for=condition=Available", "--timeout=60s"});
  EXPECT_TRUE(waited.ok()) << waited.err;
  const auto names = Installed().Kubectl({"-n", "flux-system", "get", "deployments", "-l",
                                          "control-plane=controller,app.kubernetes.io/part-of=flux",
                                          "-o", "name"});
  EXPECT_EQ(names.out,
            "deployment.apps/kustomize-controller\ndeployment.apps/"
            "notification-controller\ndeployment.apps/source-controller\n");
  // The namespace warns about every Pod that the restricted profile would refuse.
  const auto again = Installed().Kubectl({"apply", "--server-side", "--dry-run=server", "-k",
                                          std::string(SLUICE_SOURCE_DIR) + "/deploy"});
  EXPECT_THAT(again.err, Not(HasSubstr("would violate PodSecurity")));
}

TEST(InstallTest, ServicesHaveFluxNamesAndPorts) {
  const struct {
    std::string name, want;
  } cases[] = {
      {"source-controller", "80 http app=source-controller"},
      {"notification-controller", "80 http app=notification-controller"},
      {"webhook-receiver", "80 http-webhook app=notification-controller"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Installed()
                  .Kubectl({"-n", "flux-system", "get", "service", c.name, "-o",
                            "jsonpath={.spec.ports[0].port} {.spec.ports[0].targetPort} "
                            "app={.spec.selector.app}"})
                  .out,
              c.want);
  }
}

TEST(InstallTest, AccountsMayDoTheirWorkAndNoMore) {
  const struct {
    std::string account, verb, resource, ns, want;
  } cases[] = {
      {"source-controller", "patch", "gitrepositories.source.toolkit.fluxcd.io/status", "apps",
       "yes"},
      {"source-controller", "update", "gitrepositories.source.toolkit.fluxcd.io/finalizers", "apps",
       "yes"},
      {"source-controller", "get", "secrets", "apps", "yes"},
      {"source-controller", "create", "events", "apps", "yes"},
      {"source-controller", "create", "secrets", "flux-system", "yes"},
      {"source-controller", "create", "secrets", "apps", "no"},
      {"source-controller", "create", "configmaps", "apps", "no"},
      {"source-controller", "create", "gitrepositories.source.toolkit.fluxcd.io", "apps", "no"},
      {"source-controller", "delete", "helmcharts.source.toolkit.fluxcd.io", "apps", "no"},
      {"source-controller", "update", "configmaps", "flux-system", "no"},
      {"source-controller", "get", "secrets", "flux-system", "yes"},
      {"source-controller", "delete", "externalartifacts.source.toolkit.fluxcd.io", "apps", "yes"},
      {"source-controller", "patch", "artifactgenerators.source.extensions.fluxcd.io/status",
       "apps", "yes"},
      {"source-controller", "create", "externalartifacts.source.toolkit.fluxcd.io", "apps", "yes"},
      {"source-controller", "patch", "externalartifacts.source.toolkit.fluxcd.io/status", "apps",
       "yes"},
      {"source-controller", "patch", "kustomizations.kustomize.toolkit.fluxcd.io", "apps", "no"},
      {"source-controller", "update", "leases.coordination.k8s.io", "flux-system", "yes"},
      {"source-controller", "update", "leases.coordination.k8s.io", "kube-system", "no"},
      {"kustomize-controller", "create", "deployments.apps", "apps", "yes"},
      {"kustomize-controller", "impersonate", "serviceaccounts", "apps", "yes"},
      {"notification-controller", "patch", "gitrepositories.source.toolkit.fluxcd.io", "apps",
       "yes"},
      {"notification-controller", "patch", "helmreleases.helm.toolkit.fluxcd.io", "apps", "yes"},
      {"notification-controller", "delete", "kustomizations.kustomize.toolkit.fluxcd.io", "apps",
       "no"},
      {"notification-controller", "get", "secrets", "apps", "yes"},
      {"notification-controller", "patch", "secrets", "apps", "no"},
      {"notification-controller", "create", "pods", "apps", "no"},
      {"notification-controller", "create", "serviceaccounts/token", "apps", "no"},
      {"notification-controller", "update", "gitrepositories.source.toolkit.fluxcd.io", "apps",
       "no"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.account + " " + c.verb + " " + c.resource + " in " + c.ns);
    std::string resource = c.resource, sub;
    if (const size_t slash = resource.find('/'); slash != resource.npos) {
      sub = "--subresource=" + resource.substr(slash + 1);
      resource.resize(slash);
    }
    std::vector<std::string> args = {"auth",
                                     "can-i",
                                     c.verb,
                                     resource,
                                     "-n",
                                     c.ns,
                                     "--as=system:serviceaccount:flux-system:" + c.account};
    if (!sub.empty()) args.push_back(sub);
    EXPECT_EQ(Installed().Kubectl(args).out, c.want + "\n");
  }
}

}  // namespace
}  // namespace sluice::test_support
