#include "dependencies.h"

#include "api/conditions.h"
#include "api/meta.h"
#include "base/strings.h"

namespace sluice::kustomization {
namespace {

using document::Value;

bool SameSource(const Value& dependency, const std::string& ns,
                const api::KustomizationSpec& spec) {
  const Value& source = dependency["spec"]["sourceRef"];
  const auto source_ns = source["namespace"].AsString();
  return source["kind"].AsString() == spec.source.kind &&
         source["name"].AsString() == spec.source.name &&
         (source_ns.empty() ? std::string_view(ns) : source_ns) == spec.source.ns;
}

}  // namespace

// Whether the dependency's state is its last word on this revision.
bool Dependencies::Settled(const kube::ObjectKey& key, const Value& dependency,
                           const api::KustomizationSpec& spec, const std::string& revision) const {
  if (api::IsSuspended(dependency)) return true;
  const auto state = states_.Find(key);
  const auto finished = state == nullptr ? std::nullopt : state->finished();
  if (!finished || finished->generation != kube::GenerationOf(dependency)) return false;
  return !SameSource(dependency, key.ns, spec) || finished->revision == revision;
}

Dependencies::Verdict Dependencies::Check(const api::KustomizationSpec& spec,
                                          const std::string& revision) const {
  for (const auto& wanted : spec.depends_on) {
    const kube::ObjectKey key{wanted.ns, wanted.name};
    const auto object = kustomizations_.Get(key);
    const std::string shown = base::Cat("dependency '", key.ToString(), "'");
    if (object == nullptr) {
      return {base::NotFound(base::Cat(shown,
                                       " not found: kustomizations.kustomize.toolkit.fluxcd.io \"",
                                       key.name, "\" not found")),
              true};
    }
    const bool observed = kube::GenerationOf(*object) == api::ObservedGeneration(*object);
    if (!observed || !api::ConditionIs(*object, api::kReady, api::kTrue)) {
      return {base::FailedPrecondition(shown + " is not ready"),
              Settled(key, *object, spec, revision)};
    }
    if (SameSource(*object, key.ns, spec) &&
        (*object)["status"]["lastAppliedRevision"].AsString() != revision) {
      return {base::FailedPrecondition(shown + " revision is not up to date"),
              Settled(key, *object, spec, revision)};
    }
  }
  return {};
}

}  // namespace sluice::kustomization
