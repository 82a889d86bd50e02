// namePrefix and nameSuffix: spec §11.
#include "base/strings.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Status;

constexpr Gvk kSkipped[] = {{"", "", "CustomResourceDefinition"},
                            {"apiregistration.k8s.io", "", "APIService"},
                            {"", "", "Namespace"}};

class NameTransformer final : public Transformer {
 public:
  NameTransformer(BuildContext& context, bool suffix, std::string text, FieldSpecs specs)
      : context_(context), suffix_(suffix), text_(std::move(text)), specs_(std::move(specs)) {}

  Status Transform(ResMap& map) override {
    const std::string_view text = context_.arena.Copy(text_);
    const Setter set = [&](Node* node) {
      if (!node->is_scalar()) return WrongKind("ScalarNode", *node);
      return SetScalarKeepingStyle(
          node, suffix_ ? Cat(node->value(), text) : Cat(text, node->value()), Tag::kNone);
    };
    for (Resource* r : map) {
      const Gvk original = r->original_id().gvk;
      if (IsSkipped(original)) continue;
      for (const FieldSpec& spec : specs_) {
        if (!original.Matches(spec.gvk)) continue;
        if (spec.path == "metadata/name") {
          (suffix_ ? r->suffixes : r->prefixes).push_back(text);
          if (!text.empty()) r->StorePreviousId();
        }
        if (!r->gvk().Matches(spec.gvk)) continue;
        SLUICE_TRY(VisitField(r->root(), spec, CreateKind::kScalar, set,
                              [r] { return r->id().ToString(); }));
      }
    }
    return {};
  }

 private:
  static bool IsSkipped(const Gvk& gvk) {
    for (const Gvk& skipped : kSkipped) {
      if (gvk.Matches(skipped)) return true;
    }
    return false;
  }

  BuildContext& context_;
  bool suffix_;
  std::string text_;
  FieldSpecs specs_;
};

}  // namespace

TransformerPtr MakeNameTransformer(BuildContext& context, bool suffix, std::string text,
                                   FieldSpecs specs) {
  return std::make_unique<NameTransformer>(context, suffix, std::move(text), std::move(specs));
}

}  // namespace sluice::kustomize
