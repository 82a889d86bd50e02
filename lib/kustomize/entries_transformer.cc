// labels, commonLabels and commonAnnotations: entries set in maps (spec §13).
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Status;

class EntriesTransformer final : public Transformer {
 public:
  EntriesTransformer(StringMap entries, FieldSpecs specs)
      : entries_(std::move(entries)), specs_(std::move(specs)) {}

  Status Transform(ResMap& map) override {
    if (entries_.empty()) return {};
    FieldSpecs matching;
    for (Resource* r : map) {
      const Gvk gvk = r->gvk();
      matching.clear();
      for (const FieldSpec& spec : specs_) {
        if (gvk.Matches(spec.gvk)) matching.push_back(spec);
      }
      for (const auto& [key, value] : entries_) SLUICE_TRY(Set(*r, matching, key, value));
    }
    return {};
  }

 private:
  // The peer adds one node wherever the entry is new in an object, so what changes one of these
  // places later changes all.
  static Status Set(Resource& r, const FieldSpecs& specs, std::string_view key,
                    std::string_view value) {
    Node* shared = r.root()->arena().NewString(value);
    const Setter set = [&](Node* node) -> Status {
      if (node->IsNull()) return {};  // the peer writes into a null what is never printed
      if (!node->is_mapping()) return WrongKind("MappingNode", *node);
      if (node->Find(key) != nullptr) return SetEntry(node, key, value);
      AddField(node, key, shared);
      return {};
    };
    for (const FieldSpec& spec : specs) {
      SLUICE_TRY(VisitField(r.root(), spec, CreateKind::kMapping, set,
                            [&r] { return r.id().ToString(); }));
    }
    return {};
  }

  StringMap entries_;
  FieldSpecs specs_;
};

}  // namespace

TransformerPtr MakeEntriesTransformer(StringMap entries, FieldSpecs specs) {
  return std::make_unique<EntriesTransformer>(std::move(entries), std::move(specs));
}

FieldSpecs ToSpecs(BuildContext& context, const std::vector<FieldSpecEntry>& entries) {
  FieldSpecs specs;
  const auto keep = [&](const std::string& text) {
    return std::string_view(context.pool.emplace_back(text));
  };
  for (const FieldSpecEntry& e : entries) {
    specs.push_back({{keep(e.group), keep(e.version), keep(e.kind)}, keep(e.path), e.create});
  }
  return specs;
}

}  // namespace sluice::kustomize
