#include "git/reference.h"

#include <algorithm>
#include <optional>

#include "base/semver.h"
#include "base/strings.h"

namespace sluice::git {
namespace {

constexpr std::string_view kHeads = "refs/heads/", kTags = "refs/tags/";

std::string BranchOf(const ReferenceSpec& spec) {
  return spec.branch.empty() ? "master" : spec.branch;
}

// "refs/tags/x^{}" names the tag's commit, which is what we follow anyway.
std::string_view NameOf(const ReferenceSpec& spec) { return base::TrimSuffix(spec.name, "^{}"); }

base::Result<std::vector<ResolvedReference>> ByFullName(std::string_view full,
                                                        std::string_view pointer,
                                                        const std::vector<RemoteRef>& refs) {
  const auto it = std::ranges::find(refs, full, &RemoteRef::name);
  if (it == refs.end()) {
    if (refs.empty()) return base::FailedPrecondition(kEmptyRepository);
    return base::NotFound("couldn't find remote ref " + base::QuoteGo(full));
  }
  const bool is_tag = full.starts_with(kTags);
  return std::vector{ResolvedReference{std::string(pointer), it->oid, it->commit(),
                                       std::string(is_tag ? full.substr(kTags.size()) : "")}};
}

base::Result<std::vector<ResolvedReference>> BySemver(const std::string& expression,
                                                      const std::vector<RemoteRef>& refs) {
  auto constraint = base::SemVerConstraint::Parse(expression);
  if (!constraint.ok())
    return base::InvalidArgument("semver parse error: " + constraint.status().message());
  std::optional<base::SemVer> best;
  std::vector<ResolvedReference> out;
  for (const RemoteRef& ref : refs) {
    if (!ref.name.starts_with(kTags)) continue;
    const std::string_view tag = std::string_view(ref.name).substr(kTags.size());
    auto version = base::SemVer::ParseTag(tag);
    if (!version.ok() || !constraint->Matches(*version)) continue;
    if (best && *version < *best) continue;
    if (!best || *version > *best) out.clear();
    best = *std::move(version);
    out.push_back({std::string(tag), ref.oid, ref.commit(), std::string(tag)});
  }
  if (out.empty() && refs.empty()) return base::FailedPrecondition(kEmptyRepository);
  if (out.empty()) return base::InvalidArgument("no match found for semver: " + expression);
  return out;
}

}  // namespace

std::string ResolvedReference::Revision() const {
  return base::Cat(pointer, pointer.empty() ? "" : "@", "sha1:", commit.ToString());
}

std::vector<std::string> RefPrefixes(const ReferenceSpec& spec) {
  if (!spec.commit.empty()) return {};
  if (!spec.name.empty()) return {std::string(NameOf(spec))};
  if (!spec.tag.empty()) return {base::Cat(kTags, spec.tag)};
  if (!spec.semver.empty()) return {std::string(kTags)};
  return {base::Cat(kHeads, BranchOf(spec))};
}

base::Result<std::vector<ResolvedReference>> ResolveReference(const ReferenceSpec& spec,
                                                              const std::vector<RemoteRef>& refs) {
  if (!spec.commit.empty()) {
    const auto id = ObjectId::Parse(spec.commit);
    // An abbreviated hash names nothing, as in go-git.
    if (!id.ok())
      return base::InvalidArgument("unable to resolve commit object for '" + spec.commit +
                                   "': object not found");
    return std::vector{ResolvedReference{spec.branch, *id, *id, ""}};
  }
  if (!spec.name.empty()) {
    if (spec.name.starts_with('/') || spec.name.ends_with('/')) {
      return base::InvalidArgument("ref " + spec.name +
                                   " is invalid; Git refs cannot begin or end with a slash '/'");
    }
    auto found = ByFullName(NameOf(spec), spec.name, refs);
    if (found.ok()) return found;
    if (refs.empty()) return found;
    return base::InvalidArgument("unable to resolve ref '" + spec.name + "' to a specific commit");
  }
  if (!spec.tag.empty()) return ByFullName(base::Cat(kTags, spec.tag), spec.tag, refs);
  if (!spec.semver.empty()) return BySemver(spec.semver, refs);
  return ByFullName(base::Cat(kHeads, BranchOf(spec)), BranchOf(spec), refs);
}

}  // namespace sluice::git
