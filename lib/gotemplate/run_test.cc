#include <gtest/gtest.h>

#include <thread>

#include "document/json.h"
#include "gotemplate/template.h"

namespace sluice::gotemplate {
namespace {

constexpr std::string_view kData =
    R"({"s":"hello","i":5,"f":3.7,"t":true,"n":null,"z":0,"e":"","big":1234567,"l":["a","b","c"],"el":[],
  "m":{"a":1,"b":"two","c":{"d":null}},"em":{},"lm":[{"name":"x"},{"name":"y"}],"mixed":[1,"a",null,{"k":"v"}],"uni":"h\u00e9"})";

// include as an engine has it: runs a template of the same set.
base::Result<Value> Include(Call& call) {
  std::string out;
  SLUICE_TRY(
      call.execution.ExecuteTemplate(call.execution.templates(), call[0].text(), call[1], out));
  return call.String(out);
}
base::Result<Value> Wrap(Call& call) {
  std::string out;
  const base::Status status =
      call.execution.ExecuteTemplate(call.execution.templates(), call[0].text(), call[1], out);
  if (!status.ok()) return status.Wrap("wrapped");
  return call.String(out);
}
base::Result<Value> Boom(Call& call) { return base::InvalidArgument(std::string(call[0].text())); }
base::Result<Value> WantMap(Call& call) { return Value::Bool(call[0].map().is_nil()); }
constexpr Function kExtra[] = {{"include", "SA>S", Include},
                               {"wrap", "SA>S", Wrap},
                               {"boom", "S>S", Boom},
                               {"nilmap", "M>B", WantMap}};
constexpr FunctionTable kFunctions(kExtra);

struct Outcome {
  std::string text;  // or the error
  std::vector<size_t> chain;
};

Outcome Render(std::string_view text, ExecuteOptions options = {}) {
  const auto parsed = ParsedText::Parse("t", std::string(text), kFunctions);
  if (!parsed.ok()) return {parsed.status().message(), {}};
  TemplateSet set;
  set.Add(*parsed);
  document::Value data = *document::ParseJson(kData);
  Heap heap(64 << 20);
  std::string out;
  ExecuteError error;
  // Integers of the data are int64 here, unlike a values file's.
  const base::Status status =
      Execute(set, "t", FromDocument(heap, data), heap, options, out, &error);
  if (status.ok()) return {out, {}};
  EXPECT_EQ(status.message(), error.status.message());
  return {status.message(), error.chain};
}

struct Case {
  std::string_view text, want;
};

void Check(std::span<const Case> cases, MissingKey missing = MissingKey::kDefault) {
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Render(c.text, {.missing_key = missing}).text, c.want);
  }
}

