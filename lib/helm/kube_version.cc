#include "helm/kube_version.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::InvalidArgument;
using base::QuoteGo;

constexpr std::string_view kDigits = "0123456789";

// The dotted numbers at the front, after white space and "v"; empty where there are none.
std::string_view LeadingNumbers(std::string_view text) {
  if (base::Contains(text, "\n")) return "";  // the reference's pattern ends at a line
  text = base::TrimLeft(text, " \t\n\f\r");
  text = base::TrimPrefix(text, "v");
  size_t end = std::min(text.find_first_not_of(kDigits), text.size());
  while (end > 0 && end + 1 < text.size() && text[end] == '.' &&
         kDigits.find(text[end + 1]) != kDigits.npos) {
    end = std::min(text.find_first_not_of(kDigits, end + 1), text.size());
  }
  return text.substr(0, end);
}

}  // namespace

base::Result<KubeVersion> KubeVersion::Parse(std::string_view text, HelmVersion helm) {
  const std::string_view numbers = LeadingNumbers(text);
  if (numbers.empty())
    return InvalidArgument(Cat("could not parse ", QuoteGo(text), " as version"));
  const auto parts = base::Split(numbers, ".");
  if (parts.size() < 2) return InvalidArgument(Cat("illegal version string ", QuoteGo(text)));
  if (parts[0].starts_with('0') && parts[0] != "0") {
    return InvalidArgument(
        Cat("illegal zero-prefixed version component ", QuoteGo(parts[0]), " in ", QuoteGo(text)));
  }
  KubeVersion v;
  for (const std::string_view part : parts) {
    const auto number = base::ParseUint64(part);
    if (!number) {
      return InvalidArgument(Cat("illegal non-numeric version component ", QuoteGo(part), " in ",
                                 QuoteGo(text), ": strconv.ParseUint: parsing ", QuoteGo(part),
                                 ": value out of range"));
    }
    v.normalized += Cat(v.normalized.empty() ? "v" : ".", std::to_string(*number));
  }
  v.major = std::to_string(*base::ParseUint64(parts[0]));
  v.minor = std::to_string(*base::ParseUint64(parts[1]));
  v.version = helm == HelmVersion::kV3 ? v.normalized : Cat(text.starts_with('v') ? "" : "v", text);
  return v;
}

}  // namespace sluice::helm
