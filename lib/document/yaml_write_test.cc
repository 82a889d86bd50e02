#include <gtest/gtest.h>

#include "document/json.h"
#include "document/yaml.h"

namespace sluice::document {
namespace {

TEST(YamlWriteTest, WritesPlainDataAsGoYaml2) {
  const struct {
    std::string json, want;
  } cases[] = {
      {"{}", "{}\n"},
      {"[]", "[]\n"},
      {"null", "null\n"},
      {R"({"b":{"c":[1,{"x":1,"y":[]}],"d":{}},"a":[[1,[2]],[]]})",
       "a:\n- - 1\n  - - 2\n- []\nb:\n  c:\n  - 1\n  - x: 1\n    \"y\": []\n  d: {}\n"},
      {R"(["y","1","1.5","true","null","","~","0o7","1:30","2020-01-01","<<","=","- a","-a","a: b","a #b","#a","'","\"","a\tb","😀"," a","é"])",
       "- \"y\"\n- \"1\"\n- \"1.5\"\n- \"true\"\n- \"null\"\n- \"\"\n- \"~\"\n- \"0o7\"\n- "
       "\"1:30\"\n- \"2020-01-01\"\n- <<\n- =\n- '- a'\n- -a\n- "
       "'a: b'\n- 'a #b'\n- '#a'\n- ''''\n- '\"'\n- \"a\\tb\"\n- \"\\U0001F600\"\n- ' a'\n- é\n"},
      {R"({"l":"a\nb\n","m":"a\nb","n":"a\n\n"," o":" a\nb"})",
       "' o': |2-\n   a\n  b\nl: |\n  a\n  b\nm: |-\n  a\n  b\n\"n\": |+\n  a\n\n"},
      {"[1.0,1e3,1e20,0.00001,1234567.5,18446744073709551616,100000.5]",
       "- 1\n- 1000\n- 1e+20\n- 1e-05\n- 1.2345675e+06\n- 1.8446744073709552e+19\n- 100000.5\n"},
      {R"({"a10":1,"a2":1,"a1":1,"A":1,"~":1,"_u":1,"1":1})",
       "_u: 1\n\"~\": 1\n\"1\": 1\nA: 1\na1: 1\na2: 1\na10: 1\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.json);
    const auto value = ParseJson(c.json);
    ASSERT_TRUE(value.ok()) << value.status().message();
    EXPECT_EQ(ToYaml(*value), c.want);
  }
}

}  // namespace
}  // namespace sluice::document
