#include "oci/manifest.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "document/go_kind.h"
#include "document/json.h"
#include "registry_error.h"

namespace sluice::oci {
namespace {

using document::Value;

constexpr size_t kMaxDepth = 32;

base::Status TypeError(const Value& v, std::string_view field, std::string_view want) {
  return base::InvalidArgument(base::Cat("json: cannot unmarshal ", document::GoKind(v),
                                         " into Go struct field ", field, " of type ", want));
}

base::Status ReadText(const Value& object, std::string_view key, std::string_view where,
                      std::string& out) {
  const Value& v = object[key];
  if (v.is_null()) return base::OkStatus();
  if (!v.is_string()) return TypeError(v, base::Cat(where, ".", key), "string");
  out = std::string(v.AsString());
  return base::OkStatus();
}

base::Status ReadTexts(const Value& object, std::string_view key, std::string_view where,
                       std::vector<std::string>& out) {
  const Value& v = object[key];
  if (!v.is_null() && !v.is_array()) return TypeError(v, base::Cat(where, ".", key), "[]string");
  for (const Value& item : v.items()) {
    if (!item.is_string()) return TypeError(item, base::Cat(where, ".", key), "string");
    out.emplace_back(item.AsString());
  }
  return base::OkStatus();
}

base::Status ReadAnnotations(const Value& object, std::string_view where,
                             std::map<std::string, std::string>& out) {
  const Value& v = object["annotations"];
  if (!v.is_null() && !v.is_object())
    return TypeError(v, base::Cat(where, ".annotations"), "map[string]string");
  for (const auto& [key, text] : v.members()) {
    if (!text.is_string() && !text.is_null())
      return TypeError(text, base::Cat(where, ".annotations"), "string");
    out.insert_or_assign(key, std::string(text.AsString()));
  }
  return base::OkStatus();
}

base::Status ReadPlatform(const Value& v, std::string_view where, std::optional<Platform>& out) {
  if (v.is_null()) return base::OkStatus();
  if (!v.is_object()) return TypeError(v, where, "v1.Platform");
  Platform p;
  SLUICE_TRY(ReadText(v, "os", where, p.os));
  SLUICE_TRY(ReadText(v, "architecture", where, p.architecture));
  SLUICE_TRY(ReadText(v, "variant", where, p.variant));
  SLUICE_TRY(ReadText(v, "os.version", where, p.os_version));
  SLUICE_TRY(ReadTexts(v, "os.features", where, p.os_features));
  SLUICE_TRY(ReadTexts(v, "features", where, p.features));
  out = std::move(p);
  return base::OkStatus();
}

base::Result<Descriptor> ReadDescriptor(const Value& v, std::string_view where) {
  if (!v.is_object()) return TypeError(v, where, "v1.Descriptor");
  Descriptor d;
  SLUICE_TRY(ReadText(v, "mediaType", where, d.media_type));
  SLUICE_TRY(ReadText(v, "artifactType", where, d.artifact_type));
  SLUICE_TRY(ReadText(v, "digest", where, d.digest));
  if (!d.digest.empty()) SLUICE_TRY(CheckHash(d.digest));
  const Value& size = v["size"];
  if (!size.is_null() && size.kind() != Value::Kind::kInt)
    return TypeError(size, base::Cat(where, ".size"), "int64");
  d.size = size.AsInt();
  if (d.size < 0) return base::InvalidArgument(base::Cat(where, ".size is negative"));
  SLUICE_TRY(ReadAnnotations(v, where, d.annotations));
  SLUICE_TRY(ReadPlatform(v["platform"], base::Cat(where, ".platform"), d.platform));
  if (const Value& data = v["data"]; !data.is_null()) {
    if (!data.is_string()) return TypeError(data, base::Cat(where, ".data"), "[]uint8");
    SLUICE_TRY(d.data, base::Base64Decode(data.AsString()));
  }
  return d;
}

base::Result<std::vector<Descriptor>> ReadDescriptors(const Value& v, std::string_view where,
                                                      size_t most) {
  if (!v.is_null() && !v.is_array()) return TypeError(v, where, "[]v1.Descriptor");
  if (v.size() > most) {
    return base::ResourceExhausted(
        base::Cat("manifest has more than ", std::to_string(most), " entries in ", where));
  }
  std::vector<Descriptor> out;
  out.reserve(v.size());
  for (const Value& item : v.items()) {
    SLUICE_TRY(Descriptor d, ReadDescriptor(item, where));
    out.push_back(std::move(d));
  }
  return out;
}

base::Result<Value> ReadRoot(std::string_view json, std::string_view type) {
  if (json.size() > kMaxManifestBytes)
    return base::ResourceExhausted("manifest is larger than 4 MiB");
  SLUICE_TRY(Value root, document::ParseJson(json, {.max_depth = kMaxDepth}));
  if (!root.is_object()) {
    return base::InvalidArgument(base::Cat("json: cannot unmarshal ", document::GoKind(root),
                                           " into Go value of type ", type));
  }
  return root;
}

bool HasAll(const std::vector<std::string>& given, const std::vector<std::string>& wanted) {
  return std::ranges::all_of(
      wanted, [&](const std::string& w) { return std::ranges::find(given, w) != given.end(); });
}

}  // namespace

base::Status CheckHash(std::string_view text) {
  const std::string shown(base::TruncateUtf8(text, 256));
  const auto parts = base::Cut(text, ":");
  if (!parts || parts->first.empty() || parts->second.empty())
    return base::InvalidArgument("cannot parse hash: " + base::QuoteGo(shown));
  const std::string_view hex = parts->second;
  if (const size_t bad = hex.find_first_not_of("0123456789abcdef"); bad != hex.npos) {
    return base::InvalidArgument(
        base::Cat("found non-hex character in hash: ", base::TruncateRunes(hex.substr(bad), 1)));
  }
  if (parts->first != "sha256")
    return base::InvalidArgument("unsupported hash: " +
                                 base::QuoteGo(base::TruncateUtf8(parts->first, 256)));
  if (hex.size() != 64)
    return base::InvalidArgument("wrong number of hex digits for sha256: " + shown.substr(7));
  return base::OkStatus();
}

base::Result<Manifest> ParseManifest(std::string_view json) {
  SLUICE_TRY(const Value root, ReadRoot(json, "v1.Manifest"));
  Manifest m;
  SLUICE_TRY(ReadText(root, "mediaType", "Manifest", m.media_type));
  SLUICE_TRY(ReadText(root, "artifactType", "Manifest", m.artifact_type));
  SLUICE_TRY(ReadAnnotations(root, "Manifest", m.annotations));
  if (const Value& config = root["config"]; !config.is_null()) {
    SLUICE_TRY(m.config, ReadDescriptor(config, "Manifest.config"));
  }
  const bool artifact = m.media_type == kOciArtifact && root["layers"].is_null();
  SLUICE_TRY(m.layers,
             ReadDescriptors(root[artifact ? "blobs" : "layers"], "Manifest.layers", kMaxLayers));
  if (const Value& subject = root["subject"]; !subject.is_null()) {
    SLUICE_TRY(m.subject, ReadDescriptor(subject, "Manifest.subject"));
  }
  return m;
}

base::Result<std::vector<Descriptor>> ParseIndex(std::string_view json) {
  SLUICE_TRY(const Value root, ReadRoot(json, "v1.IndexManifest"));
  return ReadDescriptors(root["manifests"], "IndexManifest.manifests", kMaxIndexEntries);
}

base::Status VerifyBytes(const Descriptor& descriptor, std::string_view bytes) {
  const std::string got = base::Digest::Sha256(bytes).ToString();
  if (got != descriptor.digest) {
    return base::DataLoss(base::Cat("error verifying Digest; got ", base::QuoteGo(got), ", want ",
                                    base::QuoteGo(descriptor.digest)));
  }
  if (static_cast<int64_t>(bytes.size()) != descriptor.size) {
    return base::DataLoss(base::Cat("error verifying Size; got ", std::to_string(bytes.size()),
                                    ", want ", std::to_string(descriptor.size)));
  }
  return base::OkStatus();
}

bool PlatformMatches(const Platform& given, const Platform& wanted) {
  if (given.architecture != wanted.architecture || given.os != wanted.os) return false;
  if (!wanted.os_version.empty() && given.os_version != wanted.os_version) return false;
  if (!wanted.variant.empty() && given.variant != wanted.variant) return false;
  return HasAll(given.os_features, wanted.os_features) && HasAll(given.features, wanted.features);
}

Platform DefaultPlatform() {
  Platform p;
  p.os = "linux";
  p.architecture = "amd64";
  return p;
}

}  // namespace sluice::oci
