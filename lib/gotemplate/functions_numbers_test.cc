#include <gtest/gtest.h>

#include <limits>

#include "test_functions.h"

namespace sluice::gotemplate {
namespace {

TEST(NumberFunctionsTest, CoerceAsCastDoes) {
  Functions f;
  const struct {
    Value value;
    std::string_view as_int, as_float;
  } cases[] = {
      {S("42"), "42", "42"},         {S("4.0"), "4", "4"},
      {S("4.9"), "0", "4.9"},        {S("010"), "8", "10"},
      {S("08"), "0", "8"},           {S("0x1f"), "31", "0"},
      {S("0b11"), "3", "0"},         {S("1_000"), "1000", "1000"},
      {S("1__0"), "0", "0"},         {S("1e3"), "0", "1000"},
      {S(" 5"), "0", "0"},           {S("inf"), "0", "+Inf"},
      {S("0x1p4"), "0", "16"},       {S("1e400"), "0", "0"},
      {S("1e-400"), "0", "0"},       {S(""), "0", "0"},
      {S(".0"), "0", "0"},           {S("9223372036854775808"), "0", "9.223372036854776e+18"},
      {F(-2.9), "-2", "-2.9"},       {F(1e300), "-9223372036854775808", "1e+300"},
      {Value::Bool(true), "1", "1"}, {Value(), "0", "0"},
      {f.List({I(1)}), "0", "0"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(f.Text("toString", {c.value}));
    EXPECT_EQ(f.Text("int64", {c.value}), c.as_int);
    EXPECT_EQ(f.Text("float64", {c.value}), c.as_float);
  }
  EXPECT_EQ(f.Text("atoi", {S("0x10")}), "0");
  EXPECT_EQ(f.Text("atoi", {S("99999999999999999999")}), "9223372036854775807");
  EXPECT_EQ(f.Text("toDecimal", {S("777")}), "511");
  EXPECT_EQ(f.Text("toDecimal", {I(8)}), "0");
}

TEST(NumberFunctionsTest, IntegersWrapAndDivideAsGo) {
  Functions f;
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(f.Text("add", {I(1), S("2"), F(3.9)}), "6");
  EXPECT_EQ(f.Text("add1", {I(std::numeric_limits<int64_t>::max())}), "-9223372036854775808");
  EXPECT_EQ(f.Text("div", {I(-7), I(2)}), "-3");
  EXPECT_EQ(f.Text("mod", {I(-7), I(2)}), "-1");
  EXPECT_EQ(f.Text("div", {I(kMin), I(-1)}), "-9223372036854775808");
  EXPECT_EQ(f.Text("mod", {I(kMin), I(-1)}), "0");
  EXPECT_EQ(f.Text("div", {I(1), S("x")}), "!runtime error: integer divide by zero");
  EXPECT_EQ(f.Text("mod", {I(1), I(0)}), "!runtime error: integer divide by zero");
}

TEST(NumberFunctionsTest, DecimalsAreExact) {
  Functions f;
  EXPECT_EQ(f.Text("addf", {F(0.1), F(0.2)}), "0.3");
  EXPECT_EQ(f.Text("subf", {F(1.1), F(1)}), "0.1");
  EXPECT_EQ(f.Text("mulf", {F(1.1), F(1.1), F(-1)}), "-1.21");
  EXPECT_EQ(f.Text("divf", {F(1), F(3)}), "0.3333333333333333");
  EXPECT_EQ(f.Text("divf", {F(-2), F(3)}), "-0.6666666666666667");
  EXPECT_EQ(f.Text("divf", {F(1e-300), F(1e300)}), "0");
  EXPECT_EQ(f.Text("divf", {F(1e300), F(1e-300)}), "+Inf");
  EXPECT_EQ(f.Text("divf", {F(1), F(0)}), "!decimal division by 0");
  EXPECT_EQ(f.Text("addf", {S("inf")}), "!Cannot create a Decimal from +Inf");
  EXPECT_EQ(f.Text("round", {F(-2.5), I(0)}), "-3");
  EXPECT_EQ(f.Text("round", {F(123.5555), I(3)}), "123.556");
  EXPECT_EQ(f.Text("round", {F(123.5555), I(2), F(0.9)}), "123.55");
}

TEST(NumberFunctionsTest, Sequences) {
  Functions f;
  EXPECT_EQ(f.Text("until", {I(3)}), "[0 1 2]");
  EXPECT_EQ(f.Text("until", {I(-3)}), "[0 -1 -2]");
  EXPECT_EQ(f.Text("untilStep", {I(10), I(0), I(-4)}), "[10 6 2]");
  EXPECT_EQ(f.Text("untilStep", {I(0), I(3), I(0)}), "[]");
  EXPECT_EQ(f.Text("seq", {I(3)}), "1 2 3");
  EXPECT_EQ(f.Text("seq", {I(-1)}), "1 0 -1");
  EXPECT_EQ(f.Text("seq", {I(0), I(2), I(5)}), "0 2 4");
  EXPECT_EQ(f.Text("seq", {I(5), I(2), I(0)}), "");
  EXPECT_EQ(f.Text("randInt", {I(5), I(6)}), "5");
  EXPECT_EQ(f.Text("randInt", {I(5), I(5)}), "!invalid argument to Intn");
}

}  // namespace
}  // namespace sluice::gotemplate
