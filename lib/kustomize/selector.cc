#include "selector.h"

#include "base/strings.h"

namespace sluice::kustomize {

using base::Cat;
using base::Result;
using base::Status;

Result<Pattern> Pattern::Make(std::string_view text, bool anchored) {
  Pattern pattern;
  pattern.anchored_ = anchored;
  pattern.any_ = text.empty();
  if (text.find_first_of("\\^$.|?*+()[]{}") == text.npos) {
    pattern.literal_ = text;
    return pattern;
  }
  SLUICE_TRY(pattern.regex_,
             regex::GoRegex::Compile(anchored ? Cat("^(?:", text, ")$") : std::string(text)));
  return pattern;
}

Result<Pattern> Pattern::Anchored(std::string_view text) { return Make(text, true); }
Result<Pattern> Pattern::Unanchored(std::string_view text) { return Make(text, false); }

bool Pattern::Matches(std::string_view text) const {
  if (any_) return true;
  if (regex_.has_value()) return regex_->Matches(text);
  return anchored_ ? text == literal_ : text.find(literal_) != text.npos;
}

Result<ResourceSelector> ResourceSelector::Make(const Selector& s) {
  ResourceSelector out;
  SLUICE_TRY(out.group_, Pattern::Anchored(s.group));
  SLUICE_TRY(out.version_, Pattern::Anchored(s.version));
  SLUICE_TRY(out.kind_, Pattern::Anchored(s.kind));
  SLUICE_TRY(out.name_, Pattern::Anchored(s.name));
  SLUICE_TRY(out.ns_, Pattern::Anchored(s.ns));
  const auto parse = [](std::string_view text, LabelSelector& into, Status& wrong) {
    auto parsed = LabelSelector::Parse(text);
    if (parsed.ok())
      into = *std::move(parsed);
    else
      wrong = parsed.status();
  };
  parse(s.label_selector, out.labels_, out.wrong_labels_);
  parse(s.annotation_selector, out.annotations_, out.wrong_annotations_);
  return out;
}

Result<bool> ResourceSelector::Selects(const Resource& r) const {
  const ResId now = r.id(), first = r.original_id();
  if (!ns_.Matches(first.effective_namespace()) && !ns_.Matches(now.effective_namespace()))
    return false;
  if (!name_.Matches(first.name) && !name_.Matches(now.name)) return false;
  if (!group_.Matches(now.gvk.group) || !version_.Matches(now.gvk.version) ||
      !kind_.Matches(now.gvk.kind))
    return false;
  SLUICE_TRY(const bool labels, MatchesLabels(r));
  if (!labels) return false;
  return MatchesAnnotations(r);
}

Result<std::vector<Resource*>> ResourceSelector::Select(const ResMap& map) const {
  std::vector<Resource*> selected;
  for (Resource* r : map) {
    SLUICE_TRY(const bool selects, Selects(*r));
    if (selects) selected.push_back(r);
  }
  return selected;
}

bool ResourceSelector::MatchesId(const Gvk& gvk, std::string_view name, std::string_view ns) const {
  return group_.Matches(gvk.group) && version_.Matches(gvk.version) && kind_.Matches(gvk.kind) &&
         name_.Matches(name) && ns_.Matches(ns);
}

Result<bool> ResourceSelector::MatchesLabels(const Resource& r) const {
  if (!wrong_labels_.ok()) return wrong_labels_;
  return labels_.Matches(r.labels());
}
Result<bool> ResourceSelector::MatchesAnnotations(const Resource& r) const {
  if (!wrong_annotations_.ok()) return wrong_annotations_;
  return annotations_.Matches(r.annotations());
}

}  // namespace sluice::kustomize
