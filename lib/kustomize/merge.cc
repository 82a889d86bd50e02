#include "merge.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/strings.h"
#include "document/yaml.h"
#include "fieldspec.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Arena;

enum class Directive : uint8_t { kMerge, kReplace, kDelete };
constexpr std::string_view kDirectiveKey = "$patch";

// By the tag alone: an empty text that code put there is no null yet.
bool IsGone(const Node* node) {
  return node == nullptr || (node->is_scalar() && node->tag_id() == Tag::kNull);
}
bool IsGoneOrEmptyMap(const Node* node) {
  return IsGone(node) || (node->is_mapping() && node->empty());
}

Result<Directive> ParseDirective(std::string_view text) {
  if (text == "delete") return Directive::kDelete;
  if (text == "replace") return Directive::kReplace;
  if (text == "merge") return Directive::kMerge;
  return base::InvalidArgument(Cat("unknown patch strategy '", text, "'"));
}

// The directive of a mapping or list, which is taken out of it.
Result<Directive> TakeDirective(Node* patch) {
  if (patch == nullptr) return Directive::kMerge;
  if (patch->is_mapping()) {
    const Node* value = patch->Find(kDirectiveKey);
    if (value == nullptr) return Directive::kMerge;
    SLUICE_TRY(const Directive directive, ParseDirective(value->value()));
    patch->Erase(kDirectiveKey);
    return directive;
  }
  if (!patch->is_sequence()) return Directive::kMerge;
  for (const Node* item : patch->items()) {
    const Node* value = item->Find(kDirectiveKey);
    if (value == nullptr) continue;
    if (item->size() > 1) return Directive::kMerge;  // it directs its element
    SLUICE_TRY(const Directive directive, ParseDirective(value->value()));
    const std::string text(value->value());
    for (size_t i = patch->size(); i-- > 0;) {
      const Node* other = patch->item(i)->Find(kDirectiveKey);
      if (other != nullptr && other->value() == text) patch->RemoveItem(i);
    }
    return directive;
  }
  return Directive::kMerge;
}

using Texts = std::vector<std::string_view>;

class Merger {
 public:
  Merger(Schema* schemas, bool prepend) : schemas_(schemas), prepend_(prepend) {}

  // Null: the field goes.
  Result<Node*> Walk(Node* target, Node* patch, const SchemaNode* schema) {
    schema = FromComments(target, patch, schema);
    if (schema == nullptr) schema = FromTypes(target, patch);
    const Node* first = !IsGone(target) ? target : !IsGone(patch) ? patch : nullptr;
    if (first == nullptr) return Mapping(target, patch, schema);
    switch (first->kind()) {
      case Node::Kind::kMapping:
        SLUICE_TRY(Check(target, patch, Node::Kind::kMapping, "MappingNode"));
        return Mapping(target, patch, schema);
      case Node::Kind::kSequence:
        SLUICE_TRY(Check(target, patch, Node::Kind::kSequence, "SequenceNode"));
        return schema != nullptr && schema->merge ? List(target, patch, *schema)
               : patch != nullptr                 ? patch
                                                  : target;
      default:
        SLUICE_TRY(Check(target, patch, Node::Kind::kScalar, "ScalarNode"));
        return patch != nullptr ? patch : target;
    }
  }

 private:
  static Status Check(const Node* target, const Node* patch, Node::Kind kind,
                      std::string_view name) {
    for (const Node* node : {target, patch}) {
      if (!IsGone(node) && node->kind() != kind) return WrongKind(name, *node);
    }
    return {};
  }

  const SchemaNode* FromComments(const Node* target, const Node* patch, const SchemaNode* schema) {
    if (schemas_ == nullptr) return schema;
    for (const Node* node : {target, patch}) {
      if (node == nullptr) continue;
      for (const std::string_view comment : {node->line_comment(), node->head_comment()}) {
        if (comment.empty()) continue;
        if (const SchemaNode* own = schemas_->FromComment(comment)) return own;
      }
    }
    return schema;
  }

