// manifests: rendered files split, told apart into hooks and manifests, and sorted.
#include "helm/manifests.h"
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

constexpr Op kOps[] = {{"manifests", Manifests}};

}  // namespace

Family ManifestFamily() { return {kOps}; }

}  // namespace sluice::conformance
