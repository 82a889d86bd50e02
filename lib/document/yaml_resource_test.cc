#include <gtest/gtest.h>

#include "document/yaml.h"

namespace sluice::document {
namespace {

std::string Print(std::string_view text) {
  const auto doc = ParseYamlDocument(text);
  if (!doc.ok()) return doc.status().message();
  std::string out = "---\n";
  const auto status = AppendResourceYaml(out, *doc->root);
  return status.ok() ? out.substr(4) : status.message() + (out == "---\n" ? "" : " and wrote");
}

TEST(YamlResourceTest, PrintsAsKustomizeDoes) {
  const struct {
    std::string in, want;
  } cases[] = {
      {"b: 1\na: {y: yes, x: [1, 0x10, 1.50, 1e3, ~]}\n",
       "a:\n  x:\n  - 1\n  - 16\n  - 1.5\n  - 1000\n  - null\n  \"y\": \"yes\"\nb: 1\n"},
      {"a: 2020-01-01\nb: '2020-01-01'\nc: !!int \"5\"\nd: !!binary aGk=\n",
       "a: \"2020-01-01T00:00:00Z\"\nb: \"2020-01-01\"\nc: 5\nd: hi\n"},
      {"a: |\n  x\n\n  y\nb: \"l\\n\"\nc: []\nd: {}\ne:\n",
       "a: |\n  x\n\n  y\nb: |\n  l\nc: []\nd: {}\ne: null\n"},
      {"a: &x {k: 1}\nb: *x\nc: {<<: *x, l: 2}\n", "a:\n  k: 1\nb:\n  k: 1\nc:\n  k: 1\n  l: 2\n"},
      // Folded text grows by a break before a more indented line, and under "+".
      {"a: >\n  x\n  y\n\n    z\n", "a: |\n  x y\n\n\n    z\n"},
      {"a: >+\n  x\n\n", "a: |+\n  x\n\n\n"},
      {"a: \"x\\ty\"\nb: 010\nc: 08\nd: \"\\u0085\"\n", "a: \"x\\ty\"\nb: 8\nc: 8\nd: ' '\n"},
      {"- b: 1\n  a: 2\n- - x\n", "- a: 2\n  b: 1\n- - x\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.in);
    EXPECT_EQ(Print(c.in), c.want);
  }
}

TEST(YamlResourceTest, FailsWhereTheChainDoes) {
  const struct {
    std::string in, want;
  } cases[] = {
      {"b: 1\na: x\n\n# note\na: y\n",
       "yaml: unmarshal errors:\n  line 3: mapping key \"a\" already defined at line 2"},
      {"a: .inf\n", "json: unsupported value: +Inf"},
      {"1: x\n", "json: unsupported type: map[interface {}]interface {}"},
      {"a: \"\\x7f\"\n", "yaml: control characters are not allowed"},
      {"a: !!int x\n", "yaml: cannot decode !!str `x` as a !!int"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.in);
    EXPECT_EQ(Print(c.in), c.want);
  }
}

}  // namespace
}  // namespace sluice::document