  // An object inside an object brings its own schema; so does a patch whose target has none.
  const SchemaNode* FromTypes(const Node* target, const Node* patch) const {
    if (schemas_ == nullptr) return nullptr;
    for (const Node* node : {target, patch}) {
      if (node == nullptr || !node->is_mapping()) continue;
      const Node *version = node->Find("apiVersion"), *kind = node->Find("kind");
      if (version == nullptr || kind == nullptr || version->value().empty() ||
          kind->value().empty())
        continue;
      if (const SchemaNode* own = schemas_->Find(version->value(), kind->value())) return own;
    }
    return nullptr;
  }

  // What the merged mapping starts from; null: the field goes.
  static Result<Node*> Destination(Node* target, Node* patch) {
    if (IsGone(target)) {
      if (patch != nullptr) {
        if (const auto directive = TakeDirective(patch);
            directive.ok() && *directive == Directive::kDelete)
          return nullptr;
      }
      if (patch == nullptr && target != nullptr && !target->value().empty()) {
        return target->arena().NewScalar(target->value());  // an explicit null stays
      }
      return patch;
    }
    if (patch != nullptr && patch->IsNull()) return nullptr;
    SLUICE_TRY(const Directive directive, TakeDirective(patch));
    switch (directive) {
      case Directive::kDelete:
        return nullptr;
      case Directive::kReplace:
        return patch;
      case Directive::kMerge:
        break;
    }
    return target;
  }

  Result<Node*> Mapping(Node* target, Node* patch, const SchemaNode* schema) {
    SLUICE_TRY(Node* const result, Destination(target, patch));
    if (result == nullptr || !result->is_mapping()) return result;
    if (++depth_ > kMaxDepth) return base::ResourceExhausted("patch is nested too deeply");
    for (const std::string_view key : Keys(result, patch)) {
      Node* mine = result->Find(key);
      Node* theirs = patch == nullptr ? nullptr : patch->Find(key);
      SLUICE_TRY(Node* const merged,
                 Walk(mine, theirs, schema == nullptr ? nullptr : schema->Field(key)));
      SetField(result, key, mine, merged, patch);
    }
    --depth_;
    return result;
  }

  static Texts Keys(const Node* a, const Node* b) {
    Texts keys;
    for (const auto& pair : a->pairs()) keys.push_back(pair.key->value());
    if (b != nullptr && b != a) {
      for (const auto& pair : b->pairs()) keys.push_back(pair.key->value());
    }
    std::ranges::sort(keys);
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
  }

  static void SetField(Node* map, std::string_view key, Node* old, Node* value, const Node* patch) {
    if (value == nullptr || (value->is_scalar() && value->tag_id() == Tag::kNull)) {
      map->Erase(key);
      return;
    }
    if (old == value) {  // written again even so, which quotes what has no tag and YAML 1.1 reads
                         // as something else
      const bool untagged =
          old->is_scalar() && old->tag_id() == Tag::kNone && old->style() == Node::Style::kPlain;
      if (untagged && !old->value().empty() &&
          document::ResolveTag(old->value(), document::YamlDialect::kGoYaml2) != Tag::kStr) {
        old->set_style(Node::Style::kDoubleQuoted);
      }
      return;
    }
    if (old != nullptr && old->is_scalar() && value->is_scalar()) {
      const bool kept_null = IsGone(old) && (patch == nullptr || patch->Find(key) == nullptr);
      // The quotes of what was there stay, which may turn a number into a text.
      const Node::Style style = old->style();
      old->Assign(*value);
      old->set_style(style);
      if (kept_null)
        old->SetTag(Tag::kNull);
      else if (style != Node::Style::kPlain && !value->tagged())
        old->SetTag(Tag::kStr);
      return;
    }
    if (old != nullptr) {
      map->Set(key, value);
      return;
    }
    const Node* written = patch == nullptr ? nullptr : patch->FindKey(key);
    AddField(map, key, value, written == nullptr ? Node::Style::kPlain : written->style());
  }

  // ---- lists ----

