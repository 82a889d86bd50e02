#include "helm/strvals.h"

#include <gtest/gtest.h>

#include "test_chart.h"

namespace sluice::helm {
namespace {

using document::Value;

TEST(StrValsTest, SetsByGrammar) {
  const struct {
    SetKind kind;
    std::string base, text, want;
  } cases[] = {
      {SetKind::kSet, "{}", "a.b=1,c=true,d=null,e=x\\,y,f={1,x},g[1].h=2",
       R"({"a":{"b":1},"c":true,"d":null,"e":"x,y","f":[1,"x"],"g":[null,{"h":2}]})"},
      {SetKind::kSet, "{}", "a=01,b=1.5,c=0,d=-0,e=+7,f=9223372036854775808",
       R"({"a":"01","b":"1.5","c":0,"d":0,"e":7,"f":"9223372036854775808"})"},
      {SetKind::kSet, "{}", "a=b\\", R"({"a":"b"})"},
      {SetKind::kSet, "a: [1, 2]", "a[0]=x", R"({"a":["x",2]})"},
      {SetKind::kSet, "a: [1]", "a[0].b=x", R"({"a":[{"b":"x"}]})"},
      {SetKind::kSet, "{}", "a[0][1]=x,a[0][0]=y", R"({"a":[["y","x"]]})"},
      {SetKind::kSet, "{}", "=x,b=1", R"({"b":1})"},
      {SetKind::kSet, "{}", "a=\xff",
       R"({"a":")"
       "\xef\xbf\xbd"
       R"("})"},
      {SetKind::kString, "{}", "a=1,b=true", R"({"a":"1","b":"true"})"},
      {SetKind::kLiteral, "{}", "a.b=1,2={x}\\", R"({"a":{"b":"1,2={x}\\"}})"},
      {SetKind::kJson, "{}", R"(a={"x":[1,null]}, b = "q,r" ,c=,d=1.5)",
       R"({" b ":"q,r","a":{"x":[1,null]},"c":null,"d":1.5})"},
      {SetKind::kJson, "{}", "a[1]=true", R"({"a":[null,true]})"},
      {SetKind::kFile, "{}", "a=f,b={f,f}", R"({"a":"[f]","b":["[f]","[f]"]})"},
  };
  const FileReader read = [](std::string_view path) -> base::Result<std::string> {
    return "[" + std::string(path) + "]";
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    Value v = Yaml(c.base);
    const auto status = ParseSet(c.text, c.kind, HelmVersion::kV4, &v, read);
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(Json(v), c.want);
  }
}

TEST(StrValsTest, FailsInHelmsWords) {
  const struct {
    SetKind kind;
    std::string base, text, message;
  } cases[] = {
      {SetKind::kSet, "{}", "a", "key \"a\" has no value"},
      {SetKind::kSet, "{}", "a,b=1", "key \"a\" has no value (cannot end with ,)"},
      {SetKind::kSet, "{}", "a.=1", "key map \"a\" has no value"},
      {SetKind::kSet, "{}", "a={x", "list must terminate with '}'"},
      {SetKind::kSet, "{}", "a[-1]=x", "negative -1 index not allowed"},
      {SetKind::kSet, "{}", "a[x]=1",
       "error parsing index: strconv.Atoi: parsing \"x\": invalid syntax"},
      {SetKind::kSet, "{}", "a[99999999999999999999]=1",
       "error parsing index: strconv.Atoi: parsing \"99999999999999999999\": value out of range"},
      {SetKind::kSet, "{}", "a[0]x'\"=1",
       "unexpected data at end of array index: ['x' '\\'' '\"']"},
      {SetKind::kSet, "{}", "a[65537]=1",
       "index of 65537 is greater than maximum supported index of 65536"},
      {SetKind::kSet, "a: 1", "a.b=2",
       "unable to parse key: interface conversion: interface {} is float64, not "
       "map[string]interface {}"},
      {SetKind::kSet, "a: x", "a[0]=2",
       "unable to parse key: interface conversion: interface {} is string, not []interface {}"},
      {SetKind::kJson, "{}", "a=x", "invalid character 'x' looking for beginning of value"},
      {SetKind::kJson, "{}", "a={", "unexpected EOF"},
      {SetKind::kJson, "{}", "a=5.", "unexpected EOF"},
      {SetKind::kJson, "{}", "a=tru", "unexpected EOF"},
      {SetKind::kJson, "{}", "a=5. ",
       "invalid character ' ' after decimal point in numeric literal"},
      {SetKind::kJson, "{}", "a=-x", "invalid character 'x' in numeric literal"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    Value v = Yaml(c.base);
    EXPECT_EQ(ParseSet(c.text, c.kind, HelmVersion::kV4, &v).message(), c.message);
  }
}

TEST(StrValsTest, UnterminatedIndexDiffersByVersion) {
  Value v = Value::Object();
  EXPECT_TRUE(ParseSet("b=1,a[1", SetKind::kSet, HelmVersion::kV4, &v).ok());
  EXPECT_EQ(Json(v), R"({"b":1})");
  EXPECT_EQ(ParseSet("a[1", SetKind::kSet, HelmVersion::kV3, &v).message(),
            "error parsing index: EOF");
}

// CVE-2022-36055 and its kin: indices and nesting are bounded, and so is what many of them make
// together.
TEST(StrValsTest, HostileTextsAreBounded) {
  std::string names, lists, wide;
  for (int i = 0; i < 40; ++i) names += "a.";
  for (int i = 0; i < 5000; ++i) lists += "[0]";
  for (int i = 0; i < 100; ++i) wide += "k" + std::to_string(i) + "[65536]=1,";
  const struct {
    std::string text;
    base::StatusCode code;
  } cases[] = {{names + "b=1", base::StatusCode::kInvalidArgument},
               {"a" + lists + "=1", base::StatusCode::kResourceExhausted},
               {wide + "z=1", base::StatusCode::kResourceExhausted},
               {"a[65536][65536][99999999999]=1", base::StatusCode::kInvalidArgument}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text.substr(0, 40));
    Value v = Value::Object();
    EXPECT_EQ(ParseSet(c.text, SetKind::kSet, HelmVersion::kV4, &v).code(), c.code);
  }
}

}  // namespace
}  // namespace sluice::helm
