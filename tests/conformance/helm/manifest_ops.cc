// manifests: rendered files split, told apart into hooks and manifests, sorted; patch: of an
// update; release: stored records.
#include "base/strings.h"
#include "document/json.h"
#include "document/patch.h"
#include "document/yaml.h"
#include "helm/manifests.h"
#include "helm/patch.h"
#include "helm/release_record.h"
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
  for (const auto& [path, content] : c.json["files"].members())
    files.push_back({path, std::string(content.AsString())});
  const auto order =
      c.Text("order") == "uninstall" ? helm::KindOrder::kUninstall : helm::KindOrder::kInstall;
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
    manifests.Append(Value::Object(
        {{"content", manifest.content}, {"kind", manifest.head.kind}, {"name", manifest.name}}));
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
    const auto schema =
        helm::PatchSchemaOf(modified["apiVersion"].AsString(), modified["kind"].AsString());
    SLUICE_TRY(document::ApplyStrategicMerge(live, made.patch, schema));
  }
  return Value::Object(
      {{"patch", std::move(made.patch)}, {"result", std::move(live)}, {"type", type}});
}

// A record as its driver wrote it: read, written again, and the object made anew.
Result<Value> Release(const Case& c) {
  const auto directory = c.root / c.Text("directory");
  SLUICE_TRY(const Value secret, document::ParseJson(ReadFile(directory / "secret.json")));
  SLUICE_TRY(const helm::ReleaseRecord record, helm::ReadRecordObject(secret));
  const Value& labels = secret["metadata"]["labels"];
  const bool created = labels.Find("createdAt") != nullptr;
  const auto seconds =
      base::ParseInt64(labels[created ? "createdAt" : "modifiedAt"].AsString()).value_or(0);
  const Value made = helm::MakeRecordObject(
      record, helm::RecordDriver::kSecret, c.version,
      created ? helm::RecordStamp::kCreated : helm::RecordStamp::kModified, seconds);
  SLUICE_TRY(const helm::ReleaseRecord again, helm::ReadRecordObject(made));
  Value custom = Value::Object();
  for (const auto& [key, value] : record.labels) custom.Set(key, value);
  return Value::Object({{"json", helm::RecordToJson(record, c.version)},
                        {"again", helm::RecordToJson(again, c.version)},
                        {"custom", std::move(custom)},
                        {"metadata", made["metadata"]},
                        {"type", made["type"]}});
}

std::vector<Value> ReleaseCases(const std::filesystem::path& root) {
  std::vector<Value> out;
  for (const std::string version : {"v3", "v4"}) {
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(root / "release" / version, error)) {
      const auto recorded = document::ParseJson(ReadFile(entry.path() / "case.json"));
      const auto secret = document::ParseJson(ReadFile(entry.path() / "secret.json"));
      if (!recorded.ok() || !secret.ok()) continue;
      const std::string json = ReadFile(entry.path() / "release.json");
      const Value expect = Value::Object({{"json", json},
                                          {"again", json},
                                          {"custom", (*recorded)["customLabelsAfterGet"]},
                                          {"metadata", (*secret)["metadata"]},
                                          {"type", (*recorded)["type"]}});
      out.push_back(Value::Object(
          {{"name", (*recorded)["name"]},
           {"op", "release"},
           {"only", version},
           {"directory", "release/" + version + "/" + entry.path().filename().string()},
           {"expect", expect}}));
    }
  }
  return out;
}

constexpr Op kOps[] = {{"manifests", Manifests}, {"patch", Patch}, {"release", Release}};

}  // namespace

Family ManifestFamily() { return {kOps, ReleaseCases}; }

}  // namespace sluice::conformance
