#include <algorithm>
#include <string>

#include "apply/applier.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "builtin.h"
#include "kube/object.h"

namespace sluice::apply {
namespace {

using document::Value;

// Keys of server-side apply's port lists: an unset protocol would be another item than the stored
// "TCP".
void DefaultProtocols(Value& ports) {
  if (!ports.is_array()) return;
  for (Value& port : ports.mutable_items()) {
    if (port.is_object() && port["protocol"].AsString().empty()) port.Set("protocol", "TCP");
  }
}

Value* FindPath(Value& root, std::initializer_list<std::string_view> path) {
  Value* at = &root;
  for (const auto key : path) {
    at = at->Find(key);
    if (at == nullptr) return nullptr;
  }
  return at;
}

void DefaultPodPorts(Value* pod_spec) {
  if (pod_spec == nullptr) return;
  for (const char* list : {"containers", "initContainers", "ephemeralContainers"}) {
    Value* containers = pod_spec->Find(list);
    if (containers == nullptr || !containers->is_array()) continue;
    for (Value& container : containers->mutable_items()) {
      if (Value* ports = container.Find("ports")) DefaultProtocols(*ports);
    }
  }
}

void DefaultPorts(Value& object, const kube::GroupVersionKind& gvk) {
  if (gvk.group.empty() && gvk.kind == "Service") {
    if (Value* ports = FindPath(object, {"spec", "ports"})) DefaultProtocols(*ports);
  } else if (gvk.group.empty() && gvk.kind == "Pod") {
    DefaultPodPorts(FindPath(object, {"spec"}));
  } else if (gvk.group == "batch" && gvk.kind == "CronJob") {
    DefaultPodPorts(FindPath(object, {"spec", "jobTemplate", "spec", "template", "spec"}));
  } else if ((gvk.group == "apps" && gvk.kind != "ControllerRevision") ||
             (gvk.group == "batch" && gvk.kind == "Job")) {
    DefaultPodPorts(FindPath(object, {"spec", "template", "spec"}));
  }
}

void FoldStringData(Value& secret) {
  const Value* strings = secret.Find("stringData");
  if (strings == nullptr) return;
  const Value plain = *strings;
  secret.Erase("stringData");
  if (plain.empty()) return;
  Value& data = secret.Mutable("data");
  for (const auto& [key, value] : plain.members())
    data.Set(key, base::Base64Encode(value.AsString()));
}

// A typed struct has no place for null: it leaves with the round trip that Flux makes.
void DropNulls(Value& value) {
  if (value.is_array()) {
    for (Value& item : value.mutable_items()) DropNulls(item);
    return;
  }
  std::vector<std::string> nulls;
  for (const auto& [key, child] : value.members()) {
    if (child.is_null()) nulls.push_back(key);
  }
  for (const auto& key : nulls) value.Erase(key);
  for (const auto& [key, child] : value.members()) {
    if (child.is_array() || child.is_object()) DropNulls(*value.Find(key));
  }
}

bool IsPem(std::string_view base64) {
  const auto decoded = base::Base64Decode(base64);
  return decoded.ok() && decoded->find("-----BEGIN ") != std::string::npos;
}

// A placeholder that a certificate manager fills in later; the API server would refuse it.
void DropBrokenCaBundle(Value& crd) {
  Value* config = FindPath(crd, {"spec", "conversion", "webhook", "clientConfig"});
  if (config == nullptr) return;
  const Value* bundle = config->Find("caBundle");
  if (bundle != nullptr && !IsPem(bundle->AsString())) config->Erase("caBundle");
}

}  // namespace

bool IsBuiltInGroup(std::string_view group) {
  constexpr std::string_view kPlain[] = {"",       "apps",      "batch", "autoscaling",
                                         "policy", "extensions"};
  if (std::ranges::find(kPlain, group) != std::end(kPlain)) return true;
  constexpr std::string_view kDotted[] = {"admissionregistration.k8s.io",
                                          "apiextensions.k8s.io",
                                          "apiregistration.k8s.io",
                                          "authentication.k8s.io",
                                          "authorization.k8s.io",
                                          "certificates.k8s.io",
                                          "coordination.k8s.io",
                                          "discovery.k8s.io",
                                          "events.k8s.io",
                                          "flowcontrol.apiserver.k8s.io",
                                          "internal.apiserver.k8s.io",
                                          "networking.k8s.io",
                                          "node.k8s.io",
                                          "rbac.authorization.k8s.io",
                                          "resource.k8s.io",
                                          "scheduling.k8s.io",
                                          "storage.k8s.io"};
  return std::ranges::find(kDotted, group) != std::end(kDotted);
}

base::Status Normalize(Value& object) {
  const auto gvk = kube::GvkOf(object);
  const bool crd = gvk.group == "apiextensions.k8s.io" && gvk.kind == "CustomResourceDefinition";
  const bool role =
      gvk.group == "rbac.authorization.k8s.io" && (gvk.kind == "Role" || gvk.kind == "ClusterRole");
  if (gvk.group.empty() && gvk.kind == "Secret") FoldStringData(object);
  if (IsBuiltInGroup(gvk.group) && !crd && !role) DropNulls(object);
  DefaultPorts(object, gvk);
  if (crd) {
    DropBrokenCaBundle(object);
  } else {
    object.Erase("status");
  }
  if (Value* metadata = object.Find("metadata"); metadata != nullptr && metadata->is_object()) {
    metadata->Erase("creationTimestamp");
    metadata->Erase("managedFields");
  }
  return base::OkStatus();
}

void SetMetadata(Value& object, const Value& labels, const Value& annotations) {
  const auto set = [&object](const char* map, const Value& entries) {
    if (entries.empty()) return;
    Value& target = object.Mutable("metadata").Mutable(map);
    for (const auto& [key, value] : entries.members()) target.Set(key, value);
  };
  set("labels", labels);
  set("annotations", annotations);
}

std::string MaskSecretValues(std::string text, const Value& secret) {
  constexpr std::string_view kMask = "*****";
  std::vector<std::string> values;
  for (const auto& [key, value] : secret["stringData"].members())
    values.emplace_back(value.AsString());
  for (const auto& [key, value] : secret["data"].members()) {
    values.emplace_back(value.AsString());
    if (const auto decoded = base::Base64Decode(value.AsString()); decoded.ok())
      values.push_back(*decoded);
  }
  // The longest first, so that no value leaves the rest of one that contains it.
  std::ranges::sort(values, [](const auto& a, const auto& b) { return a.size() > b.size(); });
  for (const auto& value : values) {
    if (!value.empty()) text = base::ReplaceAll(text, value, kMask);
  }
  return text;
}

}  // namespace sluice::apply
