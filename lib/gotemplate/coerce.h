// What sprig's functions do to their arguments before anything else: spf13/cast's coercions,
// strval, emptiness, reflect.DeepEqual, and the failures that Go's runtime words (spec helm-engine
// §7). Shared by every functions_*.cc. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "gotemplate/function.h"
#include "gotemplate/value.h"

namespace sluice::gotemplate::internal {

// cast.ToInt64 (and ToInt): floats truncate, texts by base 0 after ".000", anything else 0.
int64_t ToInt64(const Value& value);
// cast.ToFloat64. Objects and containers are 0.
double ToFloat64(const Value& value);

// strconv.ParseInt(text, 0, 64): sign, 0x 0b 0o 0 prefixes, underscores between digits. nullopt
// where it fails or overflows.
std::optional<int64_t> ParseGoInt(std::string_view text);
// strconv.ParseFloat(text, 64): inf, nan, hexadecimal, underscores only with a base prefix. nullopt
// where it fails or overflows.
std::optional<double> ParseGoFloat(std::string_view text);
// float64 → int64 as amd64 converts: toward zero, out of range and NaN are the least int64.
int64_t TruncateToInt64(double d);

// sprig's strval: strings and bytes as they are, Stringers by their method, else %v.
void AppendStrval(std::string& out, const Value& value);
std::string Strval(const Value& value);
// The same as a value; the bytes of strings are shared.
Value StrvalValue(Heap& heap, const Value& value);
// sprig's strslice: the texts of a list's elements (nil ones left out), of one value, or none of
// nil. Views into the values or, where a text had to be made, into the heap; ends where that is
// exhausted.
std::vector<std::string_view> Strslice(Heap& heap, const Value& value);
// A []string whose elements share the texts' bytes.
Value StringList(Heap& heap, const std::vector<std::string_view>& texts);

// sprig's empty: nil, false, 0, "" and containers without elements; objects never.
bool IsEmpty(const Value& value);

// A slice by reflection: lists, and bytes as the list of their uint8.
bool IsSlice(const Value& value);
size_t SliceLength(const Value& slice);            // REQUIRES: IsSlice
Value SliceElement(const Value& slice, size_t i);  // REQUIRES: i < SliceLength

// reflect.DeepEqual: types first (1 is not 1.0), NaN unlike itself, nil slices unlike empty ones.
// Values nested deeper than kMaxDepth, as a map that holds itself, are unequal.
bool DeepEqual(const Value& a, const Value& b);
inline constexpr int kMaxDepth = 1000;

// Hash that equals for DeepEqual values; for look-ups in place of a quadratic scan.
size_t DeepHash(const Value& value);

// Failures in the runtime's words.
base::Status
NilDereference();  // "runtime error: invalid memory address or nil pointer dereference"
base::Status IndexOutOfRange(
    int64_t index, size_t length);  // "runtime error: index out of range [5] with length 3"
// Fails as a render that asks for more memory than it may have; n is in bytes.
base::Status CheckFits(const Heap& heap, uint64_t n);

// An argument of type map[string]interface {}: null for nil.
inline Map* MapOf(const Value& value) { return value.is_map() ? &value.map() : nullptr; }

}  // namespace sluice::gotemplate::internal
