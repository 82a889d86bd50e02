// namespace: spec §12.
#include <algorithm>
#include <unordered_map>

#include "base/strings.h"
#include "document/json.h"
#include "document/yaml.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Status;

bool IsBinding(std::string_view kind) {
  return kind == "RoleBinding" || kind == "ClusterRoleBinding";
}

std::string IdKey(const ResId& id) {
  return Cat(id.gvk.group, "\n", id.gvk.version, "\n", id.gvk.kind, "\n", id.name, "\n",
             id.effective_namespace());
}

class NamespaceTransformer final : public Transformer {
 public:
  NamespaceTransformer(BuildContext& context, NamespaceConfig config)
      : context_(context), config_(std::move(config)), ns_(context_.arena.Copy(config_.ns)) {}

  Status Transform(ResMap& map) override {
    if (config_.ns.empty()) return {};
    std::unordered_map<std::string, int> ids;
    for (const Resource* r : map) ++ids[IdKey(r->id())];
    for (Resource* r : map) {
      if (r->IsNilOrEmpty() || r->helm_generated) continue;
      r->StorePreviousId();
      --ids[IdKey(r->id())];
      SLUICE_TRY(Apply(*r));
      if (++ids[IdKey(r->id())] > 1) {
        map.Touch();
        return Conflict(map, r->id());
      }
    }
    return {};
  }

  Status Apply(Resource& r) {
    const Setter set = [this](Node* node) { return Set(node); };
    const auto id = [&r] { return r.id().ToString(); };
    const Gvk gvk = r.gvk();
    if (!r.IsClusterScoped()) {
      SLUICE_TRY(
          VisitField(r.root(), {{}, "metadata/namespace", true}, CreateKind::kScalar, set, id));
    }
    const bool binding = IsBinding(gvk.kind);
    if (binding) SLUICE_TRY(Subjects(r));
    for (const FieldSpec& spec : config_.specs) {
      if (spec.path == "metadata/namespace" ||
          (spec.path == "metadata/name" && r.api_version() != "v1"))
        continue;
      if (binding && spec.path == "subjects/namespace" && IsBinding(spec.gvk.kind)) continue;
      if (!gvk.Matches(spec.gvk)) continue;
      Status s = VisitField(r.root(), spec, CreateKind::kScalar, set, id);
      if (s.ok()) continue;
      const bool kind =
          s.message().find("wrong node kind: expected ScalarNode but got") != std::string::npos;
      return std::move(s).Wrap(kind ? "namespace field specs must target scalar nodes"
                                    : "namespace transformation failed");
    }
    return {};
  }

 private:
  Status Set(Node* node) {
    if (!node->is_scalar()) return WrongKind("ScalarNode", *node);
    if (config_.unset_only && !node->value().empty() && !node->IsNull()) return {};
    return SetScalarKeepingStyle(node, ns_, Tag::kStr);
  }

  // The subjects of a binding that follow the namespace.
  Status Subjects(Resource& r) {
    if (config_.subjects == "none") return {};
    if (!config_.subjects.empty() && config_.subjects != "defaultOnly" &&
        config_.subjects != "allServiceAccounts") {
      return base::InvalidArgument(Cat("invalid value ", base::QuoteGo(config_.subjects),
                                       " for setRoleBindingSubjects: must be one of "
                                       "\"defaultOnly\", \"none\" or \"allServiceAccounts\""));
    }
    const bool all = config_.subjects == "allServiceAccounts";
    Node* subjects = r.root()->Find("subjects");
    if (subjects == nullptr || subjects->IsNull()) return {};
    const std::string_view wrap = "setting namespace on (cluster)role binding subjects";
    if (!subjects->is_sequence()) return WrongKind("SequenceNode", *subjects).Wrap(wrap);
    for (Node* subject : subjects->items()) {
      const std::string_view field = all ? "kind" : "name";
      const auto wrong = [&](std::string_view kind, const Node& node) {
        return WrongKind(kind, node)
            .Wrap(Cat("looking up ", field, " on (cluster)role binding subject"))
            .Wrap(wrap);
      };
      if (!subject->is_mapping()) return wrong("MappingNode", *subject);
      const Node* key = subject->Find(field);
      if (key != nullptr && !key->is_scalar()) return wrong("ScalarNode", *key);
      if (key == nullptr || key->value() != (all ? "ServiceAccount" : "default")) continue;
      Node* ns = subject->Find("namespace");
      if (ns == nullptr) ns = subject->Set("namespace", context_.arena.NewScalar(""));
      if (Status s = Set(ns); !s.ok()) return std::move(s).Wrap(wrap);
    }
    return {};
  }

  Status Conflict(const ResMap& map, const ResId& id) {
    std::vector<std::string> dumps;
    for (const Resource* r : map) {
      if (!r->id().Equals(id)) continue;
      const auto value = document::ToValue(*r->Dump(context_.arena));
      dumps.push_back(value.ok() ? document::ToJson(*value)
                                 : Cat("<", value.status().message(), ">"));
    }
    return base::AlreadyExists(
        Cat("namespace transformation produces ID conflict: [", base::Join(dumps, " "), "]"));
  }

  BuildContext& context_;
  NamespaceConfig config_;
  std::string_view ns_;
};

}  // namespace

TransformerPtr MakeNamespaceTransformer(BuildContext& context, NamespaceConfig config) {
  return std::make_unique<NamespaceTransformer>(context, std::move(config));
}

Status SetNamespace(BuildContext& context, std::string ns, Resource& resource) {
  NamespaceConfig config;
  config.ns = std::move(ns);
  return NamespaceTransformer(context, std::move(config)).Apply(resource);
}

}  // namespace sluice::kustomize
