// sprig's number functions (spec helm-engine §7.3): int64 arithmetic with cast's coercions,
// decimals, sequences.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "base/strings.h"
#include "big_decimal.h"
#include "coerce.h"
#include "gotemplate/function.h"

namespace sluice::gotemplate {
namespace {

using internal::BigDecimal;
using internal::CheckFits;
using internal::ToFloat64;
using internal::ToInt64;

// Go's integers wrap.
int64_t Plus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
int64_t Minus(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b));
}
int64_t Times(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

base::Status DivideByZero() {
  return base::InvalidArgument("runtime error: integer divide by zero");
}

base::Result<Value> Int(Call& call) { return Value::Int(ToInt64(call[0])); }
base::Result<Value> Int64(Call& call) { return Value::Int64(ToInt64(call[0])); }
base::Result<Value> Float64(Call& call) { return Value::Float(ToFloat64(call[0])); }

// strconv.ParseInt in a fixed base, 64 bits; `saturated` is what Atoi makes of an overflow.
int64_t ParseInBase(std::string_view text, int base, bool saturate) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  uint64_t magnitude = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, magnitude, base);
  if (text.empty() || at != end || error == std::errc::invalid_argument) return 0;
  const uint64_t limit =
      static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (negative ? 1 : 0);
  if (error == std::errc::result_out_of_range || magnitude > limit) {
    if (!saturate) return 0;
    magnitude = limit;
  }
  return static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
}

base::Result<Value> Atoi(Call& call) { return Value::Int(ParseInBase(call[0].text(), 10, true)); }

base::Result<Value> ToDecimal(Call& call) {
  std::string text;
  AppendGoValue(text, call[0]);
  return Value::Int64(ParseInBase(text, 8, false));
}

base::Result<Value> Add(Call& call) {
  int64_t sum = 0;
  for (const Value& v : call.args) sum = Plus(sum, ToInt64(v));
  return Value::Int64(sum);
}

base::Result<Value> Add1(Call& call) { return Value::Int64(Plus(ToInt64(call[0]), 1)); }
base::Result<Value> Sub(Call& call) {
  return Value::Int64(Minus(ToInt64(call[0]), ToInt64(call[1])));
}

base::Result<Value> Mul(Call& call) {
  int64_t product = 1;
  for (const Value& v : call.args) product = Times(product, ToInt64(v));
  return Value::Int64(product);
}

base::Result<Value> Div(Call& call) {
  const int64_t a = ToInt64(call[0]), b = ToInt64(call[1]);
  if (b == 0) return DivideByZero();
  return Value::Int64(b == -1 ? Minus(0, a) : a / b);
}

base::Result<Value> Mod(Call& call) {
  const int64_t a = ToInt64(call[0]), b = ToInt64(call[1]);
  if (b == 0) return DivideByZero();
  return Value::Int64(b == -1 ? 0 : a % b);
}

base::Result<Value> Max(Call& call) {
  int64_t max = ToInt64(call[0]);
  for (const Value& v : call.args) max = std::max(max, ToInt64(v));
  return Value::Int64(max);
}

base::Result<Value> Min(Call& call) {
  int64_t min = ToInt64(call[0]);
  for (const Value& v : call.args) min = std::min(min, ToInt64(v));
  return Value::Int64(min);
}

// math.Max: an infinity before NaN, +0 above -0.
double MaxFloat(double a, double b) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (a == kInf || b == kInf) return kInf;
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  if (a == 0 && b == 0) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

base::Result<Value> MaxF(Call& call) {
  double max = ToFloat64(call[0]);
  for (const Value& v : call.args.subspan(1)) max = MaxFloat(max, ToFloat64(v));
  return Value::Float(max);
}

base::Result<Value> MinF(Call& call) {
  double min = ToFloat64(call[0]);
  for (const Value& v : call.args.subspan(1)) min = -MaxFloat(-min, -ToFloat64(v));
  return Value::Float(min);
}

base::Result<Value> Floor(Call& call) { return Value::Float(std::floor(ToFloat64(call[0]))); }
base::Result<Value> Ceil(Call& call) { return Value::Float(std::ceil(ToFloat64(call[0]))); }

