#include "helm/manifests.h"

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "manifest_text.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;
using base::Status;

constexpr std::string_view kEvents[] = {"pre-install",  "post-install",  "pre-delete",
                                        "post-delete",  "pre-upgrade",   "post-upgrade",
                                        "pre-rollback", "post-rollback", "test"};

constexpr std::array<std::string_view, 38> kInstallOrder = {"PriorityClass",
                                                            "Namespace",
                                                            "NetworkPolicy",
                                                            "ResourceQuota",
                                                            "LimitRange",
                                                            "PodSecurityPolicy",
                                                            "PodDisruptionBudget",
                                                            "ServiceAccount",
                                                            "Secret",
                                                            "SecretList",
                                                            "ConfigMap",
                                                            "StorageClass",
                                                            "PersistentVolume",
                                                            "PersistentVolumeClaim",
                                                            "CustomResourceDefinition",
                                                            "ClusterRole",
                                                            "ClusterRoleList",
                                                            "ClusterRoleBinding",
                                                            "ClusterRoleBindingList",
                                                            "Role",
                                                            "RoleList",
                                                            "RoleBinding",
                                                            "RoleBindingList",
                                                            "Service",
                                                            "DaemonSet",
                                                            "Pod",
                                                            "ReplicationController",
                                                            "ReplicaSet",
                                                            "Deployment",
                                                            "HorizontalPodAutoscaler",
                                                            "StatefulSet",
                                                            "Job",
                                                            "CronJob",
                                                            "IngressClass",
                                                            "Ingress",
                                                            "APIService",
                                                            "MutatingWebhookConfiguration",
                                                            "ValidatingWebhookConfiguration"};
constexpr std::array<std::string_view, 38> kUninstallOrder = {"ValidatingWebhookConfiguration",
                                                              "MutatingWebhookConfiguration",
                                                              "APIService",
                                                              "Ingress",
                                                              "IngressClass",
                                                              "Service",
                                                              "CronJob",
                                                              "Job",
                                                              "StatefulSet",
                                                              "HorizontalPodAutoscaler",
                                                              "Deployment",
                                                              "ReplicaSet",
                                                              "ReplicationController",
                                                              "Pod",
                                                              "DaemonSet",
                                                              "RoleBindingList",
                                                              "RoleBinding",
                                                              "RoleList",
                                                              "Role",
                                                              "ClusterRoleBindingList",
                                                              "ClusterRoleBinding",
                                                              "ClusterRoleList",
                                                              "ClusterRole",
                                                              "CustomResourceDefinition",
                                                              "PersistentVolumeClaim",
                                                              "PersistentVolume",
                                                              "StorageClass",
                                                              "ConfigMap",
                                                              "SecretList",
                                                              "Secret",
                                                              "ServiceAccount",
                                                              "PodDisruptionBudget",
                                                              "PodSecurityPolicy",
                                                              "LimitRange",
                                                              "ResourceQuota",
                                                              "NetworkPolicy",
                                                              "Namespace",
                                                              "PriorityClass"};

bool IsAsciiSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}  // a regexp's \s

// At (?:^|\s*\n)---\s* of the whole text.
std::vector<std::string_view> SplitV3(std::string_view text) {
  text = TrimGoSpace(text);
  std::vector<std::string_view> out;
  const auto add = [&](std::string_view piece) {
    if (!piece.empty()) out.push_back(TrimGoSpace(piece));
  };
  const auto skip_space = [&](size_t at) {
    while (at < text.size() && IsAsciiSpace(text[at])) ++at;
    return at;
  };
  size_t begin = text.starts_with("---") ? skip_space(3) : 0;
  while (true) {
    const size_t mark = text.find("\n---", begin);
    if (mark == text.npos) break;
    size_t end = mark;
    while (end > begin && IsAsciiSpace(text[end - 1])) --end;
    add(text.substr(begin, end - begin));
    begin = skip_space(mark + 4);
  }
  add(text.substr(begin));
  return out;
}

// At (?m)^---[ \t]* of the text.
std::vector<std::string_view> SplitV4(std::string_view text) {
  text = TrimLeftSpace(text);
  std::vector<std::string_view> out;
  const auto add = [&](std::string_view piece) {
    piece = TrimLeftSpace(piece);
    if (!piece.empty()) out.push_back(piece);
  };
  size_t begin = 0;
  for (size_t mark = text.starts_with("---") ? 0 : text.find("\n---"); mark != text.npos;
       mark = text.find("\n---", begin)) {
    if (text[mark] == '\n') ++mark;
    add(text.substr(begin, mark - begin));
    begin = mark + 3;
    while (begin < text.size() && (text[begin] == ' ' || text[begin] == '\t')) ++begin;
  }
  add(text.substr(begin));
  return out;
}

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

