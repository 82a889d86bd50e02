#include <gtest/gtest.h>

#include "test_functions.h"

namespace sluice::gotemplate {
namespace {

struct Row {
  std::string_view name;
  std::vector<Value> args;
  std::string_view want;
};

void Check(const std::vector<Row>& rows) {
  Functions functions;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(functions.Text(row.name, row.args), row.want);
  }
}

TEST(StringFunctionsTest, TrimAndCut) {
  Check({
      {"trim", {S("\u00a0 a b\u2003")}, "a b"},
      {"trimAll", {S("é-"), S("-éaé-")}, "a"},
      {"trimPrefix", {S("aa"), S("aaab")}, "ab"},
      {"trimSuffix", {S("x"), S("axx")}, "ax"},
      {"trunc", {I(2), S("hello")}, "he"},
      {"trunc", {I(-2), S("hello")}, "lo"},
      {"trunc", {I(-9), S("hello")}, "hello"},
      {"substr", {I(1), I(3), S("hello")}, "el"},
      {"substr", {I(-1), I(3), S("hello")}, "hel"},
      {"substr", {I(2), I(-1), S("hello")}, "llo"},
      {"substr", {I(3), I(1), S("hello")}, "!runtime error: slice bounds out of range [3:1]"},
      {"substr", {I(9), I(-1), S("abc")}, "!runtime error: slice bounds out of range [9:3]"},
      {"substr", {I(-1), I(-2), S("abc")}, "!runtime error: slice bounds out of range [:-2]"},
      {"substr",
       {I(-1), I(9), S("abc")},
       "!runtime error: slice bounds out of range [:9] with length 3"},
      {"abbrev", {I(8), S("hello world")}, "hello..."},
      {"abbrev", {I(3), S("hello world")}, "hello world"},
      {"abbrevboth", {I(5), I(10), S("1234 5678 9123")}, "...5678..."},
      {"abbrevboth", {I(1), I(6), S("hello world")}, "hello world"},
  });
}

TEST(StringFunctionsTest, Case) {
  Check({
      {"upper", {S("straße ŉ")}, "STRAßE ŉ"},
      {"lower", {S("ÀÉ\xff")}, "àé\xef\xbf\xbd"},
      {"title", {S("o'neil foo-bar baz_qux ǆ")}, "O'Neil Foo-Bar Baz_qux ǅ"},
      {"untitle", {S("Foo BAR")}, "foo bAR"},
      {"swapcase", {S("This Is ǅ test")}, "tHIS iS ǆ TEST"},
      {"snakecase", {S("HTTPServer20xOK")}, "http_server_20x_ok"},
      {"snakecase", {S("Bld4Floor3rd")}, "bld4_floor_3rd"},
      {"snakecase", {S("_a--B ")}, "_a__b_"},
      {"kebabcase", {S("FirstName")}, "first-name"},
      {"camelcase", {S("_complex__case_")}, "_Complex_Case_"},
      {"camelcase", {S("GOLANG_IS_GREAT")}, "GolangIsGreat"},
      {"initials", {S("First Try é")}, "FTÃ"},
      {"nospace", {S("é")}, "é"},
      {"nospace", {S("é x")}, "Ã©x"},
  });
}

TEST(StringFunctionsTest, JoinSplitReplace) {
  Functions f;
  EXPECT_EQ(f.Text("join", {S("-"), f.List({I(1), Value(), S("b"), F(2.5)})}), "1-b-2.5");
  EXPECT_EQ(f.Text("join", {S("-"), S("one")}), "one");
  EXPECT_EQ(f.Text("join", {S("-"), Value()}), "");
  EXPECT_EQ(f.Text("split", {S("/"), S("a/b/c")}), "map[_0:a _1:b _2:c]");
  EXPECT_EQ(f.Text("splitn", {S("/"), I(2), S("a/b/c")}), "map[_0:a _1:b/c]");
  EXPECT_EQ(f.Text("splitn", {S("/"), I(0), S("a/b/c")}), "map[]");
  EXPECT_EQ(f.Text("splitList", {S(""), S("aé\xffz")}), "[a é \xff z]");
  EXPECT_EQ(f.Text("splitList", {S(","), S("")}), "[]");
  EXPECT_EQ(f.Text("replace", {S(""), S("-"), S("aé")}), "-a-é-");
  EXPECT_EQ(f.Text("replace", {S("aa"), S("b"), S("aaaaa")}), "bba");
  EXPECT_EQ(f.Text("quote", {S("a\"b"), Value(), I(1), f.List({S("x")})}),
            "\"a\\\"b\" \"1\" \"[x]\"");
  EXPECT_EQ(f.Text("squote", {S("it's"), Value(), F(1e6)}), "'it's' '1e+06'");
  EXPECT_EQ(f.Text("cat", {S(" a"), Value(), I(2)}), " a 2");
  EXPECT_EQ(f.Text("toStrings", {f.List({I(1), Value(), S("b")})}), "[1 b]");
  EXPECT_EQ(f.Text("sortAlpha", {f.List({S("b"), S("a"), I(1)})}), "[1 a b]");
  EXPECT_EQ(f.Text("sortAlpha", {I(3)}), "[3]");
}

TEST(StringFunctionsTest, IndentRepeatWrap) {
  Check({
      {"indent", {I(2), S("a\n\nb\n")}, "  a\n  \n  b\n  "},
      {"nindent", {I(0), S("a")}, "\na"},
      {"indent", {I(-1), S("a")}, "!strings: negative Repeat count"},
      {"repeat", {I(3), S("ab")}, "ababab"},
      {"repeat", {I(-1), S("ab")}, "!strings: negative Repeat count"},
      {"repeat", {I(INT64_MAX), S("ab")}, "!strings: Repeat output length overflow"},
      {"wrap", {I(5), S("Hello  World averyverylongword x")}, "Hello\nWorld\naveryverylongword\nx"},
      {"wrapWith", {I(5), S("|"), S("Hello averylongword")}, "Hello|avery|longw|ord"},
      {"plural", {S("one"), S("many"), I(1)}, "one"},
      {"plural", {S("one"), S("many"), I(-1)}, "many"},
  });
}

TEST(StringFunctionsTest, Paths) {
  Check({
      {"base", {S("/a/b//")}, "b"},
      {"base", {S("///")}, "/"},
      {"base", {S("")}, "."},
      {"dir", {S("/a/../b/c")}, "/b"},
      {"dir", {S("x")}, "."},
      {"clean", {S("/../a//./b/..")}, "/a"},
      {"clean", {S("../../a/..")}, "../.."},
      {"ext", {S("a.b/c.tar.gz")}, ".gz"},
      {"ext", {S("a.b/c")}, ""},
      {"isAbs", {S("/a")}, "true"},
  });
}

TEST(RegexFunctionsTest, FollowGo) {
  Check({
      {"regexMatch", {S("["), S("x")}, "false"},
      {"regexMatch", {S("(?<name>a)"), S("a")}, "true"},
      {"regexMatch", {S("[(?<]a"), S("<a")}, "true"},
      {"mustRegexMatch",
       {S("\\C"), S("x")},
       "!error parsing regexp: invalid escape sequence: `\\C`"},
      {"mustRegexMatch", {S("(a"), S("x")}, "!error parsing regexp: missing closing ): `(a`"},
      {"regexFind",
       {S("["), S("x")},
       "!regexp: Compile(`[`): error parsing regexp: missing closing ]: `[`"},
      {"regexFind",
       {S("`["), S("x")},
       "!regexp: Compile(\"`[\"): error parsing regexp: missing closing ]: `[`"},
      {"regexFindAll", {S("a*"), S("baab"), I(-1)}, "[ aa ]"},
      {"regexFindAll", {S("."), S("a\xff\xef\xbf\xbdz"), I(3)}, "[a \xff \xef\xbf\xbd]"},
      {"regexReplaceAll", {S("a(x*)b"), S("-ab-axxb-"), S("${1}W")}, "-W-xxW-"},
      {"regexReplaceAll", {S("a(x*)b"), S("-ab-axxb-"), S("$1W")}, "---"},
      {"regexReplaceAll", {S("(?P<n>x)"), S("axb"), S("<$n$$$9${>")}, "a<x$${>b"},
      {"regexReplaceAll", {S("b*"), S("abc"), S("-")}, "-a-c-"},
      {"regexReplaceAll", {S("\\bx"), S("x xx"), S("y")}, "y yx"},
      {"regexReplaceAllLiteral", {S("x"), S("axb"), S("$0")}, "a$0b"},
      {"regexReplaceAllLiteral", {S("z"), S("a\xff"), S("$0")}, "a\xff"},
      {"regexSplit", {S(","), S("a,b,"), I(-1)}, "[a b ]"},
      {"regexSplit", {S(","), S("a,b,c"), I(2)}, "[a b,c]"},
      {"regexSplit", {S(","), S("a,b,c"), I(0)}, "[]"},
      {"regexQuoteMeta", {S("a.b[c]-")}, "a\\.b\\[c\\]-"},
  });
}

TEST(UrlFunctionsTest, FollowGo) {
  Functions f;
  EXPECT_EQ(f.Text("urlParse", {S("HTTP://u:p%20w@h.com:80/a%2Fb?q=a b#f%20g")}),
            "map[fragment:f g host:h.com:80 hostname:h.com opaque: path:/a/b query:q=a b "
            "scheme:http userinfo:u:p%20w]");
  EXPECT_EQ(f.Text("urlParse", {S("http://[::g]/")}),
            "!unable to parse url: parse \"http://[::g]/\": invalid host: ParseAddr(\"::g\"): each "
            "colon-separated field must have at "
            "least one digit (at \"g\")");
  EXPECT_EQ(f.Text("urlParse", {S("http://a:1:2/")}),
            "!unable to parse url: parse \"http://a:1:2/\": invalid port \":1:2\" after host");
  EXPECT_EQ(
      f.Text("urlJoin", {f.Map({{"host", S("h")}, {"path", S("a:b")}, {"fragment", S("é")}})}),
      "//h/a:b#%C3%A9");
  EXPECT_EQ(f.Text("urlJoin", {f.Map({{"path", S("a:b")}})}), "./a:b");
  EXPECT_EQ(f.Text("urlJoin", {f.Map({{"scheme", I(5)}})}),
            "!unable to parse scheme key, must be of type string, but int found");
}

TEST(SemverFunctionsTest, CompareAndMethods) {
  Functions f;
  EXPECT_EQ(f.Text("semverCompare", {S("^1.2"), S("v1.9.0")}), "true");
  EXPECT_EQ(f.Text("semverCompare", {S("x y"), S("1.0.0")}), "!improper constraint: \"x y\"");
  EXPECT_EQ(f.Text("semverCompare", {S("x y"), S("1.0.0")}, HelmVersion::k3),
            "!improper constraint: x y");
  EXPECT_EQ(f.Text("semverCompare", {S("1"), S("")}), "!invalid semantic version");
  const Value version = *f.Call("semver", {S("v1.2.3-rc.1+b")});
  EXPECT_EQ(version.TypeName(), "*semver.Version");
  EXPECT_EQ(f.Text("toString", {version}), "1.2.3-rc.1+b");
  EXPECT_EQ(f.Text("typeIsLike", {S("semver.Version"), version}), "true");
}

}  // namespace
}  // namespace sluice::gotemplate
