// manifests: rendered files split, told apart into hooks and manifests, and sorted.
#include "document/patch.h"
#include "document/yaml.h"
#include "helm/manifests.h"
#include "helm/patch.h"
#include "runner.h"

namespace sluice::conformance {
namespace {

using base::Result;
using document::Value;

Value Names(const std::vector<std::string>& names) {
  Value out = Value::Array();
  for (const std::string& name : names) out.Append(name);
  return out;
}

Result<Value> Manifests(const Case& c) {
  std::vector<helm::RenderedFile> files;
  for (const auto& [path, content] : c.json["files"].members()) files.push_back({path, std::string(content.AsString())});
  const auto order = c.Text("order") == "uninstall" ? helm::KindOrder::kUninstall : helm::KindOrder::kInstall;
  SLUICE_TRY(const auto sorted, helm::SortManifests(files, order, c.version));
  Value hooks = Value::Array(), manifests = Value::Array();
  for (const helm::Hook& hook : sorted.hooks) {
    Value events = Value::Array();
    for (const helm::HookEvent event : hook.events) events.Append(helm::HookEventName(event));
    hooks.Append(Value::Object({{"deletePolicies", Names(hook.delete_policies)},
                                {"events", std::move(events)},
                                {"kind", hook.kind},
                                {"manifest", hook.manifest},
                                {"name", hook.name},
                                {"path", hook.path},
                                {"weight", hook.weight}}));
  }
  for (const helm::Manifest& manifest : sorted.manifests) {
    manifests.Append(Value::Object({{"content", manifest.content}, {"kind", manifest.head.kind}, {"name", manifest.name}}));
  }
  return Value::Object({{"hooks", std::move(hooks)}, {"manifests", std::move(manifests)}});
}

Result<Value> Patch(const Case& c) {
  SLUICE_TRY(const Value original, document::ParseYamlToValue(c.Text("original")));
  SLUICE_TRY(const Value modified, document::ParseYamlToValue(c.Text("modified")));
  SLUICE_TRY(Value live, document::ParseYamlToValue(c.Text("current")));
  const bool three_way = c.json["threeWay"].AsBool();
  SLUICE_TRY(helm::UpdatePatch made, helm::MakeUpdatePatch(original, modified, live, three_way));
  std::string_view type = "strategic";
  if (made.type == helm::PatchType::kMerge) {
    type = three_way ? "merge-threeway" : "merge";
    document::ApplyMergePatch(live, made.patch);
  } else {
    const auto schema = helm::PatchSchemaOf(modified["apiVersion"].AsString(), modified["kind"].AsString());
    SLUICE_TRY(document::ApplyStrategicMerge(live, made.patch, schema));
  }
  return Value::Object({{"patch", std::move(made.patch)}, {"result", std::move(live)}, {"type", type}});
}

constexpr Op kOps[] = {{"manifests", Manifests}, {"patch", Patch}};

}  // namespace

Family ManifestFamily() { return {kOps}; }

}  // namespace sluice::conformance