void AppendPolicies(const ManifestHead& head, const char* annotation,
                    std::vector<std::string>& out) {
  const auto it = head.annotations.find(annotation);
  if (it == head.annotations.end()) return;
  for (const std::string_view policy : base::Split(it->second, ","))
    out.push_back(base::ToLower(TrimGoSpace(policy)));
}

// nullopt: an unknown event.
std::optional<Hook> MakeHook(const ManifestHead& head, std::string_view events,
                             std::string_view path, std::string_view manifest) {
  Hook hook{.name = head.name,
            .kind = head.kind,
            .path = std::string(path),
            .manifest = std::string(manifest)};
  if (const auto it = head.annotations.find("helm.sh/hook-weight"); it != head.annotations.end()) {
    hook.weight = base::ParseInt64(base::TrimPrefix(it->second, "+")).value_or(0);
  }
  for (const std::string_view name : base::Split(events, ",")) {
    const auto event = ParseHookEvent(name);
    if (!event.has_value()) return std::nullopt;
    hook.events.push_back(*event);
  }
  AppendPolicies(head, "helm.sh/hook-delete-policy", hook.delete_policies);
  AppendPolicies(head, "helm.sh/hook-output-log-policy", hook.output_log_policies);
  return hook;
}

// A document of a file, with its head.
struct Piece {
  std::string_view text;
  ManifestHead head;
};

// Of a hook that MakeHook will not make.
void WarnOfEvents(const ManifestHead& head, HelmVersion version, const WarningSink& warn) {
  const auto hook = head.annotations.find("helm.sh/hook");
  if (!warn || hook == head.annotations.end()) return;
  const std::string& events = hook->second;
  if (std::ranges::all_of(base::Split(events, ","),
                          [](std::string_view name) { return ParseHookEvent(name).has_value(); }))
    return;
  if (version == HelmVersion::kV3)
    warn({.place = "manifest_sorter.go:199",
          .text = Cat("info: skipping unknown hook: ", base::QuoteGo(events))});
  else
    warn({.text = "skipping unknown hooks", .fields = {{"hookTypes", events}}});
}

Status ReadFile(const RenderedFile& file, HelmVersion version, const WarningSink& warn,
                std::vector<Piece>& out) {
  for (const std::string_view document : SplitManifests(file.content, version)) {
    auto head = ParseManifestHead(document, version);
    if (!head.ok()) return std::move(head).status().Wrap(Cat("YAML parse error on ", file.path));
    WarnOfEvents(*head, version, warn);
    out.push_back({document, *std::move(head)});
  }
  return {};
}

void AddHook(const Piece& piece, std::string_view events, const std::string& path,
             SortedManifests& out) {
  if (auto made = MakeHook(piece.head, events, path, piece.text); made.has_value())
    out.hooks.push_back(*std::move(made));
}

// The piece becomes the text it lies in.
void TakePiece(std::string& text, std::string_view piece, std::string& out) {
  const auto begin = static_cast<size_t>(piece.data() - text.data());
  text.resize(begin + piece.size());
  text.erase(0, begin);
  out = std::move(text);
}

// `take`: the file's own text, which its largest manifest may become; null: all are copied.
void AddPieces(const std::string& path, std::vector<Piece> pieces, std::string* take,
               SortedManifests& out) {
  const Piece* largest = nullptr;
  size_t place = 0;
  for (Piece& piece : pieces) {
    const auto hook = piece.head.annotations.find("helm.sh/hook");
    if (hook != piece.head.annotations.end()) {
      AddHook(piece, hook->second, path, out);
      continue;
    }
    out.manifests.push_back({path, "", std::move(piece.head)});
    if (take != nullptr && (largest == nullptr || piece.text.size() > largest->text.size())) {
      if (largest != nullptr) out.manifests[place].content = largest->text;
      largest = &piece;
      place = out.manifests.size() - 1;
    } else {
      out.manifests.back().content = piece.text;
    }
  }
  if (largest != nullptr) TakePiece(*take, largest->text, out.manifests[place].content);
}

// Stable: equal kinds stay as they came. Ranks are looked up once.
template <class T, class KindOf>
void SortByKind(std::vector<T>& items, KindOrder order, HelmVersion version, KindOf kind_of) {
  std::vector<std::pair<size_t, size_t>> ranks(items.size());
  for (size_t i = 0; i < items.size(); ++i)
    ranks[i] = {KindRank(kind_of(items[i]), order, version), i};
  std::ranges::stable_sort(ranks, [&](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return a.first == kInstallOrder.size() && kind_of(items[a.second]) < kind_of(items[b.second]);
  });
  std::vector<T> sorted;
  sorted.reserve(items.size());
  for (const auto& [rank, i] : ranks) sorted.push_back(std::move(items[i]));
  items = std::move(sorted);
}

}  // namespace