TEST(RunTest, EvaluatesTheLanguage) {
  const Case cases[] = {
      {"{{.s}} {{.i}} {{.f}} {{.t}} {{.n}} {{.missing}} {{.missing.x.y}}",
       "hello 5 3.7 true <no value> <no value> <no value>"},
      {"{{.m}} {{.mixed}}", "map[a:1 b:two c:map[d:<nil>]] [1 a <nil> map[k:v]]"},
      {"{{range .l}}{{.}}{{end}}", "abc"},
      {"{{range $i, $e := .l}}{{$i}}{{$e}}{{end}}", "0a1b2c"},
      {"{{range $k, $v := .m}}{{$k}};{{end}}", "a;b;c;"},
      {"{{range 3}}{{.}}{{end}}{{range $i := 2}}{{$i}}{{end}}", "01201"},
      {"{{range .el}}x{{else}}empty{{end}}{{range .n}}x{{else}}nil{{end}}", "emptynil"},
      {"{{range .l}}{{if eq . \"b\"}}{{continue}}{{end}}{{.}}{{end}}", "ac"},
      {"{{range .l}}{{if eq . \"b\"}}{{break}}{{end}}{{.}}{{end}}", "a"},
      // A break in the else of an inner range ends just that range.
      {"{{range .l}}{{range $.el}}{{else}}{{break}}{{end}}{{.}}{{end}}", "abc"},
      {"{{range .l}}{{range $.el}}{{else}}{{continue}}{{end}}{{.}}{{end}}", ""},
      {"{{$x := 1}}{{range .l}}{{$x = .}}{{end}}{{$x}}", "c"},
      {"{{$x := 1}}{{range .l}}{{$x := .}}{{end}}{{$x}}", "1"},
      {"{{$k := 0}}{{$v := 0}}{{range $k, $v = .l}}{{end}}{{$k}}{{$v}}", "2c"},
      {"{{with .m}}{{.a}}{{$.s}}{{else}}no{{end}}{{with .em}}x{{else}}{{.s}}{{end}}",
       "1hellohello"},
      {"{{with $x := .e}}{{else}}[{{$x}}]{{end}}", "[]"},
      {"{{if .z}}z{{else if .e}}e{{else}}n{{end}}", "n"},
      {"{{define \"d\"}}[{{.}}{{$}}]{{end}}{{template \"d\" .i}}{{template \"d\"}}",
       "[55][<no value><no value>]"},
      {"{{block \"b\" .s}}<{{.}}>{{end}}", "<hello>"},
      {"{{(index .lm 1).name}}", "y"},
      {"{{.s | printf \"%s-%s\" \"a\"}}", "a-hello"},
      {"{{and 1 0 (index .l 9)}}{{or 0 \"x\" (index .l 9)}}{{and 1 .s}}", "0xhello"},
      {"{{1e3}} {{0x10}} {{'a'}} {{1i}} {{`r\"w`}}", "1000 16 97 (0+1i) r\"w"},
      {"{{nilmap nil}}{{nilmap .missing}}{{nilmap .m}}", "truetruefalse"},
      {"{{include \"d\" .i}}{{define \"d\"}}<{{.}}>{{end}}", "<5>"},
      {"{{range $k, $v := .m}}{{with (index $.m \"c\")}}{{end}}{{end}}ok", "ok"},
  };
  Check(cases);
}

TEST(RunTest, NamesPlaceAndCause) {
  const Case cases[] = {
      {"\n {{.s.x}}",
       "template: t:2:5: executing \"t\" at <.s.x>: can't evaluate field x in type interface {}"},
      {"{{range .l}}{{.x}}{{end}}",
       "template: t:1:14: executing \"t\" at <.x>: can't evaluate field x in type interface {}"},
      {"{{with .s}}{{.x}}{{end}}",
       "template: t:1:13: executing \"t\" at <.x>: can't evaluate field x in type string"},
      {"{{.n.x}}",
       "template: t:1:4: executing \"t\" at <.n.x>: nil pointer evaluating interface {}.x"},
      {"{{.m 1}}", "template: t:1:2: executing \"t\" at <.m>: m is not a method but has arguments"},
      {"{{nil}}", "template: t:1:2: executing \"t\" at <nil>: nil is not a command"},
      {"{{\"x\" 1}}",
       "template: t:1:2: executing \"t\" at <\"x\">: can't give argument to non-function \"x\""},
      {"{{18446744073709551615}}",
       "template: t:1:2: executing \"t\" at <18446744073709551615>: 18446744073709551615 overflows "
       "int"},
      {"{{not}}",
       "template: t:1:2: executing \"t\" at <not>: wrong number of args for not: want 1 got 0"},
      {"{{printf}}",
       "template: t:1:2: executing \"t\" at <printf>: wrong number of args for printf: want at "
       "least 1 got 0"},
      {"{{printf 3}}", "template: t:1:9: executing \"t\" at <3>: expected string; found 3"},
      {"{{printf .i}}",
       "template: t:1:9: executing \"t\" at <.i>: wrong type for value; expected string; got "
       "int64"},
      {"{{printf nil}}", "template: t:1:9: executing \"t\" at <nil>: cannot assign nil to string"},
      {"{{printf .missing}}",
       "template: t:1:9: executing \"t\" at <.missing>: invalid value; expected string"},
      {"{{nilmap .n}}",
       "template: t:1:9: executing \"t\" at <.n>: wrong type for value; expected "
       "map[string]interface {}; got interface {}"},
      {"{{nilmap 3}}",
       "template: t:1:9: executing \"t\" at <3>: can't handle 3 for arg of type "
       "map[string]interface {}"},
      {"{{index .l 9}}",
       "template: t:1:2: executing \"t\" at <index .l 9>: error calling index: index out of range: "
       "9"},
      {"{{(index .lm 0).name.foo}}",
       "template: t:1:13: executing \"t\" at <0>: can't evaluate field foo in type interface {}"},
      {"{{call .s}}",
       "template: t:1:2: executing \"t\" at <call .s>: error calling call: non-function .s of type "
       "string"},
      {"{{call nil}}",
       "template: t:1:2: executing \"t\" at <call nil>: error calling call: call of nil"},
      {"{{range .s}}{{end}}",
       "template: t:1:8: executing \"t\" at <.s>: range can't iterate over hello"},
      {"{{range $i, $j := 3}}{{end}}",
       "template: t:1:18: executing \"t\" at <3>: can't use 3 to iterate over more than one "
       "variable"},
      {"{{template \"no\"}}",
       "template: t:1:11: executing \"t\" at <{{template \"no\"}}>: template \"no\" not defined"},
      {"{{$x = 1}}", "template: t:1:7: executing \"t\" at <1>: undefined variable: $x"},
      {"{{define \"d\"}}{{boom \"b\"}}{{end}}\n{{template \"d\"}}",
       "template: t:1:16: executing \"d\" at <boom \"b\">: error calling boom: b"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Render(c.text).text, c.want);
  }
}

