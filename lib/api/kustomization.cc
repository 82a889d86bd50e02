#include "api/kustomization.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"

namespace sluice::api {
namespace {

using base::Duration;
using base::FormatDuration;
using base::Result;
using document::Value;

constexpr size_t kMaxHistory = 5;
constexpr Duration kTimeoutMargin = std::chrono::seconds(30);

std::string Text(const Value& v) { return std::string(v.AsString()); }

std::vector<std::string> Texts(const Value& list) {
  std::vector<std::string> out;
  for (const Value& item : list.items()) out.push_back(Text(item));
  return out;
}

Result<std::optional<Duration>> ReadDuration(const Value& spec, std::string_view field) {
  const Value* value = spec.Find(field);
  if (value == nullptr || value->is_null()) return std::optional<Duration>();
  auto parsed = base::ParseDuration(value->AsString());
  if (!parsed.ok()) {
    return base::InvalidArgument(base::Cat("invalid spec.", field, " '",
                                           value->AsString().substr(0, 64),
                                           "': ", parsed.status().message()));
  }
  if (*parsed < Duration::zero())
    return base::InvalidArgument(base::Cat("invalid spec.", field, ": negative"));
  return std::optional<Duration>(*parsed);
}

DeletionPolicy ReadPolicy(std::string_view text) {
  if (text == "Delete") return DeletionPolicy::kDelete;
  if (text == "WaitForTermination") return DeletionPolicy::kWaitForTermination;
  if (text == "Orphan") return DeletionPolicy::kOrphan;
  return DeletionPolicy::kMirrorPrune;
}

// The first field asked for that this controller does not serve.
std::string Unsupported(const Value& spec) {
  for (const char* field : {"decryption", "kubeConfig", "postBuild"}) {
    if (!spec[field].empty()) return base::Cat("spec.", field);
  }
  if (!spec["healthCheckExprs"].empty()) return "spec.healthCheckExprs";
  for (const Value& dependency : spec["dependsOn"].items()) {
    if (!dependency["readyExpr"].AsString().empty()) return "spec.dependsOn[].readyExpr";
  }
  return "";
}

void ReadLists(const Value& spec, const std::string& own_namespace, KustomizationSpec& out) {
  for (const Value& d : spec["dependsOn"].items()) {
    out.depends_on.push_back(
        {d["namespace"].AsString().empty() ? own_namespace : Text(d["namespace"]), Text(d["name"]),
         Text(d["readyExpr"])});
  }
  for (const Value& h : spec["healthChecks"].items()) {
    out.health_checks.push_back({std::string(h["apiVersion"].AsString("apps/v1")), Text(h["kind"]),
                                 Text(h["namespace"]), Text(h["name"])});
    if (out.health_checks.back().api_version.empty())
      out.health_checks.back().api_version = "apps/v1";
  }
  for (const Value& rule : spec["ignore"].items()) {
    const Value& t = rule["target"];
    out.ignore.push_back({Texts(rule["paths"]), Text(t["group"]), Text(t["version"]),
                          Text(t["kind"]), Text(t["namespace"]), Text(t["name"]),
                          Text(t["labelSelector"]), Text(t["annotationSelector"])});
  }
  out.components = Texts(spec["components"]);
  out.build_metadata = Texts(spec["buildMetadata"]);
  out.patches = spec["patches"];
  out.patches_strategic_merge = spec["patchesStrategicMerge"];
  out.patches_json6902 = spec["patchesJson6902"];
  out.images = spec["images"];
  out.common_labels = spec.At({"commonMetadata", "labels"});
  out.common_annotations = spec.At({"commonMetadata", "annotations"});
}

std::string Progress(std::string_view what, std::string_view revision, Duration timeout) {
  return base::Cat(what, " for revision ", revision, " with a timeout of ",
                   FormatDuration(timeout));
}

Value HistoryMetadata(const HistoryEntry& entry) {
  Value metadata = Value::Object();
  if (!entry.origin_revision.empty()) metadata.Set("originRevision", entry.origin_revision);
  metadata.Set("revision", entry.revision);
  return metadata;
}

}  // namespace

Result<KustomizationSpec> KustomizationSpec::Of(const Value& object) {
  const Value& spec = object["spec"];
  KustomizationSpec out;
  const std::string ns = Text(object["metadata"]["namespace"]);
  const Value& source = spec["sourceRef"];
  out.source = {Text(source["kind"]),
                source["namespace"].AsString().empty() ? ns : Text(source["namespace"]),
                Text(source["name"])};
  out.path = Text(spec["path"]);
  out.target_namespace = Text(spec["targetNamespace"]);
  out.name_prefix = Text(spec["namePrefix"]);
  out.name_suffix = Text(spec["nameSuffix"]);
  out.service_account = Text(spec["serviceAccountName"]);
  out.prune = spec["prune"].AsBool();
  out.force = spec["force"].AsBool();
  out.wait = spec["wait"].AsBool();
  out.suspend = spec["suspend"].AsBool();
  out.ignore_missing_components = spec["ignoreMissingComponents"].AsBool();
  out.deletion_policy = ReadPolicy(spec["deletionPolicy"].AsString());
  SLUICE_TRY(const auto interval, ReadDuration(spec, "interval"));
  SLUICE_TRY(const auto retry, ReadDuration(spec, "retryInterval"));
  SLUICE_TRY(const auto timeout, ReadDuration(spec, "timeout"));
  out.interval = interval.value_or(std::chrono::minutes(10));
  out.retry_interval = retry.value_or(out.interval);
  out.timeout = timeout.value_or(std::max(out.interval - kTimeoutMargin, kTimeoutMargin));
  ReadLists(spec, ns, out);
  out.unsupported = Unsupported(spec);
  return out;
}

std::string FetchingMessage(std::string_view revision, Duration timeout) {
  return Progress("Fetching manifests", revision, timeout);
}
std::string BuildingMessage(std::string_view revision, Duration timeout) {
  return Progress("Building manifests", revision, timeout);
}
std::string DetectingDriftMessage(std::string_view revision, Duration timeout) {
  return Progress("Detecting drift", revision, timeout);
}
std::string HealthCheckingMessage(std::string_view revision, Duration timeout) {
  return Progress("Running health checks", revision, timeout);
}
std::string AppliedRevisionMessage(std::string_view revision) {
  return base::Cat("Applied revision: ", revision);
}
std::string ReconciliationFinishedMessage(Duration took, Duration interval) {
  return base::Cat("Reconciliation finished in ", FormatDuration(took), ", next run in ",
                   FormatDuration(interval));
}
std::string HealthCheckPassedMessage(Duration took) {
  return base::Cat("Health check passed in ", FormatDuration(took));
}
std::string HealthCheckCanceledMessage(const CrossNamespaceSourceRef& trigger) {
  return base::Cat("Health checks canceled due to new reconciliation triggered by ", trigger.kind,
                   "/", trigger.ns, "/", trigger.name);
}
std::string ArtifactMissingMessage(Duration retry) {
  return base::Cat("Source artifact not found, retrying in ", FormatDuration(retry));
}
std::string ArtifactGoneMessage(Duration retry) {
  return base::Cat("Source is not ready, artifact not found, retrying in ", FormatDuration(retry));
}
std::string DependencyRetryMessage(Duration retry) {
  return base::Cat("Dependencies do not meet ready condition, retrying in ", FormatDuration(retry));
}
std::string CrossNamespaceDeniedMessage(const CrossNamespaceSourceRef& source) {
  return base::Cat("can't access '", source.kind, "/", source.ns, "/", source.name,
                   "', cross-namespace references have been blocked");
}
std::string UnsupportedMessage(std::string_view field) {
  return base::Cat(field,
                   " is not supported by this version of the controller, remove the field or run "
                   "Flux's kustomize-controller for this object");
}

void RecordHistory(Value& object, const HistoryEntry& entry, base::Time now) {
  Value& status = object.Mutable("status");
  const Value former = status["history"];
  const std::string time = base::FormatRfc3339(now);
  Value front = Value::Object({{"digest", entry.digest}, {"firstReconciled", time}});
  int64_t total = 1;
  std::vector<Value> rest;
  for (const Value& old : former.items()) {
    if (old["digest"].AsString() == entry.digest &&
        old["lastReconciledStatus"].AsString() == entry.status) {
      front.Set("firstReconciled", old["firstReconciled"]);
      total = old["totalReconciliations"].AsInt() + 1;
    } else {
      rest.push_back(old);
    }
  }
  front.Set("lastReconciled", time);
  front.Set("lastReconciledDuration", FormatDuration(entry.took));
  front.Set("lastReconciledStatus", entry.status);
  front.Set("metadata", HistoryMetadata(entry));
  front.Set("totalReconciliations", total);
  std::vector<Value> entries{std::move(front)};
  for (Value& old : rest) {
    if (entries.size() < kMaxHistory) entries.push_back(std::move(old));
  }
  status.Set("history", Value::Array(std::move(entries)));
}

}  // namespace sluice::api
