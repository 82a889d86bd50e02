// ValueAddTransformer: one value written to many fields (spec §21.1).
#include <algorithm>

#include "base/strings.h"
#include "document/yaml.h"
#include "field_path.h"
#include "plugin_fields.h"
#include "selector.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Status;

struct Target {
  ResourceSelector selector;
  std::string path;
  FieldPath parts;
  int position;
};

std::string InsertPart(std::string_view path, size_t position, std::string_view part) {
  const bool absolute = path.starts_with('/');
  std::vector<std::string_view> parts;
  for (const std::string_view p : base::Split(path, "/")) {
    if (!p.empty()) parts.push_back(p);
  }
  parts.insert(parts.begin() + static_cast<ptrdiff_t>(std::min(position, parts.size())), part);
  return Cat(absolute ? "/" : "", base::Join(parts, "/"));
}

class ValueAddTransformer final : public Transformer {
 public:
  ValueAddTransformer(BuildContext& context, std::string value, std::vector<Target> targets)
      : context_(context), value_(std::move(value)), targets_(std::move(targets)) {}

  Status Transform(ResMap& map) override {
    for (const Target& target : targets_) {
      const auto set = [&](Node* node) -> Status {
        if (!node->is_scalar()) return WrongKind("ScalarNode", *node);
        const std::string text =
            target.position > 0
                ? InsertPart(node->value(), static_cast<size_t>(target.position) - 1, value_)
                : value_;
        return SetScalarKeepingStyle(node, text, Tag::kNone);
      };
      SLUICE_TRY(const auto selected, target.selector.Select(map));
      for (Resource* r : selected) {
        if (target.path == "metadata/namespace") {
          SLUICE_TRY(SetNamespace(context_, value_, *r));
          continue;
        }
        SLUICE_TRY(const auto nodes, MatchField(r->root(), target.parts, {.create = true}));
        for (Node* node : nodes) SLUICE_TRY(set(node));
      }
    }
    map.Touch();
    return {};
  }

 private:
  BuildContext& context_;
  std::string value_;
  std::vector<Target> targets_;
};

}  // namespace

base::Result<TransformerPtr> MakeValueAddTransformer(PluginContext plugin, ValueAddConfig config) {
  config.value = base::TrimSpace(config.value);
  if (config.value.empty()) {
    const std::string& root = plugin.loader.root();
    config.value = root.substr(root.rfind('/') + 1);
  }
  if (!config.target_file_path.empty()) {
    SLUICE_TRY(const std::string text, plugin.loader.Load(config.target_file_path));
    SLUICE_TRY(const auto value, document::ParseYamlToValue(text));
    ValueAddConfig more;
    if (Status s = Decoder(/*strict=*/false).Decode(value, more); !s.ok()) {
      return std::move(s).Wrap("error unmarshaling JSON: while decoding JSON");
    }
    config.targets.insert(config.targets.end(), more.targets.begin(), more.targets.end());
  }
  if (config.targets.empty()) return base::InvalidArgument("must specify at least one target");
  std::vector<Target> targets;
  for (const ValueAddTarget& t : config.targets) {
    if (t.field_path.empty()) return base::InvalidArgument("fieldPath cannot be empty");
    if (t.file_path_position < 0) {
      return base::InvalidArgument(Cat("value of FilePathPosition (",
                                       std::to_string(t.file_path_position),
                                       ") cannot be negative"));
    }
    SLUICE_TRY(auto selector, ResourceSelector::Make(t.selector.value_or(Selector())));
    FieldPath parts = SplitPath(t.field_path);
    std::erase(parts, "");
    targets.push_back({std::move(selector), t.field_path, std::move(parts), t.file_path_position});
  }
  return TransformerPtr(std::make_unique<ValueAddTransformer>(plugin.build, std::move(config.value),
                                                              std::move(targets)));
}

}  // namespace sluice::kustomize
