// replacements: spec §18.
#include "base/strings.h"
#include "document/json.h"
#include "document/yaml.h"
#include "field_path.h"
#include "keep_comments.h"
#include "kustfile_fields.h"
#include "reader.h"
#include "selector.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

constexpr std::string_view kDefaultPath = "metadata.name";
constexpr std::string_view kWrongTarget = "error creating target selector";

struct Target {
  ResourceSelector select;
  struct Rejection {
    ResourceSelector selector;
    bool by_id, by_labels;
  };
  std::vector<Rejection> reject;
  std::vector<std::string> field_paths;
  std::optional<FieldOptions> options;
};

std::string GoPrint(const SourceSelector& s) {
  std::string out = ResId{{s.group, s.version, s.kind}, s.name, s.ns}.ToString();
  if (!s.field_path.empty()) out += Cat(":", s.field_path);
  if (s.options.has_value()) {
    out += Cat(":", s.options->delimiter, "(", std::to_string(s.options->index),
               "), create=", s.options->create ? "true" : "false");
  }
  return out;
}

bool HasId(const Selector& s) {
  return !s.group.empty() || !s.version.empty() || !s.kind.empty() || !s.name.empty() ||
         !s.ns.empty();
}

// "data.x" leads into a text that is itself YAML or JSON: the value is set there. False: it does
// not, or that failed.
class StructuredText {
 public:
  StructuredText(Node* object, const Node& value, bool create)
      : object_(object), value_(value), create_(create) {}

  bool Set(const FieldPath& path) {
    if (path.size() < 2) return false;
    for (size_t n = 1; n < path.size(); ++n) {
      const FieldPath prefix(path.begin(), path.begin() + static_cast<ptrdiff_t>(n));
      auto scalar = LookupField(object_, prefix);
      if (!scalar.ok() || *scalar == nullptr || !(*scalar)->is_scalar()) continue;
      auto parsed =
          document::ParseYaml(object_->arena(), (*scalar)->value(), {.first_document_only = true});
      if (!parsed.ok()) continue;
      if (parsed->empty()) return false;
      const FieldPath rest(path.begin() + static_cast<ptrdiff_t>(n), path.end());
      return SetInside(*scalar, parsed->front(), rest);
    }
    return false;
  }

 private:
  bool SetInside(Node* scalar, Node* root, const FieldPath& rest) {
    const std::string before =
        document::WriteYaml3(*root, {.indent = 2, .compact_sequences = true});
    auto found = MatchField(root, rest, {.create = create_, .leaf = value_.kind()});
    if (!found.ok() || found->empty()) return false;
    for (Node* target : *found) {
      if (target->is_scalar())
        target->SetValue(value_.value());
      else
        target->Assign(*value_.Clone(target->arena()));
    }
    std::string text;
    const std::string_view old = base::TrimSpace(scalar->value());
    if (old.starts_with('{') || old.starts_with('[')) {
      const auto data = document::ToValue(*root);
      if (!data.ok()) return true;  // the peer leaves the text as it is
      const bool indented = old.find('\n') != old.npos && old.find("  ") != old.npos;
      text = document::ToJson(*data, {.indent = indented ? 2 : 0});
    } else {
      text = KeepComments(old, before,
                          document::WriteYaml3(*root, {.indent = 2, .compact_sequences = true}));
    }
    scalar->SetValue(base::TrimSpace(text));
    return true;
  }

  Node* object_;
  const Node& value_;
  bool create_;
};

class ReplacementTransformer final : public Transformer {
 public:
  ReplacementTransformer(BuildContext& context, std::vector<Replacement> list)
      : context_(context), list_(std::move(list)) {}

  Status Transform(ResMap& map) override {
    for (const Replacement& r : list_) {
      if ((!r.source.has_value() && !r.source_value.has_value()) || r.targets.empty()) {
        return base::InvalidArgument("replacements must specify a source and at least one target");
      }
      SLUICE_TRY(const Node* const value, FindValue(map, r));
      for (const TargetSelector& t : r.targets) {
        SLUICE_TRY(const Target target, MakeTarget(t));
        for (Resource* resource : map) {
          SLUICE_TRY(const bool selects, Selects(target, *resource));
          if (selects) SLUICE_TRY(Copy(target, *resource, *value));
        }
      }
    }
    map.Touch();
    return {};
  }

