#include "api/notification.h"

#include "base/digest.h"
#include "base/duration.h"
#include "base/strings.h"

namespace sluice::api {
namespace {

using document::Value;

std::string Text(const Value& v) { return std::string(v.AsString()); }

std::vector<std::string> Texts(const Value& list) {
  std::vector<std::string> out;
  for (const auto& item : list.items()) out.push_back(Text(item));
  return out;
}

std::map<std::string, std::string> TextMap(const Value& object) {
  std::map<std::string, std::string> out;
  for (const auto& [k, v] : object.members()) out.emplace(k, v.AsString());
  return out;
}

std::chrono::nanoseconds DurationOr(const Value& v, std::chrono::nanoseconds fallback) {
  return v.is_string() ? base::ParseDuration(v.AsString()).value_or(fallback) : fallback;
}

std::vector<CrossNamespaceRef> Refs(const Value& list) {
  std::vector<CrossNamespaceRef> out;
  for (const auto& item : list.items()) {
    CrossNamespaceRef ref{Text(item["apiVersion"]), Text(item["kind"]), Text(item["name"]),
                          Text(item["namespace"]),  std::nullopt,       Text(item["filter"])};
    // An empty map is a selector of its own ("all"): it differs from none.
    if (item["matchLabels"].is_object()) ref.match_labels = TextMap(item["matchLabels"]);
    out.push_back(std::move(ref));
  }
  return out;
}

}  // namespace

Alert Alert::From(const Value& object) {
  const Value& spec = object["spec"];
  Alert a;
  a.ns = Text(object["metadata"]["namespace"]);
  a.name = Text(object["metadata"]["name"]);
  a.uid = Text(object["metadata"]["uid"]);
  a.provider = Text(spec["providerRef"]["name"]);
  if (const auto s = spec["eventSeverity"].AsString(); !s.empty()) a.severity = s;
  a.summary = Text(spec["summary"]);
  a.sources = Refs(spec["eventSources"]);
  a.inclusion = Texts(spec["inclusionList"]);
  a.exclusion = Texts(spec["exclusionList"]);
  a.metadata = TextMap(spec["eventMetadata"]);
  a.suspend = spec["suspend"].AsBool();
  return a;
}

Provider Provider::From(const Value& object) {
  const Value& spec = object["spec"];
  Provider p;
  p.ns = Text(object["metadata"]["namespace"]);
  p.name = Text(object["metadata"]["name"]);
  p.uid = Text(object["metadata"]["uid"]);
  p.type = Text(spec["type"]);
  p.channel = Text(spec["channel"]);
  p.username = Text(spec["username"]);
  p.address = Text(spec["address"]);
  p.proxy = Text(spec["proxy"]);
  p.secret = Text(spec["secretRef"]["name"]);
  p.cert_secret = Text(spec["certSecretRef"]["name"]);
  p.proxy_secret = Text(spec["proxySecretRef"]["name"]);
  p.service_account = Text(spec["serviceAccountName"]);
  p.timeout = DurationOr(spec["timeout"], p.timeout);
  p.suspend = spec["suspend"].AsBool();
  return p;
}

Receiver Receiver::From(const Value& object) {
  const Value& spec = object["spec"];
  Receiver r;
  r.ns = Text(object["metadata"]["namespace"]);
  r.name = Text(object["metadata"]["name"]);
  r.type = Text(spec["type"]);
  r.secret = Text(spec["secretRef"]["name"]);
  r.resource_filter = Text(spec["resourceFilter"]);
  r.interval = DurationOr(spec["interval"], r.interval);
  r.events = Texts(spec["events"]);
  r.resources = Refs(spec["resources"]);
  r.suspend = spec["suspend"].AsBool();
  r.has_oidc_providers = !spec["oidcProviders"].empty();
  return r;
}

std::string WebhookPath(std::string_view token, std::string_view ns, std::string_view name) {
  return "/hook/" + base::Digest::Sha256(base::Cat(token, name, ns)).hex();
}

}  // namespace sluice::api
