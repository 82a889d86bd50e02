#include "helm/release_record.h"

#include <algorithm>

#include "archive/gzip.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "base/time.h"
#include "document/json.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

constexpr std::string_view kZeroTime = "0001-01-01T00:00:00Z";
constexpr std::string_view kSystemLabels[] = {"name",    "owner",     "status",
                                              "version", "createdAt", "modifiedAt"};

bool IsSystemLabel(std::string_view label) {
  return std::ranges::find(kSystemLabels, label) != std::end(kSystemLabels);
}

// Writes JSON members in the order they are given, as encoding/json does a struct.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) { out_ += '{'; }
  void End() { out_ += '}'; }

  std::string& Key(std::string_view key) {
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_ += key;
    out_ += "\":";
    return out_;
  }
  void Text(std::string_view key, std::string_view text) {
    document::AppendJsonString(Key(key), text);
  }
  void OptionalText(std::string_view key, std::string_view text) {
    if (!text.empty()) Text(key, text);
  }
  void Bytes(std::string_view key, std::string_view bytes) {
    Key(key) += Cat("\"", base::Base64Encode(bytes), "\"");
  }
  void Map(std::string_view key, const Value& value) { document::AppendJson(Key(key), value); }
  void Struct(std::string_view key, const Value& value) {
    document::AppendJson(Key(key), value, {.sort_keys = false});
  }
  void Texts(std::string_view key, const auto& texts) {  // left out where empty
    if (texts.empty()) return;
    Key(key) += '[';
    for (const auto& text : texts) {
      if (out_.back() != '[') out_ += ',';
      document::AppendJsonString(out_, text);
    }
    out_ += ']';
  }
  // Helm 4 leaves a time that is none out, Helm 3 writes "".
  void Time(std::string_view key, std::string_view time, HelmVersion version) {
    if (version == HelmVersion::kV3 || !time.empty()) Text(key, time);
  }
  void ModTime(std::string_view key, const std::optional<base::Time>& time, HelmVersion version) {
    if (version == HelmVersion::kV4 && time.has_value()) Text(key, base::FormatRfc3339Nano(*time));
  }

 private:
  std::string& out_;
};

void WriteInfo(const ReleaseInfo& info, HelmVersion version, std::string& out) {
  Writer w(out);
  w.Time("first_deployed", info.first_deployed, version);
  w.Time("last_deployed", info.last_deployed, version);
  w.Time("deleted", info.deleted, version);
  w.OptionalText("description", info.description);
  w.OptionalText("status", info.status);
  w.OptionalText("notes", info.notes);
  if (!info.resources.empty()) w.Map("resources", info.resources);
  w.End();
}

void WriteFiles(Writer& chart, std::string_view key, const std::vector<File>& files,
                HelmVersion version) {
  std::string& out = chart.Key(key);
  if (files.empty()) {
    out += "null";
    return;
  }
  out += '[';
  for (const File& file : files) {
    if (out.back() != '[') out += ',';
    Writer w(out);
    w.Text("name", file.name);
    w.Bytes("data", file.data);
    w.ModTime("modtime", file.modified, version);
    w.End();
  }
  out += ']';
}

void WriteChart(const Chart& chart, HelmVersion version, std::string& out) {
  const ChartFiles& content = chart.content();
  Writer w(out);
  w.Struct("metadata", ToValue(chart.metadata));
  if (chart.lock.has_value())
    w.Struct("lock", ToValue(*chart.lock));
  else
    w.Map("lock", nullptr);
  WriteFiles(w, "templates", content.templates, version);
  w.Map("values", chart.values());
  if (content.schema.has_value())
    w.Bytes("schema", *content.schema);
  else
    w.Map("schema", nullptr);
  if (version == HelmVersion::kV4) {
    w.Text("schemamodtime", content.schema_modified.has_value()
                                ? base::FormatRfc3339Nano(*content.schema_modified)
                                : std::string(kZeroTime));
  }
  WriteFiles(w, "files", content.files, version);
  w.ModTime("modtime", content.modified, version);
  w.End();
}

