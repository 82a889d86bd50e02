#include "name_reference.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/strings.h"
#include "document/yaml.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;

struct Rule {
  const Gvk* referent;
  const FieldSpec* spec;
};

// The rules by the kind of the referrer; those without kind under "".
class RuleIndex {
 public:
  explicit RuleIndex(const TransformerConfig& config) {
    for (const NameReference& reference : config.name_reference) {
      for (const FieldSpec& spec : reference.referrers)
        rules_[spec.gvk.kind].push_back({&reference.referent, &spec});
    }
  }
  template <class F>
  Status ForEach(const Gvk& gvk, F f) const {
    for (const std::string_view kind : {gvk.kind, std::string_view()}) {
      const auto it = rules_.find(kind);
      if (it == rules_.end() || (kind.empty() && gvk.kind.empty())) continue;
      for (const Rule& rule : it->second) {
        if (gvk.Matches(rule.spec->gvk)) SLUICE_TRY(f(rule));
      }
    }
    return {};
  }

 private:
  std::unordered_map<std::string_view, std::vector<Rule>> rules_;
};

const RuleIndex& DefaultRules() {
  static const RuleIndex index(DefaultConfig());
  return index;
}

bool SameEnd(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  const size_t n = std::min(a.size(), b.size());
  if (n == 0) return a.size() == b.size();
  return std::equal(a.end() - static_cast<ptrdiff_t>(n), a.end(),
                    b.end() - static_cast<ptrdiff_t>(n));
}

bool AffixesAgree(const Resource& a, const Resource& b, bool empty_agrees) {
  const bool prefixes = empty_agrees && (a.prefixes.empty() || b.prefixes.empty());
  const bool suffixes = empty_agrees && (a.suffixes.empty() || b.suffixes.empty());
  return (prefixes || SameEnd(a.prefixes, b.prefixes)) &&
         (suffixes || SameEnd(a.suffixes, b.suffixes));
}

using Candidates = std::vector<Resource*>;

class Fixer {
 public:
  Fixer(BuildContext& context, const ResMap& map) : context_(context), map_(map) {
    std::set<std::string> ids;
    for (Resource* r : map) {
      for (size_t i = 0; i < r->previous_count(); ++i) {
        Candidates& list = by_old_name_[r->previous_id(i).name];
        if (list.empty() || list.back() != r) list.push_back(r);
      }
      // Patches may have given two objects one id; who could refer to both fails.
      const ResId id = r->id();
      if (!ids.insert(Cat(id.ToString(), "\n", id.effective_namespace())).second)
        repeated_.push_back(r);
    }
  }

  Status Fix(Resource& referrer, const RuleIndex& rules) {
    referrer_ = &referrer;
    const ResId id = referrer.id();
    cluster_scoped_ = id.cluster_scoped;
    namespace_ = id.effective_namespace();
    namespaces_known_ = false;
    return rules.ForEach(referrer.original_id().gvk, [&](const Rule& rule) { return Apply(rule); });
  }

 private:
  Status Apply(const Rule& rule) {
    referent_ = rule.referent;
    path_ = rule.spec->path;
    FieldSpec spec = *rule.spec;
    spec.create = false;
    Status s = VisitField(
        referrer_->root(), spec, CreateKind::kNone, [this](Node* node) { return Set(node); },
        [this] { return referrer_->id().ToString(); });
    if (binding_error_) return binding_status_;
    if (s.ok()) return s;
    return std::move(s).Wrap(Cat("updating name reference in '", path_, "' field of '",
                                 referrer_->id().ToString(), "'"));
  }

  Status Set(Node* node) {
    SLUICE_TRY(LearnBindingNamespaces());
    if (node->IsNull()) return {};
    if (node->is_scalar()) return SetScalar(node);
    if (node->is_mapping()) return SetMapping(node);
    for (Node* item : node->items()) {
      if (item->is_scalar())
        SLUICE_TRY(SetScalar(item));
      else if (item->is_mapping())
        SLUICE_TRY(SetMapping(item));
      else
        return base::InvalidArgument("node must be a scalar, sequence or map");
    }
    return {};
  }

