// replicas: spec §15.
#include "base/strings.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Status;

class ReplicaTransformer final : public Transformer {
 public:
  ReplicaTransformer(Replica replica, FieldSpecs specs)
      : replica_(std::move(replica)), specs_(std::move(specs)) {}

  Status Transform(ResMap& map) override {
    const std::string count = std::to_string(replica_.count);
    const Setter set = [&](Node* node) { return SetScalarKeepingStyle(node, count, Tag::kInt); };
    bool found = false;
    for (const FieldSpec& spec : specs_) {
      for (Resource* r : map) {
        if (!r->AnyId([&](const ResId& id) {
              return id.name == replica_.name && id.gvk.Matches(spec.gvk);
            }))
          continue;
        found = true;
        if (!r->gvk().Matches(spec.gvk)) continue;
        SLUICE_TRY(VisitField(r->root(), spec, CreateKind::kScalar, set,
                              [r] { return r->id().ToString(); }));
      }
    }
    if (found) return {};
    std::vector<std::string> types;
    for (const FieldSpec& spec : specs_) types.push_back(spec.gvk.ToString());
    return base::NotFound(Cat("resource with name ", replica_.name,
                              " does not match a config with the following GVK [",
                              base::Join(types, " "), "]"));
  }

 private:
  Replica replica_;
  FieldSpecs specs_;
};

}  // namespace

TransformerPtr MakeReplicaTransformer(BuildContext&, Replica replica, FieldSpecs specs) {
  return std::make_unique<ReplicaTransformer>(std::move(replica), std::move(specs));
}

}  // namespace sluice::kustomize
