#include "kustomize/build.h"

#include <algorithm>

#include "base/strings.h"
#include "context.h"
#include "document/yaml.h"
#include "go_dump.h"
#include "target.h"

namespace sluice::kustomize {

using base::Cat;
using base::Result;
using base::Status;

struct BuildOutput::Impl {
  std::unique_ptr<Arena> arena;
  std::vector<Node*> roots;
  std::vector<bool> cluster_scoped;
  std::vector<std::string> texts;  // what is printed of each
  std::vector<std::string> warnings;
  std::vector<Input> inputs;
};

Resource* BuildContext::Copy(const Resource& resource) {
  Resource* copy = &resources_.emplace_back(resource);
  copy->set_root(resource.root()->Clone(arena));
  return copy;
}

namespace {

constexpr std::string_view kManagedBy = "app.kubernetes.io/managed-by";
constexpr std::string_view kVersion = "kustomize-v5.8.1";
constexpr std::string_view kSortedTwice =
    "Warning: Sorting order is set both in 'kustomization.yaml' ('sortOptions') and in a CLI flag "
    "('--reorder'). Using the "
    "kustomization file over the CLI flag.";

Status Sort(BuildContext& context, const Kustomization& file, ResMap& map) {
  const Reorder reorder = context.options.reorder;
  if (!file.sort_options.has_value()) {
    const bool legacy = reorder == Reorder::kLegacy || reorder == Reorder::kUnspecified;
    return legacy ? SortLegacy(map, std::nullopt) : Status();
  }
  if (reorder == Reorder::kLegacy || reorder == Reorder::kNone)
    context.warnings.emplace_back(kSortedTwice);
  const SortOptions& options = *file.sort_options;
  if (options.order == "legacy") return SortLegacy(map, options.legacy);
  if (options.order != "fifo") {
    return base::InvalidArgument("the field 'sortOptions.order' must be one of [fifo, legacy]");
  }
  if (options.legacy.has_value()) {
    return base::InvalidArgument(
        "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', "
        "not 'legacy'");
  }
  return {};
}

// Origins stay only where they are asked for.
void DropOrigins(const Kustomization& file, Resource& r) {
  Node* map = r.annotations();
  if (map == nullptr) return;
  if (!file.HasBuildMetadata("originAnnotations")) map->Erase(kOriginAnnotation);
  if (!file.HasBuildMetadata("transformerAnnotations")) map->Erase(kTransformationsAnnotation);
  if (map->empty()) r.metadata()->Erase("annotations");
}

// A failure names the object by its data, or by nothing where that cannot be read.
Status Print(const Resource& r, std::string& out) {
  Status s = document::AppendResourceYaml(out, *r.root());
  if (s.ok()) return s;
  const bool unreadable = s.message().starts_with("yaml: ") &&
                          s.message() != "yaml: control characters are not allowed";
  return std::move(s).Wrap(unreadable ? "map[string]interface {}(nil)" : GoDump(*r.root()));
}

Result<ResMap> Run(BuildContext& context, const io::FileTree& tree, std::string_view path) {
  SLUICE_TRY(auto loader, Loader::Top(context, tree, path, context.options.display_path));
  Target target(context, std::move(loader));
  SLUICE_TRY(target.Load(!context.options.lenient));
  SLUICE_TRY(target.SetSchema(/*top=*/true));
  SLUICE_TRY(ResMap map, target.Run());
  const Kustomization& file = target.kustomization();
  SLUICE_TRY(Sort(context, file, map));
  if (context.options.managed_by_label || file.HasBuildMetadata("managedByLabel")) {
    const TransformerPtr label = MakeEntriesTransformer(
        {{std::string(kManagedBy), std::string(kVersion)}}, {{{}, "metadata/labels", true}});
    SLUICE_TRY(label->Transform(map));
  }
  for (Resource* r : map) {
    FinishAnnotations(*r);
    DropOrigins(file, *r);
  }
  return map;
}

}  // namespace

Result<BuildOutput> Build(const io::FileTree& tree, std::string_view path,
                          const BuildOptions& options) {
  BuildContext context(options);
  context.inputs.insert(options.more_inputs.begin(), options.more_inputs.end());
  auto map = Run(context, tree, path);
  if (options.on_warning) {
    for (const std::string& warning : context.warnings) options.on_warning(warning);
  }
  if (!map.ok()) return std::move(map).status();
  auto impl = std::make_unique<BuildOutput::Impl>();
  for (const Resource* r : *map) {
    SLUICE_TRY(Print(*r, impl->texts.emplace_back()));
    impl->roots.push_back(r->root());
    impl->cluster_scoped.push_back(r->IsClusterScoped());
  }
  impl->arena = std::move(context.arena_owner);
  impl->warnings = std::move(context.warnings);
  impl->inputs.assign(context.inputs.begin(), context.inputs.end());
  return BuildOutput(std::move(impl));
}

BuildOutput::BuildOutput() : impl_(std::make_unique<Impl>()) {}
BuildOutput::BuildOutput(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BuildOutput::BuildOutput(BuildOutput&&) noexcept = default;
BuildOutput& BuildOutput::operator=(BuildOutput&&) noexcept = default;
BuildOutput::~BuildOutput() = default;

size_t BuildOutput::size() const { return impl_->roots.size(); }
const Node& BuildOutput::node(size_t i) const { return *impl_->roots[i]; }

ObjectId BuildOutput::id(size_t i) const {
  const Node& root = node(i);
  const auto text = [](const Node* n) {
    return n == nullptr ? std::string() : std::string(n->value());
  };
  return {text(root.Find("apiVersion")), text(root.Find("kind")),
          text(root.At({"metadata", "name"})), text(root.At({"metadata", "namespace"})),
          impl_->cluster_scoped[i]};
}

document::Value BuildOutput::ToValue(size_t i) const {
  auto value = document::ParseYamlToValue(impl_->texts[i]);
  SLUICE_CHECK(value.ok());  // we wrote it
  return *std::move(value);
}

std::string BuildOutput::ToYaml(size_t i) const { return impl_->texts[i]; }

std::string BuildOutput::ToYaml() const {
  std::string out;
  size_t bytes = 0;
  for (const std::string& text : impl_->texts) bytes += text.size() + 4;
  out.reserve(bytes);
  for (size_t i = 0; i < impl_->texts.size(); ++i) {
    if (i > 0) out += "---\n";
    out += impl_->texts[i];
  }
  return out;
}

const std::vector<std::string>& BuildOutput::warnings() const { return impl_->warnings; }
const std::vector<Input>& BuildOutput::inputs() const { return impl_->inputs; }

}  // namespace sluice::kustomize
