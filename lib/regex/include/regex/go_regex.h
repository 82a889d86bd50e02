// GoRegex: an expression of Go's regexp package, by RE2, from which that package descends; linear
// in time whatever the pattern. Immutable and thread-safe; cheap to copy.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::regex {

class GoRegex {
 public:
  // kInvalidArgument in Go's words: "error parsing regexp: missing closing ]: `[`".
  static base::Result<GoRegex> Compile(std::string_view pattern);

  // Anywhere in `text`, as MatchString.
  bool Matches(std::string_view text) const;

 private:
  struct Impl;
  explicit GoRegex(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace sluice::regex
