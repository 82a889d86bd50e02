// IAMPolicyGenerator: a service account bound to a cloud account (spec §21.1).
#include "base/strings.h"
#include "document/yaml.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Cat;

class IamPolicyGenerator final : public Generator {
 public:
  IamPolicyGenerator(BuildContext& context, IamPolicyConfig config)
      : context_(context), config_(std::move(config)) {}

  base::Result<ResMap> Generate() override {
    if (config_.cloud != "gke")
      return base::InvalidArgument(Cat("cloud provider ", config_.cloud, " not supported yet"));
    // A text with gaps, as the peer has it: what is filled in is read as YAML.
    std::string text =
        Cat("\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  annotations:\n    "
            "iam.gke.io/gcp-service-account: ",
            config_.account_name, "@", config_.project_id,
            ".iam.gserviceaccount.com\n  name: ", config_.kubernetes_name, "\n");
    if (!config_.kubernetes_namespace.empty())
      text += Cat("\n  namespace: ", config_.kubernetes_namespace);
    SLUICE_TRY(const auto documents,
               document::ParseYaml(context_.arena, text, {.first_document_only = true}));
    ResMap map;
    SLUICE_TRY(map.Append(context_.NewResource(documents.front())));
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
