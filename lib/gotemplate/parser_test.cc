#include <gtest/gtest.h>

#include "gotemplate/template.h"

namespace sluice::gotemplate {
namespace {

constexpr FunctionTable kFunctions;

// "name=source;…", or the error.
std::string Parsed(std::string_view text, const ParseLimits& limits = {}) {
  const auto parsed = ParsedText::Parse("t", std::string(text), kFunctions, limits);
  if (!parsed.ok()) return parsed.status().message();
  std::string out;
  for (const auto& [name, source] : (*parsed)->Dump()) out += name + "=" + source + ";";
  return out;
}

TEST(ParserTest, PrintsTheTreeAgain) {
  const struct {
    std::string_view text, want;
  } cases[] = {
      {"", "t=;"},
      {"a {{- /* c */ -}} b", "t=ab;"},
      {"a {{- .x -}}\n b", "t=a{{.x}}b;"},
      {"{{-3}}{{- -3 -}}", "t={{-3}}{{-3}};"},
      {"{{ $x := 1 | printf \"%d\" }}{{$x}}", "t={{$x := 1 | printf \"%d\"}}{{$x}};"},
      {"{{range $k , $v:=.a.b}}{{else}}e{{end}}", "t={{range $k, $v := .a.b}}{{else}}e{{end}};"},
      {"{{if .a}}1{{else if .b}}2{{else}}3{{end}}",
       "t={{if .a}}1{{else}}{{if .b}}2{{else}}3{{end}}{{end}};"},
      {"{{with $a := .}}{{else with .b}}{{end}}",
       "t={{with $a := .}}{{else}}{{with .b}}{{end}}{{end}};"},
      {"{{ (index .a 1).b.c | not }}", "t={{(index .a 1).b.c | not}};"},
      {"{{define \"d\"}}{{$.x}}{{end}}{{template \"d\" .}}", "d={{$.x}};t={{template \"d\" .}};"},
      {"{{block `b` .}}B{{end}}", "b=B;t={{template \"b\" .}};"},
      {"{{define \"d\"}} {{end}}{{define \"d\"}}x{{end}}", "d=x;t=;"},
      {"{{range .}}{{break}}{{continue}}{{end}}", "t={{range .}}{{break}}{{continue}}{{end}};"},
      {"{{ 0x1F }}{{ 'a' }}{{ 1i }}{{ 1+2i }}{{ true }}{{ print nil }}",
       "t={{0x1F}}{{'a'}}{{1i}}{{1+2i}}{{true}}{{print nil}};"},
      {"{{.x|}}", "t={{.x}};"},
      {"}}", "t=}};"},
      {"{{\n.x\n}}", "t={{.x}};"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Parsed(c.text), c.want);
  }
}

TEST(ParserTest, FailsInGosWords) {
  const struct {
    std::string_view text, want;
  } cases[] = {
      {"{{", "template: t:1: unclosed action"},
      {"a\n{{ if .x }}\n{{ .y", "template: t:3: unclosed action"},
      {"\n{{ .x\n\n", "template: t:4: unclosed action started at t:2"},
      {"{{/* x", "template: t:1: unclosed comment"},
      {"{{/* x */ }}", "template: t:1: comment ends before closing delimiter"},
      {"{{ /* c */ }}", "template: t:1: unexpected \"/\" in command"},
      {"{{.my-key}}", "template: t:1: bad character U+002D '-'"},
      {"{{\x01}}", "template: t:1: unrecognized character in action: U+0001"},
      {"{{\"a\nb\"}}", "template: t:1: unterminated quoted string"},
      {"{{`a}}", "template: t:1: unterminated raw quoted string"},
      {"{{'a}}", "template: t:1: unterminated character constant"},
      {"{{'ab'}}", "template: t:1: malformed character constant: 'ab'"},
      {"{{\"\\q\"}}", "template: t:1: invalid syntax"},
      {"{{1.x}}", "template: t:1: bad number syntax: \"1.x\""},
      {"{{-}}", "template: t:1: illegal number syntax: \"-\""},
      {"{{08}}", "template: t:1: integer overflow: \"08\""},
      {"{{1e400}}", "template: t:1: illegal number syntax: \"1e400\""},
      {"{{(1}}", "template: t:1: unclosed left paren"},
      {"{{1)}}", "template: t:1: unexpected right paren"},
      {"{{}}", "template: t:1: missing value for command"},
      {"{{if}}{{end}}", "template: t:1: missing value for if"},
      {"{{()}}", "template: t:1: missing value for parenthesized pipeline"},
      {"{{1 | 2}}", "template: t:1: non executable command in pipeline stage 2"},
      {"{{nofunc}}", "template: t:1: function \"nofunc\" not defined"},
      {"{{env \"HOME\"}}", "template: t:1: function \"env\" not defined"},
      {"{{$x}}", "template: t:1: undefined variable \"$x\""},
      {"{{if $x := 1}}{{end}}{{$x}}", "template: t:1: undefined variable \"$x\""},
      {"{{nil.x}}", "template: t:1: unexpected . after term \"nil\""},
      {"{{$x, $y := .}}", "template: t:1: too many declarations in command"},
      {"{{range $a, $b, $c := .}}{{end}}", "template: t:1: too many declarations in range"},
      {"{{range $a, 1}}{{end}}", "template: t:1: range can only initialize variables"},
      {"{{end}}", "template: t:1: unexpected {{end}}"},
      {"{{else}}", "template: t:1: unexpected {{else}}"},
      {"{{if .}}", "template: t:1: unexpected EOF"},
      {"{{if .}}{{else}}{{else}}{{end}}", "template: t:1: expected end; found {{else}}"},
      {"{{range .}}{{else if .}}{{end}}", "template: t:1: unexpected <if> in input"},
      {"{{break}}", "template: t:1: {{break}} outside {{range}}"},
      {"{{range .}}{{else}}{{continue}}{{end}}", "template: t:1: {{continue}} outside {{range}}"},
      {"{{define x}}{{end}}", "template: t:1: unexpected \"x\" in define clause"},
      {"{{template $v}}", "template: t:1: unexpected \"$v\" in template clause"},
      {"{{if .}}{{define \"x\"}}{{end}}{{end}}", "template: t:1: unexpected <define> in command"},
      {"{{define \"a\"}}1{{end}}{{define \"a\"}}2{{end}}",
       "template: t:1: template: multiple definition of template \"a\""},
      {"{{block \"b\"}}{{end}}", "template: t:1: missing value for block clause"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Parsed(c.text), c.want);
  }
}

TEST(ParserTest, BoundsDepthAndSize) {
  std::string parens, blocks;
  for (int i = 0; i < 5000; ++i) parens += "(";
  EXPECT_EQ(Parsed("{{" + parens), "template: t:1: max expression depth exceeded");
  for (int i = 0; i < 5000; ++i) blocks += "{{if .}}";
  EXPECT_EQ(Parsed(blocks), "template: t:1: blocks nested too deeply");
  std::string chain = "{{if .}}";
  for (int i = 0; i < 5000; ++i) chain += "{{else if .}}";
  EXPECT_EQ(Parsed(chain), "template: t:1: blocks nested too deeply");
  EXPECT_EQ(Parsed("12345", {.max_bytes = 4}), "template: t: larger than 4 bytes");
}

TEST(TemplateSetTest, LaterTextsReplaceUnlessEmpty) {
  const auto parse = [](std::string_view name, std::string_view text) {
    return *ParsedText::Parse(name, std::string(text), kFunctions);
  };
  TemplateSet set;
  set.Add(parse("one", "{{define \"a\"}}1{{end}}{{define \"b\"}}1{{end}}"));
  set.Add(parse("two", "{{define \"a\"}}2{{end}}{{define \"b\"}} {{end}}"));
  Heap heap;
  std::string out;
  for (const std::string_view name : {"a", "b"})
    ASSERT_TRUE(Execute(set, name, {}, heap, {}, out).ok());
  EXPECT_EQ(out, "21");
  TemplateSet above(&set);
  above.Add(parse("three", "{{define \"a\"}}3{{end}}{{define \"b\"}}{{end}}"));
  for (const std::string_view name : {"a", "b"})
    ASSERT_TRUE(Execute(above, name, {}, heap, {}, out).ok());
  EXPECT_EQ(out, "2131");
  EXPECT_EQ(above.Names(), (std::vector<std::string>{"a", "b", "one", "three", "two"}));
}

}  // namespace
}  // namespace sluice::gotemplate
