#include "cluster/helm_cluster.h"

#include <set>

#include "base/strings.h"
#include "document/yaml.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

std::string PathOf(const kube::GroupVersionKind& gvk, const kube::Client::Mapping& mapping,
                   std::string_view ns, std::string_view name) {
  std::string path =
      gvk.group.empty() ? Cat("/api/", gvk.version) : Cat("/apis/", gvk.group, "/", gvk.version);
  if (mapping.namespaced && !ns.empty()) path += Cat("/namespaces/", ns);
  path += Cat("/", mapping.resource);
  return name.empty() ? path : Cat(path, "/", name);
}

class Cluster final : public HelmCluster, public helm::LookupSource {
 public:
  Cluster(Session& session, helm::HelmVersion version) : session_(session), version_(version) {}

  Result<helm::Capabilities> Capabilities() override {
    auto version = Get("/version");
    if (!version.ok()) return Fails(version.status(), "kubernetes cluster unreachable");
    helm::Capabilities out;
    const std::string_view git = (*version)["gitVersion"].AsString();
    SLUICE_TRY(out.kube_version, helm::KubeVersion::Parse(git, version_));
    out.kube_version.version = git;
    out.kube_version.normalized = git;
    out.kube_version.major = (*version)["major"].AsString();
    out.kube_version.minor = (*version)["minor"].AsString();
    constexpr std::string_view kWhat = "could not get apiVersions from Kubernetes";
    std::set<std::string> apis;
    SLUICE_TRY(const Value core, Get("/api").Wrap(kWhat));
    for (const Value& v : core["versions"].items()) apis.insert(std::string(v.AsString()));
    SLUICE_TRY(const Value groups, Get("/apis").Wrap(kWhat));
    for (const Value& group : groups["groups"].items()) {
      for (const Value& v : group["versions"].items())
        apis.insert(std::string(v["groupVersion"].AsString()));
    }
    const std::set<std::string> versions = apis;
    for (const std::string& api : versions) {
      const auto resources = Get(Cat(api.find('/') == api.npos ? "/api/" : "/apis/", api));
      if (!resources.ok()) continue;  // an API service that is registered and not there
      for (const Value& resource : (*resources)["resources"].items())
        apis.insert(Cat(api, "/", resource["kind"].AsString()));
    }
    out.api_versions.assign(apis.begin(), apis.end());
    return out;
  }

  helm::LookupSource& lookup() override { return *this; }

  Result<Value> Lookup(std::string_view api_version, std::string_view kind, std::string_view ns,
                       std::string_view name) override {
    const auto gvk = kube::GroupVersionKind::FromApiVersion(api_version, kind);
    SLUICE_TRY(const auto mapping,
               session_.client()
                   .MappingOf(session_.context(), gvk)
                   .Wrap(Cat("unable to get apiresource from unstructured: ", gvk.group, "/",
                             gvk.version, ", Kind=", gvk.kind)));
    auto found = Get(PathOf(gvk, mapping, ns, name));
    if (!found.ok() && found.status().code() == base::StatusCode::kNotFound) return Value::Object();
    return found;
  }

  Status Check(const helm::RenderedRelease& release, const std::string& name, const std::string& ns,
               bool upgrade) override {
    for (const helm::Manifest& manifest : release.manifests) {
      const auto object = document::ParseYamlToValue(manifest.content);
      if (!object.ok() || !object->is_object()) continue;
      if (Status status = CheckObject(*object, name, ns, upgrade); !status.ok()) return status;
    }
    return {};
  }

 private:
  Result<Value> Get(const std::string& path) {
    return session_.client().Raw(session_.context(), "GET", path, nullptr);
  }
  static Status Fails(const Status& status, std::string_view what) {
    return Status(status.code(), Cat(what, ": ", status.message()));
  }

  Status CheckObject(const Value& object, const std::string& release, const std::string& release_ns,
                     bool upgrade) {
    const auto gvk = kube::GvkOf(object);
    auto key = kube::KeyOf(object);
    const auto mapping = session_.client().MappingOf(session_.context(), gvk);
    if (!mapping.ok()) {
      const Status status =
          Fails(mapping.status(),
                Cat("unable to build kubernetes objects from release manifest: resource mapping "
                    "not found for name: ",
                    base::QuoteGo(key.name), " namespace: ", base::QuoteGo(key.ns), " from \"\""));
      const bool absent = mapping.status().code() == base::StatusCode::kNotFound;
      return absent
                 ? Status(status.code(), Cat(status.message(), "\nensure CRDs are installed first"))
                 : status;
    }
    if (mapping->namespaced && key.ns.empty()) key.ns = release_ns;
    if (upgrade || key.name.empty()) return {};
    const std::string shown = Cat(gvk.kind, " ", base::QuoteGo(key.name), " in namespace ",
                                  base::QuoteGo(mapping->namespaced ? key.ns : ""));
    const std::string_view stop = version_ == helm::HelmVersion::kV3
                                      ? "Unable to continue with install"
                                      : "unable to continue with install";
    const auto live = Get(PathOf(gvk, *mapping, key.ns, key.name));
    if (!live.ok() && live.status().code() == base::StatusCode::kNotFound) return {};
    if (!live.ok())
      return Fails(live.status(),
                   Cat(stop, ": could not get information about the resource ", shown));
    const std::string owner = Ownership(*live, release, release_ns);
    if (owner.empty()) return {};
    return base::Conflict(
        Cat(stop, ": ", shown,
            " exists and cannot be imported into the current release: invalid ownership metadata; ",
            owner));
  }

  // "" where the object belongs to the release.
  static std::string Ownership(const Value& live, const std::string& release,
                               const std::string& ns) {
    std::vector<std::string> errors;
    const auto require = [&](std::string_view what, const Value& map, std::string_view key,
                             std::string_view want) {
      const Value* value = map.Find(key);
      if (value == nullptr) {
        errors.push_back(Cat(what, " validation error: missing key ", base::QuoteGo(key),
                             ": must be set to ", base::QuoteGo(want)));
      } else if (value->AsString() != want) {
        errors.push_back(Cat(what, " validation error: key ", base::QuoteGo(key), " must equal ",
                             base::QuoteGo(want), ": current value is ",
                             base::QuoteGo(value->AsString())));
      }
    };
    const Value& metadata = live["metadata"];
    require("label", metadata["labels"], "app.kubernetes.io/managed-by", "Helm");
    require("annotation", metadata["annotations"], "meta.helm.sh/release-name", release);
    require("annotation", metadata["annotations"], "meta.helm.sh/release-namespace", ns);
    return base::Join(errors, "; ");
  }

  Session& session_;
  const helm::HelmVersion version_;
};

}  // namespace

std::unique_ptr<HelmCluster> MakeHelmCluster(Session& session, helm::HelmVersion version) {
  return std::make_unique<Cluster>(session, version);
}

}  // namespace sluice::cli
