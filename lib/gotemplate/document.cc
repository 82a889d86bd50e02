// Between JSON-like documents and Go values.
#include <algorithm>
#include <cmath>

#include "base/encoding.h"
#include "gotemplate/value.h"

namespace sluice::gotemplate {
namespace {

constexpr int kMaxDepth = 1000;  // encoding/json looks for cycles from here on

constexpr size_t kMaxNodes = 5'000'000;

class Marshaller {
 public:
  base::Result<document::Value> Marshal(const Value& value, int depth);

 private:
  base::Result<document::Value> MarshalMap(const Map& map, int depth);
  base::Result<document::Value> MarshalList(const List& list, int depth);
  base::Result<document::Value> MarshalObject(const Object& object, int depth);
  size_t nodes_ = 0;
};

base::Result<document::Value> Marshaller::MarshalMap(const Map& map, int depth) {
  if (map.is_nil()) return document::Value();
  document::Value out = document::Value::Object();
  out.Reserve(map.size());
  for (const Map::Entry& entry : map.entries()) {
    SLUICE_TRY(document::Value member, Marshal(entry.value, depth));
    out.Set(entry.key, std::move(member));
  }
  return out;
}

base::Result<document::Value> Marshaller::MarshalObject(const Object& object, int depth) {
  if (const document::Value* data = object.Data()) return *data;
  if (const Map* map = object.AsMap()) return MarshalMap(*map, depth);
  return document::Value::Object();
}

base::Result<document::Value> Marshaller::MarshalList(const List& list, int depth) {
  if (list.is_nil()) return document::Value();
  document::Value out = document::Value::Array();
  out.Reserve(list.size());
  for (const Value& item : list.items()) {
    SLUICE_TRY(document::Value element, Marshal(item, depth));
    out.Append(std::move(element));
  }
  return out;
}

base::Result<document::Value> Marshaller::Marshal(const Value& value, int depth) {
  if (++nodes_ > kMaxNodes) return base::ResourceExhausted("json: too many values");
  if (depth > kMaxDepth) {
    return base::InvalidArgument("json: unsupported value: encountered a cycle via " +
                                 std::string(value.TypeName()));
  }
  switch (value.kind()) {
    case Kind::kNil:
      return document::Value();
    case Kind::kBool:
      return document::Value(value.bool_value());
    case Kind::kInt:
    case Kind::kInt64:
      return document::Value(value.int_value());
    case Kind::kUint8:
    case Kind::kUint32:
    case Kind::kUint64:
      return document::Value(value.uint_value());
    case Kind::kFloat64: {
      const double d = value.float_value();
      if (std::isfinite(d)) return document::Value(d);
      return base::InvalidArgument(std::string("json: unsupported value: ") + (std::isnan(d) ? "NaN"
                                                                               : d > 0 ? "+Inf"
                                                                                       : "-Inf"));
    }
    case Kind::kComplex128:
      return base::InvalidArgument("json: unsupported type: complex128");
    case Kind::kString:
      return document::Value(value.text());
    case Kind::kBytes:
      return document::Value(base::Base64Encode(value.text()));
    case Kind::kList:
      return MarshalList(value.list(), depth + 1);
    case Kind::kMap:
      return MarshalMap(value.map(), depth + 1);
    case Kind::kObject:
      return MarshalObject(value.object(), depth + 1);
  }
  return document::Value();
}

}  // namespace

// The document's own readers bound its depth.
Value FromDocument(Heap& heap, const document::Value& data, const Type& type) {
  switch (data.kind()) {
    case document::Value::Kind::kNull:
      return {};
    case document::Value::Kind::kBool:
      return Value::Bool(data.AsBool());
    case document::Value::Kind::kInt:
      return Value::Int64(data.AsInt());
    case document::Value::Kind::kUint:
      return Value::Uint64(data.AsUint());
    case document::Value::Kind::kDouble:
      return Value::Float(data.AsDouble());
    case document::Value::Kind::kString:
      return Value::String(data.AsString());
    case document::Value::Kind::kArray: {
      List* list = heap.NewList(data.size());
      for (const document::Value& item : data.items()) list->Append(heap, FromDocument(heap, item));
      return Value::Of(list);
    }
    case document::Value::Kind::kObject:
      break;
  }
  Map* map = heap.NewMap(data.size(), type);
  const auto by_key = [](const document::Value::Member& a, const document::Value::Member& b) {
    return a.first < b.first;
  };
  if (std::ranges::is_sorted(data.members(), by_key)) {
    for (const auto& [key, value] : data.members()) map->Set(heap, key, FromDocument(heap, value));
    return Value::Of(map);
  }
  std::vector<const document::Value::Member*> members;
  members.reserve(data.size());
  for (const auto& member : data.members()) members.push_back(&member);
  std::ranges::sort(members, [&](const auto* a, const auto* b) { return by_key(*a, *b); });
  for (const auto* member : members)
    map->Set(heap, member->first, FromDocument(heap, member->second));
  return Value::Of(map);
}

base::Result<document::Value> ToDocument(const Value& value) {
  return Marshaller().Marshal(value, 0);
}

}  // namespace sluice::gotemplate
