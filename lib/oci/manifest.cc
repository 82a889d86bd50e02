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

// Whose types a manifest is read into: its errors name them, as encoding/json does.
struct Words {
  std::string_view manifest, index, media_type, digest;
  bool hashes;  // digests are parsed with the rest; otherwise they are text until they are used
};
constexpr Words kContainerRegistry{"Manifest", "IndexManifest", "types.MediaType", "string", true};
constexpr Words kOras{"Manifest", "Index", "string", "digest.Digest", false};

const Words& WordsOf(ManifestWords words) {
  return words == ManifestWords::kOras ? kOras : kContainerRegistry;
}

// A member: the Go type it is of, and the way to it from the root ("layers.size").
struct Where {
  std::string_view type;
  std::string path;  // "" = the root

  std::string Of(std::string_view key) const {
    return path.empty() ? std::string(key) : base::Cat(path, ".", key);
  }
};

base::Status TypeError(const Value& v, const Where& where, std::string_view key,
                       std::string_view want) {
  std::string got(document::GoKind(v));
  if (got == "number" && want.starts_with("int")) got += " " + document::ToJson(v);
  return base::InvalidArgument(base::Cat("json: cannot unmarshal ", got, " into Go struct field ",
                                         where.type, ".", where.Of(key), " of type ", want));
}

base::Status ReadText(const Value& object, std::string_view key, const Where& where,
                      std::string& out, std::string_view type = "string") {
  const Value& v = object[key];
  if (v.is_null()) return base::OkStatus();
  if (!v.is_string()) return TypeError(v, where, key, type);
  out = std::string(v.AsString());
  return base::OkStatus();
}

base::Status ReadTexts(const Value& object, std::string_view key, const Where& where,
                       std::vector<std::string>& out) {
  const Value& v = object[key];
  if (!v.is_null() && !v.is_array()) return TypeError(v, where, key, "[]string");
  for (const Value& item : v.items()) {
    if (!item.is_string() && !item.is_null()) return TypeError(item, where, key, "string");
    out.emplace_back(item.AsString());
  }
  return base::OkStatus();
}

base::Status ReadNumber(const Value& object, std::string_view key, const Where& where,
                        std::string_view type, int64_t& out) {
  const Value& v = object[key];
  if (!v.is_null() && v.kind() != Value::Kind::kInt) return TypeError(v, where, key, type);
  out = v.AsInt();
  return base::OkStatus();
}

base::Status ReadAnnotations(const Value& object, const Where& where,
                             std::map<std::string, std::string>& out) {
  constexpr std::string_view kKey = "annotations";
  const Value& v = object[kKey];
  if (!v.is_null() && !v.is_object()) return TypeError(v, where, kKey, "map[string]string");
  for (const auto& [key, text] : v.members()) {
    if (!text.is_string() && !text.is_null()) return TypeError(text, where, kKey, "string");
    out.insert_or_assign(key, std::string(text.AsString()));
  }
  return base::OkStatus();
}

base::Status ReadPlatform(const Value& descriptor, const Where& where,
                          std::optional<Platform>& out) {
  constexpr std::string_view kKey = "platform";
  const Value& v = descriptor[kKey];
  if (v.is_null()) return base::OkStatus();
  if (!v.is_object()) return TypeError(v, where, kKey, "v1.Platform");
  const Where at{"Platform", where.Of(kKey)};
  Platform p;
  SLUICE_TRY(ReadText(v, "os", at, p.os));
  SLUICE_TRY(ReadText(v, "architecture", at, p.architecture));
  SLUICE_TRY(ReadText(v, "variant", at, p.variant));
  SLUICE_TRY(ReadText(v, "os.version", at, p.os_version));
  SLUICE_TRY(ReadTexts(v, "os.features", at, p.os_features));
  SLUICE_TRY(ReadTexts(v, "features", at, p.features));
  out = std::move(p);
  return base::OkStatus();
}