 private:
  static Result<Target> MakeTarget(const TargetSelector& t) {
    if (!t.select.has_value())
      return base::InvalidArgument("target must specify resources to select");
    Target target;
    auto select = ResourceSelector::Make(*t.select);
    if (!select.ok()) return std::move(select).status().Wrap(kWrongTarget);
    target.select = *std::move(select);
    for (const Selector& s : t.reject) {
      auto selector = ResourceSelector::Make(s);
      if (!selector.ok()) return std::move(selector).status().Wrap(kWrongTarget);
      target.reject.push_back({*std::move(selector), HasId(s),
                               !s.label_selector.empty() || !s.annotation_selector.empty()});
    }
    target.field_paths = t.field_paths;
    if (target.field_paths.empty()) target.field_paths.emplace_back(kDefaultPath);
    target.options = t.options;
    return target;
  }

  static bool AnyIdMatches(const ResourceSelector& selector, const Resource& r) {
    if (selector.MatchesId(r.gvk(), r.name(), r.ns())) return true;
    for (size_t i = 0; i < r.previous_count(); ++i) {
      const ResId id = r.previous_id(i);
      if (selector.MatchesId(id.gvk, id.name, id.ns)) return true;
    }
    return false;
  }

  // Annotations before labels: so a wrong selector is told.
  static Result<bool> HasLabels(const ResourceSelector& selector, const Resource& r) {
    SLUICE_TRY(const bool annotations, selector.MatchesAnnotations(r));
    SLUICE_TRY(const bool labels, selector.MatchesLabels(r));
    return annotations && labels;
  }

  static Result<bool> Selects(const Target& target, const Resource& r) {
    SLUICE_TRY(const bool wanted, HasLabels(target.select, r));
    if (!wanted) return false;
    for (const auto& [selector, by_id, by_labels] : target.reject) {
      if (by_labels) {
        SLUICE_TRY(const bool unwanted, HasLabels(selector, r));
        if (unwanted) return false;
      }
    }
    for (const auto& [selector, by_id, by_labels] : target.reject) {
      if (by_id && AnyIdMatches(selector, r)) return false;
    }
    return AnyIdMatches(target.select, r);
  }

  static Result<Resource*> FindSource(const ResMap& map, const SourceSelector& s) {
    const Gvk type{s.group, s.version, s.kind};
    const std::string_view ns = ResId{{}, "", s.ns}.effective_namespace();
    Resource* source = nullptr;
    for (Resource* r : map) {
      const bool match = r->AnyId([&](const ResId& id) {
        // Whether the type is cluster-scoped is not looked at here.
        const ResId plain{id.gvk, id.name, id.ns};
        return (s.name.empty() || s.name == id.name) &&
               (s.ns.empty() || ns == plain.effective_namespace()) && id.gvk.Matches(type);
      });
      if (!match) continue;
      if (source != nullptr)
        return base::FailedPrecondition(Cat("multiple matches for selector ", GoPrint(s)));
      source = r;
    }
    if (source == nullptr) return base::NotFound(Cat("nothing selected by ", GoPrint(s)));
    return source;
  }

  Result<const Node*> FindValue(const ResMap& map, const Replacement& r) {
    if (r.source.has_value() && r.source_value.has_value()) {
      return base::InvalidArgument("value and resource selectors are mutually exclusive");
    }
    if (r.source_value.has_value()) return context_.arena.NewScalar(*r.source_value);
    const SourceSelector& s = *r.source;
    SLUICE_TRY(const Resource* const source, FindSource(map, s));
    const std::string path = s.field_path.empty() ? std::string(kDefaultPath) : s.field_path;
    auto found = LookupField(source->root(), SplitFieldPath(path));
    if (!found.ok()) return std::move(found).status().Wrap("error looking up replacement source");
    Node* node = *found;
    if (node == nullptr || node->IsNull() || (!node->is_scalar() && node->empty())) {
      return base::NotFound(Cat("fieldPath `", path, "` is missing for replacement source ",
                                ResId{{s.group, s.version, s.kind}, s.name, s.ns}.ToString()));
    }
    // The node itself: what a target changes in it is what the next one gets.
    if (!s.options.has_value() || s.options->delimiter.empty()) return node;
    if (!node->is_scalar())
      return base::InvalidArgument("delimiter option can only be used with scalar nodes");
    const auto parts = base::Split(node->value(), s.options->delimiter);
    const int index = s.options->index;
    if (index < 0 || static_cast<size_t>(index) >= parts.size()) {
      return base::InvalidArgument(Cat("options.index ", std::to_string(index),
                                       " is out of bounds for value ", node->value()));
    }
    Node* part = node->Clone(context_.arena);
    part->SetValue(parts[static_cast<size_t>(index)]);
    return part;
  }