TEST(RunTest, MissingKeysByOption) {
  const Case zero[] = {
      {"{{.missing}}", "<no value>"},
      {"{{.missing.x}}",
       "template: t:1:10: executing \"t\" at <.missing.x>: nil pointer evaluating interface {}.x"},
      {"{{nilmap .missing}}",
       "template: t:1:9: executing \"t\" at <.missing>: wrong type for value; expected "
       "map[string]interface {}; got interface {}"},
      {"{{printf \"%v\" .missing}}", "<nil>"},
  };
  Check(zero, MissingKey::kZero);
  const Case error[] = {
      {"{{.missing}}",
       "template: t:1:2: executing \"t\" at <.missing>: map has no entry for key \"missing\""},
      {"{{index .m \"missing\"}}", "<no value>"},
  };
  Check(error, MissingKey::kError);
}

TEST(RunTest, BuiltIns) {
  const Case cases[] = {
      {"{{eq 1 1}}{{eq .i 5}}{{eq .s \"a\" \"hello\"}}{{eq .n nil}}{{eq .n 1}}{{ne 1 2}}",
       "truetruetruetruefalsetrue"},
      {"{{eq 1 1.0}}",
       "template: t:1:2: executing \"t\" at <eq 1 1.0>: error calling eq: incompatible types for "
       "comparison: int and float64"},
      {"{{eq .m .m}}",
       "template: t:1:2: executing \"t\" at <eq .m .m>: error calling eq: non-comparable type "
       "map[a:%!s(int64=1) b:two c:map[d:<nil>]]: map[string]interface {}"},
      {"{{eq 1}}",
       "template: t:1:2: executing \"t\" at <eq 1>: error calling eq: missing argument for "
       "comparison"},
      {"{{lt 1 2}}{{le 2 2}}{{gt \"b\" \"a\"}}{{ge 1.5 2.5}}", "truetruetruefalse"},
      {"{{lt true false}}",
       "template: t:1:2: executing \"t\" at <lt true false>: error calling lt: invalid type for "
       "comparison"},
      {"{{len .l}}{{len .m}}{{len .uni}}", "333"},
      {"{{len .n}}",
       "template: t:1:2: executing \"t\" at <len .n>: error calling len: len of nil pointer"},
      {"{{len 3}}",
       "template: t:1:2: executing \"t\" at <len 3>: error calling len: len of type int"},
      {"{{index .lm 1 \"name\"}}{{index .m \"nope\"}}{{index \"abc\" 0}}", "y<no value>97"},
      {"{{index .m 1}}",
       "template: t:1:2: executing \"t\" at <index .m 1>: error calling index: value has type int; "
       "should be string"},
      {"{{index nil 1}}",
       "template: t:1:2: executing \"t\" at <index nil 1>: error calling index: index of untyped "
       "nil"},
      {"{{index .l 3}}",
       "template: t:1:2: executing \"t\" at <index .l 3>: error calling index: reflect: slice "
       "index out of range"},
      {"{{html \"<a b='c'>&\"}}{{html nil}}", "&lt;a b=&#39;c&#39;&gt;&amp;&lt;no value&gt;"},
      {"{{js \"<a>'\\\"=\\n\u00e9\"}}", "\\u003Ca\\u003E\\'\\\"\\u003D\\u000A\u00e9"},
      {"{{urlquery \"a b/c?\u00e9\"}}", "a+b%2Fc%3F%C3%A9"},
      {"{{print \"a\" 1 2 \"b\"}}{{println 1 \"x\"}}", "a1 2b1 x\n"},
      {"{{not .e}}{{not .s}}", "truefalse"},
  };
  Check(cases);
}

