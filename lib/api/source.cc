#include "api/source.h"

#include "api/meta.h"

namespace sluice::api {
namespace {

std::string Text(const document::Value& v) { return std::string(v.AsString()); }

std::string Unsupported(const document::Value& spec) {
  const auto says = [](std::string_view what) { return std::string(what) + " is not supported yet by this source process"; };
  if (spec["url"].AsString().starts_with("ssh://")) return says("a Git URL over SSH");
  if (!spec["include"].empty()) return says("spec.include");
  if (!spec["sparseCheckout"].empty()) return says("spec.sparseCheckout");
  if (spec["recurseSubmodules"].AsBool()) return says("spec.recurseSubmodules");
  if (spec["verify"].is_object()) return says("spec.verify");
  const std::string_view provider = spec["provider"].AsString("generic");
  if (provider != "generic") return says("spec.provider '" + std::string(provider) + "'");
  return "";
}

}  // namespace

base::Result<GitRepositorySpec> GitRepositorySpec::From(const document::Value& object) {
  const document::Value& spec = object["spec"];
  GitRepositorySpec out;
  out.url = Text(spec["url"]);
  out.secret = Text(spec.At({"secretRef", "name"}));
  out.proxy_secret = Text(spec.At({"proxySecretRef", "name"}));
  out.provider = Text(spec["provider"]);
  out.service_account = Text(spec["serviceAccountName"]);
  const document::Value& ref = spec["ref"];
  out.branch = Text(ref["branch"]);
  out.tag = Text(ref["tag"]);
  out.semver = Text(ref["semver"]);
  out.ref_name = Text(ref["name"]);
  out.commit = Text(ref["commit"]);
  SLUICE_TRY(const auto interval, SpecDuration(object, "interval"));
  out.interval = interval.value_or(base::Duration{});
  SLUICE_TRY(const auto timeout, SpecDuration(object, "timeout"));
  out.timeout = timeout.value_or(out.timeout);
  if (const document::Value* ignore = spec.Find("ignore"); ignore != nullptr && ignore->is_string()) out.ignore = Text(*ignore);
  out.suspend = spec["suspend"].AsBool();
  out.unsupported = Unsupported(spec);
  return out;
}

bool IgnoreUnchanged(const document::Value& object) { return object["spec"]["ignore"] == object["status"]["observedIgnore"]; }

void SetObservedIgnore(document::Value& object) {
  const document::Value ignore = object["spec"]["ignore"];
  document::Value& status = object.Mutable("status");
  if (ignore.is_null()) {
    status.Erase("observedIgnore");
  } else {
    status.Set("observedIgnore", ignore);
  }
}

}  // namespace sluice::api