  // A RoleBinding may name service accounts of other namespaces, and so refer to what is in them.
  Status LearnBindingNamespaces() {
    if (namespaces_known_) return {};
    namespaces_known_ = true;
    binding_namespaces_.clear();
    if (cluster_scoped_) return {};
    SLUICE_TRY(LearnSubjects());
    for (const Resource* r : repeated_) {
      if (!CouldRefer(*r)) continue;
      return Abort(base::AlreadyExists(
          Cat("may not add resource with an already registered id: ", r->id().ToString())));
    }
    return {};
  }

  // Reported as it is, without the path that led to it.
  Status Abort(Status status) {
    binding_error_ = true;
    binding_status_ = std::move(status);
    return binding_status_;
  }

  Status LearnSubjects() {
    if (referrer_->kind() != "RoleBinding") return {};
    const Node* subjects = referrer_->root()->Find("subjects");
    if (subjects == nullptr) return {};
    for (const Node* subject : subjects->items()) {
      if (!subject->is_mapping()) {
        return Abort(Status(
            kPanic, "interface conversion: interface {} is string, not map[string]interface {}"));
      }
      const Node *ns = subject->Find("namespace"), *kind = subject->Find("kind");
      if (ns == nullptr || kind == nullptr || kind->value() != "ServiceAccount") continue;
      if (!ns->is_scalar() || ns->ShortTag() != Tag::kStr) {
        return Abort(base::InvalidArgument(Cat("Invalid Input: namespace is blank for resource ",
                                               base::QuoteGo(referrer_->id().ToString()), "\n")));
      }
      binding_namespaces_.insert(ns->value());
    }
    return {};
  }

  bool CouldRefer(const Resource& candidate) const {
    if (cluster_scoped_) return true;
    const ResId id = candidate.id();
    return id.cluster_scoped || id.effective_namespace() == namespace_ ||
           binding_namespaces_.contains(id.ns);
  }

  Status SetScalar(Node* node) {
    const auto it = by_old_name_.find(node->value());
    if (it == by_old_name_.end()) return {};
    Candidates candidates;
    for (Resource* r : it->second) {
      if (CouldRefer(*r)) candidates.push_back(r);
    }
    SLUICE_TRY(const Resource* const referral, Pick(node->value(), std::move(candidates), false));
    if (referral == nullptr || referral->name() == node->value()) return {};
    return SetScalarKeepingStyle(node, referral->name(), Tag::kNone);
  }

  Status SetMapping(Node* node) {
    Node* name = node->Find("name");
    if (name == nullptr) return base::InvalidArgument("path config error; no 'name' field in node");
    const std::string_view old = name->value();
    const auto it = by_old_name_.find(old);
    if (it == by_old_name_.end()) return {};
    Candidates candidates;
    for (Resource* r : it->second) {
      if (CouldRefer(*r)) candidates.push_back(r);
    }
    if (const Node* ns = node->Find("namespace")) candidates = InNamespace(ns->value(), candidates);
    SLUICE_TRY(const Resource* const referral, Pick(old, std::move(candidates), true));
    if (referral == nullptr || (referral->name() == old && referral->ns().empty())) return {};
    SLUICE_TRY(SetField(node, "name", referral->name()));
    return referral->ns().empty() ? Status() : SetField(node, "namespace", referral->ns());
  }

  static Status SetField(Node* map, std::string_view key, std::string_view value) {
    if (Node* old = map->Find(key)) {
      if (old->is_scalar()) return SetScalarKeepingStyle(old, value, Tag::kNone);
    }
    map->Set(key, map->arena().NewScalar(value));
    return {};
  }

  // Originals count where anything at all that the referrer could refer to was in the namespace,
  // whatever its name.
  Candidates InNamespace(std::string_view ns, const Candidates& candidates) {
    const bool by_original = AnyOriginallyIn(ns);
    Candidates found;
    for (Resource* r : candidates) {
      const ResId id = by_original ? r->original_id() : r->id();
      if (id.effective_namespace() == ns) found.push_back(r);
    }
    return found;
  }