  static std::string_view FieldText(const Node* element, std::string_view key) {
    if (key.empty()) return element->is_scalar() ? element->value() : std::string_view();
    const Node* field = element->Find(key);
    return field != nullptr && field->is_scalar() && !IsGone(field) ? field->value()
                                                                    : std::string_view();
  }

  // What kyaml's ElementSetter does: replaces (or with a null element deletes) the elements that
  // match, appends where none does.
  static void SetElement(std::vector<Node*>& list, Node* element, const Texts& keys,
                         const Texts& values) {
    const bool by_field = !keys.empty() && !keys[0].empty();
    std::vector<Node*> kept;
    bool matched = false;
    for (Node* item : list) {
      if (IsGoneOrEmptyMap(item)) continue;
      if (by_field && !item->is_mapping()) {
        kept.push_back(item);
        continue;
      }
      if (!Matches(item, keys, values)) {
        if (!values.empty()) kept.push_back(item);
        continue;
      }
      matched = true;
      if (element != nullptr) kept.push_back(element);
    }
    if (element != nullptr && !matched && !IsGone(element)) kept.push_back(element);
    list = std::move(kept);
  }

  static bool Matches(const Node* item, const Texts& keys, const Texts& values) {
    if (values.empty()) return false;
    for (size_t i = 0; i < keys.size() && i < values.size(); ++i) {
      if (keys[i].empty()) {
        if (!item->is_scalar() || item->value() != values[i]) return false;
        continue;
      }
      const Node* field = item->Find(keys[i]);
      if (field == nullptr) return false;
      if (!values[i].empty() && field->value() != values[i]) return false;
    }
    return true;
  }

  static Node* FindElement(const Node* list, const Texts& keys, const Texts& values) {
    if (list == nullptr) return nullptr;
    for (Node* item : list->items()) {
      bool all = true, any = false;
      for (size_t i = 0; i < keys.size() && all; ++i) {
        if (values[i].empty()) continue;
        any = true;
        const Node* field = item->Find(keys[i]);
        all = field != nullptr && field->value() == values[i];
      }
      if (!any) {
        const Node* field = item->Find(keys[0]);
        all = field != nullptr && field->value().empty();
      }
      if (all) return item;
    }
    return nullptr;
  }

  using Tuples = std::vector<Texts>;

  static void AddTuple(Tuples& tuples, Texts tuple) {
    if (std::ranges::find(tuples, tuple) == tuples.end()) tuples.push_back(std::move(tuple));
  }

  Tuples CollectTuples(const Node* result, const Node* patch, const Texts& keys) const {
    Tuples tuples;
    const auto add = [&](const Node* list) {
      if (list == nullptr) return;
      for (const Node* item : list->items()) {
        Texts tuple;
        for (const std::string_view key : keys) tuple.push_back(FieldText(item, key));
        AddTuple(tuples, std::move(tuple));
      }
    };
    if (prepend_) add(patch);
    add(result);
    if (!prepend_) add(patch);
    if (keys.size() > 1) UniteTuples(tuples);
    return tuples;
  }

  // Tuples that agree where both have a value, and in one place at least, become their union.
  static void UniteTuples(Tuples& tuples) {
    for (size_t i = 0; i < tuples.size(); ++i) {
      // as the peer does, which goes on with what it was while its place changes
      const Texts mine = tuples[i];
      for (Texts& other : tuples) {
        Texts both = mine;
        bool same = false, differ = false;
        for (size_t k = 0; k < mine.size(); ++k) {
          if (mine[k] == other[k])
            same = true;
          else if (!mine[k].empty() && !other[k].empty())
            differ = true;
          if (both[k].empty()) both[k] = other[k];
        }
        if (!same || differ) continue;
        other = both;
        tuples[i] = both;
      }
    }
  }

  Result<Node*> List(Node* target, Node* patch, const SchemaNode& schema) {
    Node* result = target;
    if (IsGone(target)) {
      result = patch;
    } else {
      if (patch != nullptr && patch->IsNull()) return nullptr;
      SLUICE_TRY(const Directive directive, TakeDirective(patch));
      if (directive == Directive::kDelete) return nullptr;
      if (directive == Directive::kReplace) result = patch;
    }
    if (result == nullptr) return nullptr;
    if (schema.keys.empty()) return Scalars(result, patch);
    return Elements(result, patch, schema);
  }

