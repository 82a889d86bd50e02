#include "lab.h"

#include <cstdio>
#include <map>

#include "base/encoding.h"
#include "document/json.h"

namespace sluice::e2e {
namespace {

std::string KindPath(const std::string& kind) {
  static const std::map<std::string, std::string> paths = {
      {"ConfigMap", "/api/v1/%configmaps"},
      {"Event", "/api/v1/%events"},
      {"Namespace", "/api/v1/namespaces"},
      {"Secret", "/api/v1/%secrets"},
      {"Service", "/api/v1/%services"},
      {"ServiceAccount", "/api/v1/%serviceaccounts"},
      {"Deployment", "/apis/apps/v1/%deployments"},
      {"Job", "/apis/batch/v1/%jobs"},
      {"Lease", "/apis/coordination.k8s.io/v1/%leases"},
      {"ClusterRole", "/apis/rbac.authorization.k8s.io/v1/clusterroles"},
      {"CustomResourceDefinition", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"},
      {"Bucket", "/apis/source.toolkit.fluxcd.io/v1/%buckets"},
      {"OCIRepository", "/apis/source.toolkit.fluxcd.io/v1/%ocirepositories"},
      {"ArtifactGenerator", "/apis/source.extensions.fluxcd.io/v1beta1/%artifactgenerators"},
      {"ExternalArtifact", "/apis/source.toolkit.fluxcd.io/v1/%externalartifacts"},
      {"GitRepository", "/apis/source.toolkit.fluxcd.io/v1/%gitrepositories"},
      {"HelmRepository", "/apis/source.toolkit.fluxcd.io/v1/%helmrepositories"},
      {"HelmChart", "/apis/source.toolkit.fluxcd.io/v1/%helmcharts"},
      {"Bucket", "/apis/source.toolkit.fluxcd.io/v1/%buckets"},
      {"Kustomization", "/apis/kustomize.toolkit.fluxcd.io/v1/%kustomizations"},
      {"Receiver", "/apis/notification.toolkit.fluxcd.io/v1/%receivers"},
      {"Provider", "/apis/notification.toolkit.fluxcd.io/v1beta3/%providers"},
      {"Alert", "/apis/notification.toolkit.fluxcd.io/v1beta3/%alerts"},
  };
  SLUICE_CHECK(paths.contains(kind));
  return paths.at(kind);
}

std::string PathOf(const Ref& ref) {
  std::string path = KindPath(ref.kind);
  if (const size_t at = path.find('%'); at != path.npos)
    path.replace(at, 1, "namespaces/" + ref.ns + "/");
  return ref.name.empty() ? path : path + "/" + ref.name;
}

void Must(const base::Status& status) {
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.message().c_str());
  SLUICE_CHECK(status.ok());
}

}  // namespace

Lab::Lab(Options options) {
  auto cluster = ControlPlane::Start({.controllers = options.controllers, .apiserver_flags = {}});
  Must(cluster.status());
  cluster_ = *std::move(cluster);
  if (options.stack.bin.empty()) options.stack.bin = SLUICE_BIN_DIR;
  stack_ = std::make_unique<SluiceStack>(*cluster_, options.stack);
  Must(stack_->Install());
  for (const auto& name : options.processes) Must(stack_->Start(name));
}

std::string Lab::NewNamespace() {
  const std::string ns = "test-" + std::to_string(++namespaces_);
  Must(cluster_->CreateNamespace(ns));
  return ns;
}

void Lab::Apply(const std::string& manifests) {
  const auto status = cluster_->Apply(manifests);
  EXPECT_TRUE(status.ok()) << status.message();
}

void Lab::Delete(const Ref& ref) { cluster_->Request("DELETE", PathOf(ref)); }

Value Lab::Get(const Ref& ref) {
  const auto answer = cluster_->Request("GET", PathOf(ref));
  if (!answer.ok()) return {};
  auto object = document::ParseJson(answer.body);
  return object.ok() ? *std::move(object) : Value();
}

void Lab::Annotate(const Ref& ref, const std::string& key, const std::string& value) {
  Value patch;
  patch.Mutable("metadata").Mutable("annotations").Set(key, value);
  Merge(ref, document::ToJson(patch));
}

void Lab::Merge(const Ref& ref, const std::string& json) {
  const auto answer = cluster_->Request("PATCH", PathOf(ref), json, "application/merge-patch+json");
  EXPECT_TRUE(answer.ok()) << answer.body;
}

void Lab::RequestReconcile(const Ref& ref) {
  Annotate(ref, "reconcile.fluxcd.io/requestedAt", "request-" + std::to_string(++requests_));
}

Value Lab::WaitFor(const Ref& ref, const std::string& what,
                   const std::function<bool(const Value&)>& wanted,
                   std::chrono::milliseconds timeout) {
  Value object;
  const bool held = Eventually(timeout, [&] {
    object = Get(ref);
    return !object.is_null() && wanted(object);
  });
  if (!held) {
    Value shown = object;
    if (auto* metadata = shown.Find("metadata")) metadata->Erase("managedFields");
    ADD_FAILURE() << ref.kind << " " << ref.ns << "/" << ref.name << " was never " << what << ":\n"
                  << document::ToJson(shown,
                                      {.sort_keys = true, .escape_html = false, .indent = 1});
  }
  return object;
}

Value Lab::WaitReady(const Ref& ref, const std::string& revision_part) {
  return WaitFor(ref, "ready" + (revision_part.empty() ? "" : " on " + revision_part),
                 [&](const Value& object) {
                   const Value& status = object["status"];
                   const std::string revision =
                       Text(ref.kind == "Kustomization" ? status["lastAppliedRevision"]
                                                        : status.At({"artifact", "revision"}));
                   return IsReady(object) && revision.find(revision_part) != revision.npos;
                 });
}

std::string Lab::WaitFailed(const Ref& ref, const std::string& reason) {
  const Value object = WaitFor(ref, "failed with " + reason, [&](const Value& o) {
    const Value& ready = ConditionOf(o, "Ready");
    return Text(ready["status"]) == "False" && Text(ready["reason"]) == reason;
  });
  return Text(ConditionOf(object, "Ready")["message"]);
}

bool Lab::WaitGone(const Ref& ref, std::chrono::milliseconds timeout) {
  return Eventually(timeout, [&] { return cluster_->Request("GET", PathOf(ref)).status == 404; });
}

std::vector<std::string> Lab::Events(const Ref& ref, const std::string& reason) {
  std::vector<std::string> messages;
  const Value list = Get({"Event", ref.ns, ""});
  for (const Value& event : list["items"].items()) {
    const Value& involved = event["involvedObject"];
    if (Text(involved["kind"]) == ref.kind && Text(involved["name"]) == ref.name &&
        Text(event["reason"]) == reason) {
      messages.push_back(Text(event["message"]));
    }
  }
  return messages;
}

long ResidentKilobytes(pid_t pid) {
  const std::string status = test_support::ReadFile("/proc/" + std::to_string(pid) + "/status");
  const size_t at = status.find("VmHWM:");
  return at == status.npos ? 0 : std::stol(status.substr(at + 6));
}

const Value& ConditionOf(const Value& object, std::string_view type) {
  for (const Value& condition : object["status"]["conditions"].items()) {
    if (condition["type"].AsString() == type) return condition;
  }
  return Value::Null();
}

bool IsReady(const Value& object) {
  return ConditionOf(object, "Ready")["status"].AsString() == "True" &&
         object["status"]["observedGeneration"].AsInt() == object["metadata"]["generation"].AsInt();
}

std::string Text(const Value& value) { return std::string(value.AsString()); }

std::vector<std::string> InventoryOf(const Value& kustomization) {
  std::vector<std::string> ids;
  for (const Value& entry : kustomization["status"]["inventory"]["entries"].items())
    ids.push_back(Text(entry["id"]));
  return ids;
}

std::string Secret(const std::string& ns, const std::string& name,
                   const std::map<std::string, std::string>& data, const std::string& type) {
  std::string out = "apiVersion: v1\nkind: Secret\nmetadata: {name: " + name +
                    ", namespace: " + ns + "}\ntype: " + type + "\ndata:\n";
  for (const auto& [key, value] : data)
    out += "  " + key + ": \"" + base::Base64Encode(value) + "\"\n";
  return out;
}

std::string GitRepository(const std::string& ns, const std::string& name, const std::string& url,
                          const std::string& more) {
  return "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: " + name +
         ", namespace: " + ns + "}\nspec:\n  interval: 10m\n  url: " + url + "\n" +
         (more.empty() ? "  ref: {branch: main}\n" : more);
}

std::string Kustomization(const std::string& ns, const std::string& name, const std::string& path,
                          const std::string& source, const std::string& more) {
  return "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: " +
         name + ", namespace: " + ns +
         "}\nspec:\n  interval: 10m\n  retryInterval: 2s\n  timeout: 20s\n  prune: true\n  path: " +
         path + "\n  sourceRef: {kind: GitRepository, name: " + source + "}\n" + more;
}

std::string ConfigMap(const std::string& name, const std::string& key, const std::string& value,
                      const std::string& ns) {
  return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n" +
         (ns.empty() ? "" : "  namespace: " + ns + "\n") + "data:\n  " + key + ": \"" + value +
         "\"\n";
}

std::string Deployment(const std::string& name, int replicas, const std::string& image) {
  return "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: " + name +
         "\nspec:\n  replicas: " + std::to_string(replicas) +
         "\n  selector:\n    matchLabels:\n      app: " + name +
         "\n  template:\n    metadata:\n      labels:\n        app: " + name +
         "\n    spec:\n      containers:\n      - name: app\n        image: " + image + "\n";
}

}  // namespace sluice::e2e
