#include "toml.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::gotemplate {
namespace {

class World : public Environment {
 public:
  explicit World(HelmVersion helm) : helm_(helm) {}
  HelmVersion helm() const override { return helm_; }

 private:
  HelmVersion helm_;
};

// The document as TOML again, or why it is none.
std::string Reread(std::string_view text, HelmVersion helm, const TomlLimits& limits = {}) {
  Heap heap;
  World world(helm);
  const auto value = ParseToml(heap, text, world, limits);
  if (!value.ok()) return value.status().message();
  std::string out;
  const base::Status status = AppendToml(out, *value, helm);
  return status.ok() ? out : status.message();
}

TEST(TomlTest, ReadsAndWrites) {
  const struct {
    std::string_view text, written;
  } cases[] = {
      {"", ""},
      {"b=1\na='x'", "a = \"x\"\nb = 1\n"},
      {"a.b.c=1\n[d]\ne=[1,[2,'x']]", "[a]\n  [a.b]\n    c = 1\n\n[d]\n  e = [1, [2, \"x\"]]\n"},
      {"[[t]]\na=1\n[[t]]\n[t.u]\nb=2", "[[t]]\n  a = 1\n\n[[t]]\n  [t.u]\n    b = 2\n"},
      {"a={x=1,y={z=2}}\nm=[{k=1},2]", "m = [{k = 1}, 2]\n\n[a]\n  x = 1\n  [a.y]\n    z = 2\n"},
      {"s=\"\"\"\nx\\\n   y\\u00e9\\t\"\"\"", "s = \"xy\u00e9\\t\"\n"},
      {"\"q k\"=0x1F\no=0o17\nb=0b11\nu=1_000", "b = 3\no = 15\n\"q k\" = 31\nu = 1000\n"},
      {"d=2020-01-01\nt=10:00:00.5\nl=2020-01-01 10:00:00\nz=2020-01-01T10:00:00+02:00",
       "d = 2020-01-01\nl = 2020-01-01T10:00:00\nt = 10:00:00.5\nz = 2020-01-01T10:00:00+02:00\n"},
      {"i=-inf\nn=nan\nz=-0.0", "i = -inf\nn = nan\nz = -0.0\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Reread(c.text, HelmVersion::k4), c.written);
    EXPECT_EQ(Reread(c.text, HelmVersion::k3), c.written);
  }
}

TEST(TomlTest, GenerationsDiffer) {
  const struct {
    std::string_view text, v3, v4;
  } cases[] = {
      {"a=1e10", "a = 10000000000.0\n", "a = 1e+10\n"},
      {"a=1.5e-7", "a = 0.00000015\n", "a = 1.5e-07\n"},
      {"a={b=1,}", "toml: line 1 (last key \"a.b\"): trailing comma not allowed in inline tables",
       "[a]\n  b = 1\n"},
      {"a={\nb=1}", "toml: line 1 (last key \"a\"): newlines not allowed within inline tables",
       "[a]\n  b = 1\n"},
      {"a=\"\\x41\"", "toml: line 1 (last key \"a\"): invalid escape in string '\\x'",
       "a = \"A\"\n"},
      {"a=10:00", "toml: line 1 (last key \"a\"): invalid datetime: \"10:00\"", "a = 10:00:00\n"},
      {"a=[1]\na=[2]", "a = [2]\n",
       "toml: line 2 (last key \"a\"): Key 'a' has already been defined."},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    EXPECT_EQ(Reread(c.text, HelmVersion::k3), c.v3);
    EXPECT_EQ(Reread(c.text, HelmVersion::k4), c.v4);
  }
}

TEST(TomlTest, NamesLineAndKeyOfErrors) {
  const struct {
    std::string_view text, message;
  } cases[] = {
      {"a", "toml: line 1: unexpected EOF; expected key separator '='"},
      {"a\n", "toml: line 1: expected '.' or '=', but got '\\n' instead"},
      {"x=1\n[t]\na=", "toml: line 3 (last key \"t.a\"): unexpected EOF; expected value"},
      {"a=\"x", "toml: line 1 (last key \"a\"): unexpected EOF; expected '\"'"},
      {"a=\"x\n\"", "toml: line 1 (last key \"a\"): strings cannot contain newlines"},
      {"[a", "toml: line 1: expected '.' or ']' to end table name, but got '\\x00' instead"},
      {"[]", "toml: line 1: unexpected end of table name (table names cannot be empty)"},
      {"a=1\n[a.b]", "toml: line 2: Key 'a' was already created as a hash."},
      {"[t]\n[t]", "toml: line 2: Key 't' has already been defined."},
      {"a=tru", "toml: line 1 (last key \"a\"): expected value but found \"tru\" instead"},
      {"a=[1 2]",
       "toml: line 1 (last key \"a\"): expected a comma (',') or array terminator (']'), but got "
       "'2'"},
      {"a=01", "toml: line 1 (last key \"a\"): Invalid integer \"01\": cannot have leading zeroes"},
      {"a=1.",
       "toml: line 1 (last key \"a\"): Invalid float \"1.\": '.' must be followed by one or more "
       "digits"},
      {"a=1e400", "toml: line 1 (last key \"a\"): 1e400 is out of range for float64"},
      {"a=\x01",
       "toml: line 1 (last key \"a\"): TOML files cannot contain control characters: '0x01'"},
      {"a='\xff'", "toml: line 1 (last key \"a\"): invalid UTF-8 byte: 0xff"},
      {std::string_view("a\0=1", 4),
       "toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be "
       "UTF-8"},
  };
  for (const auto& c : cases) EXPECT_EQ(Reread(c.text, HelmVersion::k4), c.message) << c.text;
}

TEST(TomlTest, HostileDocumentsAreErrors) {
  std::string keys = "a", arrays = "a=", tables = "a=", names;
  for (int i = 0; i < 20'000; ++i) {
    keys += ".a";
    arrays += '[';
    tables += "{a=";
  }
  EXPECT_EQ(Reread(keys + "=1", HelmVersion::k4), "toml: keys are nested too deeply");
  EXPECT_EQ(Reread(arrays, HelmVersion::k4), "toml: values are nested too deeply");
  EXPECT_EQ(Reread(tables, HelmVersion::k4), "toml: values are nested too deeply");
  names = "[" + std::string(1 << 18, 'a') + "]\n";
  for (int i = 0; i < 10'000; ++i) names += "k" + std::to_string(i) + "=1\n";
  EXPECT_EQ(Reread(names, HelmVersion::k4, {.max_steps = 1'000'000}),
            "toml: document exceeds the limit");
  EXPECT_EQ(Reread("a=1", HelmVersion::k4, {.max_bytes = 2}), "toml: document exceeds the limit");
}

TEST(TomlTest, WritesWhatGoValuesAre) {
  Heap heap;
  const auto written = [](const Value& v) {
    std::string out;
    const base::Status status = AppendToml(out, v, HelmVersion::k4);
    return status.ok() ? out : status.message();
  };
  List* list = heap.NewList();
  list->Append(heap, Value::Int(1));
  EXPECT_EQ(written(Value::Of(list)), "[1]");
  list->Append(heap, Value());
  EXPECT_EQ(written(Value::Of(list)), "toml: cannot encode array with nil element");
  List* tables = heap.NewList();
  tables->Append(heap, Value::Of(heap.NewMap()));
  EXPECT_EQ(written(Value::Of(tables)), "toml: top-level values must be Go maps or structs");
  EXPECT_EQ(written(Value()), "reflect: call of reflect.Value.Type on zero Value");
  Map* cycle = heap.NewMap();
  cycle->Set(heap, "a", Value::Of(cycle));
  EXPECT_EQ(written(Value::Of(cycle)), "toml: text exceeds the limit");
}

}  // namespace
}  // namespace sluice::gotemplate
