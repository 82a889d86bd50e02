// Semantic versions and constraints by the rules of Masterminds/semver 3.5, which Flux and Helm
// follow. Values; pure.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sluice::base {

class SemVer {
 public:
  // Lenient: optional "v", one to three numeric parts (leading zeros allowed), "-pre", "+meta".
  // Errors: "version string empty", "invalid semantic version", "version string is too long" …
  static Result<SemVer> Parse(std::string_view text);
  // SemVer 2.0 exactly: three parts, no "v", no leading zeros.
  static Result<SemVer> ParseStrict(std::string_view text);
  // What Flux accepts as the version of a tag or chart: Parse, but with at least two dots.
  static Result<SemVer> ParseTag(std::string_view text);

  uint64_t major() const { return major_; }
  uint64_t minor() const { return minor_; }
  uint64_t patch() const { return patch_; }
  const std::string& prerelease() const { return prerelease_; }
  const std::string& metadata() const { return metadata_; }
  const std::string& original() const { return original_; }  // the text it was parsed from
  std::string ToString() const;                              // normalised, without "v"

  // Precedence: metadata and the original text do not count.
  friend std::weak_ordering operator<=>(const SemVer& a, const SemVer& b);
  friend bool operator==(const SemVer& a, const SemVer& b) { return (a <=> b) == 0; }

 private:
  friend class SemVerConstraint;
  SemVer() = default;
  uint64_t major_ = 0, minor_ = 0, patch_ = 0;
  std::string prerelease_, metadata_, original_;
};

// How error texts and reasons name versions: 3.5 quotes them, 3.4 (Helm 3) does not.
enum class SemVerWords : uint8_t { kQuoted, kPlain };

// "||" groups of comparisons: = != > < >= <= ~ ^, wildcards x X *, hyphen ranges "1.2 - 3".
class SemVerConstraint {
 public:
  // Error: `improper constraint: "<c>"`.
  static Result<SemVerConstraint> Parse(std::string_view text,
                                        SemVerWords words = SemVerWords::kQuoted);

  bool Matches(const SemVer& version) const;
  // Why `version` does not match: one sentence for each failed comparison; empty if it matches.
  std::vector<std::string> Reasons(const SemVer& version) const;
  std::string ToString() const;  // ">=1.2 <3 || ~4"

 private:
  enum class Op : uint8_t {
    kEqual,
    kNotEqual,
    kGreater,
    kLess,
    kGreaterEqual,
    kLessEqual,
    kTilde,
    kCaret
  };
  struct Comparison {
    Op op = Op::kEqual;
    std::string op_text;  // as written
    SemVer version;
    bool minor_dirty = false, patch_dirty = false, dirty = false;
    std::string original;  // the version part as written
  };
  static Result<Comparison> ParseComparison(std::string_view text);
  // Why a comparison fails, in the words between the two versions and behind them; none if it
  // holds.
  struct Why {
    std::string_view words{}, after{};
  };
  static Why WhyNot(const Comparison& c, const SemVer& v);
  static Why WhyNotTilde(const Comparison& c, const SemVer& v);
  static Why WhyNotUnequal(const Comparison& c, const SemVer& v);
  static Why WhyNotCaret(const Comparison& c, const SemVer& v);
  static bool Admits(const std::vector<Comparison>& group, const SemVer& version);
  std::string Worded(std::string_view text) const;

  SemVerConstraint() = default;
  SemVerWords words_ = SemVerWords::kQuoted;
  std::vector<std::vector<Comparison>> groups_;
};

}  // namespace sluice::base
