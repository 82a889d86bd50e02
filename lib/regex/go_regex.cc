#include "regex/go_regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace sluice::regex {
namespace {

using re2::RE2;

constexpr std::array<std::pair<RE2::ErrorCode, std::string_view>, 14> kWords{{
    {RE2::ErrorBadEscape, "invalid escape sequence"},
    {RE2::ErrorBadCharClass, "invalid character class"},
    {RE2::ErrorBadCharRange, "invalid character class range"},
    {RE2::ErrorMissingBracket, "missing closing ]"},
    {RE2::ErrorMissingParen, "missing closing )"},
    {RE2::ErrorUnexpectedParen, "unexpected )"},
    {RE2::ErrorTrailingBackslash, "trailing backslash at end of expression"},
    {RE2::ErrorRepeatArgument, "missing argument to repetition operator"},
    {RE2::ErrorRepeatSize, "invalid repeat count"},
    {RE2::ErrorRepeatOp, "invalid nested repetition operator"},
    {RE2::ErrorBadPerlOp, "invalid or unsupported Perl syntax"},
    {RE2::ErrorBadUTF8, "invalid UTF-8"},
    {RE2::ErrorBadNamedCapture, "invalid named capture"},
    {RE2::ErrorPatternTooLarge, "expression too large"},
}};
constexpr size_t kMaxPattern = 64 << 10;

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

struct GoRegex::Impl {
  explicit Impl(std::string_view pattern) : re(Piece(pattern), RE2::Quiet) {}
  RE2 re;
};

base::Result<GoRegex> GoRegex::Compile(std::string_view pattern) {
  if (pattern.size() > kMaxPattern)
    return base::ResourceExhausted("error parsing regexp: expression nests too deeply");
  auto impl = std::make_shared<const Impl>(pattern);
  if (impl->re.ok()) return GoRegex(std::move(impl));
  const auto words = std::ranges::find(kWords, impl->re.error_code(),
                                       &std::pair<RE2::ErrorCode, std::string_view>::first);
  // Of an open parenthesis Go shows the whole expression.
  const std::string shown =
      impl->re.error_code() == RE2::ErrorMissingParen ? std::string(pattern) : impl->re.error_arg();
  return base::InvalidArgument(
      base::Cat("error parsing regexp: ", words == kWords.end() ? "internal error" : words->second,
                shown.empty() ? "" : ": `", shown, shown.empty() ? "" : "`"));
}

bool GoRegex::Matches(std::string_view text) const {
  return RE2::PartialMatch(Piece(text), impl_->re);
}

}  // namespace sluice::regex
