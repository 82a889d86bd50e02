#include "base/semver.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::base {
namespace {

constexpr size_t kMaxVersion = 256;
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kIdent =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";

bool Only(std::string_view text, std::string_view set) {
  return text.find_first_not_of(set) == text.npos;
}

// Dot-separated identifiers, none empty; those of a pre-release that are numbers have no leading
// zero.
Status CheckIdentifiers(std::string_view text, bool prerelease) {
  for (const std::string_view part : Split(text, ".")) {
    if (part.empty() || !Only(part, kIdent)) {
      return InvalidArgument(prerelease ? "invalid prerelease string" : "invalid metadata string");
    }
    if (prerelease && part.size() > 1 && part[0] == '0' && Only(part, kDigits)) {
      return InvalidArgument("version segment starts with 0");
    }
  }
  return {};
}

Result<uint64_t> ParsePart(std::string_view text) {
  if (const auto value = ParseUint64(text)) return *value;
  return InvalidArgument(Cat("strconv.ParseUint: parsing ", QuoteGo(text),
                             text.empty() ? ": invalid syntax" : ": value out of range"));
}

std::strong_ordering CompareIdentifier(std::string_view a, std::string_view b) {
  const bool a_number = Only(a, kDigits), b_number = Only(b, kDigits);
  if (a_number != b_number)
    return a_number ? std::strong_ordering::less : std::strong_ordering::greater;
  if (a_number) {  // no leading zeros: the longer one is larger
    if (const auto order = a.size() <=> b.size(); order != 0) return order;
  }
  return a.compare(b) <=> 0;
}

std::strong_ordering ComparePrerelease(std::string_view a, std::string_view b) {
  if (a == b) return std::strong_ordering::equal;
  if (a.empty()) return std::strong_ordering::greater;
  if (b.empty()) return std::strong_ordering::less;
  const auto x = Split(a, "."), y = Split(b, ".");
  for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (const auto order = CompareIdentifier(x[i], y[i]); order != 0) return order;
  }
  return x.size() <=> y.size();
}

// "1.2.3-pre+meta" into its texts.
struct Pieces {
  std::string_view numbers, prerelease, metadata;
  bool has_prerelease = false, has_metadata = false;
};

Pieces Cut3(std::string_view text) {
  Pieces p;
  if (const size_t plus = text.find('+'); plus != text.npos) {
    p.has_metadata = true;
    p.metadata = text.substr(plus + 1);
    text = text.substr(0, plus);
  }
  if (const size_t dash = text.find('-'); dash != text.npos) {
    p.has_prerelease = true;
    p.prerelease = text.substr(dash + 1);
    text = text.substr(0, dash);
  }
  p.numbers = text;
  return p;
}

}  // namespace

Result<SemVer> SemVer::Parse(std::string_view text) {
  const auto invalid = [] { return InvalidArgument("invalid semantic version"); };
  if (text.size() > kMaxVersion)
    return InvalidArgument("version string is too long (max 256 bytes)");
  const Pieces p = Cut3(TrimPrefix(text, "v"));
  const auto numbers = Split(p.numbers, ".");
  if (numbers.size() > 3) return invalid();
  SemVer v;
  uint64_t* const parts[] = {&v.major_, &v.minor_, &v.patch_};
  for (const std::string_view n : numbers) {
    if (n.empty() || !Only(n, kDigits)) return invalid();
  }
  for (const auto& [present, piece] :
       {std::pair{p.has_prerelease, p.prerelease}, {p.has_metadata, p.metadata}}) {
    if (present && !CheckIdentifiers(piece, false).ok()) return invalid();
  }
  for (size_t i = 0; i < numbers.size(); ++i) {
    SLUICE_TRY(*parts[i], ParsePart(numbers[i]).Wrap("error parsing version segment"));
  }
  if (p.has_prerelease) SLUICE_TRY(CheckIdentifiers(p.prerelease, true));
  v.prerelease_ = p.prerelease;
  v.metadata_ = p.metadata;
  v.original_ = text;
  return v;
}

Result<SemVer> SemVer::ParseStrict(std::string_view text) {
  if (text.empty()) return InvalidArgument("version string empty");
  if (text.size() > kMaxVersion)
    return InvalidArgument("version string is too long (max 256 bytes)");
  auto numbers = SplitN(text, ".", 3);
  if (numbers.size() != 3) return InvalidArgument("invalid semantic version");
  const Pieces p = Cut3(numbers[2]);
  numbers[2] = p.numbers;
  if (p.has_metadata) SLUICE_TRY(CheckIdentifiers(p.metadata, false));
  if (p.has_prerelease) SLUICE_TRY(CheckIdentifiers(p.prerelease, true));
  SemVer v;
  uint64_t* const parts[] = {&v.major_, &v.minor_, &v.patch_};
  for (const std::string_view n : numbers) {
    if (!Only(n, kDigits)) return InvalidArgument("invalid characters in version");
    if (n.size() > 1 && n[0] == '0') return InvalidArgument("version segment starts with 0");
  }
  for (size_t i = 0; i < 3; ++i) {
    SLUICE_TRY(*parts[i], ParsePart(numbers[i]));
  }
  v.prerelease_ = p.prerelease;
  v.metadata_ = p.metadata;
  v.original_ = text;
  return v;
}

Result<SemVer> SemVer::ParseTag(std::string_view text) {
  if (std::ranges::count(text, '.') < 2) return InvalidArgument("invalid semantic version");
  return Parse(text);
}

std::string SemVer::ToString() const {
  std::string out =
      std::to_string(major_) + "." + std::to_string(minor_) + "." + std::to_string(patch_);
  if (!prerelease_.empty()) out += "-" + prerelease_;
  if (!metadata_.empty()) out += "+" + metadata_;
  return out;
}

std::weak_ordering operator<=>(const SemVer& a, const SemVer& b) {
  if (const auto order = a.major_ <=> b.major_; order != 0) return order;
  if (const auto order = a.minor_ <=> b.minor_; order != 0) return order;
  if (const auto order = a.patch_ <=> b.patch_; order != 0) return order;
  return ComparePrerelease(a.prerelease_, b.prerelease_);
}

}  // namespace sluice::base
