#include "helm/schema.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::helm {
namespace {

std::string Check(std::string_view schema, std::string_view values,
                  HelmVersion version = HelmVersion::kV4) {
  const auto compiled = Schema::Compile(schema, version);
  if (!compiled.ok()) return "compile: " + compiled.status().message();
  const auto status = (*compiled)->Validate(*document::ParseJson(values));
  return status.ok() ? "valid" : status.message();
}

TEST(SchemaTest, SaysWhatHelmSays) {
  const struct {
    std::string schema, values, want;
  } cases[] = {
      {R"({"properties":{"a":{"type":"integer"}}})", R"({"a":1.0})", "valid"},
      {R"({"properties":{"a":{"type":["string","null"]}}})", R"({"a":1})",
       "- at '/a': got number, want null or string\n"},
      {R"({"required":["b","c"]})", "{}", "- at '': missing properties 'b', 'c'\n"},
      {R"({"properties":{"a":{"minLength":3,"pattern":"^x"}}})", R"({"a":"b'"})",
       "- at '/a': minLength: got 2, want 3\n- at '/a': 'b\\'' does not match pattern '^x'\n"},
      {R"({"properties":{"a":{"maximum":1000}}})", R"({"a":1234567})",
       "- at '/a': maximum: got 1.234567×10⁰⁶, want 1,000\n"},
      {R"({"properties":{"a":{"multipleOf":0.1}}})", R"({"a":0.3})", "valid"},
      {R"({"properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"object"}}})",
       R"({"a":[]})", "- at '/a': got array, want object\n"},
      {R"({"properties":{"a":{"oneOf":[{"type":"string"},{"minimum":2}]}}})", R"({"a":1})",
       "- at '/a': 'oneOf' failed, none matched\n  - at '/a': got number, want string\n  - at "
       "'/a': minimum: got 1, want 2\n"},
      {R"({"properties":{"a/b~":{"enum":["x",2.0,null]}}})", R"({"a/b~":1})",
       "- at '/a~1b~0': value must be one of 'x', 2.0, <nil>\n"},
      {R"({"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"format":"ipv4"}}})",
       R"({"a":"1.2.3"})", "- at '/a': '1.2.3' is not valid ipv4: expected four decimals\n"},
      {R"({"properties":{"a":{"format":"ipv4"}}})", R"({"a":"1.2.3"})", "valid"},
      {R"({"properties":{"a":{}},"unevaluatedProperties":false})", R"({"a":1,"b":2})",
       "- at '/b': false schema\n"},
      {R"({"properties":{"a":{"$ref":"urn:x:y"}}})", R"({"a":1})", "valid"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.schema);
    EXPECT_EQ(Check(c.schema, c.values), c.want);
  }
}

TEST(SchemaTest, RefusesSchemasThatAreNone) {
  for (const std::string schema :
       {"not json", R"({"type":"strin"})", R"({"pattern":"("})", R"({"minLength":-1})", R"([])",
        R"({"properties":{"a":{"required":"b"}}})", R"({"$ref":"#/nowhere"})"}) {
    EXPECT_TRUE(Check(schema, "{}").starts_with("compile: ")) << schema;
  }
}

TEST(SchemaTest, LoadsNothingByItself) {
  for (const std::string url : {"https://example.com/s.json", "file:///etc/passwd", "other.json"}) {
    EXPECT_TRUE(Check("{\"$ref\":\"" + url + "\"}", "{}").starts_with("compile: failing loading "))
        << url;
  }
  const SchemaLoader loader = [](std::string_view) { return std::string(R"({"type":"array"})"); };
  const auto compiled =
      Schema::Compile(R"({"$ref":"https://example.com/s.json"})", HelmVersion::kV4, loader);
  ASSERT_TRUE(compiled.ok());
  EXPECT_EQ((*compiled)->Validate(document::Value::Object()).message(),
            "- at '': got object, want array\n");
}

// A schema may ask for endless or exponential work; it gets an error.
TEST(SchemaTest, BoundsHostileSchemas) {
  EXPECT_NE(Check(R"({"$ref":"#"})", "{}").find("causing reference cycle"), std::string::npos);
  std::string doubling = R"({"$ref":"#/$defs/n0","$defs":{)";
  for (int i = 0; i < 60; ++i) {
    const std::string next = "{\"$ref\":\"#/$defs/n" + std::to_string(i + 1) + "\"}";
    doubling += "\"n" + std::to_string(i) + "\":{\"allOf\":[" + next + "," + next + "]},";
  }
  doubling += R"("n60":{}}})";
  EXPECT_EQ(Check(doubling, "{}"), "unable to validate schema: too much work");
  std::string deep = "{}";
  for (int i = 0; i < 400; ++i) deep = "{\"not\":" + deep + "}";
  EXPECT_FALSE(Check(deep, "{}").empty());
}

}  // namespace
}  // namespace sluice::helm
