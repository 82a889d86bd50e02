#include <gtest/gtest.h>

#include "document/json.h"
#include "document/yaml.h"

namespace sluice::document {
namespace {

std::string Read3(std::string_view text) {
  const auto doc = ParseYamlDocument(text);
  if (!doc.ok()) return doc.status().message();
  if (doc->root == nullptr) return "no document";
  const auto value = ToValue(*doc->root);
  return value.ok() ? ToJson(*value) : value.status().message();
}

std::string Read2(std::string_view text, DuplicateKeys duplicates = DuplicateKeys::kLastWins) {
  const auto value = ParseYamlToValue(text, {.duplicate_keys = duplicates});
  return value.ok() ? ToJson(*value) : value.status().message();
}

TEST(YamlReadTest, EscapedApostrophes) {
  const struct {
    std::string text, both;
  } cases[] = {
      {R"(a: "it\'s")", R"({"a":"it's"})"},
      {R"(- "\\\'\'\""
- "é\'\n"
- 'a\'
)",
       R"(["\\''\"","é'\n","a\\"])"},
      {R"({"a\'b": "\'"})", R"({"a'b":"'"})"},
      {R"(a: "\'\z")", "yaml: found unknown escape character"},
      {R"({"a":"b\/c"})", "yaml: found unknown escape character"},
      {"- \"é\\\\/y\"\n- \"é\\/q\"\n", "yaml: line 2: found unknown escape character"},
      {R"(["\\/", 'a\/', "/"])", R"(["\\/","a\\/","/"])"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Read3(c.text), c.both);
    EXPECT_EQ(Read2(c.text), c.both);
  }
}

// A question mark ends a plain scalar in a flow collection, where nothing then fits.
TEST(YamlReadTest, QuestionMarksInFlowCollections) {
  const struct {
    std::string text, both;
  } cases[] = {
      {"[http://x?y=1, b]", "yaml: did not find expected ',' or ']'"},
      {"- {a: http://x?y=1}", "yaml: did not find expected ',' or '}'"},
      {"a: {\n b? : c\n}\n", "yaml: line 1: did not find expected ',' or '}'"},
      {"[é, ü?]", "yaml: did not find expected ',' or ']'"},
      {"[a:, b?]", "yaml: did not find expected ',' or ']'"},
      {"[\"a?b\", 'c?']", R"(["a?b","c?"])"},
      {"a?: b?\nc: http://x?y=1\n", R"({"a?":"b?","c":"http://x?y=1"})"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Read3(c.text), c.both);
    EXPECT_EQ(Read2(c.text), c.both);
  }
}

// A colon before an indicator does not end a plain scalar in a flow collection, as libyaml has it.
TEST(YamlReadTest, ColonsInFlowCollections) {
  const struct {
    std::string text, both;
  } cases[] = {
      {"[a:]", R"(["a:"])"},
      {"{a:,b: c}", R"({"a:":null,"b":"c"})"},
      {"[{a:}, \"q\"]", R"([{"a:":null},"q"])"},
      {"[a:b:, c]", R"(["a:b:","c"])"},
      {"\xef\xbb\xbf[é:, ü:]", R"(["é:","ü:"])"},
      {"- [a\n  b:]", R"([["a b:"]])"},
      {"[1:, \"x\\\\\", q\"r:]", R"(["1:","x\\","q\"r:"])"},
      {"{x: a:}", R"({"x":"a:"})"},
      {"[x:[y]]", "yaml: did not find expected ',' or ']'"},
      {"{a:[x]}", "yaml: did not find expected ',' or '}'"},
      {"- [a:]\n- {b:}\n- [c:?d]", "yaml: line 2: did not find expected ',' or ']'"},
      {"[a:, b:\n", "yaml: line 1: did not find expected node content"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Read3(c.text), c.both);
    EXPECT_EQ(Read2(c.text), c.both);
  }
}

TEST(YamlReadTest, ResolvesScalarsAsEachGeneration) {
  const struct {
    std::string text, v3, v2;
  } cases[] = {
      {"x", "\"x\"", "\"x\""},
      {"'1'", "\"1\"", "\"1\""},
      {"yes", "\"yes\"", "true"},
      {"off", "\"off\"", "false"},
      {"y", "\"y\"", "true"},
      {"True", "true", "true"},
      {"~", "null", "null"},
      {"010", "8", "8"},
      {"08", "8", "8"},
      {"0o10", "8", "8"},
      {"0x1F", "31", "31"},
      {"-0b11", "-3", "-3"},
      {"1_000", "1000", "1000"},
      {"+1", "1", "1"},
      {"1:30", "\"1:30\"", "\"1:30\""},
      {"1.5", "1.5", "1.5"},
      {"1.", "1", "1"},
      {".5", "0.5", "0.5"},
      {"1e3", "1000", "1000"},
      {"1e999", "\"1e999\"", "\"1e999\""},
      {"0x", "\"0x\"", "\"0x\""},
      {"-", "\"-\"", "yaml: block sequence entries are not allowed in this context"},
      {"18446744073709551615", "18446744073709551615", "18446744073709551615"},
      {"18446744073709551616", "18446744073709552000", "18446744073709552000"},
      {"-9223372036854775808", "-9223372036854775808", "-9223372036854775808"},
      {"2020-01-01", "\"2020-01-01T00:00:00Z\"", "\"2020-01-01\""},
      {"2020-1-2 3:4:5.60", "\"2020-01-02T03:04:05.6Z\"", "\"2020-1-2 3:4:5.60\""},
      {"2020-01-02t03:04:05+05:30", "\"2020-01-02T03:04:05+05:30\"",
       "\"2020-01-02t03:04:05+05:30\""},
      {"2020-02-30", "\"2020-02-30\"", "\"2020-02-30\""},
      {"!!timestamp 2020-01-01", "\"2020-01-01T00:00:00Z\"", "\"2020-01-01\""},
      {"!!int \"5\"", "5", "5"},
      {"!!float 3", "3", "3"},
      {"!!str 3", "\"3\"", "\"3\""},
      {"!!binary aGk=", "\"hi\"", "\"hi\""},
      {"!local x", "\"x\"", "\"x\""},
      {"!!int x", "yaml: cannot decode !!str `x` as a !!int",
       "yaml: cannot decode !!str `x` as a !!int"},
      {".inf", "json: unsupported value: +Inf", "json: unsupported value: +Inf"},
      {".nan", "json: unsupported value: NaN", "json: unsupported value: NaN"},
      {"=", "\"=\"", "\"=\""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    if (c.text != "-") {
      EXPECT_EQ(Read3(c.text), c.v3);
      EXPECT_EQ(Read2(c.text), c.v2);
    }
  }
}

TEST(YamlReadTest, TellsErrorsInGoYamlsWords) {
  const struct {
    std::string text, v3, v2;
  } cases[] = {
      {"a: b: c", "yaml: mapping values are not allowed in this context",
       "yaml: mapping values are not allowed in this context"},
      {"x: 1\na: b: c", "yaml: line 2: mapping values are not allowed in this context",
       "yaml: line 2: mapping values are not allowed in this context"},
      {"a: *b", "yaml: unknown anchor 'b' referenced", "yaml: unknown anchor 'b' referenced"},
      {"a: &a [*a]", "yaml: anchor 'a' value contains itself",
       "yaml: anchor 'a' value contains itself"},
      {"a: [1", "yaml: line 1: did not find expected ',' or ']'",
       "yaml: line 1: did not find expected ',' or ']'"},
      {"a: \"x", "yaml: found unexpected end of stream", "yaml: found unexpected end of stream"},
      {"a:\n\t- b", "yaml: line 2: found character that cannot start any token",
       "yaml: line 2: found character that cannot start any token"},
      {"a: \x01", "yaml: control characters are not allowed",
       "yaml: control characters are not allowed"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Read3(c.text), c.v3);
    EXPECT_EQ(Read2(c.text), c.v2);
  }
}

TEST(YamlReadTest, DuplicateAndOddKeys) {
  EXPECT_EQ(Read3("a: 1\nb: 2\na: 3"),
            "yaml: unmarshal errors:\n  line 3: mapping key \"a\" already defined at line 1");
  EXPECT_EQ(Read2("a: 1\nb: 2\na: 3"), R"({"a":3,"b":2})");
  EXPECT_EQ(Read2("a: 1\nb: 2\na: 3", DuplicateKeys::kError),
            "yaml: unmarshal errors:\n  line 3: key \"a\" already set in map");
  EXPECT_EQ(Read3("1: x"), "json: unsupported type: map[interface {}]interface {}");
  EXPECT_EQ(Read2("1: x\ny: z\n1.5: f"), R"({"1":"x","1.5":"f","true":"z"})");
  EXPECT_EQ(Read3("yes: x"), R"({"yes":"x"})");
}

TEST(YamlReadTest, MergesAsEachGeneration) {
  const std::string own_first = "b: &b {k: 1}\nc:\n  k: 2\n  <<: *b";
  EXPECT_EQ(Read3(own_first), R"({"b":{"k":1},"c":{"k":2}})");
  EXPECT_EQ(Read2(own_first), R"({"b":{"k":1},"c":{"k":1}})");  // v2: what comes later wins
  const std::string list = "x: &x {k: 1}\nw: &y {k: 2, m: 3}\nz:\n  <<: [*x, *y]\n  p: 4";
  EXPECT_EQ(Read3(list), R"({"w":{"k":2,"m":3},"x":{"k":1},"z":{"k":1,"m":3,"p":4}})");
  EXPECT_EQ(Read2(list), R"({"w":{"k":2,"m":3},"x":{"k":1},"z":{"k":1,"m":3,"p":4}})");
  EXPECT_EQ(Read3("a:\n  <<: 1"), "yaml: map merge requires map or sequence of maps as the value");
}

TEST(YamlReadTest, ReadsStreams) {
  Arena arena;
  const auto roots = ParseYaml(arena, "# only a comment\n---\na: 1\n---\n---\n- b\n...\n");
  ASSERT_TRUE(roots.ok()) << roots.status().message();
  ASSERT_EQ(roots->size(), 3u);
  EXPECT_TRUE((*roots)[1]->IsNull());
  EXPECT_EQ((*roots)[2]->item(0)->line(), 6u);
  EXPECT_EQ(ParseYaml(arena, "# nothing\n")->size(), 0u);
  const auto values = ParseYamlStream("a: 1\n---\n---\nb: yes\n");
  ASSERT_TRUE(values.ok());
  ASSERT_EQ(values->size(), 2u);
  EXPECT_EQ((*values)[1]["b"].AsBool(), true);
  EXPECT_TRUE(ParseYamlToValue("a: 1\n---\nb: [")->Find("a") != nullptr);
}

TEST(YamlReadTest, BoundsHostileInput) {
  std::string laughs = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    laughs += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i)
      laughs += (i > 0 ? ",*" : "*") + std::string(1, static_cast<char>(c - 1));
    laughs += "]\n";
  }
  EXPECT_EQ(Read3(laughs), "yaml: document contains excessive aliasing");
  EXPECT_EQ(Read2(laughs), "yaml: document contains excessive aliasing");
  const auto doc = ParseYamlDocument(laughs);
  ASSERT_TRUE(doc.ok());
  EXPECT_EQ(ExpandAliases(doc->root).message(), "yaml: document contains excessive aliasing");
  EXPECT_LT(doc->arena->bytes(), 200u << 20);

  EXPECT_EQ(Read3(std::string(100000, '[')), "yaml: line 1: exceeded max depth of 1000");
  std::string dashes;
  for (int i = 0; i < 5000; ++i) dashes += "- ";
  EXPECT_EQ(Read3(dashes), "yaml: line 1: exceeded max depth of 1000");
}

}  // namespace
}  // namespace sluice::document