// math.Pow(10, y) for an integer y, with Go's roundings: squares of the fraction, exponents apart.
double PowerOfTen(double y) {
  if (std::fabs(y) >= 0x1p63) return y < 0 ? 0 : std::numeric_limits<double>::infinity();
  int square_exponent = 0, exponent = 0;
  double square = std::frexp(10.0, &square_exponent), fraction = 1;
  for (auto n = static_cast<int64_t>(std::fabs(y)); n != 0; n >>= 1) {
    if (square_exponent < -(1 << 12) || square_exponent > 1 << 12) {
      exponent += square_exponent;
      break;
    }
    if ((n & 1) == 1) {
      fraction *= square;
      exponent += square_exponent;
    }
    square *= square;
    square_exponent *= 2;
    if (square < .5) {
      square += square;
      --square_exponent;
    }
  }
  return y < 0 ? std::ldexp(1 / fraction, -exponent) : std::ldexp(fraction, exponent);
}

base::Result<Value> Round(Call& call) {
  const double on = call.size() > 2 ? call[2].float_value() : .5;
  const double power = PowerOfTen(static_cast<double>(call[1].int_value()));
  const double digit = power * ToFloat64(call[0]);
  double whole = 0;
  const double fraction =
      std::isinf(digit) ? std::numeric_limits<double>::quiet_NaN() : std::modf(digit, &whole);
  return Value::Float((fraction >= on ? std::ceil(digit) : std::floor(digit)) / power);
}

base::Result<BigDecimal> ToBigDecimal(const Value& value) {
  const double d = ToFloat64(value);
  if (std::isfinite(d)) return BigDecimal(d);
  std::string text = "Cannot create a Decimal from ";
  AppendGoFloat(text, d);
  return base::InvalidArgument(std::move(text));
}

template <class Operation>
base::Result<Value> Decimals(const Value& first, std::span<const Value> rest, Operation operation) {
  constexpr size_t kMaxSize = 1000;  // 9,000 digits
  SLUICE_TRY(BigDecimal result, ToBigDecimal(first));
  for (const Value& value : rest) {
    SLUICE_TRY(const BigDecimal operand, ToBigDecimal(value));
    SLUICE_TRY(result, operation(result, operand));
    if (result.size() > kMaxSize) return base::ResourceExhausted("number has too many digits");
  }
  return Value::Float(result.ToDouble());
}

using DecimalResult = base::Result<BigDecimal>;
DecimalResult Sum(const BigDecimal& a, const BigDecimal& b) { return a + b; }
DecimalResult Difference(const BigDecimal& a, const BigDecimal& b) { return a + -b; }
DecimalResult Product(const BigDecimal& a, const BigDecimal& b) { return a * b; }
DecimalResult Quotient(const BigDecimal& a, const BigDecimal& b) {
  if (b.is_zero()) return base::InvalidArgument("decimal division by 0");
  return a / b;
}

base::Result<Value> AddF(Call& call) { return Decimals(Value::Float(0), call.args, Sum); }
base::Result<Value> Add1F(Call& call) {
  const Value one = Value::Int(1);
  return Decimals(call[0], {&one, 1}, Sum);
}
base::Result<Value> SubF(Call& call) { return Decimals(call[0], call.args.subspan(1), Difference); }
base::Result<Value> MulF(Call& call) { return Decimals(call[0], call.args.subspan(1), Product); }
base::Result<Value> DivF(Call& call) { return Decimals(call[0], call.args.subspan(1), Quotient); }

// How many numbers start, start+step … come before stop.
uint64_t CountUntil(int64_t start, int64_t stop, int64_t step) {
  if (stop < start ? step >= 0 : step <= 0) return 0;
  const uint64_t distance = stop < start
                                ? static_cast<uint64_t>(start) - static_cast<uint64_t>(stop)
                                : static_cast<uint64_t>(stop) - static_cast<uint64_t>(start);
  const uint64_t stride = step < 0 ? 0 - static_cast<uint64_t>(step) : static_cast<uint64_t>(step);
  return distance / stride + (distance % stride == 0 ? 0 : 1);
}

