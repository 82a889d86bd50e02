// labels, commonLabels and commonAnnotations: entries set in maps (spec §13).
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Status;

class EntriesTransformer final : public Transformer {
 public:
  EntriesTransformer(StringMap entries, FieldSpecs specs) : entries_(std::move(entries)), specs_(std::move(specs)) {}

  Status Transform(ResMap& map) override {
    if (entries_.empty()) return {};
    const Setter set = [this](Node* node) -> Status {
      for (const auto& [key, value] : entries_) SLUICE_TRY(SetEntry(node, key, value));
      return {};
    };
    for (Resource* r : map) {
      const Gvk gvk = r->gvk();
      for (const FieldSpec& spec : specs_) {
        if (!gvk.Matches(spec.gvk)) continue;
        SLUICE_TRY(VisitField(r->root(), spec, CreateKind::kMapping, set, [r] { return r->id().ToString(); }));
      }
    }
    return {};
  }

 private:
  StringMap entries_;
  FieldSpecs specs_;
};

}  // namespace

TransformerPtr MakeEntriesTransformer(StringMap entries, FieldSpecs specs) {
  return std::make_unique<EntriesTransformer>(std::move(entries), std::move(specs));
}

FieldSpecs ToSpecs(BuildContext& context, const std::vector<FieldSpecEntry>& entries) {
  FieldSpecs specs;
  const auto keep = [&](const std::string& text) { return std::string_view(context.pool.emplace_back(text)); };
  for (const FieldSpecEntry& e : entries) {
    specs.push_back({{keep(e.group), keep(e.version), keep(e.kind)}, keep(e.path), e.create});
  }
  return specs;
}

}  // namespace sluice::kustomize
