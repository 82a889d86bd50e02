// semver-*: Masterminds/semver, 3.4 for Helm 3 and 3.5 for Helm 4; they differ in how a reason
// quotes.
#include <algorithm>

#include "base/semver.h"
#include "runner.h"

namespace sluice::conformance {
namespace {

using base::Result;
using base::SemVer;
using base::SemVerConstraint;
using document::Value;

base::SemVerWords Words(const Case& c) {
  return c.version == helm::HelmVersion::kV3 ? base::SemVerWords::kPlain
                                             : base::SemVerWords::kQuoted;
}

Result<Value> Parse(const Case& c) {
  Value out = Value::Object();
  const auto v = SemVer::Parse(c.Text("version"));
  if (v.ok()) {
    out.Set("version", Value::Object({{"major", v->major()},
                                      {"metadata", v->metadata()},
                                      {"minor", v->minor()},
                                      {"original", v->original()},
                                      {"patch", v->patch()},
                                      {"prerelease", v->prerelease()},
                                      {"string", v->ToString()}}));
  } else {
    out.Set("error", v.status().message());
  }
  if (const auto strict = SemVer::ParseStrict(c.Text("version")); !strict.ok())
    out.Set("strictError", strict.status().message());
  return out;
}

Result<Value> Check(const Case& c) {
  SLUICE_TRY(const auto constraint, SemVerConstraint::Parse(c.Text("constraint"), Words(c)));
  SLUICE_TRY(const auto version, SemVer::Parse(c.Text("version")));
  Value reasons;
  for (const std::string& reason : constraint.Reasons(version)) reasons.Append(reason);
  return Value::Object({{"ok", constraint.Matches(version)}, {"reasons", reasons}});
}

Result<Value> Constraint(const Case& c) {
  SLUICE_TRY(const auto constraint, SemVerConstraint::Parse(c.Text("constraint"), Words(c)));
  return Value(constraint.ToString());
}

Result<Value> Sort(const Case& c) {
  std::vector<SemVer> versions;
  for (const std::string& text : c.Texts("versions")) {
    SLUICE_TRY(versions.emplace_back(*SemVer::Parse("0")), SemVer::Parse(text));
  }
  std::ranges::stable_sort(versions, [](const SemVer& a, const SemVer& b) { return a < b; });
  Value out = Value::Array();
  for (const SemVer& v : versions) out.Append(v.original());
  return out;
}

constexpr Op kOps[] = {{"semver-check", Check},
                       {"semver-constraint", Constraint},
                       {"semver-parse", Parse},
                       {"semver-sort", Sort}};

}  // namespace

Family SemVerFamily() { return {kOps}; }

}  // namespace sluice::conformance
