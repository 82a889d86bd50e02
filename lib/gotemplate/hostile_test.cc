// Arguments made to cost: each call must come back quickly, with an answer or a failure, and
// without the memory it asks for.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "test_functions.h"

namespace sluice::gotemplate {
namespace {

TEST(HostileTest, LargeResultsAreFailures) {
  const std::string text(1 << 20, 'a'), lines(1 << 20, '\n');
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max(),
                    kMin = std::numeric_limits<int64_t>::min();
  Functions f;
  const struct {
    std::string_view name;
    std::vector<Value> args;
  } cases[] = {
      {"repeat", {I(1'000'000'000), S("x")}},
      {"repeat", {I(1'000'000), S(text)}},
      {"repeat", {I(kMax), S("x")}},
      {"indent", {I(1'000'000'000'000), S("x")}},
      {"indent", {I(1'000'000), S(lines)}},
      {"nindent", {I(kMax), S(lines)}},
      {"until", {I(1'000'000'000'000)}},
      {"until", {I(kMax)}},
      {"until", {I(kMin)}},
      {"untilStep", {I(kMin), I(kMax), I(1)}},
      {"seq", {I(1'000'000'000'000)}},
      {"seq", {I(kMin), I(kMax - 1)}},
      {"replace", {S(""), S(text), S(text)}},
      {"replace", {S("a"), S(text), S(text)}},
      {"regexReplaceAll", {S(""), S(text), S(text)}},
      {"regexReplaceAllLiteral", {S("a"), S(text), S(text)}},
      {"wrapWith", {I(1), S(text), S(text)}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Functions fresh;
    const auto result = fresh.Call(c.name, c.args);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.status().code(), base::StatusCode::kResourceExhausted)
        << result.status().message();
    EXPECT_LE(fresh.heap().used(), size_t{64} << 20);
  }
}

TEST(HostileTest, TextsOfManyLargeValuesEndWithTheMemory) {
  Functions f(size_t{16} << 20);
  std::string text(1 << 20, 'a');
  const Value large = f.List({S(text), I(1)});
  const std::vector<Value> many(500, large);
  EXPECT_FALSE(f.Call("dict", many).ok());
  EXPECT_LE(f.heap().used(), size_t{24} << 20);
  Functions g(size_t{16} << 20);
  const Value list = *g.Call("list", many);
  (void)g.Call("join", {S(","), list});
  (void)g.Call("toStrings", {list});
  EXPECT_LE(g.heap().used(), size_t{24} << 20);
  EXPECT_FALSE(g.Call("quote", many).ok());
}

TEST(HostileTest, ManyPartsTakeLinearTime) {
  Functions f;
  std::string text(30'000, ',');
  EXPECT_EQ(f.Call("splitList", {S(","), S(text)})->list().size(), 30'001u);
  EXPECT_EQ(f.Call("split", {S(","), S(text)})->map().size(), 30'001u);
  const Value numbers = *f.Call("until", {I(30'000)});
  EXPECT_EQ(f.Call("uniq", {numbers})->list().size(), 30'000u);
  EXPECT_EQ(f.Call("regexFindAll", {S("a*"), S(text), I(-1)})->list().size(), 30'001u);
}

TEST(HostileTest, MapsThatHoldThemselvesEnd) {
  Functions f;
  const Value m = f.Map({{"a", I(1)}}), other = f.Map({{"a", I(1)}});
  ASSERT_TRUE(f.Call("set", {m, S("self"), m}).ok());
  ASSERT_TRUE(f.Call("set", {other, S("self"), other}).ok());
  EXPECT_EQ(f.Text("deepEqual", {m, other}), "true");
  EXPECT_FALSE(f.Call("deepCopy", {m}).ok());
  for (const std::string_view name : {"merge", "mergeOverwrite", "mustMerge"}) {
    EXPECT_FALSE(f.Call(name, {m, other}).ok()) << name;
    (void)f.Call(name, {m, m});
    (void)f.Call(name, {m, f.Map({{"self", m}})});
  }
  EXPECT_TRUE(f.Call("uniq", {f.List({m, other, m})}).ok());
}

// Lists of two times the list before: 2⁶⁰ elements if anyone walked them all.
TEST(HostileTest, SharedPartsAreNotWalkedTwice) {
  Functions f;
  Value left = f.List({I(1)}), right = f.List({I(1)});
  Value left_map = f.Map({{"x", I(1)}}), right_map = f.Map({{"y", I(1)}});
  for (int i = 0; i < 60; ++i) {
    left = f.List({left, left});
    right = f.List({right, right});
    left_map = f.Map({{"l", left_map}, {"r", left_map}});
    right_map = f.Map({{"l", right_map}, {"r", right_map}});
  }
  EXPECT_EQ(f.Text("deepEqual", {left, right}), "true");
  EXPECT_EQ(f.Call("uniq", {f.List({left, right})})->list().size(), 1u);
  EXPECT_FALSE(f.Call("deepCopy", {left}).ok());
  EXPECT_FALSE(f.Call("merge", {left_map, right_map}).ok());
}

// Each search of these looks through all that is left.
TEST(HostileTest, QuadraticPatternsMeetTheDeadline) {
  Functions f;
  f.ExpireAfter(3);
  const std::string text(100'000, 'a');
  EXPECT_EQ(f.Text("regexFindAll", {S("a(.*b)?"), S(text), I(-1)}), "!the template takes too long");
  EXPECT_EQ(f.Text("regexSplit", {S("a(.*b)?"), S(text), I(-1)}), "!the template takes too long");
  EXPECT_EQ(f.Text("regexReplaceAll", {S("a(.*b)?"), S(text), S("")}),
            "!the template takes too long");
}

// CVE-2023-25165: values must not leave by DNS. The default environment asks nobody.
TEST(HostileTest, HostsAreNotLookedUp) {
  Functions f;
  EXPECT_EQ(f.Text("getHostByName", {S("secret.attacker.example")}), "");
}

TEST(HostileTest, NumbersWithManyDigitsAreFailures) {
  Functions f;
  std::vector<Value> factors(20'000, F(1.2345678901234567e-300));
  EXPECT_FALSE(f.Call("mulf", factors).ok());
  std::vector<Value> terms(20'000, F(1e300));
  terms[1] = F(5e-324);
  EXPECT_TRUE(f.Call("addf", terms).ok());
}

}  // namespace
}  // namespace sluice::gotemplate
