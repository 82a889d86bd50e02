#include "functions_dict.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "coerce.h"

namespace sluice::gotemplate::internal {
namespace {

// A failed type assertion, as Go's runtime words it.
base::Status Conversion(const Value& value, std::string_view wanted) {
  const std::string_view type = value.is_nil() ? std::string_view("nil") : value.TypeName();
  return base::InvalidArgument(
      base::Cat("interface conversion: interface {} is ", type, ", not ", wanted));
}

base::Result<const Map*> AsMap(const Value& value) {
  if (!value.is_map() || value.type() != &types::kMap)
    return Conversion(value, "map[string]interface {}");
  return &value.map();
}

base::Result<Value> CopyOf(Heap& heap, const Value& value, int depth) {
  if (depth > kMaxDepth || heap.exhausted())
    return base::ResourceExhausted("value is too deep or too large to copy");
  if (value.is_list()) {
    List* list = heap.NewList(value.list().size(), value.list().type());
    if (value.list().is_nil()) list->MakeNil();
    for (const Value& element : value.list().items()) {
      SLUICE_TRY(const Value copy, CopyOf(heap, element, depth + 1));
      list->Append(heap, copy);
    }
    return Value::Of(list);
  }
  if (value.is_map()) {
    Map* map = heap.NewMap(value.map().size(), *value.type());
    if (value.map().is_nil()) map->MakeNil();
    for (const Map::Entry& entry : value.map().entries()) {
      SLUICE_TRY(const Value copy, CopyOf(heap, entry.value, depth + 1));
      map->Set(heap, entry.key, copy);
    }
    return Value::Of(map);
  }
  return value;
}

}  // namespace

base::Result<Value> Dict(Call& call) {
  Map* map = call.heap.NewMap((call.size() + 1) / 2);
  for (size_t i = 0; i < call.size(); i += 2) {
    if (call.heap.exhausted())
      return base::ResourceExhausted("the template's values take too much memory");
    const std::string_view key = StrvalValue(call.heap, call[i]).text();
    map->Set(call.heap, key, i + 1 < call.size() ? call[i + 1] : Value::String(""));
  }
  return Value::Of(map);
}

base::Result<Value> Get(Call& call) {
  const Map* map = MapOf(call[0]);
  const Value* value = map == nullptr ? nullptr : map->Find(call[1].text());
  return value == nullptr ? Value::String("") : *value;
}

base::Result<Value> Set(Call& call) {
  Map* map = MapOf(call[0]);
  if (map == nullptr || map->is_nil())
    return base::InvalidArgument("assignment to entry in nil map");
  map->Set(call.heap, call[1].text(), call[2]);
  return call[0];
}

base::Result<Value> Unset(Call& call) {
  if (Map* map = MapOf(call[0])) map->Erase(call.heap, call[1].text());
  return call[0];
}

base::Result<Value> HasKey(Call& call) {
  const Map* map = MapOf(call[0]);
  return Value::Bool(map != nullptr && map->Find(call[1].text()) != nullptr);
}

base::Result<Value> Pluck(Call& call) {
  List* list = call.heap.NewList();
  for (const Value& argument : call.args.subspan(1)) {
    const Map* map = MapOf(argument);
    if (const Value* value = map == nullptr ? nullptr : map->Find(call[0].text()))
      list->Append(call.heap, *value);
  }
  return Value::Of(list);
}

base::Result<Value> Keys(Call& call) {
  std::vector<std::string_view> keys;
  for (const Value& argument : call.args) {
    const Map* map = MapOf(argument);
    if (map == nullptr) continue;
    for (const Map::Entry& entry : map->entries()) keys.push_back(entry.key);
  }
  return StringList(call.heap, keys);
}

base::Result<Value> Values(Call& call) {
  const Map* map = MapOf(call[0]);
  List* list = call.heap.NewList(map == nullptr ? 0 : map->size());
  if (map != nullptr) {
    for (const Map::Entry& entry : map->entries()) list->Append(call.heap, entry.value);
  }
  return Value::Of(list);
}

base::Result<Value> Pick(Call& call) {
  const Map* map = MapOf(call[0]);
  Map* out = call.heap.NewMap();
  for (const Value& key : call.args.subspan(1)) {
    if (const Value* value = map == nullptr ? nullptr : map->Find(key.text()))
      out->Set(call.heap, key.text(), *value);
  }
  return Value::Of(out);
}

base::Result<Value> Omit(Call& call) {
  std::vector<std::string_view> omitted;
  for (const Value& key : call.args.subspan(1)) omitted.push_back(key.text());
  std::ranges::sort(omitted);
  const Map* map = MapOf(call[0]);
  Map* out = call.heap.NewMap(map == nullptr ? 0 : map->size());
  if (map == nullptr) return Value::Of(out);
  for (const Map::Entry& entry : map->entries()) {
    if (!std::ranges::binary_search(omitted, entry.key))
      out->Set(call.heap, entry.key, entry.value);
  }
  return Value::Of(out);
}

base::Result<Value> Dig(Call& call) {
  if (call.size() < 3) return base::InvalidArgument("dig needs at least three arguments");
  SLUICE_TRY(const Map* map, AsMap(call[call.size() - 1]));
  const auto keys = call.args.first(call.size() - 2);
  for (const Value& key : keys) {
    if (!key.is_string()) return Conversion(key, "string");
  }
  for (size_t i = 0;; ++i) {
    const Value* value = map->Find(keys[i].text());
    if (value == nullptr) return call[call.size() - 2];
    if (i + 1 == keys.size()) return *value;
    SLUICE_TRY(map, AsMap(*value));
  }
}

base::Result<Value> DeepCopy(Call& call) {
  if (call[0].is_nil())
    return base::InvalidArgument("reflect: call of reflect.Value.Type on zero Value");
  return CopyOf(call.heap, call[0], 0);
}

}  // namespace sluice::gotemplate::internal
