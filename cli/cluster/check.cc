#include "base/semver.h"
#include "cluster/commands.h"

namespace sluice::cli {
namespace {

using document::Value;

constexpr const char* kMinKubernetes = ">=1.33.0-0";
constexpr const char* kPartOfFlux = "app.kubernetes.io/part-of=flux";

bool CheckKubernetes(Session& session, const Output& output) {
  const auto answer = session.client().Raw(session.context(), "GET", "/version", nullptr);
  if (!answer.ok()) {
    output.Failure("Kubernetes API call failed: " + answer.status().message());
    return false;
  }
  const std::string text((*answer)["gitVersion"].AsString());
  const auto version = base::SemVer::Parse(text);
  if (!version.ok()) {
    output.Failure("Kubernetes version can't be determined");
    return false;
  }
  const std::string shown = text.starts_with("v") ? text.substr(1) : text;
  if (!base::SemVerConstraint::Parse(kMinKubernetes)->Matches(*version)) {
    output.Failure("Kubernetes version " + text + " does not match " + kMinKubernetes);
    return false;
  }
  output.Success("Kubernetes " + shown + " " + kMinKubernetes);
  return true;
}

bool DeploymentReady(const Value& deployment) {
  const int64_t wanted = deployment["spec"]["replicas"].AsInt(1);
  const Value& status = deployment["status"];
  return status["observedGeneration"].AsInt() >= kube::GenerationOf(deployment) &&
         status["updatedReplicas"].AsInt() >= wanted &&
         status["availableReplicas"].AsInt() >= wanted;
}

// Listing may be forbidden to the caller: that is no failed check.
bool CheckControllers(Session& session, const Output& output, const std::string& ns) {
  output.Action("checking controllers");
  kube::ListOptions list;
  list.ns = ns;
  list.label_selector = kPartOfFlux;
  const auto deployments =
      session.client().List(session.context(), {"apps", "v1", "Deployment"}, list);
  if (!deployments.ok()) return true;
  if (deployments->empty()) {
    output.Failure("no controllers found in the '" + ns + "' namespace with the label selector '" +
                   kPartOfFlux + "'");
    return false;
  }
  bool all_ready = true;
  for (const Value& deployment : *deployments) {
    const std::string name = kube::KeyOf(deployment).name;
    if (DeploymentReady(deployment)) {
      output.Success(name + ": deployment ready");
    } else {
      output.Failure(name + ": deployment not ready");
      all_ready = false;
    }
    for (const Value& container :
         deployment.At({"spec", "template", "spec", "containers"}).items()) {
      output.Action(std::string(container["image"].AsString()));
    }
  }
  return all_ready;
}

bool CheckCrds(Session& session, const Output& output) {
  output.Action("checking crds");
  kube::ListOptions list;
  list.label_selector = kPartOfFlux;
  const auto crds = session.client().List(
      session.context(), {"apiextensions.k8s.io", "v1", "CustomResourceDefinition"}, list);
  if (!crds.ok()) return true;
  if (crds->empty()) {
    output.Failure(std::string("no crds found with the label selector '") + kPartOfFlux + "'");
    return false;
  }
  bool good = true;
  for (const Value& crd : *crds) {
    const auto& stored = crd["status"]["storedVersions"].items();
    const std::string name = kube::KeyOf(crd).name;
    if (stored.empty()) {
      output.Failure("no stored versions for " + name);
      good = false;
    } else {
      output.Success(name + "/" + std::string(stored.back().AsString()));
    }
  }
  return good;
}

}  // namespace

int Check(Session& session, const Output& output, const std::string& ns, bool prerequisites_only) {
  output.Action("checking prerequisites");
  bool good = CheckKubernetes(session, output);
  if (prerequisites_only) {
    if (!good) return 1;
    output.Success("prerequisites checks passed");
    return 0;
  }
  good = CheckControllers(session, output, ns) && good;
  good = CheckCrds(session, output) && good;
  if (!good) return output.Failure("check failed");
  output.Success("all checks passed");
  return 0;
}

}  // namespace sluice::cli
