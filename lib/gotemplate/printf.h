// Go's fmt over template values (spec helm-engine §5). What would be larger than 256 MiB is cut:
// past every limit on output.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "gotemplate/value.h"

namespace sluice::gotemplate::internal {

void AppendSprintf(std::string& out, std::string_view format, std::span<const Value> args);
// A space between two operands that are both not strings.
void AppendSprint(std::string& out, std::span<const Value> args);
void AppendSprintln(std::string& out, std::span<const Value> args);
// One value as "%<verb>" prints it where it was handed over as a reflect.Value: a nil one is
// "<invalid reflect.Value>".
void AppendReflected(std::string& out, const Value& value, char verb);

struct FormatFlags {
  bool minus = false, plus = false, sharp = false, space = false, zero = false;
  bool plus_v = false, sharp_v = false;  // %+v and %#v, which take plus and sharp away
  bool has_width = false, has_precision = false;
  int width = 0, precision = 0;
};

// Go's strconv.AppendFloat(v, verb, precision, 64) for the verbs e E f g G b x X; precision -1: the
// shortest that reads back.
void AppendFloat(std::string& out, double v, char verb, int precision);

// The scalars, padded.
class Formatter {
 public:
  Formatter(std::string& out, FormatFlags& flags) : out_(out), f_(flags) {}
  void Pad(std::string_view text);
  void Padding(int n);
  void Integer(uint64_t magnitude, bool negative, int base, char32_t verb, bool upper);
  void Float(double v, char verb, int precision);
  void Text(std::string_view text) { Pad(Cut(text)); }
  void Quoted(std::string_view text);
  void Hex(std::string_view bytes, bool upper);
  void Character(uint64_t code);
  void QuotedCharacter(uint64_t code);
  void Unicode(uint64_t code);

 private:
  std::string_view Cut(std::string_view text) const;
  void KeepZeros(std::string& number, char verb, int precision) const;
  std::string& out_;
  FormatFlags& f_;
};

}  // namespace sluice::gotemplate::internal
