// patches: strategic merge or JSON 6902, with or without a target (spec §16.1–16.2);
// patchesStrategicMerge (§16.3).
#include <set>

#include "base/strings.h"
#include "document/json.h"
#include "document/yaml.h"
#include "json_patch.h"
#include "merge.h"
#include "reader.h"
#include "selector.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

// Merges one patch into one resource; identity is kept as the patch's options say.
Status Merge(BuildContext& context, Resource& target, Resource& patch) {
  const std::string name(target.name()), ns(target.ns()), kind(target.kind());
  if (patch.allow_name_change || patch.allow_kind_change) target.StorePreviousId();
  const Node* directive = patch.root()->Find("$patch");
  if (directive == nullptr ||
      directive->value() !=
          "replace") {  // the peer loses an object that is replaced whole: nothing changes
    SLUICE_TRY(Node* const merged, StrategicMerge(target.root(), patch.root(), context.schema));
    target.set_root(merged);
  }
  if (target.IsNilOrEmpty()) {
    target.set_root(nullptr);
    return {};
  }
  target.allow_name_change |= patch.allow_name_change;
  target.allow_kind_change |= patch.allow_kind_change;
  if (!patch.allow_kind_change) target.SetKind(kind);
  if (!patch.allow_name_change) target.SetName(name);
  target.SetNamespace(ns);
  return {};
}

// Where a target is given, the patch's labels and annotations become texts first: nulls in them
// remove nothing.
void Rewrite(Resource& patch) {
  Node* meta = patch.metadata();
  if (meta == nullptr) return;
  for (const std::string_view field : {"labels", "annotations"}) {
    Node* texts = TextMap(meta->Find(field));
    if (texts == nullptr)
      meta->Erase(field);
    else
      meta->Set(field, texts);
  }
}

// The peer finds the selected again by their current ids, which patches before may have made those
// of others, too.
std::vector<Resource*> WithNamesakes(const ResMap& map, const std::vector<Resource*>& selected) {
  std::set<Resource*> all;
  for (Resource* s : selected) {
    const ResId id = s->id();
    for (Resource* r : map.FindByCurrentId(id)) {
      if (r->id().ns == id.ns) all.insert(r);
    }
  }
  if (all.size() == selected.size()) return selected;
  std::vector<Resource*> out;
  for (Resource* r : map) {
    if (all.contains(r)) out.push_back(r);
  }
  return out;
}

// Merges the patch into each of the selected, as one that has been given a target: it takes their
// version, and the map is made anew, which refuses equal ids.
Status MergeIntoSelected(BuildContext& context, ResMap& map, const std::vector<Resource*>& selected,
                         Resource* original) {
  for (size_t i = 0; i < selected.size(); ++i) {
    Resource& r = *selected[i];
    // The last one may have the patch itself; a merge takes directives out of it and shares its
    // nodes.
    Resource* patch = i + 1 < selected.size() ? context.Copy(*original) : original;
    const std::string api_version(r.api_version());
    Rewrite(*patch);
    patch->SetApiVersion(api_version);
    SLUICE_TRY(Merge(context, r, *patch));
    if (r.root() != nullptr) r.SetApiVersion(api_version);
  }
  ResMap kept;
  for (Resource* r : map) {
    if (r->root() != nullptr && !r->IsNilOrEmpty()) SLUICE_TRY(kept.Append(r));
  }
  map = std::move(kept);
  return {};
}

Status NoTarget(const Status& why, const ResId& id) {
  return base::NotFound(
      Cat(why.message(), "; failed to find unique target for patch ", id.ToString()));
}

// An entry of `patches` without target.
class StrategicMergePatch final : public Transformer {
 public:
  StrategicMergePatch(BuildContext& context, std::vector<Resource*> patches)
      : context_(context), patches_(std::move(patches)) {}

  Status Transform(ResMap& map) override {
    for (Resource* patch : patches_) {
      const ResId id = patch->original_id();
      auto target = map.GetById(id);
      if (!target.ok()) {
        return NoTarget(target.status(), id)
            .Wrap(Cat("no resource matches strategic merge patch ", base::QuoteGo(id.ToString())));
      }
      SLUICE_TRY(Merge(context_, **target, *patch));
      if ((*target)->root() == nullptr || patch->allow_name_change || patch->allow_kind_change)
        map.Touch();
      if ((*target)->root() == nullptr) map.DropEmpties();
    }
    return {};
  }

 private:
  BuildContext& context_;
  std::vector<Resource*> patches_;
};

// patchesStrategicMerge: finds its objects by id, and treats them as targets.
class OldMergePatch final : public Transformer {
 public:
  OldMergePatch(BuildContext& context, std::vector<Resource*> patches)
      : context_(context), patches_(std::move(patches)) {}

