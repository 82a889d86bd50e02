// Name hashes: spec §9.
#include "base/sha256.h"
#include "base/strings.h"
#include "document/json.h"
#include "document/reread.h"
#include "json_patch.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Result;
using base::Status;
using document::Value;

constexpr size_t kHashLength = 10;

// `data` as JSON: "" where there is none. The peer prints it before it hashes it.
Result<Value> Field(const Node& root, std::string_view key) {
  const Node* node = root.Find(key);
  if (node == nullptr) return Value("");
  if (node->is_scalar()) return Value(node->value());
  SLUICE_TRY(Value value, document::ToValueAsWritten(*node, {.convert_keys = true}));
  ToFloats(value);
  return value;
}

Result<std::string> HashText(const Resource& r) {
  const Node& root = *r.root();
  const std::string_view kind = r.kind();
  Value out = Value::Object();
  out.Set("kind", kind);
  if (kind != "ConfigMap" && kind != "Secret") {
    SLUICE_TRY(const Value whole, document::ToValue(root));
    return document::ToJson(whole);
  }
  out.Set("name", "");
  SLUICE_TRY(Value data, Field(root, "data"));
  out.Set("data", std::move(data));
  const std::string_view extra = kind == "Secret" ? "stringData" : "binaryData";
  if (const Node* map = root.Find(extra); map != nullptr && map->is_mapping()) {
    SLUICE_TRY(Value value, Field(root, extra));
    out.Set(extra, std::move(value));
  }
  if (kind == "Secret") {
    const Node* type = root.Find("type");
    out.Set("type", type == nullptr ? std::string_view() : type->value());
  }
  return document::ToJson(out);
}

std::string Encode(std::string_view hex) {
  std::string out(hex.substr(0, kHashLength));
  for (char& c : out) {
    switch (c) {
      case '0':
        c = 'g';
        break;
      case '1':
        c = 'h';
        break;
      case '3':
        c = 'k';
        break;
      case 'a':
        c = 'm';
        break;
      case 'e':
        c = 't';
        break;
      default:
        break;
    }
  }
  return out;
}

}  // namespace

Status AddNameHashes(BuildContext&, ResMap& map) {
  for (Resource* r : map) {
    if (!r->needs_hash) continue;
    SLUICE_TRY(const std::string text, HashText(*r));
    r->StorePreviousId();
    r->SetName(base::Cat(r->name(), "-", Encode(base::Sha256Hex(text))));
  }
  map.Touch();
  return {};
}

}  // namespace sluice::kustomize
