// The head of a document, as encoding/json reads Helm's SimpleHead after sigs.k8s.io/yaml made JSON
// of it.
#include <algorithm>
#include <optional>

#include "base/strings.h"
#include "document/go_kind.h"
#include "document/json.h"
#include "document/yaml.h"
#include "document/yaml_members.h"
#include "gotemplate/value.h"
#include "helm/manifests.h"

namespace sluice::helm {
namespace {

using base::Cat;
using document::Value;

constexpr std::string_view kMetadataType =
    R"(struct { Name string "json:\"name\""; Annotations map[string]string "json:\"annotations\"" })";

class Decoder {
 public:
  explicit Decoder(HelmVersion version) : version_(version) {}

  base::Result<ManifestHead> Run(const Value& document) {
    if (document.is_null()) return ManifestHead{};
    if (!document.is_object()) {
      Fail(document, Cat("value of type ", version_ == HelmVersion::kV3 ? "releaseutil" : "util",
                         ".SimpleHead"));
    }
    Each(document, [&](std::string_view key, const Value& value) {
      if (base::EqualFold(key, "apiVersion"))
        Text(value, "SimpleHead.apiVersion", head_.api_version);
      if (base::EqualFold(key, "kind")) Text(value, "SimpleHead.kind", head_.kind);
      if (base::EqualFold(key, "metadata")) Metadata(value);
    });
    if (!error_.empty())
      return base::InvalidArgument(
          Cat("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ", error_));
    return std::move(head_);
  }

 private:
  // Members by key: the order of the JSON between.
  static void Each(const Value& object, const auto& visit) {
    std::vector<const Value::Member*> members;
    for (const auto& member : object.members()) members.push_back(&member);
    std::ranges::sort(members, {},
                      [](const Value::Member* m) -> std::string_view { return m->first; });
    for (const Value::Member* member : members) visit(member->first, member->second);
  }

  void Fail(const Value& got, std::string_view into) {
    if (error_.empty()) error_ = Cat(document::GoKind(got), " into Go ", into);
  }

  void Text(const Value& value, std::string_view field, std::string& out) {
    if (value.is_string()) {
      out = value.AsString();
    } else if (value.is_bool() ||
               value.is_number()) {  // sigs.k8s.io/yaml does so for fields of text
      out = ScalarText(value);
    } else if (!value.is_null()) {
      Fail(value, Cat("struct field ", field, " of type string"));
    }
  }

  static std::string ScalarText(const Value& value) {
    if (value.is_bool()) return value.AsBool() ? "true" : "false";
    if (value.kind() != Value::Kind::kDouble)
      return value.kind() == Value::Kind::kUint ? std::to_string(value.AsUint())
                                                : std::to_string(value.AsInt());
    std::string out;
    gotemplate::AppendGoFloat(out, value.AsDouble());
    return out;
  }

  void Metadata(const Value& value) {
    if (value.is_null()) return;
    if (!value.is_object())
      return Fail(value, Cat("struct field SimpleHead.metadata of type ", kMetadataType));
    Each(value, [&](std::string_view key, const Value& v) {
      if (base::EqualFold(key, "name")) Text(v, ".metadata.name", head_.name);
      if (!base::EqualFold(key, "annotations") || v.is_null()) return;
      if (!v.is_object())
        return Fail(v, "struct field .metadata.annotations of type map[string]string");
      Each(v, [&](std::string_view name, const Value& text) {
        Text(text, ".metadata.annotations", head_.annotations[std::string(name)]);
      });
    });
  }

  HelmVersion version_;
  ManifestHead head_;
  std::string error_;
};

// Whether making JSON of the tree cannot fail or change it: no alias, tag, merge key or number that
// JSON cannot say, and every key a text.
bool IsOrdinary(const document::Node& node) {
  if (node.is_alias() || node.tagged()) return false;
  for (const document::Node* item : node.items()) {
    if (!IsOrdinary(*item)) return false;
  }
  for (const document::Node::Pair& pair : node.pairs()) {
    if (!pair.key->is_scalar() || pair.key->tag_id() != document::Tag::kStr || pair.key->tagged() ||
        !IsOrdinary(*pair.value))
      return false;
  }
  if (!node.is_scalar() || node.tag_id() != document::Tag::kFloat) return true;
  const std::string lower = base::ToLower(node.value());
  return !base::Contains(lower, "inf") && !base::Contains(lower, "nan");
}

bool IsHeadKey(std::string_view key) {
  return base::EqualFold(key, "apiVersion") || base::EqualFold(key, "kind") ||
         base::EqualFold(key, "metadata");
}

std::optional<Value> HeadOf(const document::Node& root) {
  Value head = Value::Object();
  for (const document::Node::Pair& pair : root.pairs()) {
    if (!IsHeadKey(pair.key->value())) continue;
    auto value =
        document::ToValue(*pair.value, {.dialect = document::YamlDialect::kGoYaml2,
                                        .duplicate_keys = document::DuplicateKeys::kLastWins,
                                        .convert_keys = true});
    if (!value.ok()) return std::nullopt;
    head.Set(pair.key->value(), *std::move(value));
  }
  return head;
}

// What the head is made of, alone; nothing where only the whole way tells what comes of the text.
std::optional<Value> HeadMembers(std::string_view text) {
  if (const auto top = document::ReadTopMembers(text, document::YamlDialect::kGoYaml2, IsHeadKey))
    return HeadOf(*top->root);
  document::Arena arena;
  const auto nodes = document::ParseYaml(
      arena, text, {.dialect = document::YamlDialect::kGoYaml2, .first_document_only = true});
  if (!nodes.ok() || nodes->empty() || !(*nodes)[0]->is_mapping() || !IsOrdinary(*(*nodes)[0]))
    return std::nullopt;
  return HeadOf(*(*nodes)[0]);
}

}  // namespace

base::Result<ManifestHead> ParseManifestHead(std::string_view text, HelmVersion version) {
  if (const auto members = HeadMembers(text); members.has_value())
    return Decoder(version).Run(*members);
  auto document = document::ParseYamlToValue(text);
  if (!document.ok()) return std::move(document).status().Wrap("error converting YAML to JSON");
  return Decoder(version).Run(*document);
}

}  // namespace sluice::helm
