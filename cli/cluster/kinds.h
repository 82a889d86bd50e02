// The kinds the command line knows: what a user calls them, and where their cells and texts come
// from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "document/value.h"
#include "kube/object.h"

namespace sluice::cli {

struct KindInfo {
  kube::GroupVersionKind gvk;
  // "sources git", "source git": how get and reconcile name it; the first is the title
  std::vector<std::string> words;
  enum class Revision : uint8_t {
    kNone,
    kArtifact,
    kLastApplied,
    kHelmRelease
  } revision = Revision::kNone;
  bool has_status = true;    // Alert and Provider have none: always ready
  bool reconcilable = true;  // takes reconcile.fluxcd.io/requestedAt
  bool shorten = false;      // digests in revision and message are cut
};

const std::vector<KindInfo>& Kinds();
const KindInfo* FindKind(std::string_view words);       // null if unknown
const KindInfo* FindKindByName(std::string_view kind);  // "GitRepository"

struct Condition {
  std::string status, message;
};
// The Ready condition; {"False", "waiting to be reconciled"} where there is none.
Condition ReadyOf(const KindInfo& kind, const document::Value& object);
std::string RevisionOf(const KindInfo& kind, const document::Value& object);  // full length

// Every word of 40 to 128 hex digits cut to its first eight.
std::string ShortenDigests(std::string_view text);

}  // namespace sluice::cli
