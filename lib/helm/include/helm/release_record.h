// Release records: what Helm keeps of each revision in a Secret or ConfigMap of type
// helm.sh/release.v1. Written to the byte as each Helm writes its JSON, and read from either.
// Values; pure; thread-safe. Spec: helm-engine 17, helm-controller (release storage).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "helm/chart.h"
#include "helm/manifests.h"
#include "helm/version.h"

namespace sluice::helm {

// Times are RFC 3339 texts with the writer's offset and nanoseconds, "" for none: they are carried
// on as they were read.
struct ReleaseInfo {
  std::string first_deployed, last_deployed, deleted;
  std::string description;
  std::string status;  // "deployed", "pending-install" …
  std::string notes;
  document::Value resources;  // as read; null: none
};

struct ReleaseRecord {
  std::string name;
  ReleaseInfo info;
  std::shared_ptr<const Chart> chart;  // without subcharts; null: none
  document::Value config;              // the user's values; null or an object
  std::string manifest;
  std::vector<Hook> hooks;
  int64_t version = 0;
  std::string namespace_;
  std::string apply_method;  // "ssa", "csa"; "" in records of Helm 3: client-side
  // the user's own; not in the JSON, but labels of the object
  std::map<std::string, std::string> labels;
};

// The JSON: Go's struct order, HTML characters escaped, maps sorted. Helm 3 has "" for times that
// are none, no modification times and no apply_method.
std::string RecordToJson(const ReleaseRecord& record, HelmVersion version);
base::Result<ReleaseRecord> RecordFromJson(std::string_view json);

// base64(gzip(JSON)): a ConfigMap's data.release; in a Secret it is base64 once more, as all its
// data.
std::string EncodeRecord(const ReleaseRecord& record, HelmVersion version);
// Back; what is not gzip is JSON as it stands (Helm before 2.1). Errors in Go's words;
// kResourceExhausted past 256 MiB of JSON.
base::Result<ReleaseRecord> DecodeRecord(std::string_view encoded);

inline constexpr std::string_view kRecordType = "helm.sh/release.v1";
std::string RecordName(std::string_view release,
                       int64_t version);  // "sh.helm.release.v1.<release>.v<version>"

enum class RecordStamp : uint8_t { kCreated, kModified };  // an update drops createdAt
// The user's labels and Helm's own: name, owner, status, version, and createdAt or modifiedAt.
std::map<std::string, std::string> RecordLabels(const ReleaseRecord& record, RecordStamp stamp,
                                                int64_t unix_seconds);
// kInvalidArgument where the user's labels take a name of Helm's.
base::Status CheckRecordLabels(const std::map<std::string, std::string>& labels);

enum class RecordDriver : uint8_t { kSecret, kConfigMap };
// The Kubernetes object.
document::Value MakeRecordObject(const ReleaseRecord& record, RecordDriver driver,
                                 HelmVersion version, RecordStamp stamp, int64_t unix_seconds);
// Back from either, the user's labels with it.
base::Result<ReleaseRecord> ReadRecordObject(const document::Value& object);

}  // namespace sluice::helm