std::string_view HookEventName(HookEvent event) { return kEvents[static_cast<size_t>(event)]; }

std::optional<HookEvent> ParseHookEvent(std::string_view name) {
  const std::string lower = base::ToLower(TrimGoSpace(name));
  if (lower == "test-success") return HookEvent::kTest;
  const auto* it = std::ranges::find(kEvents, lower);
  if (it == std::end(kEvents)) return std::nullopt;
  return static_cast<HookEvent>(it - kEvents);
}

bool Hook::Has(HookEvent event) const { return std::ranges::find(events, event) != events.end(); }
bool Hook::HasDeletePolicy(std::string_view policy) const {
  return std::ranges::find(delete_policies, policy) != delete_policies.end();
}

size_t KindRank(std::string_view kind, KindOrder order, HelmVersion version) {
  if (version == HelmVersion::kV3 && kind.ends_with("WebhookConfiguration"))
    return kInstallOrder.size();
  const auto& known = order == KindOrder::kInstall ? kInstallOrder : kUninstallOrder;
  return static_cast<size_t>(std::ranges::find(known, kind) - known.begin());
}

bool KindLess(std::string_view a, std::string_view b, KindOrder order, HelmVersion version) {
  const size_t x = KindRank(a, order, version), y = KindRank(b, order, version);
  return x != y ? x < y : x == kInstallOrder.size() && a < b;
}

std::vector<std::string_view> SplitManifests(std::string_view text, HelmVersion version) {
  return version == HelmVersion::kV3 ? SplitV3(text) : SplitV4(text);
}

namespace {

// Indices of the files that have manifests, by path.
std::vector<size_t> FilesInOrder(std::span<const RenderedFile> files) {
  std::vector<size_t> sorted;
  for (size_t i = 0; i < files.size(); ++i) {
    if (!BaseName(files[i].path).starts_with('_') && !TrimLeftSpace(files[i].content).empty())
      sorted.push_back(i);
  }
  std::ranges::stable_sort(sorted, {}, [&](size_t i) -> std::string_view { return files[i].path; });
  return sorted;
}

void Sort(SortedManifests& out, KindOrder order, HelmVersion version) {
  SortByKind(out.hooks, order, version,
             [](const Hook& hook) -> std::string_view { return hook.kind; });
  SortByKind(out.manifests, order, version,
             [](const Manifest& manifest) -> std::string_view { return manifest.head.kind; });
}

}  // namespace

Result<SortedManifests> SortManifests(std::span<const RenderedFile> files, KindOrder order,
                                      HelmVersion version, SortedManifests* partial,
                                      const WarningSink& warn) {
  SortedManifests out;
  for (const size_t i : FilesInOrder(files)) {
    std::vector<Piece> pieces;
    Status status = ReadFile(files[i], version, warn, pieces);
    AddPieces(files[i].path, std::move(pieces), nullptr, out);
    if (status.ok()) continue;
    if (partial != nullptr) *partial = std::move(out);
    return status;
  }
  Sort(out, order, version);
  return out;
}

Result<SortedManifests> SortManifests(std::vector<RenderedFile>&& files, KindOrder order,
                                      HelmVersion version, const WarningSink& warn) {
  const std::vector<size_t> sorted = FilesInOrder(files);
  std::vector<std::vector<Piece>> pieces(sorted.size());
  for (size_t k = 0; k < sorted.size(); ++k)
    SLUICE_TRY(ReadFile(files[sorted[k]], version, warn, pieces[k]));
  SortedManifests out;
  for (size_t k = 0; k < sorted.size(); ++k) {
    RenderedFile& file = files[sorted[k]];
    AddPieces(file.path, std::move(pieces[k]), &file.content, out);
  }
  Sort(out, order, version);
  return out;
}

std::vector<size_t> HooksOf(std::span<const Hook> hooks, HookEvent event) {
  std::vector<size_t> out;
  for (size_t i = 0; i < hooks.size(); ++i) {
    for (const HookEvent e : hooks[i].events) {  // one that names the event twice runs twice
      if (e == event) out.push_back(i);
    }
  }
  std::ranges::stable_sort(out, [&](size_t a, size_t b) {
    return hooks[a].weight != hooks[b].weight ? hooks[a].weight < hooks[b].weight
                                              : hooks[a].name < hooks[b].name;
  });
  return out;
}

ResourcePolicy ResourcePolicyOf(const ManifestHead& head) {
  const auto it = head.annotations.find("helm.sh/resource-policy");
  if (it == head.annotations.end()) return ResourcePolicy::kNone;
  return base::ToLower(TrimGoSpace(it->second)) == "keep" ? ResourcePolicy::kKeep
                                                          : ResourcePolicy::kOther;
}

}  // namespace sluice::helm
