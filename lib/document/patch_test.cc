#include "document/patch.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::document {
namespace {

Value Json(std::string_view text) {
  auto v = ParseJson(text);
  EXPECT_TRUE(v.ok()) << text << ": " << v.status().message();
  return v.ok() ? *v : Value();
}

TEST(PatchTest, AppliesJsonPatches) {
  const struct {
    std::string doc, patch, want;
  } cases[] = {
      {R"({"a":1})", R"([{"op":"add","path":"/b","value":[1]}])", R"({"a":1,"b":[1]})"},
      {R"({"a":[1,2]})", R"([{"op":"add","path":"/a/1","value":9}])", R"({"a":[1,9,2]})"},
      {R"({"a":[1,2]})", R"([{"op":"add","path":"/a/-","value":9}])", R"({"a":[1,2,9]})"},
      {R"({"a":[1,2]})", R"([{"op":"remove","path":"/a/-1"}])", R"({"a":[1]})"},
      {R"({"a":{"x":1}})", R"([{"op":"replace","path":"/a/y","value":2}])",
       R"({"a":{"x":1,"y":2}})"},
      {R"({"a":1})", R"([{"op":"replace","path":"","value":{"b":2}}])", R"({"b":2})"},
      {R"({"a/b":1,"m~n":2})",
       R"([{"op":"remove","path":"/a~1b"},{"op":"test","path":"/m~0n","value":2}])",
       R"({"m~n":2})"},
      {R"({"a":{"b":1},"c":{}})", R"([{"op":"move","from":"/a/b","path":"/c/d"}])",
       R"({"a":{},"c":{"d":1}})"},
      {R"({"a":{"b":1}})", R"([{"op":"copy","from":"/a","path":"/c"}])",
       R"({"a":{"b":1},"c":{"b":1}})"},
      {R"({"a":null})",
       R"([{"op":"test","path":"/a","value":null},{"op":"test","path":"/none","value":null}])",
       R"({"a":null})"},
      {R"({"a":1})", R"([{"op":"add","path":"/b"}])", R"({"a":1,"b":null})"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.patch);
    Value doc = Json(c.doc);
    const auto status = ApplyJsonPatch(doc, Json(c.patch));
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(ToJson(doc), c.want);
  }
}

TEST(PatchTest, FailsInEvanphxsWordsAndChangesNothing) {
  const struct {
    std::string patch, want;
  } cases[] = {
      {R"([{"op":"remove","path":"/x"}])",
       "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value"},
      {R"([{"op":"remove","path":"/l/5"}])",
       "error in remove for path: '/l/5': Unable to access invalid index: 5: invalid index "
       "referenced"},
      {R"([{"op":"add","path":"/l/5","value":1}])",
       "error in add for path: '/l/5': Unable to access invalid index: 5: invalid index "
       "referenced"},
      {R"([{"op":"add","path":"/l/x","value":1}])",
       "error in add for path: '/l/x': value was not a proper array index: 'x': strconv.Atoi: "
       "parsing \"x\": invalid syntax"},
      {R"([{"op":"add","path":"/x/y","value":1}])",
       "add operation does not apply: doc is missing path: \"/x/y\": missing value"},
      {R"([{"op":"add","path":"a","value":1}])",
       "add operation does not apply: doc is missing path: \"a\": missing value"},
      {R"([{"op":"replace","path":"/x/y","value":1}])",
       "replace operation does not apply: doc is missing path: /x/y: missing value"},
      {R"([{"op":"replace","path":"/l/7","value":1}])",
       "replace operation does not apply: doc is missing key: /l/7: missing value"},
      {R"([{"op":"test","path":"/a","value":2}])", "testing value /a failed: test failed"},
      {R"([{"op":"move","from":"/x","path":"/y"}])",
       "error in move for path: 'x': Unable to remove nonexistent key: x: missing value"},
      {R"([{"op":"add","value":1}])", "add operation failed to decode path: missing value"},
      {R"([{"op":"replace","value":1}])",
       "replace operation failed to decode path: operation missing path field: missing value"},
      {R"([{"op":"nope","path":"/a"}])", "Unexpected kind: nope"},
      {R"([{"path":"/a"}])", "Unexpected kind: unknown"},
      {R"({"op":"add"})", "json: cannot unmarshal object into Go value of type jsonpatch.Patch"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.patch);
    Value doc = Json(R"({"a":1,"l":[1]})");
    EXPECT_EQ(ApplyJsonPatch(doc, Json(c.patch)).message(), c.want);
    EXPECT_EQ(ToJson(doc), R"({"a":1,"l":[1]})");
  }
}

TEST(PatchTest, BoundsChainsOfCopies) {
  Value ops = Value::Array();
  for (int i = 0; i < 60; ++i)
    ops.Append(
        Value::Object({{"op", "copy"}, {"from", "/a"}, {"path", "/a/x" + std::to_string(i)}}));
  Value doc = Json(R"({"a":{"text":"a longer text than fits inline"}})");
  EXPECT_NE(ApplyJsonPatch(doc, ops).message().find("exceeding the limit"), std::string::npos);
}

TEST(PatchTest, MergePatchesAsTheRfcsTable) {
  const struct {
    std::string doc, patch, want;
  } cases[] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", R"({})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"(["a"])", R"({"a":1})", R"({"a":1})"},
      {R"({"e":null})", R"({"a":1})", R"({"a":1,"e":null})"},
      {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const auto& c : cases) {
    Value doc = Json(c.doc);
    ApplyMergePatch(doc, Json(c.patch));
    EXPECT_EQ(ToJson(doc), c.want) << c.patch;
  }
}

TEST(PatchTest, MakesTheMergePatchBetweenTwo) {
  const struct {
    std::string from, to, want;
  } cases[] = {
      {R"({"a":1})", R"({"a":1})", R"({})"},
      {R"({"a":1,"b":2})", R"({"a":1})", R"({"b":null})"},
      {R"({"a":{"x":1,"y":2}})", R"({"a":{"x":1,"y":3,"z":4}})", R"({"a":{"y":3,"z":4}})"},
      {R"({"a":[1]})", R"({"a":[1,2]})", R"({"a":[1,2]})"},
  };
  for (const auto& c : cases) {
    const Value patch = MakeMergePatch(Json(c.from), Json(c.to));
    EXPECT_EQ(ToJson(patch), c.want);
    Value doc = Json(c.from);
    ApplyMergePatch(doc, patch);
    EXPECT_EQ(doc, Json(c.to));
  }
}

TEST(PatchTest, PointersFindAndRemove) {
  Value doc = Json(R"({"a":{"b/c":[10,{"d":1}]},"":0})");
  EXPECT_EQ(FindPointer(doc, "/a/b~1c/1/d")->AsInt(), 1);
  EXPECT_EQ(FindPointer(doc, ""), &doc);
  EXPECT_EQ(FindPointer(doc, "/")->AsInt(7), 0);
  for (const char* missing : {"/x", "a", "/a/b~1c/2", "/a/b~1c/01", "/a/b~1c/-", "/a/b~1c/1/d/e"}) {
    EXPECT_EQ(FindPointer(doc, missing), nullptr) << missing;
  }
  EXPECT_TRUE(RemovePointer(doc, "/a/b~1c/0"));
  EXPECT_FALSE(RemovePointer(doc, "/a/x"));
  EXPECT_EQ(ToJson(doc), R"({"":0,"a":{"b/c":[{"d":1}]}})");
  EXPECT_EQ(EscapePointerToken("a/b~c"), "a~1b~0c");
  EXPECT_FALSE(ParsePointer("x").ok());
}

}  // namespace
}  // namespace sluice::document
