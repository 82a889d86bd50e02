#include "cluster/kinds.h"

#include <algorithm>
#include <cctype>

namespace sluice::cli {
namespace {

using document::Value;
using Revision = KindInfo::Revision;

constexpr size_t kMinDigest = 40, kMaxDigest = 128, kShown = 8;

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }
bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

const std::vector<KindInfo>& Kinds() {
  static const std::vector<KindInfo> kinds = {
      {{"source.toolkit.fluxcd.io", "v1", "OCIRepository"},
       {"sources oci", "source oci"},
       Revision::kArtifact,
       true,
       true,
       true},
      {{"source.toolkit.fluxcd.io", "v1", "Bucket"},
       {"sources bucket", "source bucket"},
       Revision::kArtifact,
       true,
       true,
       true},
      {{"source.toolkit.fluxcd.io", "v1", "GitRepository"},
       {"sources git", "source git"},
       Revision::kArtifact,
       true,
       true,
       true},
      {{"source.toolkit.fluxcd.io", "v1", "HelmRepository"},
       {"sources helm", "source helm"},
       Revision::kArtifact,
       true,
       true,
       true},
      {{"source.toolkit.fluxcd.io", "v1", "HelmChart"},
       {"sources chart", "source chart"},
       Revision::kArtifact,
       true,
       true,
       false},
      {{"helm.toolkit.fluxcd.io", "v2", "HelmRelease"},
       {"helmreleases", "helmrelease", "hr"},
       Revision::kHelmRelease,
       true,
       true,
       false},
      {{"kustomize.toolkit.fluxcd.io", "v1", "Kustomization"},
       {"kustomizations", "kustomization", "ks"},
       Revision::kLastApplied,
       true,
       true,
       true},
      {{"notification.toolkit.fluxcd.io", "v1", "Receiver"},
       {"receivers", "receiver"},
       Revision::kNone,
       true,
       true,
       false},
      {{"notification.toolkit.fluxcd.io", "v1beta3", "Provider"},
       {"alert-providers", "alert-provider"},
       Revision::kNone,
       false,
       false,
       false},
      {{"notification.toolkit.fluxcd.io", "v1beta3", "Alert"},
       {"alerts", "alert"},
       Revision::kNone,
       false,
       false,
       false},
  };
  return kinds;
}

const KindInfo* FindKind(std::string_view words) {
  const auto it = std::ranges::find_if(Kinds(), [&](const KindInfo& kind) {
    return std::ranges::find(kind.words, words) != kind.words.end();
  });
  return it == Kinds().end() ? nullptr : &*it;
}

const KindInfo* FindKindByName(std::string_view kind) {
  const auto it =
      std::ranges::find_if(Kinds(), [&](const KindInfo& k) { return k.gvk.kind == kind; });
  return it == Kinds().end() ? nullptr : &*it;
}

Condition ReadyOf(const KindInfo& kind, const Value& object) {
  if (!kind.has_status) return {"True", kind.gvk.kind + " is Ready"};
  if (kind.gvk.kind == "HelmRepository" && object["spec"]["type"].AsString() == "oci")
    return {"True", "Helm repository is Ready"};
  for (const Value& condition : object["status"]["conditions"].items()) {
    if (condition["type"].AsString() != "Ready") continue;
    return {std::string(condition["status"].AsString()),
            std::string(condition["message"].AsString())};
  }
  return {"False", "waiting to be reconciled"};
}

std::string RevisionOf(const KindInfo& kind, const Value& object) {
  const Value& status = object["status"];
  switch (kind.revision) {
    case Revision::kNone:
      return "";
    case Revision::kArtifact:
      return std::string(status["artifact"]["revision"].AsString());
    case Revision::kLastApplied:
      return std::string(status["lastAppliedRevision"].AsString());
    case Revision::kHelmRelease:
      if (!status["history"].empty())
        return std::string(status["history"].items()[0]["chartVersion"].AsString());
      return std::string(status["lastAttemptedRevision"].AsString());
  }
  return "";
}

std::string ShortenDigests(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && IsWord(text[end])) ++end;
    const std::string_view word = text.substr(i, end - i);
    const bool digest =
        word.size() >= kMinDigest && word.size() <= kMaxDigest && std::ranges::all_of(word, IsHex);
    out += digest ? word.substr(0, kShown) : word;
    if (end < text.size()) out += text[end++];
    i = end;
  }
  return out;
}

}  // namespace sluice::cli
