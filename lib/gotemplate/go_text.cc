// fmt.Sprint of single values, without the flags of printf: the text that most actions print.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/strings.h"
#include "gotemplate/value.h"

namespace sluice::gotemplate {
namespace {

// A map that holds itself, or lists that hold one another many times over: Go would exhaust its
// memory. What is cut here is past every limit on output, so that the run fails.
constexpr int kMaxDepth = 500;
constexpr size_t kMaxText = size_t{256} << 20;

template <class T>
void AppendInteger(std::string& out, T n) {
  std::array<char, 24> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), n);
  out.append(text.data(), result.ptr);
}

void AppendNested(std::string& out, const Value& value, int depth);

void AppendEntries(std::string& out, const Map& map, int depth) {
  out += "map[";
  bool first = true;
  for (const Map::Entry& entry : map.entries()) {
    if (!first) out += ' ';
    first = false;
    out.append(entry.key).append(1, ':');
    AppendNested(out, entry.value, depth + 1);
  }
  out += ']';
}

void AppendObject(std::string& out, const Object& object, int depth) {
  if (object.HasString()) {
    out += object.String();
  } else if (const Map* map = object.AsMap()) {
    AppendEntries(out, *map, depth);
  } else if (const std::string text = object.GoString(); !text.empty()) {
    out += text;
  } else {
    out += object.type().name;
  }
}

void AppendNested(std::string& out, const Value& value, int depth) {
  if (depth > kMaxDepth || out.size() > kMaxText) {
    out += "...";
    return;
  }
  switch (value.kind()) {
    case Kind::kNil:
      out += "<nil>";
      return;
    case Kind::kBool:
      out += value.bool_value() ? "true" : "false";
      return;
    case Kind::kInt:
    case Kind::kInt64:
      AppendInteger(out, value.int_value());
      return;
    case Kind::kUint8:
    case Kind::kUint32:
    case Kind::kUint64:
      AppendInteger(out, value.uint_value());
      return;
    case Kind::kFloat64:
      AppendGoFloat(out, value.float_value());
      return;
    case Kind::kComplex128: {
      const std::complex<double> c = value.complex_value();
      out += '(';
      AppendGoFloat(out, c.real());
      if (!std::signbit(c.imag()) && !std::isinf(c.imag())) out += '+';
      AppendGoFloat(out, c.imag());
      out += "i)";
      return;
    }
    case Kind::kString:
      out += value.text();
      return;
    case Kind::kBytes:
      out += '[';
      for (size_t i = 0; i < value.text().size(); ++i) {
        if (i > 0) out += ' ';
        AppendInteger(out, static_cast<unsigned>(static_cast<unsigned char>(value.text()[i])));
      }
      out += ']';
      return;
    case Kind::kList:
      out += '[';
      for (size_t i = 0; i < value.list().size(); ++i) {
        if (i > 0) out += ' ';
        AppendNested(out, value.list()[i], depth + 1);
      }
      out += ']';
      return;
    case Kind::kMap:
      AppendEntries(out, value.map(), depth);
      return;
    case Kind::kObject:
      AppendObject(out, value.object(), depth);
      return;
  }
}

}  // namespace

void AppendGoValue(std::string& out, const Value& value) { AppendNested(out, value, 0); }

void AppendGoFloat(std::string& out, double d) {
  if (std::isnan(d)) {
    out += "NaN";
    return;
  }
  if (std::isinf(d)) {
    out += d > 0 ? "+Inf" : "-Inf";
    return;
  }
  std::array<char, 40> text;
  const auto scientific =
      std::to_chars(text.data(), text.data() + text.size(), d, std::chars_format::scientific);
  const std::string_view shortest(text.data(), static_cast<size_t>(scientific.ptr - text.data()));
  int exponent = 0;
  const size_t e = shortest.find('e');
  const bool negative = shortest[e + 1] == '-';
  std::from_chars(shortest.data() + e + 2, shortest.data() + shortest.size(), exponent);
  if (negative) exponent = -exponent;
  if (exponent < -4 || exponent >= 6) {
    out += shortest;
    return;
  }
  std::array<char, 48> plain;
  const auto fixed =
      std::to_chars(plain.data(), plain.data() + plain.size(), d, std::chars_format::fixed);
  out.append(plain.data(), fixed.ptr);
}

void AppendGoQuoted(std::string& out, std::string_view text) { out += base::QuoteGo(text); }

}  // namespace sluice::gotemplate
