#include "document/value.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::document {
namespace {

TEST(ValueTest, KeepsScalars) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_TRUE(Value(true).AsBool());
  EXPECT_EQ(Value(int64_t{-5}).AsInt(), -5);
  EXPECT_EQ(Value(uint64_t{5}).kind(), Value::Kind::kInt);
  EXPECT_EQ(Value(UINT64_MAX).kind(), Value::Kind::kUint);
  EXPECT_EQ(Value(UINT64_MAX).AsUint(), UINT64_MAX);
  EXPECT_EQ(Value(UINT64_MAX).AsInt(7), 7);
  EXPECT_EQ(Value(3.0).AsInt(), 3);
  EXPECT_EQ(Value(3.5).AsInt(-1), -1);
  EXPECT_EQ(Value("x").AsInt(9), 9);
  EXPECT_EQ(Value(1).AsString("no"), "no");
}

TEST(ValueTest, KeepsStringsOfEveryLength) {
  for (size_t length = 0; length < 40; ++length) {
    const std::string text(length, 'a');
    Value v(text);
    EXPECT_EQ(v.AsString(), text);
    const Value copy = v;
    const Value moved = std::move(v);
    EXPECT_EQ(copy.AsString(), text);
    EXPECT_EQ(moved.AsString(), text);
    EXPECT_EQ(copy.HeapBytes() == 0, length <= 14) << length;
  }
  EXPECT_EQ(Value(std::string("a\0b", 3)).AsString().size(), 3u);
}

TEST(ValueTest, ObjectsKeepOrderAndFindKeys) {
  for (const size_t count : {1u, 16u, 17u, 18u, 100u, 1000u}) {
    SCOPED_TRACE(count);
    Value v;
    for (size_t i = 0; i < count; ++i) v.Set("key" + std::to_string(i), static_cast<int64_t>(i));
    ASSERT_EQ(v.size(), count);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_EQ(v.members()[i].first, "key" + std::to_string(i));
      EXPECT_EQ(v["key" + std::to_string(i)].AsInt(), static_cast<int64_t>(i));
    }
    EXPECT_EQ(v.Find("none"), nullptr);
    EXPECT_TRUE(v["none"]["deeper"].is_null());
    v.Set("key0", "replaced");
    EXPECT_EQ(v.size(), count);
    EXPECT_EQ(v.members()[0].second.AsString(), "replaced");
    EXPECT_TRUE(v.Erase("key0"));
    EXPECT_FALSE(v.Erase("key0"));
    EXPECT_EQ(v.size(), count - 1);
    if (count > 1) {
      EXPECT_EQ(v["key" + std::to_string(count - 1)].AsInt(), static_cast<int64_t>(count - 1));
    }
  }
}

TEST(ValueTest, MutableMakesThePath) {
  Value v;
  v.Mutable("metadata").Mutable("labels").Set("a", "b");
  EXPECT_EQ(v.At({"metadata", "labels", "a"}).AsString(), "b");
  EXPECT_TRUE(v.At({"metadata", "labels", "a", "x"}).is_null());
}

TEST(ValueTest, ComparesDeeply) {
  const Value a = Value::Object({{"x", 1}, {"y", Value::Array({1, "two", nullptr})}});
  const Value b = Value::Object({{"y", Value::Array({1.0, "two", nullptr})}, {"x", 1}});
  EXPECT_EQ(a, b);
  EXPECT_NE(a, Value::Object({{"x", 1}}));
  EXPECT_NE(Value(1), Value("1"));
  EXPECT_NE(Value(1), Value(1.5));
  EXPECT_EQ(Value(1.0), Value(1));
  EXPECT_NE(Value(INT64_MAX), Value(9223372036854775808.0));
  EXPECT_EQ(Value(uint64_t{1} << 63), Value(9223372036854775808.0));
  EXPECT_NE(Value(false), Value());
}

TEST(ValueTest, AssigningAPartOfItselfIsSafe) {
  Value v = Value::Object({{"inner", Value::Object({{"deep", "a string that is long enough"}})}});
  v = Value(v["inner"]);
  EXPECT_EQ(v["deep"].AsString(), "a string that is long enough");
  Value w = Value::Object({{"inner", Value::Array({1, 2})}});
  w = std::move(*w.Find("inner"));
  EXPECT_EQ(w.size(), 2u);
}

TEST(ValueTest, CountsHeapBytes) {
  EXPECT_EQ(Value(1).HeapBytes(), 0u);
  Value v = Value::Array();
  v.Reserve(100);
  EXPECT_GE(v.HeapBytes(), 1600u);
}

}  // namespace
}  // namespace sluice::document