  static Status Copy(const Target& target, Resource& r, const Node& value) {
    const bool create = target.options.has_value() && target.options->create;
    for (const std::string& text : target.field_paths) {
      const FieldPath path = SplitFieldPath(text);
      if (StructuredText(r.root(), value, create).Set(path)) continue;
      const std::string missing = Cat("unable to find ", create ? "or create " : "", "field ",
                                      base::QuoteGo(text), " in replacement target");
      auto found = MatchField(r.root(), path, {.create = create, .leaf = value.kind()});
      if (!found.ok()) return std::move(found).status().Wrap(missing);
      if (found->empty()) return base::NotFound(missing);
      for (Node* node : *found) SLUICE_TRY(SetNode(target.options, node, value));
    }
    return {};
  }

  static Status SetNode(const std::optional<FieldOptions>& options, Node* node, const Node& value) {
    std::string text(value.value());
    if (options.has_value() && !options->delimiter.empty()) {
      if (!node->is_scalar())
        return base::InvalidArgument("delimiter option can only be used with scalar nodes");
      const auto split = base::Split(node->value(), options->delimiter);
      std::vector<std::string> parts(split.begin(), split.end());
      if (options->index < 0)
        parts.insert(parts.begin(), text);
      else if (static_cast<size_t>(options->index) >= parts.size())
        parts.push_back(text);
      else
        parts[static_cast<size_t>(options->index)] = text;
      text = base::Join(parts, options->delimiter);
    }
    if (node->is_scalar())
      node->SetValue(text);
    else
      node->Assign(*value.Clone(node->arena()));
    return {};
  }

  BuildContext& context_;
  std::vector<Replacement> list_;
};

Result<std::vector<Replacement>> LoadReplacements(const Loader& loader, const std::string& path) {
  SLUICE_TRY(const std::string text, loader.Load(path));
  auto parsed = document::ParseYamlToValue(text);
  if (!parsed.ok()) return std::move(parsed).status().Wrap("error converting YAML to JSON");
  const Value& value = *parsed;
  std::vector<Replacement> list;
  if (value.is_array() || value.is_object()) {
    Decoder decoder(/*strict=*/false);
    Status s =
        value.is_array() ? decoder.Decode(value, list) : decoder.Decode(value, list.emplace_back());
    if (!s.ok()) return std::move(s).Wrap("error unmarshaling JSON: while decoding JSON");
  } else {
    const std::string_view kind = value.is_string()   ? "string"
                                  : value.is_bool()   ? "bool"
                                  : value.is_number() ? "float64"
                                                      : "invalid";
    return base::InvalidArgument(
        Cat("unsupported replacement type encountered within replacement path: ", kind));
  }
  return list;
}

}  // namespace

Result<TransformerPtr> MakeReplacementTransformer(PluginContext plugin,
                                                  const std::vector<ReplacementField>& fields) {
  std::vector<Replacement> all;
  for (const ReplacementField& field : fields) {
    if (field.path.empty()) {
      all.push_back(field.replacement);
      continue;
    }
    if (field.replacement.source.has_value() || !field.replacement.targets.empty()) {
      return base::InvalidArgument("cannot specify both path and inline replacement");
    }
    SLUICE_TRY(auto loaded, LoadReplacements(plugin.loader, field.path));
    all.insert(all.end(), std::make_move_iterator(loaded.begin()),
               std::make_move_iterator(loaded.end()));
  }
  return TransformerPtr(std::make_unique<ReplacementTransformer>(plugin.build, std::move(all)));
}

}  // namespace sluice::kustomize