  Status Transform(ResMap& map) override {
    for (Resource* patch : patches_) {
      const ResId id = patch->original_id();
      auto target = map.GetById(id);
      if (!target.ok()) return NoTarget(target.status(), id);
      SLUICE_TRY(MergeIntoSelected(context_, map, WithNamesakes(map, {*target}), patch));
    }
    return {};
  }

 private:
  BuildContext& context_;
  std::vector<Resource*> patches_;
};

class TargetedMergePatch final : public Transformer {
 public:
  // REQUIRES: at most one patch.
  TargetedMergePatch(BuildContext& context, std::vector<Resource*> patches,
                     ResourceSelector selector, std::string failure)
      : context_(context),
        patches_(std::move(patches)),
        selector_(std::move(selector)),
        failure_(std::move(failure)) {}

  Status Transform(ResMap& map) override {
    if (patches_.empty()) return {};
    const auto selected = selector_.Select(map);
    if (!selected.ok()) return selected.status().Wrap(failure_);
    return MergeIntoSelected(context_, map, WithNamesakes(map, *selected), patches_[0]);
  }

 private:
  BuildContext& context_;
  std::vector<Resource*> patches_;
  ResourceSelector selector_;
  std::string failure_;
};

class JsonPatch final : public Transformer {
 public:
  JsonPatch(BuildContext& context, Value operations, ResourceSelector selector, bool store_id)
      : context_(context),
        operations_(std::move(operations)),
        selector_(std::move(selector)),
        store_id_(store_id) {}

  Status Transform(ResMap& map) override {
    SLUICE_TRY(const auto selected, selector_.Select(map));
    for (Resource* r : selected) {
      if (store_id_) r->StorePreviousId();
      SLUICE_TRY(ApplyJsonPatch(context_, *r, operations_));
    }
    return {};
  }

 private:
  BuildContext& context_;
  Value operations_;
  ResourceSelector selector_;
  bool store_id_;
};

// A JSON patch without target fails when it runs, not when it is configured.
class Failure final : public Transformer {
 public:
  explicit Failure(Status status) : status_(std::move(status)) {}
  Status Transform(ResMap&) override { return status_; }

 private:
  Status status_;
};

std::string GoPrint(const Selector& s) {
  return Cat(ResId{{s.group, s.version, s.kind}, s.name, s.ns}.ToString(),
             ":a=", s.annotation_selector, ":l=", s.label_selector);
}

// An inline text that is no object is a path.
Result<std::vector<Resource*>> LoadStrategicMerge(PluginContext plugin, const std::string& entry) {
  auto inline_patches = ReadResources(plugin.build, entry);
  if (inline_patches.ok()) return inline_patches;
  SLUICE_TRY(const std::string text, plugin.loader.Load(entry));
  auto patches = ReadResources(plugin.build, text);
  if (!patches.ok()) return NameFile(patches.status(), entry);
  return patches;
}

}  // namespace

