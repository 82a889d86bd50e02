#include <gtest/gtest.h>

#include "helm/value_options.h"
#include "helm/values.h"
#include "tables.h"
#include "test_chart.h"

namespace sluice::helm {
namespace {

const std::string kParent = "apiVersion: v2\nname: p\nversion: 0.1.0\n";
const std::string kSub = "apiVersion: v2\nname: s\nversion: 0.1.0\n";

TEST(CoalesceTest, UserValuesWinAndNullsDelete) {
  const struct {
    std::string defaults, sub, user, v3, v4;
  } cases[] = {
      {"a: 1\nb: {x: 1}", "", "b: {y: 2}", R"({"a":1,"b":{"true":2,"x":1},"s":{"global":{}}})", ""},
      {"a: {b: {c: 1, d: 2}}", "", "a: {b: {c: null}}", R"({"a":{"b":{"d":2}},"s":{"global":{}}})",
       ""},
      {"a: 1", "", "a: null\nz: null", R"({"s":{"global":{}},"z":null})", ""},
      {"a: null\nb: {c: null}", "", "", R"({"a":null,"b":{"c":null},"s":{"global":{}}})",
       R"({"b":{},"s":{"global":{}}})"},
      {"a: {x: 1}", "", "a: 5", R"({"a":5,"s":{"global":{}}})", ""},
      {"a: 5", "", "a: {x: 1}", R"({"a":{"x":1},"s":{"global":{}}})", ""},
      {"s: {k: null}", "k: 1\nl: 2", "", R"({"s":{"global":{},"l":2}})",
       R"({"s":{"global":{},"k":1,"l":2}})"},
      {"", "k: 1", "s: {k: null}", R"({"s":{"global":{}}})", ""},
      {"global: {g: 1}", "global: {g: 2, h: 3}", "global: {g: 5}",
       R"({"global":{"g":5},"s":{"global":{"g":5,"h":3}}})", ""},
      {"global: 5", "", "", R"({"global":5,"s":{}})", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.defaults + " | " + c.sub + " | " + c.user);
    for (const HelmVersion version : {HelmVersion::kV3, HelmVersion::kV4}) {
      const auto chart = MakeChart({{"Chart.yaml", kParent},
                                    {"values.yaml", c.defaults},
                                    {"charts/s/Chart.yaml", kSub},
                                    {"charts/s/values.yaml", c.sub}},
                                   version);
      const auto got = CoalesceValues(*chart, Yaml(c.user, version), version);
      ASSERT_TRUE(got.ok()) << got.status().message();
      EXPECT_EQ(Json(*got), version == HelmVersion::kV4 && !c.v4.empty() ? c.v4 : c.v3);
    }
  }
}

// Nested tables of globals are shared by parent and subchart: what the subchart's defaults add
// below the first level shows in both.
TEST(CoalesceTest, NestedGlobalsAreShared) {
  const auto chart = MakeChart({{"Chart.yaml", kParent},
                                {"values.yaml", "global: {a: {b: {c: 1}}}"},
                                {"charts/s/Chart.yaml", kSub},
                                {"charts/s/values.yaml", "global: {a: {x: 1, b: {d: 2}}}"}});
  EXPECT_EQ(
      Json(*CoalesceValues(*chart, document::Value(), HelmVersion::kV4)),
      R"({"global":{"a":{"b":{"c":1,"d":2}}},"s":{"global":{"a":{"b":{"c":1,"d":2},"x":1}}}})");
}

TEST(CoalesceTest, SubchartValuesMustBeATable) {
  const auto chart = MakeChart({{"Chart.yaml", kParent}, {"charts/s/Chart.yaml", kSub}});
  const struct {
    document::Value value;
    std::string message;
  } cases[] = {
      {5.0, "type mismatch on s: %!t(float64=5)"},
      {int64_t{5}, "type mismatch on s: %!t(int64=5)"},
      {1e21, "type mismatch on s: %!t(float64=1e+21)"},
      {true, "type mismatch on s: true"},
      {"x", "type mismatch on s: %!t(string=x)"},
      {nullptr, "type mismatch on s: %!t(<nil>)"},
      {Yaml("a: [1, null, [x], {b: 2}]")["a"],
       "type mismatch on s: [%!t(float64=1) <nil> [%!t(string=x)] "
       "map[%!t(string=b):%!t(float64=2)]]"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    EXPECT_EQ(CoalesceValues(*chart, document::Value::Object({{"s", c.value}}), HelmVersion::kV4)
                  .status()
                  .message(),
              c.message);
  }
}

TEST(TablesTest, SharingThatUnfoldsWithoutEndIsAnError) {
  TableArena arena;
  Table* a = arena.New();
  a->Set("a", a);
  EXPECT_EQ(ToValue(*a).status().code(), base::StatusCode::kResourceExhausted);
  Table* below = arena.New();
  for (int i = 0; i < 60; ++i) {
    Table* above = arena.New();
    above->Set("x", below);
    above->Set("y", below);
    below = above;
  }
  EXPECT_EQ(ToValue(*below).status().code(), base::StatusCode::kResourceExhausted);
  CoalesceTables(a, a, CoalesceMode{});
  CoalesceTables(below, a, CoalesceMode{});
}

TEST(ValuesTest, ReadsFilesAsEachVersionDoes) {
  const struct {
    std::string text, v3, v4;
  } cases[] = {
      {"", "{}", "{}"},
      {"# only a comment\n", "{}", "{}"},
      {"~", "{}", "{}"},
      {"a: 1\n---\na: 2\nb: {c: 1}\n--- # more\nb: {d: 2}\n", R"({"a":1})",
       R"({"a":2,"b":{"c":1,"d":2}})"},
      {"---\na: 1\n", R"({"a":1})", R"({"a":1})"},
      {"a: 1\r\n---\r\nb: 2\r\n", R"({"a":1})", R"({"a":1,"b":2})"},
      {"a: 9007199254740993\nb: 0x1F\nc: 1e3", R"({"a":9007199254740992,"b":31,"c":1000})",
       R"({"a":9007199254740992,"b":31,"c":1000})"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Json(Yaml(c.text, HelmVersion::kV3)), c.v3);
    EXPECT_EQ(Json(Yaml(c.text, HelmVersion::kV4)), c.v4);
  }
  EXPECT_EQ(ParseValues("a: 1\n---x\n", HelmVersion::kV4).status().message(),
            "error reading yaml document: invalid Yaml document separator: x");
  EXPECT_EQ(ParseValues("[1]", HelmVersion::kV4).status().message(),
            "cannot unmarshal yaml document: error unmarshaling JSON: while decoding JSON: json: "
            "cannot unmarshal array into Go value of type "
            "map[string]interface {}");
}

TEST(ValueOptionsTest, MergesInHelmsOrder) {
  const FileReader read = [](std::string_view path) -> base::Result<std::string> {
    if (path == "a.yaml") return std::string("k: file\nl: [1]\nm: {x: 1}");
    if (path == "t") return std::string("text");
    return base::NotFound("open " + std::string(path) + ": no such file or directory");
  };
  const auto merge = [&](const ValueOptions& options) {
    return MergeValueOptions(options, HelmVersion::kV4, read);
  };
  EXPECT_EQ(Json(*merge({.files = {"a.yaml"},
                         .json = {"m.y=[1]", R"({"n":{"o":1}})"},
                         .set = {"m.x=2,l[1]=z"},
                         .strings = {"s=1"},
                         .set_files = {"k=t"},
                         .literals = {"q=a,b={c}"}})),
            R"({"k":"text","l":[1,"z"],"m":{"x":2,"y":[1]},"n":{"o":1},"q":"a,b={c}","s":"1"})");
  EXPECT_EQ(merge({.files = {"gone"}}).status().message(), "open gone: no such file or directory");
  EXPECT_EQ(merge({.set = {"a"}}).status().message(),
            "failed parsing --set data: key \"a\" has no value");
  EXPECT_EQ(merge({.json = {"a={"}}).status().message(), "failed parsing --set-json data a={");
  EXPECT_EQ(merge({.json = {"{a"}}).status().message(), "failed parsing --set-json data JSON: {a");
}

}  // namespace
}  // namespace sluice::helm
