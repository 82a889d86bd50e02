// The legacy order: spec §22.4.
#include <algorithm>
#include <map>

#include "base/strings.h"
#include "legacy_order.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Cat;

std::string_view Or(std::string_view text, std::string_view fallback) {
  return text.empty() ? fallback : text;
}

struct Entry {
  Resource* resource;
  int rank;
  Gvk gvk;
  std::string type, rest;
};

bool Less(const Entry& a, const Entry& b) {
  if (a.rank != b.rank) return a.rank < b.rank;
  if (a.gvk != b.gvk) {
    const bool namespaces = a.gvk.kind == "Namespace" && b.gvk.kind == "Namespace";
    if (namespaces && (a.gvk.group.empty() || b.gvk.group.empty())) return a.type > b.type;
    return a.type < b.type;
  }
  return a.rest < b.rest;
}

// The user's own lists of kinds.
std::map<std::string_view, int> Ranks(const LegacySortOptions& options) {
  std::map<std::string_view, int> ranks;
  int at = -static_cast<int>(options.order_first.size());
  for (const std::string& kind : options.order_first) ranks.emplace(kind, at++);
  at = 1;
  for (const std::string& kind : options.order_last) ranks.insert_or_assign(kind, at++);
  return ranks;
}

}  // namespace

base::Status SortLegacy(ResMap& map, const std::optional<LegacySortOptions>& options) {
  const std::map<std::string_view, int> ranks =
      options.has_value() ? Ranks(*options) : std::map<std::string_view, int>();
  const auto rank = [&](std::string_view kind) {
    if (!options.has_value()) return LegacyRank(kind);
    const auto it = ranks.find(kind);
    return it == ranks.end() ? 0 : it->second;
  };
  std::vector<Entry> entries;
  entries.reserve(map.size());
  for (Resource* r : map) {
    const Gvk gvk = r->gvk();
    entries.push_back({r, rank(gvk.kind), gvk, LegacyText(gvk),
                       Cat(gvk.ToString(), "|", Or(r->ns(), "~X"), "|", Or(r->name(), "~N"))});
  }
  std::ranges::stable_sort(entries, Less);
  ResMap sorted;  // made anew: ids that patches made equal are refused here
  for (const Entry& entry : entries) SLUICE_TRY(sorted.Append(entry.resource));
  map = std::move(sorted);
  return {};
}

}  // namespace sluice::kustomize
