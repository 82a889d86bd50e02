#include <cstdint>
#include <string_view>

#include "base/semver.h"
#include "base/strings.h"

// "constraint\nversion": printing a parsed constraint keeps its meaning.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::base;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parts = Cut(text, "\n");
  const auto version = SemVer::Parse(parts ? parts->second : text);
  if (version.ok()) {
    const auto again = SemVer::Parse(version->ToString());
    SLUICE_CHECK(again.ok() && *again == *version);
  }
  const auto constraint = SemVerConstraint::Parse(parts ? parts->first : text);
  if (!constraint.ok()) return 0;
  const auto again = SemVerConstraint::Parse(constraint->ToString());
  SLUICE_CHECK(again.ok());
  if (version.ok()) SLUICE_CHECK(again->Matches(*version) == constraint->Matches(*version));
  return 0;
}