// Each was once another answer than Go's (tests/differential/gotemplate).
TEST(RunTest, FoundByTheDifferentialTest) {
  const Case cases[] = {
      {"{{toToml 1i}}", "unsupported type for key '': complex128"},
      {"{{toToml (regexFindAll \"x\" \"a\" 1)}}", "[]"},
      {"{{toYamlPretty 1i}}",
       "template: t:1:2: executing \"t\" at <toYamlPretty 1i>: error calling toYamlPretty: cannot "
       "marshal type: complex128"},
      {"{{len (semver \"1.2.3\")}}",
       "template: t:1:2: executing \"t\" at <len (semver \"1.2.3\")>: error calling len: len of "
       "type semver.Version"},
      {"{{printf \"%#v\" (toDate \"2006-01-02\" \"2024-07-01\")}}",
       "time.Date(2024, time.July, 1, 0, 0, 0, 0, time.Local)"},
      {"{{printf \"%#v\" (mustDateModify \"1h\" (toDate \"2006-01-02\" \"x\"))}}",
       "time.Date(1, time.January, 1, 1, 0, 0, 0, time.UTC)"},
      {"{{printf \"%#v\" (toDate \"2006-01-02T15:04:05Z07:00\" \"2020-01-01T00:00:00+02:00\")}}",
       "time.Date(2020, time.January, 1, 0, 0, 0, 0, time.Location(\"\"))"},
      {"{{printf \"%g\" (toDate \"2006-01-02\" \"2020-01-01\").UTC}}",
       "{%!g(uint64=0) %!g(int64=63713433600) %!g(*time.Location=<nil>)}"},
      {"{{printf \"%d\" (toDate \"2006-01-02\" \"x\")}}", "{0 0 0}"},
      {"{{printf \"%#v\" (semver \"v1.20\")}}",
       "&semver.Version{major:0x1, minor:0x14, patch:0x0, pre:\"\", metadata:\"\", "
       "original:\"v1.20\"}"},
      {"{{fromJson \"-\"}}{{fromJson \"tru\"}}",
       "map[Error:invalid character ' ' in numeric literal]map[Error:invalid character ' ' in "
       "literal true (expecting 'e')]"},
  };
  Check(cases);
  class Helm3 final : public Environment {
    HelmVersion helm() const override { return HelmVersion::k3; }
  } helm3;
  EXPECT_EQ(Render("{{semverCompare `{\"a\"` \"1.0\"}}", {.environment = &helm3}).text,
            "template: t:1:2: executing \"t\" at <semverCompare `{\"a\"` \"1.0\">: error calling "
            "semverCompare: improper constraint: {\"a\"");
}

