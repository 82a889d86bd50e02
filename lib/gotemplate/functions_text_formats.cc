// Helm's text formats, which hide sprig's functions of the same name, sprig's JSON forms and its
// base64 and base32 (spec §8, §9).
#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/strings.h"
#include "document/go_kind.h"
#include "document/json.h"
#include "document/yaml.h"
#include "gotemplate/function.h"
#include "text_formats.h"
#include "toml.h"

namespace sluice::gotemplate {
namespace {

using base::Result;
using base::Status;

constexpr document::JsonWriteOptions kCompact = {}, kIndented = {.indent = 2},
                                     kRaw = {.escape_html = false};

// Out of bounds is never swallowed: a function that answers "" for what it cannot write must not
// hide that a limit was met.
bool IsLimit(const Status& status) { return status.code() == base::StatusCode::kResourceExhausted; }

Value Text(Call& call, std::string_view text) { return call.String(text); }

template <const document::JsonWriteOptions& options>
Result<Value> MustJson(Call& call) {
  std::string out;
  SLUICE_TRY(AppendJson(out, call[0], options));
  return Text(call, out);
}

template <const document::JsonWriteOptions& options>
Result<Value> Json(Call& call) {
  std::string out;
  if (Status status = AppendJson(out, call[0], options); !status.ok()) {
    if (IsLimit(status)) return status;
    return Value::String("");
  }
  return Text(call, out);
}

std::string_view WithoutLastNewline(std::string_view text) { return base::TrimSuffix(text, "\n"); }

Result<Value> ToYaml(Call& call) {
  std::string out;
  if (Status status = AppendYaml(out, call[0]); !status.ok()) {
    if (IsLimit(status)) return status;
    return Value::String("");
  }
  return Text(call, WithoutLastNewline(out));
}

Result<Value> MustToYaml(Call& call) {
  std::string out;
  if (Status status = AppendYaml(out, call[0]); !status.ok()) {
    // What JSON cannot say fails in the first half of the way, the rest in YAML's.
    return status.message().starts_with("json: ")
               ? std::move(status).Wrap("error marshaling into JSON")
               : status;
  }
  return Text(call, WithoutLastNewline(out));
}

Result<Value> ToYamlPretty(Call& call) {
  std::string out;
  if (Status status = AppendYamlPretty(out, call[0]); !status.ok()) {
    // go-yaml panics at a type it does not know, and that is no failure it would give back.
    if (IsLimit(status) || status.message().starts_with("cannot marshal type: ")) return status;
    return Value::String("");
  }
  return Text(call, WithoutLastNewline(out));
}

Result<Value> ToToml(Call& call) {
  std::string out;
  if (Status status = AppendToml(out, call[0], call.environment.helm()); !status.ok()) {
    if (IsLimit(status) || IsTomlPanic(status)) return status;
    return Text(call, status.message());
  }
  return Text(call, out);
}

Result<Value> MustToToml(Call& call) {
  std::string out;
  SLUICE_TRY(AppendToml(out, call[0], call.environment.helm()));
  return Text(call, out);
}

// What encoding/json decodes into an interface {}: every number is a float64. Strings are copied
// into the heap.
Value Decoded(Heap& heap, const document::Value& data) {
  switch (data.kind()) {
    case document::Value::Kind::kNull:
      return {};
    case document::Value::Kind::kBool:
      return Value::Bool(data.AsBool());
    case document::Value::Kind::kInt:
    case document::Value::Kind::kUint:
    case document::Value::Kind::kDouble:
      return Value::Float(data.AsDouble());
    case document::Value::Kind::kString:
      return heap.CopyString(data.AsString());
    case document::Value::Kind::kArray: {
      List* list = heap.NewList(data.size());
      for (const document::Value& item : data.items()) list->Append(heap, Decoded(heap, item));
      return Value::Of(list);
    }
    case document::Value::Kind::kObject:
      break;
  }
  std::vector<const document::Value::Member*> members;
  members.reserve(data.size());
  for (const auto& member : data.members()) members.push_back(&member);
  std::ranges::sort(members, {}, [](const auto* m) -> std::string_view { return m->first; });
  Map* map = heap.NewMap(members.size());
  for (const auto* member : members)
    map->Set(heap, heap.Copy(member->first), Decoded(heap, member->second));
  return Value::Of(map);
}

// Failures of the from… functions are answers: a map whose "Error" tells, or a list of that text.
Value ErrorMap(Call& call, std::string_view message) {
  Map* map = call.heap.NewMap(1);
  map->Set(call.heap, "Error", Text(call, message));
  return Value::Of(map);
}

Value ErrorList(Call& call, std::string_view message) {
  List* list = call.heap.NewList(1);
  list->Append(call.heap, Text(call, message));
  return Value::Of(list);
}

std::string Mismatch(const document::Value& data, const Type& wanted) {
  return base::Cat("json: cannot unmarshal ", document::GoKind(data), " into Go value of type ",
                   wanted.name);
}

// A map of `data`. `null` says what null leaves: the nil map of encoding/json, or the empty one
// that sigs.k8s.io/yaml keeps.
Value MapOrError(Call& call, const document::Value& data, std::string_view prefix, Map* null) {
  if (data.is_null()) return Value::Of(null);
  if (data.is_object()) return Decoded(call.heap, data);
  return ErrorMap(call, base::Cat(prefix, Mismatch(data, types::kMap)));
}

Value ListOrError(Call& call, const document::Value& data, std::string_view prefix, List* null) {
  if (data.is_null()) return Value::Of(null);
  if (data.is_array()) return Decoded(call.heap, data);
  return ErrorList(call, base::Cat(prefix, Mismatch(data, types::kList)));
}

constexpr std::string_view kYamlToJson = "error converting YAML to JSON: ";
constexpr std::string_view kYamlDecoding = "error unmarshaling JSON: while decoding JSON: ";

Result<Value> FromYaml(Call& call) {
  const auto data = document::ParseYamlToValue(call[0].text());
  if (!data.ok()) return ErrorMap(call, base::Cat(kYamlToJson, data.status().message()));
  return MapOrError(call, *data, kYamlDecoding, call.heap.NewMap());
}

Result<Value> FromYamlArray(Call& call) {
  const auto data = document::ParseYamlToValue(call[0].text());
  if (!data.ok()) return ErrorList(call, base::Cat(kYamlToJson, data.status().message()));
  return ListOrError(call, *data, kYamlDecoding, call.heap.NewList());
}

Map* NilMap(Heap& heap) {
  Map* map = heap.NewMap();
  map->MakeNil();
  return map;
}

List* NilList(Heap& heap) {
  List* list = heap.NewList();
  list->MakeNil();
  return list;
}

// What does not fit at all is told before a number inside it that is out of range.
std::string JsonFailure(std::string_view text, const Status& status, const Type& wanted) {
  if (!status.message().starts_with("json: ")) return status.message();
  const char first = base::TrimLeft(text, " \t\r\n").front();
  const bool map = wanted.kind == Kind::kMap;
  if (first == (map ? '{' : '[')) return status.message();
  const document::Value shown = first == '{'   ? document::Value::Object()
                                : first == '[' ? document::Value::Array()
                                               : document::Value(0);
  return Mismatch(shown, wanted);
}

Result<Value> FromJson(Call& call) {
  const auto data = document::ParseSmallJson(call[0].text());
  if (!data.ok()) return ErrorMap(call, JsonFailure(call[0].text(), data.status(), types::kMap));
  return MapOrError(call, *data, "", NilMap(call.heap));
}

Result<Value> FromJsonArray(Call& call) {
  const auto data = document::ParseSmallJson(call[0].text());
  if (!data.ok()) return ErrorList(call, JsonFailure(call[0].text(), data.status(), types::kList));
  return ListOrError(call, *data, "", NilList(call.heap));
}

Result<Value> MustFromJson(Call& call) {
  SLUICE_TRY(const document::Value data, document::ParseSmallJson(call[0].text()));
  return Decoded(call.heap, data);
}

Result<Value> FromToml(Call& call) {
  auto value = ParseToml(call.heap, call[0].text(), call.environment);
  if (value.ok()) return *value;
  if (IsLimit(value.status())) return value.status();
  return ErrorMap(call, value.status().message());
}

Result<Value> B64Enc(Call& call) { return Text(call, base::Base64Encode(call[0].text())); }
Result<Value> B32Enc(Call& call) { return Text(call, base::Base32Encode(call[0].text())); }

Result<Value> TextOrMessage(Call& call, const Result<std::string>& decoded) {
  return Text(call, decoded.ok() ? std::string_view(*decoded)
                                 : std::string_view(decoded.status().message()));
}
Result<Value> B64Dec(Call& call) { return TextOrMessage(call, base::Base64Decode(call[0].text())); }
Result<Value> B32Dec(Call& call) { return TextOrMessage(call, base::Base32Decode(call[0].text())); }

constexpr auto kFunctions = std::to_array<Function>({
    {"b32dec", "S>S", B32Dec},
    {"b32enc", "S>S", B32Enc},
    {"b64dec", "S>S", B64Dec},
    {"b64enc", "S>S", B64Enc},
    {"fromJson", "S>M", FromJson},
    {"fromJsonArray", "S>V", FromJsonArray},
    {"fromToml", "S>M", FromToml},
    {"fromYaml", "S>M", FromYaml},
    {"fromYamlArray", "S>V", FromYamlArray},
    {"mustFromJson", "S>A", MustFromJson},
    {"mustToJson", "A>S", MustJson<kCompact>},
    {"mustToPrettyJson", "A>S", MustJson<kIndented>},
    {"mustToRawJson", "A>S", MustJson<kRaw>},
    {"mustToToml", "A>S", MustToToml},
    {"mustToYaml", "A>S", MustToYaml},
    {"toJson", "A>S", Json<kCompact>},
    {"toPrettyJson", "A>S", Json<kIndented>},
    {"toRawJson", "A>S", MustJson<kRaw>},
    {"toToml", "A>S", ToToml},
    {"toYaml", "A>S", ToYaml},
    {"toYamlPretty", "A>S", ToYamlPretty},
});
static_assert(std::ranges::is_sorted(kFunctions, {}, &Function::name));

}  // namespace

std::span<const Function> TextFormatFunctions() { return kFunctions; }

}  // namespace sluice::gotemplate
