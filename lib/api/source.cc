#include "api/source.h"

#include <algorithm>

#include "api/meta.h"

namespace sluice::api {
namespace {

constexpr std::string_view kObservedIgnore = "observedIgnore",
                           kObservedSubmodules = "observedRecurseSubmodules",
                           kObservedInclude = "observedInclude",
                           kObservedSparse = "observedSparseCheckout";

// The value of `status`[observed] becomes spec[field], or goes if that is absent.
void Observe(document::Value& object, std::string_view field, std::string_view observed) {
  const document::Value value = object["spec"][field];
  document::Value& status = object.Mutable("status");
  if (value.is_null() || (value.is_array() && value.empty())) {
    status.Erase(observed);
  } else {
    status.Set(observed, value);
  }
}

bool SameInclude(const document::Value& a, const document::Value& b) {
  return a.At({"repository", "name"}) == b.At({"repository", "name"}) &&
         a["fromPath"].AsString() == b["fromPath"].AsString() &&
         a["toPath"].AsString() == b["toPath"].AsString();
}

GitVerifyMode VerifyModeOf(const document::Value& verify) {
  if (!verify.is_object()) return GitVerifyMode::kNone;
  const std::string_view mode = verify["mode"].AsString();
  if (mode == "Tag") return GitVerifyMode::kTag;
  if (mode == "TagAndHEAD") return GitVerifyMode::kTagAndHead;
  return GitVerifyMode::kHead;  // "head" of the betas, too
}

// The signature that was checked last is not the one that is asked for now.
bool VerificationIsDue(const document::Value& object) {
  const GitVerifyMode mode = VerifyModeOf(object.At({"spec", "verify"}));
  if (mode == GitVerifyMode::kNone) return false;
  const std::string_view observed = object.At({"status", "sourceVerificationMode"}).AsString();
  if (observed.empty()) return true;
  if (observed == "Tag") return mode != GitVerifyMode::kTag;
  return observed == "HEAD" && mode != GitVerifyMode::kHead;
}

std::string Text(const document::Value& v) { return std::string(v.AsString()); }

}  // namespace

std::string_view GitVerifyModeName(GitVerifyMode mode) {
  switch (mode) {
    case GitVerifyMode::kHead:
      return "HEAD";
    case GitVerifyMode::kTag:
      return "Tag";
    case GitVerifyMode::kTagAndHead:
      return "TagAndHEAD";
    case GitVerifyMode::kNone:
      return "";
  }
  return "";
}

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
  if (const document::Value* ignore = spec.Find("ignore"); ignore != nullptr && ignore->is_string())
    out.ignore = Text(*ignore);
  out.suspend = spec["suspend"].AsBool();
  out.recurse_submodules = spec["recurseSubmodules"].AsBool();
  out.verify = VerifyModeOf(spec["verify"]);
  out.verify_secret = Text(spec.At({"verify", "secretRef", "name"}));
  for (const document::Value& i : spec["include"].items()) {
    out.include.push_back(
        {Text(i.At({"repository", "name"})), Text(i["fromPath"]), Text(i["toPath"])});
  }
  for (const document::Value& path : spec["sparseCheckout"].items())
    out.sparse_checkout.push_back(Text(path));
  return out;
}

bool IgnoreUnchanged(const document::Value& object) {
  return object["spec"]["ignore"] == object["status"][kObservedIgnore];
}

void SetObservedIgnore(document::Value& object) { Observe(object, "ignore", kObservedIgnore); }

bool IncludesDiffer(const document::Value& object, const std::vector<Artifact>& included) {
  const document::Value& observed = object.At({"status", "includedArtifacts"});
  if (observed.items().size() != included.size()) return true;
  for (const Artifact& a : included) {
    const bool known = std::ranges::any_of(observed.items(), [&](const document::Value& o) {
      return o["revision"].AsString() == a.revision;
    });
    if (!known) return true;
  }
  return false;
}

bool GitContentUnchanged(const document::Value& object, const std::vector<Artifact>& included) {
  const document::Value& spec = object["spec"];
  const document::Value& status = object["status"];
  if (!IgnoreUnchanged(object)) return false;
  if (spec["recurseSubmodules"].AsBool() != status[kObservedSubmodules].AsBool()) return false;
  if (VerificationIsDue(object)) return false;
  const auto& sparse = spec["sparseCheckout"].items();
  const auto& observed_sparse = status[kObservedSparse].items();
  if (!std::ranges::equal(sparse, observed_sparse)) return false;
  const auto& include = spec["include"].items();
  const auto& observed = status[kObservedInclude].items();
  const auto& observed_artifacts = status["includedArtifacts"].items();
  if (include.size() != observed.size() || include.size() != included.size() ||
      include.size() != observed_artifacts.size())
    return false;
  for (size_t i = 0; i < include.size(); ++i) {
    if (!SameInclude(include[i], observed[i])) return false;
    if (observed_artifacts[i]["revision"].AsString() != included[i].revision) return false;
    if (observed_artifacts[i]["digest"].AsString() != included[i].digest) return false;
  }
  return true;
}

void SetObservedGitContent(document::Value& object, const std::vector<Artifact>& included) {
  SetObservedIgnore(object);
  Observe(object, "include", kObservedInclude);
  Observe(object, "sparseCheckout", kObservedSparse);
  document::Value& status = object.Mutable("status");
  if (object["spec"]["recurseSubmodules"].AsBool()) {
    status.Set(kObservedSubmodules, true);
  } else {
    status.Erase(kObservedSubmodules);
  }
  if (included.empty()) {
    status.Erase("includedArtifacts");
    return;
  }
  std::vector<document::Value> artifacts;
  for (const Artifact& a : included) artifacts.push_back(ToValue(a));
  status.Set("includedArtifacts", document::Value::Array(std::move(artifacts)));
}

}  // namespace sluice::api