base::Result<Value> IntegersUntil(Heap& heap, int64_t start, int64_t stop, int64_t step) {
  const uint64_t count = CountUntil(start, stop, step);
  if (count > std::numeric_limits<uint32_t>::max())
    return base::ResourceExhausted("list is too long");
  SLUICE_TRY(CheckFits(heap, count * sizeof(Value)));
  List* list = heap.NewList(count, types::kIntList);
  int64_t next = start;
  for (uint64_t i = 0; i < count; ++i, next = Plus(next, step))
    list->Append(heap, Value::Int(next));
  return Value::Of(list);
}

base::Result<Value> Until(Call& call) {
  const int64_t stop = call[0].int_value();
  return IntegersUntil(call.heap, 0, stop, stop < 0 ? -1 : 1);
}

base::Result<Value> UntilStep(Call& call) {
  return IntegersUntil(call.heap, call[0].int_value(), call[1].int_value(), call[2].int_value());
}

base::Result<Value> Seq(Call& call) {
  if (call.size() == 0 || call.size() > 3) return Value::String("");
  const int64_t start = call.size() == 1 ? 1 : call[0].int_value();
  const int64_t end = call[call.size() - 1].int_value();
  const int64_t increment = end < start ? -1 : 1;
  const int64_t step = call.size() == 3 ? call[1].int_value() : increment;
  if (end < start && step > 0) return Value::String("");
  const int64_t stop = Plus(end, increment);
  const uint64_t count = CountUntil(start, stop, step);
  constexpr uint64_t kLongest = 21;  // digits, sign, space
  if (count > std::numeric_limits<uint32_t>::max())
    return base::ResourceExhausted("text is too long");
  SLUICE_TRY(CheckFits(call.heap,
                       count * std::min<uint64_t>(kLongest, std::max(std::to_string(start).size(),
                                                                     std::to_string(stop).size()) +
                                                                1)));
  std::string text;
  int64_t next = start;
  for (uint64_t i = 0; i < count; ++i, next = Plus(next, step)) {
    if (i > 0) text += ' ';
    text += std::to_string(next);
  }
  return call.String(text);
}

base::Result<Value> RandInt(Call& call) {
  const int64_t min = call[0].int_value();
  const int64_t range = Minus(call[1].int_value(), min);
  if (range <= 0) return base::InvalidArgument("invalid argument to Intn");
  const auto n = static_cast<uint64_t>(range);
  const uint64_t unfair = (0 - n) % n;  // values below it would make the first ones likelier
  uint64_t random = 0;
  for (int attempt = 0; attempt < 64; ++attempt) {
    std::array<uint8_t, 8> bytes{};
    call.environment.Random(bytes);
    random = 0;
    for (const uint8_t byte : bytes) random = random << 8 | byte;
    if (random >= unfair) break;
  }
  return Value::Int(Plus(min, static_cast<int64_t>(random % n)));
}

constexpr auto kFunctions = std::to_array<Function>({
    {"add", "A*>L", Add},          {"add1", "A>L", Add1},
    {"add1f", "A>F", Add1F},       {"addf", "A*>F", AddF},
    {"atoi", "S>I", Atoi},         {"biggest", "AA*>L", Max},
    {"ceil", "A>F", Ceil},         {"div", "AA>L", Div},
    {"divf", "AA*>F", DivF},       {"float64", "A>F", Float64},
    {"floor", "A>F", Floor},       {"int", "A>I", Int},
    {"int64", "A>L", Int64},       {"max", "AA*>L", Max},
    {"maxf", "AA*>F", MaxF},       {"min", "AA*>L", Min},
    {"minf", "AA*>F", MinF},       {"mod", "AA>L", Mod},
    {"mul", "AA*>L", Mul},         {"mulf", "AA*>F", MulF},
    {"randInt", "II>I", RandInt},  {"round", "AIF*>F", Round},
    {"seq", "I*>S", Seq},          {"sub", "AA>L", Sub},
    {"subf", "AA*>F", SubF},       {"toDecimal", "A>L", ToDecimal},
    {"until", "I>{[]int}", Until}, {"untilStep", "III>{[]int}", UntilStep},
});
static_assert(std::ranges::is_sorted(kFunctions, {}, &Function::name));

}  // namespace

std::span<const Function> NumberFunctions() { return kFunctions; }

}  // namespace sluice::gotemplate
