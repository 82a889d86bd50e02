// Random templates over random values, the same for the same seed. Mostly well typed, so that
// evaluation gets far; some arguments are of any type, since most of what there is to get wrong are
// coercions and failures.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "document/value.h"
#include "gotemplate/function.h"

namespace sluice::differential {

struct GeneratedCase {
  std::string text;
  document::Value data;
  std::string missing_key;  // "default", "zero", "error"
  int helm = 4;
  bool int64 = false;  // integers of the data are int64, as --set makes them, not float64
};

class Generator {
 public:
  // `focus`: a function that most pipelines call, "" for any.
  explicit Generator(uint64_t seed, std::string_view focus = {}) : random_(seed), focus_(focus) {}
  GeneratedCase Next();

 private:
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  bool Chance(uint32_t percent) { return Below(100) < percent; }
  template <class List>
  auto Pick(const List& list) {
    return std::string(list[Below(static_cast<uint32_t>(std::size(list)))]);
  }
  document::Value Scalar();
  document::Value Container(int depth);
  document::Value Data();

  std::string StringLiteral();
  std::string NumberLiteral();
  std::string Literal();
  std::string Field(std::string_view names);
  std::string Format();
  // An operand for a parameter of that type.
  std::string Operand(char type, int depth);
  std::string Any(int depth);
  std::string Call(const gotemplate::Function& function, int depth);
  std::string Pipeline(int depth);
  std::string Parenthesized(char result, int depth);

  std::string Block(int depth);
  std::string Node(int depth);
  std::string Range(int depth);

  std::mt19937_64 random_;
  std::string_view focus_;
  std::vector<std::string> variables_;
  int ranges_ = 0, next_variable_ = 0, templates_ = 0, callable_from_ = 0;
};

}  // namespace sluice::differential
