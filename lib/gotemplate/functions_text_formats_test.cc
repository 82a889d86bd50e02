#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "go_time.h"
#include "test_functions.h"

namespace sluice::gotemplate {
namespace {

Value Sample(Functions& f) {
  return f.Map({{"b", f.List({I(1), F(2.5), S("yes"), Value()})},
                {"a2", F(8080)},
                {"a10", S("<&>")},
                {"c", f.Map({})},
                {"d", f.List({})},
                {"e", Value::Bytes("hi")},
                {"f", F(1e21)},
                {"g", S("two\nlines\n")}});
}

TEST(TextFormatFunctionsTest, WritesEachFormat) {
  Functions f;
  const Value v = Sample(f);
  const struct {
    std::string_view name, text;
  } cases[] = {
      {"toJson",
       R"({"a10":"\u003c\u0026\u003e","a2":8080,"b":[1,2.5,"yes",null],"c":{},"d":[],"e":"aGk=","f":1e+21,"g":"two\nlines\n"})"},
      {"toRawJson",
       R"({"a10":"<&>","a2":8080,"b":[1,2.5,"yes",null],"c":{},"d":[],"e":"aGk=","f":1e+21,"g":"two\nlines\n"})"},
      {"toYaml",
       "a2: 8080\na10: <&>\nb:\n- 1\n- 2.5\n- \"yes\"\n- null\nc: {}\nd: []\ne: aGk=\nf: 1e+21\ng: "
       "|\n  two\n  lines"},
      {"toYamlPretty",
       "a2: 8080\na10: <&>\nb:\n  - 1\n  - 2.5\n  - \"yes\"\n  - null\nc: {}\nd: []\ne:\n  - 104\n "
       " - 105\nf: 1e+21\ng: |\n  two\n  lines"},
      {"toToml", "toml: cannot encode array with nil element"},
      {"mustToToml", "!toml: cannot encode array with nil element"},
  };
  for (const auto& c : cases) EXPECT_EQ(f.Text(c.name, {v}), c.text) << c.name;
  EXPECT_EQ(f.Text("toPrettyJson", {f.Map({{"a", f.List({I(1), f.Map({})})}})}),
            "{\n  \"a\": [\n    1,\n    {}\n  ]\n}");
}

TEST(TextFormatFunctionsTest, WhatCannotBeWritten) {
  Functions f;
  const Value nan = F(std::nan(""));
  const struct {
    std::string_view name, text;
  } cases[] = {
      {"toJson", ""},
      {"toYaml", ""},
      {"toPrettyJson", ""},
      {"toRawJson", "!json: unsupported value: NaN"},
      {"mustToJson", "!json: unsupported value: NaN"},
      {"toYamlPretty", ".nan"},
      {"toToml", "nan"},
      {"mustToYaml", "!error marshaling into JSON: json: unsupported value: NaN"},
  };
  for (const auto& c : cases) EXPECT_EQ(f.Text(c.name, {nan}), c.text) << c.name;
  // A map that holds itself is one of them, a list that grows to gigabytes an error.
  Value cycle = f.Map({});
  cycle.map().Set(f.heap(), "a", cycle);
  EXPECT_EQ(f.Text("toYaml", {cycle}), "");
  EXPECT_EQ(f.Text("toJson", {cycle}), "");
  EXPECT_EQ(f.Text("toYamlPretty", {cycle}), "");
  const std::string leaf(1 << 20, 'x');
  Value bomb = S(leaf);
  for (int i = 0; i < 2; ++i)
    bomb = f.List({bomb, bomb, bomb, bomb, bomb, bomb, bomb, bomb, bomb, bomb});
  for (const std::string_view name : {"toJson", "toYaml", "toYamlPretty", "toToml"}) {
    EXPECT_EQ(f.Call(name, {bomb}).status().code(), base::StatusCode::kResourceExhausted) << name;
  }
}

TEST(TextFormatFunctionsTest, ReadsEachFormat) {
  Functions f;
  const struct {
    std::string_view name, text, value;
  } cases[] = {
      {"fromYaml", "a: 1\nb: [x, yes, 2020-01-01]\n1: null",
       "map[1:<nil> a:1 b:[x true 2020-01-01]]"},
      {"fromYaml", "", "map[]"},
      {"fromYaml", "[1]",
       "map[Error:error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into "
       "Go value of type map[string]interface {}]"},
      {"fromYaml", "a: *b",
       "map[Error:error converting YAML to JSON: yaml: unknown anchor 'b' referenced]"},
      {"fromYamlArray", "- 1\n- a", "[1 a]"},
      {"fromYamlArray", "1",
       "[error unmarshaling JSON: while decoding JSON: json: cannot unmarshal number into Go value "
       "of type []interface {}]"},
      {"fromJson", R"({"a":12345678901234567890})", "map[a:1.2345678901234567e+19]"},
      {"fromJson", "[1]",
       "map[Error:json: cannot unmarshal array into Go value of type map[string]interface {}]"},
      {"fromJson", "1e400",
       "map[Error:json: cannot unmarshal number into Go value of type map[string]interface {}]"},
      {"fromJsonArray", "[1e400]",
       "[json: cannot unmarshal number 1e400 into Go value of type float64]"},
      {"fromJsonArray", "[1,]", "[invalid character ']' looking for beginning of value]"},
      {"mustFromJson", "", "!unexpected end of JSON input"},
      {"fromToml", "a=1\n[b]\nc='x'", "map[a:1 b:map[c:x]]"},
      {"fromToml", "a", "map[Error:toml: line 1: unexpected EOF; expected key separator '=']"},
      {"b64enc", "hello", "aGVsbG8="},
      {"b64dec", "aGVsbG8", "illegal base64 data at input byte 4"},
      {"b32enc", "coffee", "MNXWMZTFMU======"},
      {"b32dec", "bad!", "illegal base32 data at input byte 0"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(f.Text(c.name, {S(c.text)}), c.value) << c.name << " " << c.text;
  EXPECT_TRUE(f.Call("fromJson", {S("null")})->map().is_nil());
  EXPECT_EQ(f.Call("fromYaml", {S("a: 1")})->map().Find("a")->kind(), Kind::kFloat64);
  EXPECT_EQ(f.Call("fromToml", {S("a=1")})->map().Find("a")->kind(), Kind::kInt64);
}

TEST(TextFormatFunctionsTest, YamlBombsAreErrors) {
  Functions f;
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
    for (int k = 0; k < 9; ++k) bomb += ", " + alias;
    bomb += "]\n";
  }
  EXPECT_EQ(f.Text("fromYaml", {S(bomb)}),
            "map[Error:error converting YAML to JSON: yaml: document contains excessive aliasing]");
}

TEST(TextFormatFunctionsTest, TimesInEachFormat) {
  Functions f;
  const Value time = f.Map({{"t", NewTime(f.heap(), {0, 500'000'000, Zone::Utc()})}});
  EXPECT_EQ(f.Text("toJson", {time}), R"({"t":"1970-01-01T00:00:00.5Z"})");
  EXPECT_EQ(f.Text("toYaml", {time}), R"(t: "1970-01-01T00:00:00.5Z")");
  EXPECT_EQ(f.Text("toYamlPretty", {time}), "t: 1970-01-01T00:00:00.5Z");
  EXPECT_EQ(f.Text("toToml", {time}), "t = 1970-01-01T00:00:00.5Z\n");
}

}  // namespace
}  // namespace sluice::gotemplate
