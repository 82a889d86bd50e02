#include "gotemplate/value.h"

#include <gtest/gtest.h>

#include <limits>

namespace sluice::gotemplate {
namespace {

std::string Text(const Value& v) {
  std::string out;
  AppendGoValue(out, v);
  return out;
}

TEST(ValueTest, PrintsFloatsAsGo) {
  const struct {
    double value;
    std::string text;
  } cases[] = {
      {0, "0"},
      {2.0, "2"},
      {100000, "100000"},
      {999999, "999999"},
      {1000000, "1e+06"},
      {1234567, "1.234567e+06"},
      {1e21, "1e+21"},
      {0.0001, "0.0001"},
      {0.00001, "1e-05"},
      {-2.5, "-2.5"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {3.7, "3.7"},
      {-0.0, "-0"},
      {std::numeric_limits<double>::infinity(), "+Inf"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
  };
  for (const auto& c : cases) EXPECT_EQ(Text(Value::Float(c.value)), c.text);
}

TEST(ValueTest, PrintsContainersAsGo) {
  Heap heap;
  List* list = heap.NewList();
  for (const Value& v :
       {Value::Int(1), Value::String("a"), Value(), Value::Bool(true), Value::Bytes("hi")})
    list->Append(heap, v);
  Map* map = heap.NewMap();
  map->Set(heap, "l", Value::Of(list));
  map->Set(heap, "a", Value::Float(1));
  map->Set(heap, "c", Value::Complex(heap, {1, -2}));
  EXPECT_EQ(Text(Value::Of(map)), "map[a:1 c:(1-2i) l:[1 a <nil> true [104 105]]]");
}

TEST(ValueTest, NamesGoTypes) {
  Heap heap;
  const struct {
    Value value;
    std::string type, kind;
  } cases[] = {
      {Value(), "<nil>", "invalid"},
      {Value::Int(1), "int", "int"},
      {Value::Int64(1), "int64", "int64"},
      {Value::Uint8(1), "uint8", "uint8"},
      {Value::Bytes("x"), "[]uint8", "slice"},
      {Value::Of(heap.NewList()), "[]interface {}", "slice"},
      {Value::Of(heap.NewList(0, types::kStringList)), "[]string", "slice"},
      {Value::Of(heap.NewMap()), "map[string]interface {}", "map"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.value.TypeName(), c.type);
    EXPECT_EQ(c.value.KindName(), c.kind);
  }
}

TEST(MapTest, KeepsKeysSortedAndFindsThem) {
  Heap heap;
  Map* map = heap.NewMap();
  for (const std::string_view key : {"b", "a", "d", "c", "b"})
    map->Set(heap, key, Value::String(key));
  ASSERT_EQ(map->size(), 4u);
  EXPECT_EQ(map->entries()[0].key, "a");
  EXPECT_EQ(map->entries()[3].key, "d");
  EXPECT_EQ(map->Find("c")->text(), "c");
  EXPECT_EQ(map->Find("x"), nullptr);
  EXPECT_TRUE(map->Erase(heap, "b"));
  EXPECT_FALSE(map->Erase(heap, "b"));
  EXPECT_EQ(map->size(), 3u);
}

TEST(MapTest, SnapshotStandsWhileTheMapChanges) {
  Heap heap;
  Map* map = heap.NewMap(8);
  map->Set(heap, "b", Value::Int(1));
  const auto before = map->Snapshot();
  map->Set(heap, "a", Value::Int(2));
  map->Set(heap, "b", Value::Int(3));
  ASSERT_EQ(before.size(), 1u);
  EXPECT_EQ(before[0].key, "b");
  EXPECT_EQ(before[0].value.int_value(), 1);
  EXPECT_EQ(map->Find("b")->int_value(), 3);
}

TEST(DocumentTest, GoesThereAndBack) {
  Heap heap;
  document::Value data = document::Value::Object({{"z", 1.5}, {"a", nullptr}});
  data.Set("l", document::Value::Array({true, "x", int64_t{7}}));
  const Value value = FromDocument(heap, data);
  EXPECT_EQ(Text(value), "map[a:<nil> l:[true x 7] z:1.5]");
  EXPECT_EQ(value.map().Find("l")->list()[2].kind(), Kind::kInt64);
  const auto back = ToDocument(value);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, data);
}

TEST(DocumentTest, RefusesWhatJsonCannotHold) {
  Heap heap;
  EXPECT_EQ(ToDocument(Value::Float(std::numeric_limits<double>::quiet_NaN())).status().message(),
            "json: unsupported value: NaN");
  Map* map = heap.NewMap();
  map->Set(heap, "self", Value::Of(map));
  EXPECT_FALSE(ToDocument(Value::Of(map)).ok());
  EXPECT_FALSE(Text(Value::Of(map)).empty());  // ends
}

TEST(HeapTest, CountsWhatItGives) {
  Heap heap(1000);
  EXPECT_FALSE(heap.exhausted());
  (void)heap.AllocateBytes(2000);
  EXPECT_TRUE(heap.exhausted());
}

}  // namespace
}  // namespace sluice::gotemplate
