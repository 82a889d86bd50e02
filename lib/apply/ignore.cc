#include "ignore.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "document/patch.h"
#include "kube/object.h"
#include "managed_fields.h"

namespace sluice::apply {
namespace {

using base::Result;
using base::Status;
using document::Value;

std::unique_ptr<re2::RE2> Anchored(const std::string& pattern) {
  return std::make_unique<re2::RE2>("^(?:" + pattern + ")$", re2::RE2::Quiet);
}

bool ListHas(std::string_view list, std::string_view value) {
  return std::ranges::any_of(base::Split(list, ","),
                             [&](std::string_view v) { return base::TrimSpace(v) == value; });
}

// One requirement of a selector.
Result<bool> Matches(std::string_view requirement, const Value& labels) {
  requirement = base::TrimSpace(requirement);
  const auto get = [&labels](std::string_view key) { return labels.Find(base::TrimSpace(key)); };
  if (const size_t open = requirement.find('('); open != requirement.npos) {
    const size_t close = requirement.find(')', open);
    const auto words = base::Fields(requirement.substr(0, open));
    if (close == requirement.npos || words.size() != 2 ||
        (words[1] != "in" && words[1] != "notin")) {
      return base::InvalidArgument("unable to parse requirement: " +
                                   std::string(requirement.substr(0, 128)));
    }
    const Value* value = get(words[0]);
    const bool in = value != nullptr &&
                    ListHas(requirement.substr(open + 1, close - open - 1), value->AsString());
    return (words[1] == "in") == in;
  }
  for (const std::string_view op : {"!=", "==", "="}) {
    const auto parts = base::Cut(requirement, op);
    if (!parts) continue;
    const Value* value = get(parts->first);
    const bool equal = value != nullptr && value->AsString() == base::TrimSpace(parts->second);
    return (op == "!=") != equal;
  }
  if (requirement.starts_with('!')) return get(requirement.substr(1)) == nullptr;
  if (requirement.empty() || requirement.find(' ') != requirement.npos) {
    return base::InvalidArgument("unable to parse requirement: " +
                                 std::string(requirement.substr(0, 128)));
  }
  return get(requirement) != nullptr;
}

// Sets the value at a pointer whose parents exist.
void SetPointer(Value& root, const std::vector<std::string>& path, const Value& value) {
  Value* at = &root;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    if (at->is_array()) {
      const auto index = base::ParseUint64(path[i]);
      if (!index || *index >= at->size()) return;
      at = &at->mutable_items()[*index];
    } else {
      if (!at->is_object()) return;
      at = &at->Mutable(path[i]);
      if (!at->is_null() && !at->is_object() && !at->is_array()) return;
    }
  }
  if (at->is_array()) {
    const auto index = base::ParseUint64(path.back());
    if (index && *index < at->size()) at->mutable_items()[*index] = value;
  } else {
    at->Set(path.back(), value);
  }
}

}  // namespace

Result<bool> MatchesSelector(std::string_view selector, const Value& labels) {
  size_t begin = 0;
  int depth = 0;
  if (base::TrimSpace(selector).empty()) return true;
  for (size_t i = 0; i <= selector.size(); ++i) {
    if (i < selector.size() && selector[i] == '(') ++depth;
    if (i < selector.size() && selector[i] == ')') --depth;
    if (i < selector.size() && (selector[i] != ',' || depth > 0)) continue;
    SLUICE_TRY(const bool matches, Matches(selector.substr(begin, i - begin), labels));
    if (!matches) return false;
    begin = i + 1;
  }
  return true;
}

struct IgnoreRules::Rule {
  std::vector<std::string> paths;
  // group, version, kind, namespace, name; null = any
  std::array<std::unique_ptr<re2::RE2>, 5> patterns;
  std::string labels, annotations;
};

IgnoreRules::IgnoreRules() = default;
IgnoreRules::IgnoreRules(IgnoreRules&&) noexcept = default;
IgnoreRules& IgnoreRules::operator=(IgnoreRules&&) noexcept = default;
IgnoreRules::~IgnoreRules() = default;

Result<IgnoreRules> IgnoreRules::Compile(const std::vector<IgnoreRule>& rules) {
  IgnoreRules out;
  for (const auto& rule : rules) {
    Rule compiled;
    compiled.paths = rule.paths;
    compiled.labels = rule.label_selector;
    compiled.annotations = rule.annotation_selector;
    const std::array<const std::string*, 5> texts = {&rule.group, &rule.version, &rule.kind,
                                                     &rule.ns, &rule.name};
    for (size_t i = 0; i < texts.size(); ++i) {
      if (texts[i]->empty()) continue;
      compiled.patterns[i] = Anchored(*texts[i]);
      if (!compiled.patterns[i]->ok())
        return base::InvalidArgument("invalid ignore target: " + compiled.patterns[i]->error());
    }
    SLUICE_TRY([[maybe_unused]] const bool l, MatchesSelector(compiled.labels, Value()));
    SLUICE_TRY([[maybe_unused]] const bool a, MatchesSelector(compiled.annotations, Value()));
    out.rules_.push_back(std::move(compiled));
  }
  return out;
}

std::vector<std::string> IgnoreRules::PathsFor(const Value& object) const {
  std::vector<std::string> out;
  if (rules_.empty()) return out;
  const auto gvk = kube::GvkOf(object);
  const auto key = kube::KeyOf(object);
  const std::array<const std::string*, 5> texts = {&gvk.group, &gvk.version, &gvk.kind, &key.ns,
                                                   &key.name};
  for (const auto& rule : rules_) {
    bool matches = true;
    for (size_t i = 0; i < texts.size() && matches; ++i) {
      matches = rule.patterns[i] == nullptr || re2::RE2::FullMatch(*texts[i], *rule.patterns[i]);
    }
    const Value& metadata = object["metadata"];
    matches = matches && MatchesSelector(rule.labels, metadata["labels"]).value_or(false) &&
              MatchesSelector(rule.annotations, metadata["annotations"]).value_or(false);
    if (matches) out.insert(out.end(), rule.paths.begin(), rule.paths.end());
  }
  return out;
}

void KeepIgnored(Value& desired, const Value& live, const std::vector<std::string>& paths,
                 std::string_view our_manager) {
  for (const auto& pointer : paths) {
    const Value* theirs = document::FindPointer(live, pointer);
    const Value* ours = document::FindPointer(desired, pointer);
    if (ours == nullptr || (theirs != nullptr && *ours == *theirs)) continue;
    if (theirs == nullptr || OwnedByOtherApplier(live, pointer, our_manager)) {
      document::RemovePointer(desired, pointer);
      continue;
    }
    const Value kept = *theirs;
    if (const auto path = document::ParsePointer(pointer); path.ok() && !path->empty())
      SetPointer(desired, *path, kept);
  }
}

}  // namespace sluice::apply