Result<TransformerPtr> MakePatchTransformer(PluginContext plugin, Patch patch,
                                            const std::string& config) {
  const std::string text(base::TrimSpace(patch.patch));
  if (text.empty() && patch.path.empty()) {
    return base::InvalidArgument(Cat("must specify one of patch and path in\n", config));
  }
  if (!text.empty() && !patch.path.empty()) {
    return base::InvalidArgument(Cat("patch and path can't be set at the same time\n", config));
  }
  std::string body = text, source = Cat("[patch: ", base::QuoteGo(text), "]");
  if (!patch.path.empty()) {
    auto loaded = plugin.loader.Load(patch.path);
    if (!loaded.ok()) {
      return std::move(loaded).status().Wrap(
          Cat("failed to get the patch file from path(", patch.path, ")"));
    }
    body = *std::move(loaded);
    source = Cat("[path: ", base::QuoteGo(patch.path), "]");
  }
  auto merge = ReadResources(plugin.build, body);
  auto operations = ParseJsonPatch(body);
  const bool has_operations = operations.ok() && !operations->empty();
  if (merge.ok() && has_operations) {
    return base::InvalidArgument(Cat("illegally qualifies as both an SM and JSON patch: ", source));
  }
  if (!merge.ok() && !operations.ok()) {
    return base::InvalidArgument(Cat("unable to parse SM or JSON patch from ", source));
  }
  std::optional<ResourceSelector> selector;
  std::string wrong_target;
  if (patch.target.has_value()) {
    if (merge.ok() && merge->size() > 1) {
      return TransformerPtr(std::make_unique<Failure>(
          base::InvalidArgument(Cat("Multiple Strategic-Merge Patches in one `patches` entry is "
                                    "not allowed to set `patches.target` field: ",
                                    source))));
    }
    wrong_target = Cat("unable to find patch target ", base::QuoteGo(GoPrint(*patch.target)),
                       " in `resources`");
    auto made = ResourceSelector::Make(*patch.target);
    if (!made.ok()) {
      Status failure = made.status();
      if (merge.ok()) failure = std::move(failure).Wrap(wrong_target);
      return TransformerPtr(std::make_unique<Failure>(std::move(failure)));
    }
    selector = *std::move(made);
  }
  if (merge.ok()) {
    for (Resource* r : *merge) {
      r->allow_name_change = patch.options.has_value() && patch.options->allow_name_change;
      r->allow_kind_change = patch.options.has_value() && patch.options->allow_kind_change;
      // The peer notes options as annotations of the patch, which makes texts of all there; so a
      // null removes nothing.
      Node* meta = r->allow_name_change || r->allow_kind_change ? r->metadata() : nullptr;
      if (const Node* map = meta == nullptr ? nullptr : meta->Find("annotations");
          map != nullptr && map->IsNull()) {
        meta->Erase("annotations");
      } else if (meta != nullptr) {
        r->MakeAnnotationsTexts();
      }
    }
    if (!selector.has_value()) {
      return TransformerPtr(std::make_unique<StrategicMergePatch>(plugin.build, *std::move(merge)));
    }
    return TransformerPtr(std::make_unique<TargetedMergePatch>(plugin.build, *std::move(merge),
                                                               *std::move(selector), wrong_target));
  }
  if (!selector.has_value()) {
    return TransformerPtr(std::make_unique<Failure>(
        base::InvalidArgument(Cat("must specify a target for JSON patch ", source))));
  }
  return TransformerPtr(std::make_unique<JsonPatch>(plugin.build, *std::move(operations),
                                                    *std::move(selector), true));
}

Result<TransformerPtr> MakeStrategicMergeTransformer(PluginContext plugin,
                                                     const std::vector<std::string>& paths,
                                                     const std::string& patches) {
  if (paths.empty() && patches.empty())
    return base::InvalidArgument("empty file path and empty patch content");
  std::vector<Resource*> all;
  for (const std::string& path : paths) {
    SLUICE_TRY(const auto loaded, LoadStrategicMerge(plugin, path));
    all.insert(all.end(), loaded.begin(), loaded.end());
  }
  if (!patches.empty()) {
    auto loaded = ReadResources(plugin.build, patches);
    if (!loaded.ok()) {
      const bool malformed = loaded.status().code() == kMalformedYaml;
      return malformed ? std::move(loaded).status().Wrap("MalformedYAMLError") : loaded.status();
    }
    all.insert(all.end(), loaded->begin(), loaded->end());
  }
  if (all.empty()) {
    return base::InvalidArgument(
        Cat("patch appears to be empty; files=[", base::Join(paths, " "), "], Patch=", patches));
  }
  return TransformerPtr(std::make_unique<OldMergePatch>(plugin.build, std::move(all)));
}

Result<TransformerPtr> MakeJson6902Transformer(PluginContext plugin, Json6902Config config) {
  if (!config.target.has_value() || config.target->name.empty()) {
    return base::InvalidArgument("must specify the target name");
  }
  if (config.path.empty() && config.json_op.empty())
    return base::InvalidArgument("empty file path and empty jsonOp");
  if (!config.path.empty()) {
    if (!config.json_op.empty())
      return base::InvalidArgument("must specify a file path or jsonOp, not both");
    SLUICE_TRY(config.json_op, plugin.loader.Load(config.path));
    if (config.json_op.empty()) {
      return base::InvalidArgument(Cat("patch file '", config.path, "' empty seems to be empty"));
    }
  }
  std::string shown = config.json_op;
  if (shown.front() != '[') {
    SLUICE_TRY(const Value value, document::ParseYamlToValue(shown));
    shown = document::ToJson(value);
  }
  auto operations = ParseJsonPatch(shown);
  if (shown == "null") operations = Value::Array();
  if (!operations.ok()) return std::move(operations).status().Wrap(Cat("decoding ", shown));
  if (operations->empty()) {
    return base::InvalidArgument(
        Cat("patch appears to be empty; file=", config.path, ", JsonOp=", shown));
  }
  auto selector = ResourceSelector::Make(*config.target);
  if (!selector.ok()) return TransformerPtr(std::make_unique<Failure>(selector.status()));
  return TransformerPtr(std::make_unique<JsonPatch>(plugin.build, *std::move(operations),
                                                    *std::move(selector), false));
}

}  // namespace sluice::kustomize