  bool AnyOriginallyIn(std::string_view ns) {
    if (by_original_namespace_.empty()) {
      for (Resource* r : map_)
        by_original_namespace_[std::string(r->original_id().effective_namespace())].push_back(r);
    }
    const auto it = by_original_namespace_.find(ns);
    return it != by_original_namespace_.end() &&
           std::ranges::any_of(it->second, [this](const Resource* r) { return CouldRefer(*r); });
  }

  Result<const Resource*> Pick(std::string_view old_name, Candidates list,
                               bool with_namespace) const {
    const auto keep = [&list](auto predicate) {
      std::erase_if(list, [&](Resource* r) { return !predicate(*r); });
    };
    keep([&](const Resource& r) { return r.HasPreviousName(old_name); });
    keep([&](const Resource& r) {
      for (size_t i = 0; i < r.previous_count(); ++i) {
        if (r.previous_id(i).gvk.Matches(*referent_)) return true;
      }
      return false;
    });
    if (path_.ends_with("roleRef/name"))
      keep([this](const Resource& r) { return MatchesRoleRef(r); });
    if (!cluster_scoped_) {
      keep([this](const Resource& r) {
        const ResId id = r.id();
        return id.cluster_scoped || id.gvk.kind == "ServiceAccount" ||
               id.effective_namespace() == namespace_;
      });
    }
    if (list.size() == 1) return list[0];
    keep([this](const Resource& r) { return AffixesAgree(r, *referrer_, true); });
    if (list.size() > 1)
      keep([this](const Resource& r) { return AffixesAgree(r, *referrer_, false); });
    if (list.empty()) return static_cast<const Resource*>(nullptr);
    const bool same = std::ranges::all_of(list, [&](const Resource* r) {
      return r->name() == list[0]->name() && (!with_namespace || r->ns() == list[0]->ns());
    });
    if (list.size() == 1 || same) return list[0];
    return Ambiguous(list);
  }

  bool MatchesRoleRef(const Resource& r) const {
    const Node* ref = referrer_->root()->Find("roleRef");
    if (ref == nullptr) return true;
    const Node *group = ref->Find("apiGroup"), *kind = ref->Find("kind");
    if (group == nullptr || kind == nullptr) return true;
    const Gvk wanted{group->value(), "", kind->value()};
    for (size_t i = 0; i < r.previous_count(); ++i) {
      if (r.previous_id(i).gvk.Matches(wanted)) return true;
    }
    return false;
  }

  Status Ambiguous(const Candidates& list) const {
    std::vector<std::string> ids;
    for (const Resource* r : list) ids.push_back(r->id().ToString());
    std::string text =
        Cat("found multiple possible referrals: ", base::Join(ids, ", "),
            "\n\n**** Too many possible referral targets to referrer:\n", Yaml(*referrer_));
    for (size_t i = 0; i < list.size(); ++i) {
      text += Cat("\n--- possible referral ", std::to_string(i), ":\n", Yaml(*list[i]));
    }
    return base::FailedPrecondition(text);
  }

  std::string Yaml(const Resource& r) const {
    std::string out;
    (void)document::AppendResourceYaml(out, *r.Dump(context_.arena));
    return out;
  }

  BuildContext& context_;
  const ResMap& map_;
  std::unordered_map<std::string_view, Candidates> by_old_name_;
  // filled where it is first asked for
  std::map<std::string, Candidates, std::less<>> by_original_namespace_;
  std::vector<Resource*> repeated_;
  Resource* referrer_ = nullptr;
  bool cluster_scoped_ = false, namespaces_known_ = false, binding_error_ = false;
  Status binding_status_;
  std::string_view namespace_, path_;
  std::set<std::string_view> binding_namespaces_;
  const Gvk* referent_ = nullptr;
};

}  // namespace

Status FixNameReferences(BuildContext& context, ResMap& map, const TransformerConfig& config) {
  Fixer fixer(context, map);
  std::optional<RuleIndex> own;
  if (&config != &DefaultConfig()) own.emplace(config);
  const RuleIndex& rules = own.has_value() ? *own : DefaultRules();
  for (Resource* r : map) SLUICE_TRY(fixer.Fix(*r, rules));
  return {};
}

}  // namespace sluice::kustomize
