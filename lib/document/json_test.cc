#include "document/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "json_slow.h"

namespace sluice::document {
namespace {

TEST(JsonTest, RoundTripsAsGo) {
  // What json.Unmarshal into any (with integers kept) and json.Marshal make of it.
  const struct {
    std::string in, want;
  } cases[] = {
      {"null", "null"},
      {" true ", "true"},
      {"[]", "[]"},
      {"{}", "{}"},
      {"[1,-2,18446744073709551615,9223372036854775808]",
       "[1,-2,18446744073709551615,9223372036854775808]"},
      {"18446744073709551616", "18446744073709552000"},
      {"[1.5,1.0,1e3,1e20,1e21,1e-6,1e-7,123456789.25]",
       "[1.5,1,1000,100000000000000000000,1e+21,0.000001,1e-7,123456789.25]"},
      {"-0.0", "-0"},
      {"1e-400", "0"},
      {R"({"b":1,"a":{"d":[],"c":null}})", R"({"a":{"c":null,"d":[]},"b":1})"},
      {R"({"a":1,"b":2,"a":3})", R"({"a":3,"b":2})"},
      {R"("<&>\/\u0041\ud83d\ude00")", R"("\u003c\u0026\u003e/A😀")"},
      {"\"\xe2\x80\xa8\x7f\\u0000\\b\\f\\n\\r\\t\\u001f\"",
       "\"\\u2028\x7f\\u0000\\b\\f\\n\\r\\t\\u001f\""},
      {R"("\ud800")", "\"\xef\xbf\xbd\""},
      {R"("\ud800A")",
       "\"\xef\xbf\xbd"
       "A\""},
      {"\"a\xff\xc3(\"", "\"a\xef\xbf\xbd\xef\xbf\xbd(\""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.in);
    const auto v = ParseJson(c.in);
    ASSERT_TRUE(v.ok()) << v.status().message();
    EXPECT_EQ(ToJson(*v), c.want);
    const auto slow = ParseJsonSlowly(c.in, {});
    ASSERT_TRUE(slow.ok()) << slow.status().message();
    EXPECT_EQ(ToJson(*slow), c.want);
  }
}

TEST(JsonTest, SaysWhatIsWrongInGosWords) {
  const struct {
    std::string in, want;
  } cases[] = {
      {"", "unexpected end of JSON input"},
      {"{", "unexpected end of JSON input"},
      {"\"abc", "unexpected end of JSON input"},
      {"-", "invalid character ' ' in numeric literal"},
      {"tru", "invalid character ' ' in literal true (expecting 'e')"},
      {"1.", "invalid character ' ' after decimal point in numeric literal"},
      {"[1e", "invalid character ' ' in exponent of numeric literal"},
      {"\"a\\", "invalid character ' ' in string escape code"},
      {"\"\\", "invalid character ' ' in string escape code"},
      {"1e400 x", "invalid character 'x' after top-level value"},
      {"x", "invalid character 'x' looking for beginning of value"},
      {"<html>", "invalid character '<' looking for beginning of value"},
      {"[1,]", "invalid character ']' looking for beginning of value"},
      {"[1 2]", "invalid character '2' after array element"},
      {"{1:2}", "invalid character '1' looking for beginning of object key string"},
      {"{\"a\":1,}", "invalid character '}' looking for beginning of object key string"},
      {"{\"a\" 1}", "invalid character '1' after object key"},
      {"{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"},
      {"{} {}", "invalid character '{' after top-level value"},
      {"01", "invalid character '1' after top-level value"},
      {"1.x", "invalid character 'x' after decimal point in numeric literal"},
      {"1ex", "invalid character 'x' in exponent of numeric literal"},
      {"-x", "invalid character 'x' in numeric literal"},
      {"nulx", "invalid character 'x' in literal null (expecting 'l')"},
      {"\"\n\"", "invalid character '\\n' in string literal"},
      {"\"\\x\"", "invalid character 'x' in string escape code"},
      {"\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"},
      {"'a'", "invalid character '\\'' looking for beginning of value"},
      {"\xef\xbb\xbf{}", "invalid character '\xc3\xaf' looking for beginning of value"},
      {"1e999", "json: cannot unmarshal number 1e999 into Go value of type float64"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.in);
    const auto v = ParseJson(c.in);
    ASSERT_FALSE(v.ok()) << ToJson(*v);
    EXPECT_EQ(v.status().message(), c.want);
  }
}

TEST(JsonTest, RefusesDepthWithoutBlowingTheStack) {
  const std::string bomb(1000000, '[');
  EXPECT_EQ(ParseJson(bomb).status().message(), "exceeded max depth");
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  EXPECT_EQ(ParseJson(objects).status().message(), "exceeded max depth");
  EXPECT_TRUE(ParseJson(std::string(900, '[') + std::string(900, ']')).ok());
  EXPECT_EQ(ParseJson("[[[]]]", {.max_depth = 2}).status().message(), "exceeded max depth");
}

TEST(JsonTest, WritesIndentedAndUnsorted) {
  const Value v = Value::Object({{"b", Value::Array({1, Value::Object()})}, {"a", "<"}});
  EXPECT_EQ(ToJson(v, {.sort_keys = false, .escape_html = false}), R"({"b":[1,{}],"a":"<"})");
  EXPECT_EQ(ToJson(v, {.indent = 2}),
            "{\n  \"a\": \"\\u003c\",\n  \"b\": [\n    1,\n    {}\n  ]\n}");
  EXPECT_EQ(ToJson(Value(std::numeric_limits<double>::infinity())), "null");
}

}  // namespace
}  // namespace sluice::document