void WriteHook(const Hook& hook, HelmVersion version, std::string& out) {
  Writer w(out);
  w.OptionalText("name", hook.name);
  w.OptionalText("kind", hook.kind);
  w.OptionalText("path", hook.path);
  w.OptionalText("manifest", hook.manifest);
  std::vector<std::string_view> events;
  for (const HookEvent event : hook.events) events.push_back(HookEventName(event));
  w.Texts("events", events);
  Writer run(w.Key("last_run"));
  run.Time("started_at", hook.last_run.started_at, version);
  run.Time("completed_at", hook.last_run.completed_at, version);
  run.Text("phase", hook.last_run.phase);
  run.End();
  if (hook.weight != 0) w.Map("weight", Value(hook.weight));
  w.Texts("delete_policies", hook.delete_policies);
  w.Texts("output_log_policies", hook.output_log_policies);
  w.End();
}

// ---- reading

std::string Text(const Value& value) { return std::string(value.AsString()); }

std::vector<std::string> Texts(const Value& list) {
  std::vector<std::string> out;
  for (const Value& item : list.items()) out.push_back(Text(item));
  return out;
}

std::string TimeText(const Value& value) {
  return value.AsString() == kZeroTime ? "" : Text(value);
}

std::optional<base::Time> ModTime(const Value& value) {
  if (!value.is_string() || value.AsString() == kZeroTime) return std::nullopt;
  const auto time = base::ParseRfc3339(value.AsString());
  return time.ok() ? std::optional(*time) : std::nullopt;
}

Status ReadFiles(const Value& list, std::vector<File>& out) {
  out.reserve(list.size());
  for (const Value& item : list.items()) {
    SLUICE_TRY(std::string data, base::Base64Decode(item["data"].AsString()));
    out.push_back({Text(item["name"]), std::move(data), ModTime(item["modtime"])});
  }
  return {};
}

Result<std::shared_ptr<const Chart>> ReadChart(Value& json) {
  auto chart = std::make_shared<Chart>();
  if (const Value* metadata = json.Find("metadata"); metadata != nullptr && !metadata->is_null()) {
    SLUICE_TRY(FromValue(*metadata, &chart->metadata));
  }
  if (const Value* lock = json.Find("lock"); lock != nullptr && lock->is_object()) {
    chart->lock.emplace();
    SLUICE_TRY(FromValue(*lock, &*chart->lock));
  }
  auto content = std::make_shared<ChartFiles>();
  SLUICE_TRY(ReadFiles(json["templates"], content->templates));
  SLUICE_TRY(ReadFiles(json["files"], content->files));
  if (const Value& schema = json["schema"]; schema.is_string()) {
    SLUICE_TRY(content->schema, base::Base64Decode(schema.AsString()));
  }
  content->schema_modified = ModTime(json["schemamodtime"]);
  content->modified = ModTime(json["modtime"]);
  chart->set_content(std::move(content));
  if (Value* values = json.Find("values"); values != nullptr) chart->set_values(std::move(*values));
  return std::shared_ptr<const Chart>(std::move(chart));
}

Hook ReadHook(const Value& json) {
  Hook hook{.name = Text(json["name"]),
            .kind = Text(json["kind"]),
            .path = Text(json["path"]),
            .manifest = Text(json["manifest"])};
  for (const Value& name : json["events"].items()) {
    if (const auto event = ParseHookEvent(name.AsString()); event.has_value())
      hook.events.push_back(*event);
  }
  const Value& run = json["last_run"];
  hook.last_run = {TimeText(run["started_at"]), TimeText(run["completed_at"]), Text(run["phase"])};
  hook.weight = json["weight"].AsInt();
  hook.delete_policies = Texts(json["delete_policies"]);
  hook.output_log_policies = Texts(json["output_log_policies"]);
  return hook;
}

}  // namespace

std::string RecordToJson(const ReleaseRecord& record, HelmVersion version) {
  std::string out;
  Writer w(out);
  w.OptionalText("name", record.name);
  WriteInfo(record.info, version, w.Key("info"));
  if (record.chart != nullptr) WriteChart(*record.chart, version, w.Key("chart"));
  if (!record.config.empty()) w.Map("config", record.config);
  w.OptionalText("manifest", record.manifest);
  if (!record.hooks.empty()) {
    w.Key("hooks") += '[';
    for (const Hook& hook : record.hooks) {
      if (out.back() != '[') out += ',';
      WriteHook(hook, version, out);
    }
    out += ']';
  }
  if (record.version != 0) w.Map("version", Value(record.version));
  w.OptionalText("namespace", record.namespace_);
  if (version == HelmVersion::kV4) w.OptionalText("apply_method", record.apply_method);
  w.End();
  return out;
}