  Result<Node*> Scalars(Node* result, const Node* patch) const {
    std::vector<Node*> list;
    const auto add = [&](const Node* from) {
      if (from == nullptr) return;
      for (Node* item : from->items()) {
        const bool there = std::ranges::any_of(
            list, [&](const Node* have) { return have->value() == item->value(); });
        if (!there) list.push_back(item);
      }
    };
    if (prepend_) add(patch);
    add(result);
    if (!prepend_) add(patch);
    Fill(result, list);
    return result;
  }

  static void Fill(Node* list, const std::vector<Node*>& items) {
    list->Clear();
    for (Node* item : items) list->Append(item);
  }

  Result<Node*> Elements(Node* result, Node* patch, const SchemaNode& schema) {
    for (const Node* list : {static_cast<const Node*>(patch), static_cast<const Node*>(result)}) {
      if (list == nullptr) continue;
      for (const Node* item : list->items()) {
        if (!item->is_mapping() && !item->IsNull()) return WrongKind("MappingNode", *item);
      }
    }
    const Texts keys(schema.keys.begin(), schema.keys.end());
    const Tuples tuples = CollectTuples(result, patch, keys);
    if (tuples.empty()) return result;
    std::vector<bool> used(keys.size(), false);
    for (const Texts& tuple : tuples) {
      for (size_t k = 0; k < keys.size(); ++k) used[k] = used[k] || !tuple[k].empty();
    }
    const bool none = std::ranges::find(used, true) == used.end();
    const auto valid = [&](const Texts& texts) {
      if (none) return texts;
      Texts out;
      for (size_t k = 0; k < texts.size(); ++k) {
        if (used[k]) out.push_back(texts[k]);
      }
      return out;
    };
    const Texts valid_keys = valid(keys);
    std::vector<Node*> merged, rest(result->items().begin(), result->items().end());
    for (const Texts& tuple : tuples) {
      const Texts values = valid(tuple);
      SLUICE_TRY(Node* const element, Walk(FindElement(result, keys, tuple),
                                           FindElement(patch, keys, tuple), schema.items));
      if (IsGoneOrEmptyMap(element)) {
        SetElement(rest, nullptr, valid_keys, values);
        Fill(result, rest);
        continue;
      }
      for (size_t k = 0; k < valid_keys.size() && element->is_mapping(); ++k) {
        if (element->Find(valid_keys[k]) == nullptr && !values[k].empty()) {
          element->Set(valid_keys[k], element->arena().NewScalar(values[k]));
        }
      }
      SetElement(merged, element, valid_keys, values);
    }
    if (prepend_) {
      for (Node* element : rest) AppendRest(merged, element, valid_keys);
      Fill(result, merged);
    } else {
      for (Node* element : merged) AppendRest(rest, element, valid_keys);
      Fill(result, rest);
    }
    return result;
  }

  static void AppendRest(std::vector<Node*>& list, Node* element, const Texts& keys) {
    Texts values;
    for (const std::string_view key : keys) {
      const Node* field = element->Find(key);
      if (field == nullptr)
        list.push_back(element);
      else
        values.push_back(field->value());
    }
    if (keys.size() > 1) SetElement(list, nullptr, keys, values);
    SetElement(list, element, keys, values);
  }

  static constexpr int kMaxDepth = 1000;
  Schema* schemas_;
  bool prepend_;
  int depth_ = 0;
};

}  // namespace

Result<Node*> StrategicMerge(Node* target, Node* patch, Schema& schema) {
  return Merger(&schema, /*prepend=*/true).Walk(target, patch, nullptr);
}

Result<Node*> PlainMerge(Node* target, Node* patch) {
  return Merger(nullptr, /*prepend=*/false).Walk(target, patch, nullptr);
}

}  // namespace sluice::kustomize