// `key` of the root, or one item of it.
base::Result<Descriptor> ReadDescriptor(const Value& v, const Words& words, std::string_view root,
                                        std::string_view key) {
  if (!v.is_object() && !v.is_null()) return TypeError(v, {root, ""}, key, "v1.Descriptor");
  const Where where{"Descriptor", std::string(key)};
  Descriptor d;
  SLUICE_TRY(ReadText(v, "mediaType", where, d.media_type, words.media_type));
  SLUICE_TRY(ReadText(v, "artifactType", where, d.artifact_type));
  SLUICE_TRY(ReadText(v, "digest", where, d.digest, words.digest));
  if (words.hashes && v.Find("digest") != nullptr) SLUICE_TRY(CheckHash(d.digest));
  SLUICE_TRY(ReadNumber(v, "size", where, "int64", d.size));
  if (words.hashes && d.size < 0) {  // unlike go-containerregistry, which finds it later
    return base::InvalidArgument(base::Cat(key, ".size is negative"));
  }
  std::vector<std::string> urls;  // nobody follows them
  SLUICE_TRY(ReadTexts(v, "urls", where, urls));
  SLUICE_TRY(ReadAnnotations(v, where, d.annotations));
  SLUICE_TRY(ReadPlatform(v, where, d.platform));
  if (const Value& data = v["data"]; !data.is_null()) {
    if (!data.is_string()) return TypeError(data, where, "data", "[]uint8");
    SLUICE_TRY(d.data, base::Base64Decode(data.AsString()));
  }
  return d;
}

base::Result<std::vector<Descriptor>> ReadDescriptors(const Value& v, const Words& words,
                                                      std::string_view root, std::string_view key,
                                                      size_t most) {
  if (!v.is_null() && !v.is_array()) return TypeError(v, {root, ""}, key, "[]v1.Descriptor");
  if (v.size() > most) {
    return base::ResourceExhausted(
        base::Cat("manifest has more than ", std::to_string(most), " entries in ", key));
  }
  std::vector<Descriptor> out;
  out.reserve(v.size());
  for (const Value& item : v.items()) {
    SLUICE_TRY(Descriptor d, ReadDescriptor(item, words, root, key));
    out.push_back(std::move(d));
  }
  return out;
}

// What images and indexes have in common; null: the document is null.
base::Result<Value> ReadRoot(std::string_view json, const Words& words, std::string_view type) {
  if (json.size() > kMaxManifestBytes)
    return base::ResourceExhausted("manifest is larger than 4 MiB");
  SLUICE_TRY(Value root, document::ParseJson(json, {.max_depth = kMaxDepth}));
  if (!root.is_object() && !root.is_null()) {
    return base::InvalidArgument(base::Cat("json: cannot unmarshal ", document::GoKind(root),
                                           " into Go value of type v1.", type));
  }
  int64_t version = 0;
  const Where at{type, words.hashes ? "" : "Versioned"};  // which oras-go embeds
  SLUICE_TRY(ReadNumber(root, "schemaVersion", at, words.hashes ? "int64" : "int", version));
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

base::Result<Manifest> ParseManifest(std::string_view json, ManifestWords whose) {
  const Words& words = WordsOf(whose);
  SLUICE_TRY(const Value root, ReadRoot(json, words, words.manifest));
  const Where at{words.manifest, ""};
  Manifest m;
  SLUICE_TRY(ReadText(root, "mediaType", at, m.media_type, words.media_type));
  SLUICE_TRY(ReadText(root, "artifactType", at, m.artifact_type));
  SLUICE_TRY(ReadAnnotations(root, at, m.annotations));
  SLUICE_TRY(m.config, ReadDescriptor(root["config"], words, words.manifest, "config"));
  const bool artifact = m.media_type == kOciArtifact && root["layers"].is_null();
  const std::string_view layers = artifact ? "blobs" : "layers";
  SLUICE_TRY(m.layers, ReadDescriptors(root[layers], words, words.manifest, layers, kMaxLayers));
  if (const Value& subject = root["subject"]; !subject.is_null()) {
    SLUICE_TRY(m.subject, ReadDescriptor(subject, words, words.manifest, "subject"));
  }
  return m;
}

base::Result<Index> ParseIndex(std::string_view json, ManifestWords whose) {
  const Words& words = WordsOf(whose);
  SLUICE_TRY(const Value root, ReadRoot(json, words, words.index));
  Index index;
  SLUICE_TRY(index.manifests,
             ReadDescriptors(root["manifests"], words, words.index, "manifests", kMaxIndexEntries));
  if (const Value& subject = root["subject"]; !subject.is_null()) {
    SLUICE_TRY(index.subject, ReadDescriptor(subject, words, words.index, "subject"));
  }
  return index;
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
