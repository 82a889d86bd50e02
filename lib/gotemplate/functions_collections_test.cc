#include <gtest/gtest.h>

#include "test_functions.h"

namespace sluice::gotemplate {
namespace {

constexpr std::string_view kNilDereference =
    "!runtime error: invalid memory address or nil pointer dereference";

TEST(ListFunctionsTest, TakeApartAndPutTogether) {
  Functions f;
  const Value l = f.List({S("a"), I(1), Value(), F(1), S("a")});
  EXPECT_EQ(f.Text("first", {l}), "a");
  EXPECT_EQ(f.Text("first", {f.List({})}), "<nil>");
  EXPECT_EQ(f.Text("last", {l}), "a");
  EXPECT_EQ(f.Text("rest", {l}), "[1 <nil> 1 a]");
  EXPECT_EQ(f.Text("initial", {l}), "[a 1 <nil> 1]");
  EXPECT_EQ(f.Text("append", {l, I(2)}), "[a 1 <nil> 1 a 2]");
  EXPECT_EQ(f.Text("prepend", {l, I(2)}), "[2 a 1 <nil> 1 a]");
  EXPECT_EQ(f.Text("reverse", {l}), "[a 1 <nil> 1 a]");
  EXPECT_EQ(f.Text("uniq", {l}), "[a 1 <nil> 1]");
  EXPECT_EQ(f.Text("compact", {l}), "[a 1 1 a]");
  EXPECT_EQ(f.Text("without", {l, S("a"), F(1)}), "[1 <nil>]");
  EXPECT_EQ(f.Text("has", {I(1), l}), "true");
  EXPECT_EQ(f.Text("has", {Value::Int64(1), l}), "false");
  EXPECT_EQ(f.Text("has", {I(1), Value()}), "false");
  EXPECT_EQ(f.Text("concat", {l, f.List({S("x")}, types::kStringList)}), "[a 1 <nil> 1 a x]");
  EXPECT_EQ(f.Text("chunk", {I(2), l}), "[[a 1] [<nil> 1] [a]]");
  EXPECT_EQ(f.Text("slice", {l, S("1"), F(3.7)}), "[1 <nil>]");
  EXPECT_EQ(f.Call("slice", {f.List({S("x"), S("y")}, types::kStringList), I(1)})->TypeName(),
            "[]string");
}

TEST(ListFunctionsTest, NilSlicesAreNotEmptyOnes) {
  Functions f;
  for (const std::string_view name : {"rest", "initial", "concat"}) {
    SCOPED_TRACE(name);
    const Value nil = *f.Call(name, {f.List({})});
    EXPECT_TRUE(nil.list().is_nil());
    EXPECT_EQ(f.Text("deepEqual", {nil, f.List({})}), "false");
    EXPECT_EQ(f.Text("empty", {nil}), "true");
  }
}

TEST(ListFunctionsTest, RefuseInSprigsWords) {
  Functions f;
  const struct {
    std::string_view name;
    std::vector<Value> args;
    std::string_view want;
  } cases[] = {
      {"first", {S("abc")}, "!Cannot find first on type string"},
      {"mustRest", {f.Map({})}, "!Cannot find rest on type map"},
      {"append", {I(1), I(2)}, "!Cannot push on type int"},
      {"append", {Value(), I(2)}, kNilDereference},
      {"prepend", {F(1), I(2)}, "!Cannot prepend on type float64"},
      {"concat", {f.List({}), Value::Bool(true)}, "!Cannot concat type bool as list"},
      {"has", {I(1), S("x")}, "!Cannot find has on type string"},
      {"slice", {S("x")}, "!list should be type of slice or array but string"},
      {"slice", {f.List({I(1)}), I(1), I(0)}, "!reflect.Value.Slice: slice index out of bounds"},
      {"chunk", {I(0), f.List({I(1), I(2)})}, "!runtime error: makeslice: len out of range"},
      {"chunk", {I(-1), f.List({I(1), I(2), I(3)})}, "!runtime error: makeslice: len out of range"},
      {"chunk", {I(1), S("x")}, "!Cannot chunk type string"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(f.Text(c.name, c.args), c.want);
  }
}

TEST(DictFunctionsTest, ReadAndChange) {
  Functions f;
  const Value m = *f.Call("dict", {S("a"), I(1), I(2), S("two"), S("odd")});
  EXPECT_EQ(f.Text("set", {m, S("b"), Value()}), "map[2:two a:1 b:<nil> odd:]");
  EXPECT_EQ(f.Text("get", {m, S("nope")}), "");
  EXPECT_EQ(f.Text("hasKey", {m, S("b")}), "true");
  EXPECT_EQ(f.Text("unset", {m, S("2")}), "map[a:1 b:<nil> odd:]");
  EXPECT_EQ(f.Text("pluck", {S("a"), m, f.Map({{"a", I(7)}}), f.Map({})}), "[1 7]");
  EXPECT_EQ(f.Text("pick", {m, S("a"), S("x")}), "map[a:1]");
  EXPECT_EQ(f.Text("omit", {m, S("a"), S("x")}), "map[b:<nil> odd:]");
  EXPECT_EQ(f.Text("keys", {m, f.Map({{"z", I(1)}})}), "[a b odd z]");
  EXPECT_EQ(f.Text("set", {Value(), S("a"), I(1)}), "!assignment to entry in nil map");
}

TEST(DictFunctionsTest, Dig) {
  Functions f;
  const Value m = f.Map({{"a", f.Map({{"b", Value()}, {"c", S("s")}})}});
  EXPECT_EQ(f.Text("dig", {S("a"), S("b"), S("d"), m}), "<nil>");
  EXPECT_EQ(f.Text("dig", {S("a"), S("x"), S("d"), m}), "d");
  EXPECT_EQ(f.Text("dig", {S("a"), S("c"), S("e"), S("d"), m}),
            "!interface conversion: interface {} is string, not map[string]interface {}");
  EXPECT_EQ(f.Text("dig", {S("a"), S("b"), S("e"), S("d"), m}),
            "!interface conversion: interface {} is nil, not map[string]interface {}");
  EXPECT_EQ(f.Text("dig", {I(1), S("d"), m}),
            "!interface conversion: interface {} is int, not string");
  EXPECT_EQ(f.Text("dig", {S("d"), m}), "!dig needs at least three arguments");
}

TEST(MergeTest, DestinationWinsUnlessItIsEmpty) {
  Functions f;
  const auto merge = [&](Value dst, Value src) {
    return f.Text("merge", {f.Map({{"a", dst}}), f.Map({{"a", src}, {"b", I(2)}})});
  };
  EXPECT_EQ(merge(I(1), I(3)), "map[a:1 b:2]");
  EXPECT_EQ(merge(I(0), I(3)), "map[a:3 b:2]");
  EXPECT_EQ(merge(S(""), f.List({})), "map[a:[] b:2]");
  EXPECT_EQ(merge(f.List({I(1)}), f.List({I(2)})), "map[a:[1] b:2]");
  EXPECT_EQ(merge(f.Map({{"x", I(1)}}), f.Map({{"x", I(2)}, {"y", Value::Bool(false)}})),
            "map[a:map[x:1 y:false] b:2]");
  EXPECT_EQ(merge(f.Map({{"x", I(1)}}), I(2)), "map[a:map[x:1] b:2]");
  EXPECT_EQ(merge(I(1), f.Map({})), "map[a:1 b:2]");
  EXPECT_EQ(f.Text("merge", {f.Map({}), f.Map({{"a", Value()}})}), "map[]");
}

TEST(MergeTest, OverwriteTakesWhatIsEmptyToo) {
  Functions f;
  const auto merge = [&](Value dst, Value src) {
    return f.Text("mergeOverwrite", {f.Map({{"a", dst}}), f.Map({{"a", src}})});
  };
  EXPECT_EQ(merge(I(1), I(0)), "map[a:0]");
  EXPECT_EQ(merge(I(1), Value()), "map[a:<nil>]");
  EXPECT_EQ(merge(f.List({I(1)}), f.List({})), "map[a:[]]");
  EXPECT_EQ(merge(f.Map({{"x", I(1)}}), f.Map({})), "map[a:map[x:1]]");
  EXPECT_EQ(merge(f.Map({{"x", I(1)}}), S("s")), "map[a:s]");
  EXPECT_EQ(merge(S("s"), f.Map({{"x", I(1)}})), "map[a:map[x:1]]");
}

TEST(MergeTest, NestedMapsAreShared) {
  Functions f;
  const Value nested = f.Map({{"x", I(1)}}), dst = f.Map({});
  ASSERT_TRUE(f.Call("merge", {dst, f.Map({{"a", nested}})}).ok());
  ASSERT_TRUE(f.Call("set", {nested, S("x"), I(2)}).ok());
  EXPECT_EQ(f.Text("toString", {dst}), "map[a:map[x:2]]");
}

TEST(ReflectFunctionsTest, DefaultsAndTypes) {
  Functions f;
  EXPECT_EQ(f.Text("default", {S("d"), F(0)}), "d");
  EXPECT_EQ(f.Text("default", {S("d"), f.List({})}), "d");
  EXPECT_EQ(f.Text("default", {S("d"), *f.Call("semver", {S("0")})}), "0.0.0");
  EXPECT_EQ(f.Text("coalesce", {I(0), S(""), Value(), S("x")}), "x");
  EXPECT_EQ(f.Text("all", {}), "true");
  EXPECT_EQ(f.Text("any", {I(0), S(" ")}), "true");
  EXPECT_EQ(f.Text("ternary", {S("y"), S("n"), Value::Bool(false)}), "n");
  EXPECT_EQ(f.Text("kindOf", {Value()}), "invalid");
  EXPECT_EQ(f.Text("kindOf", {Value::Bytes("x")}), "slice");
  EXPECT_EQ(f.Text("typeOf", {Value::Int64(1)}), "int64");
  EXPECT_EQ(f.Text("deepEqual", {I(1), F(1)}), "false");
  EXPECT_EQ(f.Text("deepEqual", {f.Map({{"a", f.List({I(1)})}}), f.Map({{"a", f.List({I(1)})}})}),
            "true");
  EXPECT_EQ(f.Text("deepCopy", {Value()}), "!reflect: call of reflect.Value.Type on zero Value");
}

}  // namespace
}  // namespace sluice::gotemplate
