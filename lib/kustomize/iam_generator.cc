// IAMPolicyGenerator: a service account bound to a cloud account (spec §21.1).
#include "base/strings.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Cat;

class IamPolicyGenerator final : public Generator {
 public:
  IamPolicyGenerator(BuildContext& context, IamPolicyConfig config) : context_(context), config_(std::move(config)) {}

  base::Result<ResMap> Generate() override {
    if (config_.cloud != "gke") return base::InvalidArgument(Cat("cloud provider ", config_.cloud, " not supported yet"));
    Arena& arena = context_.arena;
    Node* root = arena.NewMapping();
    root->Set("apiVersion", "v1");
    root->Set("kind", "ServiceAccount");
    Node* meta = root->Set("metadata", arena.NewMapping());
    Node* annotations = meta->Set("annotations", arena.NewMapping());
    annotations->Set("iam.gke.io/gcp-service-account",
                     Cat(config_.account_name, "@", config_.project_id, ".iam.gserviceaccount.com"));
    meta->Set("name", config_.kubernetes_name);
    if (!config_.kubernetes_namespace.empty()) meta->Set("namespace", config_.kubernetes_namespace);
    ResMap map;
    SLUICE_TRY(map.Append(context_.NewResource(root)));
    return map;
  }

 private:
  BuildContext& context_;
  IamPolicyConfig config_;
};

}  // namespace

base::Result<GeneratorPtr> MakeIamPolicyGenerator(BuildContext& context, IamPolicyConfig config) {
  return GeneratorPtr(std::make_unique<IamPolicyGenerator>(context, std::move(config)));
}

}  // namespace sluice::kustomize