TEST(RunTest, ChainsWhatFunctionsWrap) {
  const Outcome direct = Render(
      "{{include \"a\" .}}{{define \"a\"}}{{include \"b\" .}}{{end}}{{define \"b\"}}{{boom "
      "\"x\"}}{{end}}");
  const std::string a =
      "template: t:1:33: executing \"a\" at <include \"b\" .>: error calling include: ";
  const std::string b = "template: t:1:71: executing \"b\" at <boom \"x\">: error calling boom: ";
  const std::string outer =
      "template: t:1:2: executing \"t\" at <include \"a\" .>: error calling include: ";
  EXPECT_EQ(direct.text, outer + a + b + "x");
  EXPECT_EQ(direct.chain, (std::vector<size_t>{0, outer.size(), outer.size() + a.size(),
                                               outer.size() + a.size() + b.size()}));
  const Outcome wrapped = Render("{{wrap \"b\" .}}{{define \"b\"}}{{boom \"x\"}}{{end}}");
  const std::string first =
      "template: t:1:2: executing \"t\" at <wrap \"b\" .>: error calling wrap: ";
  ASSERT_EQ(wrapped.chain.size(), 4u);
  EXPECT_EQ(wrapped.text.substr(wrapped.chain[1]).substr(0, 9), "wrapped: ");
  EXPECT_EQ(wrapped.chain[2], first.size() + 9);
  EXPECT_EQ(wrapped.text.substr(wrapped.chain[3]), "x");
}

TEST(RunTest, HostileTemplatesFail) {
  const auto fails = [](std::string_view text, std::string_view with, ExecuteOptions options = {}) {
    SCOPED_TRACE(text);
    EXPECT_NE(Render(text, options).text.find(with), std::string::npos)
        << Render(text, options).text;
  };
  fails("{{define \"r\"}}{{template \"r\" .}}{{end}}{{template \"r\" .}}",
        "exceeded maximum template depth (100000)");
  fails("{{define \"r\"}}{{include \"r\" .}}{{end}}{{template \"r\" .}}",
        "exceeded maximum template depth (100000)");
  fails("{{range 1000000000000}}{{end}}", "steps", {.limits = {.max_steps = 100'000}});
  fails("{{range 1000000000}}xxxxxxxxxxxxxxxxxxxxxxxx{{end}}", "output is larger",
        {.limits = {.max_output = 10'000}});
  fails("{{$x := \"xxxxxxxx\"}}{{range 64}}{{$x = print $x $x}}{{end}}", "memory");
  fails("{{$x := repeat 1000000 \"x\"}}{{range 1000000000}}{{if contains \"y\" $x}}{{end}}{{end}}",
        "steps", {.limits = {.max_steps = 1'000'000}});
  fails("{{range 1000000000}}{{if bcrypt \"x\"}}{{end}}{{end}}", "steps",
        {.limits = {.max_steps = 2'500'000}});
  class Late final : public Environment {
    bool Expired() override { return true; }
  } late;
  fails("{{range 1000000000000}}{{end}}", "too long", {.environment = &late});
}

TEST(RunTest, IncludesNestAsDeepAsChartsDo) {
  const Outcome deep = Render(
      "{{define \"r\"}}{{if lt (len .) 300}}{{include \"r\" (print . "
      "\"x\")}}{{else}}end{{end}}{{end}}{{include \"r\" \"\"}}");
  EXPECT_EQ(deep.text, "end");
}

TEST(RunTest, OneParsedTextServesManyThreads) {
  const auto parsed =
      *ParsedText::Parse("t", "{{range $i, $e := .l}}{{$i}}{{$e}}{{end}}", kFunctions);
  TemplateSet set;
  set.Add(parsed);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&set] {
      const document::Value data = *document::ParseJson(kData);
      for (int i = 0; i < 200; ++i) {
        Heap heap;
        std::string out;
        ASSERT_TRUE(Execute(set, "t", FromDocument(heap, data), heap, {}, out).ok());
        ASSERT_EQ(out, "0a1b2c");
      }
    });
  }
}

TEST(RunTest, AMapMayChangeWhileItIsIterated) {
  EXPECT_EQ(Render("{{range $k, $v := .m}}{{$k}}{{$_ := set $.m (print \"0\" $k) 1}}{{$_ := unset "
                   "$.m \"c\"}}{{end}}{{.m}}")
                .text,
            "abcmap[0a:1 0b:1 0c:1 a:1 b:two]");
}

}  // namespace
}  // namespace sluice::gotemplate