Result<ReleaseRecord> RecordFromJson(std::string_view text) {
  SLUICE_TRY(Value json, document::ParseJson(text));
  if (!json.is_object())
    return base::InvalidArgument("json: cannot unmarshal into Go value of type v1.Release");
  ReleaseRecord record;
  record.name = Text(json["name"]);
  const Value& info = json["info"];
  record.info = {TimeText(info["first_deployed"]),
                 TimeText(info["last_deployed"]),
                 TimeText(info["deleted"]),
                 Text(info["description"]),
                 Text(info["status"]),
                 Text(info["notes"]),
                 info["resources"]};
  if (Value* chart = json.Find("chart"); chart != nullptr && chart->is_object()) {
    SLUICE_TRY(record.chart, ReadChart(*chart));
  }
  if (Value* config = json.Find("config"); config != nullptr && config->is_object())
    record.config = std::move(*config);
  record.manifest = Text(json["manifest"]);
  for (const Value& hook : json["hooks"].items()) record.hooks.push_back(ReadHook(hook));
  record.version = json["version"].AsInt();
  record.namespace_ = Text(json["namespace"]);
  record.apply_method = Text(json["apply_method"]);
  return record;
}

std::string EncodeRecord(const ReleaseRecord& record, HelmVersion version) {
  std::string packed;
  archive::GzipWriter gzip(
      [&](std::string_view bytes) {
        packed += bytes;
        return base::OkStatus();
      },
      {.level = 9});
  // The sink never fails.
  (void)gzip.Write(RecordToJson(record, version));
  (void)gzip.Finish();
  return base::Base64Encode(packed);
}

Result<ReleaseRecord> DecodeRecord(std::string_view encoded) {
  SLUICE_TRY(const std::string bytes, base::Base64Decode(encoded));
  if (bytes.size() <= 3 || !bytes.starts_with("\x1f\x8b\x08")) return RecordFromJson(bytes);
  SLUICE_TRY(const std::string json,
             archive::InflateGzip(bytes, {.max_bytes = uint64_t{256} << 20}));
  return RecordFromJson(json);
}

std::string RecordName(std::string_view release, int64_t version) {
  return Cat("sh.helm.release.v1.", release, ".v", std::to_string(version));
}

std::map<std::string, std::string> RecordLabels(const ReleaseRecord& record, RecordStamp stamp,
                                                int64_t unix_seconds) {
  std::map<std::string, std::string> labels = record.labels;
  labels[stamp == RecordStamp::kCreated ? "createdAt" : "modifiedAt"] =
      std::to_string(unix_seconds);
  labels["name"] = record.name;
  labels["owner"] = "helm";
  labels["status"] = record.info.status;
  labels["version"] = std::to_string(record.version);
  return labels;
}

Status CheckRecordLabels(const std::map<std::string, std::string>& labels) {
  if (std::ranges::none_of(labels, [](const auto& label) { return IsSystemLabel(label.first); }))
    return {};
  return base::InvalidArgument(
      Cat("user supplied labels contains system reserved label name. System labels: [",
          base::Join(kSystemLabels, " "), "]"));
}

Value MakeRecordObject(const ReleaseRecord& record, RecordDriver driver, HelmVersion version,
                       RecordStamp stamp, int64_t unix_seconds) {
  Value labels = Value::Object();
  for (const auto& [key, value] : RecordLabels(record, stamp, unix_seconds)) labels.Set(key, value);
  const bool secret = driver == RecordDriver::kSecret;
  const std::string encoded = EncodeRecord(record, version);
  Value object = Value::Object({{"apiVersion", "v1"}, {"kind", secret ? "Secret" : "ConfigMap"}});
  object.Set("metadata", Value::Object({{"name", RecordName(record.name, record.version)},
                                        {"namespace", record.namespace_},
                                        {"labels", std::move(labels)}}));
  if (secret) object.Set("type", kRecordType);
  object.Set("data", Value::Object({{"release", secret ? base::Base64Encode(encoded) : encoded}}));
  return object;
}

Result<ReleaseRecord> ReadRecordObject(const Value& object) {
  std::string_view data = object["data"]["release"].AsString();
  std::string decoded;
  if (object["kind"].AsString() != "ConfigMap") {
    SLUICE_TRY(decoded, base::Base64Decode(data));
    data = decoded;
  }
  SLUICE_TRY(ReleaseRecord record, DecodeRecord(data));
  for (const auto& [key, value] : object["metadata"]["labels"].members()) {
    if (!IsSystemLabel(key)) record.labels.emplace(key, value.AsString());
  }
  return record;
}

}  // namespace sluice::helm
