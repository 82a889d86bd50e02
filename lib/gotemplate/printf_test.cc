#include "printf.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace sluice::gotemplate::internal {
namespace {

std::string Printed(std::string_view format, std::vector<Value> args) {
  std::string out;
  AppendSprintf(out, format, args);
  return out;
}

TEST(PrintfTest, Integers) {
  const struct {
    std::string_view format;
    int64_t value;
    std::string_view want;
  } cases[] = {
      {"%d", 5, "5"},
      {"%5d|", 5, "    5|"},
      {"%-5d|", 5, "5    |"},
      {"%05d", -5, "-0005"},
      {"%+d", 5, "+5"},
      {"% d", 5, " 5"},
      {"%x", 255, "ff"},
      {"%#X", 255, "0XFF"},
      {"%o", 8, "10"},
      {"%#o", 8, "010"},
      {"%O", 8, "0o10"},
      {"%b", 5, "101"},
      {"%#b", 5, "0b101"},
      {"%c", 0x2603, "☃"},
      {"%q", 'a', "'a'"},
      {"%U", 0x2603, "U+2603"},
      {"%#U", 0x2603, "U+2603 '☃'"},
      {"%.3d", 5, "005"},
      {"%8.3d", -5, "    -005"},
      {"%.0d", 0, ""},
      {"%v", -9223372036854775807 - 1, "-9223372036854775808"},
      {"%s", 5, "%!s(int=5)"},
      {"%z", 5, "%!z(int=5)"},
      {"%T", 5, "int"},
      {"%x", -255, "-ff"},
      {"%f", 5, "%!f(int=5)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.format);
    EXPECT_EQ(Printed(c.format, {Value::Int(c.value)}), c.want);
  }
}

TEST(PrintfTest, Floats) {
  const double inf = std::numeric_limits<double>::infinity();
  const struct {
    std::string_view format;
    double value;
    std::string_view want;
  } cases[] = {
      {"%v", 1e6, "1e+06"},
      {"%g", 1e21, "1e+21"},
      {"%f", 2.5, "2.500000"},
      {"%.0f", 2.5, "2"},
      {"%.0f", 3.5, "4"},
      {"%e", 12345.678, "1.234568e+04"},
      {"%.2E", 12345.678, "1.23E+04"},
      {"%.3g", 1234.5678, "1.23e+03"},
      {"%.10g", 100, "100"},
      {"%8.2f|", 3.14159, "    3.14|"},
      {"%-8.2f|", 3.14159, "3.14    |"},
      {"%08.2f", -3.14159, "-0003.14"},
      {"%+.1f", 3.14159, "+3.1"},
      {"%G", 1e-7, "1E-07"},
      {"%b", 1, "4503599627370496p-52"},
      {"%x", 1.75, "0x1.cp+00"},
      {"%X", -1.75, "-0X1.CP+00"},
      {"%x", 0, "0x0p+00"},
      {"%.1x", 1.96875, "0x1.0p+01"},
      {"%#g", 2, "2.00000"},
      {"%#.3g", 1e10, "1.00e+10"},
      {"%#v", 1e6, "1e+06"},
      {"%05.1f", inf, " +Inf"},
      {"%f", -inf, "-Inf"},
      {"%+f", std::nan(""), "+NaN"},
      {"%d", 5, "%!d(float64=5)"},
      {"%F", 1, "1.000000"},
      {"%x", 5e-324, "0x1p-1074"},
      {"%v", 5e-324, "5e-324"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.format);
    EXPECT_EQ(Printed(c.format, {Value::Float(c.value)}), c.want);
  }
}

TEST(PrintfTest, Strings) {
  const struct {
    std::string_view format, value, want;
  } cases[] = {
      {"%s", "hé☃", "hé☃"},
      {"%5s|", "é", "    é|"},
      {"%.2s", "hé☃", "hé"},
      {"%q", "a\"b\n", "\"a\\\"b\\n\""},
      {"%#q", "ab", "`ab`"},
      {"%#q", "a`b", "\"a`b\""},
      {"%+q", "é☃", "\"\\u00e9\\u2603\""},
      {"%x", "hé", "68c3a9"},
      {"% x", "abc", "61 62 63"},
      {"%# X", "ab", "0X61 0X62"},
      {"%05s", "ab", "000ab"},
      {"%d", "x", "%!d(string=x)"},
      {"%#v", "a", "\"a\""},
      {"%t", "x", "%!t(string=x)"},
      {"%-5s|", "ab", "ab   |"},
      {"%q", "\xff", "\"\\xff\""},
      {"%.0s|", "abc", "|"},
      {"%10.3q|", "abcdef", "     \"abc\"|"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.format);
    EXPECT_EQ(Printed(c.format, {Value::String(c.value)}), c.want);
  }
}

TEST(PrintfTest, ContainersTakeTheVerbInside) {
  Heap heap;
  List* list = heap.NewList();
  for (const Value& v : {Value::String("a"), Value::Int(1), Value()}) list->Append(heap, v);
  Map* map = heap.NewMap();
  map->Set(heap, "k", Value::Of(list));
  const struct {
    std::string_view format, want;
  } cases[] = {
      {"%v", "map[k:[a 1 <nil>]]"},
      {"%s", "map[k:[a %!s(int=1) <nil>]]"},
      {"%d", "map[%!d(string=k):[%!d(string=a) 1 <nil>]]"},
      {"%q", "map[\"k\":[\"a\" '\\x01' <nil>]]"},
      {"%#v", "map[string]interface {}{\"k\":[]interface {}{\"a\", 1, interface {}(nil)}}"},
      {"%T", "map[string]interface {}"},
      {"%3v", "map[  k:[  a   1 <nil>]]"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.format);
    EXPECT_EQ(Printed(c.format, {Value::Of(map)}), c.want);
  }
  EXPECT_EQ(Printed("%v %s %x %q %d %#v %t",
                    {Value::Bytes("hi"), Value::Bytes("hi"), Value::Bytes("hi"), Value::Bytes("hi"),
                     Value::Bytes("hi"), Value::Bytes("hi"), Value::Bytes("h")}),
            "[104 105] hi 6869 \"hi\" [104 105] []byte{0x68, 0x69} [%!t(uint8=104)]");
  EXPECT_EQ(Printed("%#v %#v", {Value::Of(heap.NilList()), Value::Of(heap.NilMap())}),
            "[]interface {}(nil) map[string]interface {}(nil)");
}

TEST(PrintfTest, OperandsThatAreAmiss) {
  const struct {
    std::string_view format, want;
  } cases[] = {
      {"%d %d", "1 2%!(EXTRA string=x, <nil>)"},
      {"%[2]d %[1]d", "2 1"},
      {"%[5]d", "%!d(BADINDEX)"},
      {"%[x]d", "%!d(BADINDEX)"},
      {"%*d", "2%!(EXTRA string=x, <nil>)"},
      {"%[3]*d", "%!(BADWIDTH)%!d(<nil>)"},
      {"%.[3]*d", "%!(BADPREC)%!d(<nil>)"},
      {"%", "%!(NOVERB)%!(EXTRA int=1, int=2, string=x, <nil>)"},
      {"%%%[4]v%[4]d", "%<nil>%!d(<nil>)"},
      {"%!", "%!!(int=1)%!(EXTRA int=2, string=x, <nil>)"},
      {"%[1]s", "%!s(int=1)"},
      {"%d %d %s %v %v", "1 2 x <nil> %!v(MISSING)"},
      {"%99999999d", "%!(NOVERB)%!(EXTRA int=1, int=2, string=x, <nil>)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.format);
    EXPECT_EQ(Printed(c.format, {Value::Int(1), Value::Int(2), Value::String("x"), Value()}),
              c.want);
  }
}

TEST(PrintfTest, BoolsAndComplex) {
  Heap heap;
  EXPECT_EQ(Printed("%t %v %5t %d",
                    {Value::Bool(true), Value::Bool(false), Value::Bool(true), Value::Bool(true)}),
            "true false  true %!d(bool=true)");
  const Value c = Value::Complex(heap, {1.5, -2});
  EXPECT_EQ(Printed("%v %.1f %s", {c, c, c}), "(1.5-2i) (1.5-2.0i) %!s(complex128=(1.5-2i))");
}

}  // namespace
}  // namespace sluice::gotemplate::internal
