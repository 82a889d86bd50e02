// Whether a schema is a schema: what the drafts' own schemas say of each keyword, as a table.
#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.h"
#include "document/patch.h"
#include "schema_keywords.h"
#include "schema_node.h"

namespace sluice::helm::schema {
namespace {

using base::Cat;

enum class Shape : uint8_t {
  kSchema,
  kSchemaOrBool,  // draft 4: additionalItems, additionalProperties
  kSchemas,       // a list of at least one
  kSchemaOrSchemas,
  kSchemaMap,
  kPatternMap,    // keys are regular expressions
  kDependencies,  // a map of schemas or lists of names
  kNameListMap,
  kNames,  // unique texts; in draft 4 at least one
  kText,
  kRegex,
  kId,  // text without a fragment
  kAnchor,
  kCount,
  kNumber,
  kPositive,
  kBool,
  kType,
  kEnum,
  kList,
  kTextMapOfBool,
};

struct Rule {
  Keyword keyword;
  Shape shape;
  Draft from = Draft::k4;
  Draft to = Draft::k2020;
};
constexpr Rule kRules[] = {
    {"$ref", Shape::kText},
    {"$schema", Shape::kText},
    {"id", Shape::kText, Draft::k4, Draft::k4},
    {"$id", Shape::kText, Draft::k6, Draft::k7},
    {"$id", Shape::kId, Draft::k2019},
    {"$anchor", Shape::kAnchor, Draft::k2019},
    {"$recursiveRef", Shape::kText, Draft::k2019, Draft::k2019},
    {"$recursiveAnchor", Shape::kBool, Draft::k2019, Draft::k2019},
    {"$dynamicRef", Shape::kText, Draft::k2020},
    {"$dynamicAnchor", Shape::kAnchor, Draft::k2020},
    {"$vocabulary", Shape::kTextMapOfBool, Draft::k2019},
    {"$comment", Shape::kText, Draft::k7},
    {"$defs", Shape::kSchemaMap, Draft::k2019},
    {"definitions", Shape::kSchemaMap},
    {"title", Shape::kText},
    {"description", Shape::kText},
    {"examples", Shape::kList, Draft::k6},
    {"readOnly", Shape::kBool, Draft::k7},
    {"writeOnly", Shape::kBool, Draft::k2019},
    {"deprecated", Shape::kBool, Draft::k2019},
    {"multipleOf", Shape::kPositive},
    {"maximum", Shape::kNumber},
    {"minimum", Shape::kNumber},
    {"exclusiveMaximum", Shape::kBool, Draft::k4, Draft::k4},
    {"exclusiveMaximum", Shape::kNumber, Draft::k6},
    {"exclusiveMinimum", Shape::kBool, Draft::k4, Draft::k4},
    {"exclusiveMinimum", Shape::kNumber, Draft::k6},
    {"maxLength", Shape::kCount},
    {"minLength", Shape::kCount},
    {"pattern", Shape::kRegex},
    {"maxItems", Shape::kCount},
    {"minItems", Shape::kCount},
    {"uniqueItems", Shape::kBool},
    {"maxContains", Shape::kCount, Draft::k2019},
    {"minContains", Shape::kCount, Draft::k2019},
    {"maxProperties", Shape::kCount},
    {"minProperties", Shape::kCount},
    {"required", Shape::kNames},
    {"dependentRequired", Shape::kNameListMap, Draft::k2019},
    {"enum", Shape::kEnum, Draft::k4, Draft::k4},
    {"enum", Shape::kList, Draft::k6},
    {"type", Shape::kType},
    {"format", Shape::kText},
    {"contentMediaType", Shape::kText, Draft::k7},
    {"contentEncoding", Shape::kText, Draft::k7},
    {"contentSchema", Shape::kSchema, Draft::k2019},
    {"items", Shape::kSchemaOrSchemas, Draft::k4, Draft::k2019},
    {"items", Shape::kSchema, Draft::k2020},
    {"prefixItems", Shape::kSchemas, Draft::k2020},
    {"additionalItems", Shape::kSchemaOrBool, Draft::k4, Draft::k4},
    {"additionalItems", Shape::kSchema, Draft::k6, Draft::k2019},
    {"contains", Shape::kSchema, Draft::k6},
    {"unevaluatedItems", Shape::kSchema, Draft::k2019},
    {"additionalProperties", Shape::kSchemaOrBool, Draft::k4, Draft::k4},
    {"additionalProperties", Shape::kSchema, Draft::k6},
    {"unevaluatedProperties", Shape::kSchema, Draft::k2019},
    {"properties", Shape::kSchemaMap},
    {"patternProperties", Shape::kSchemaMap, Draft::k4, Draft::k6},
    {"patternProperties", Shape::kPatternMap, Draft::k7},
    {"dependencies", Shape::kDependencies},
    {"dependentSchemas", Shape::kSchemaMap, Draft::k2019},
    {"propertyNames", Shape::kSchema, Draft::k6},
    {"if", Shape::kSchema, Draft::k7},
    {"then", Shape::kSchema, Draft::k7},
    {"else", Shape::kSchema, Draft::k7},
    {"allOf", Shape::kSchemas},
    {"anyOf", Shape::kSchemas},
    {"oneOf", Shape::kSchemas},
    {"not", Shape::kSchema},
};

static_assert(std::ranges::is_sorted(kRules, {},
                                     [](const Rule& rule) { return rule.keyword.index(); }),
              "Keywords::Each goes by these");

// The rule of each keyword in each draft; null where it has none.
constexpr auto kRuleOf = [] {
  std::array<std::array<const Rule*, kKeywordCount>, 5> table{};
  for (const Rule& rule : kRules) {
    for (auto draft = static_cast<size_t>(rule.from); draft <= static_cast<size_t>(rule.to);
         ++draft)
      table[draft][rule.keyword.index()] = &rule;
  }
  return table;
}();

class Checker {
 public:
  explicit Checker(Draft draft) : draft_(draft) {}

  void Schema(const Value& schema, size_t depth, std::vector<Failure>& out) {
    if (depth > kMaxDepth) return Fail(out, "nested too deeply");
    if (!schema.is_object()) {
      if (schema.is_bool() && draft_ != Draft::k4) return;
      return Fail(out, Cat("got ", TypeNames(TypeOf(schema)), ", want ",
                           draft_ == Draft::k4 ? "object" : "boolean or object"));
    }
    std::vector<Failure> found;
    const Keywords keywords(schema);
    keywords.Each([&](Keyword keyword, const Value& value) {
      const Rule* rule = kRuleOf[static_cast<size_t>(draft_)][keyword.index()];
      if (rule != nullptr) Enter(keyword.name(), [&] { Check(value, rule->shape, depth, found); });
    });
    if (draft_ == Draft::k4) {
      constexpr struct {
        Keyword limit, needs;
      } kPairs[] = {{"exclusiveMaximum", "maximum"}, {"exclusiveMinimum", "minimum"}};
      for (const auto& [limit, needs] : kPairs) {
        if (keywords.Has(limit) && !keywords.Has(needs))
          Fail(found,
               Cat("properties '", needs.name(), "' required, if '", limit.name(), "' exists"));
      }
    }
    if (found.empty()) return;
    if (draft_ < Draft::k2019) {
      std::ranges::move(found, std::back_inserter(out));
      return;
    }
    // one of the vocabularies' schemas
    Failure all{Failure::Kind::kPlain, path_, "'allOf' failed", std::move(found)};
    out.push_back(std::move(all));
  }

 private:
  void Enter(std::string_view token, const auto& body) {
    const size_t before = path_.size();
    document::AppendPointerToken(path_, token);
    body();
    path_.resize(before);
  }
  void Fail(std::vector<Failure>& out, std::string message) const {
    out.push_back({Failure::Kind::kPlain, path_, std::move(message), {}});
  }
  bool Is(const Value& value, uint8_t types, std::vector<Failure>& out) const {
    if ((TypeOf(value) & types) != 0) return true;
    Fail(out, Cat("got ", TypeNames(TypeOf(value)), ", want ", TypeNames(types)));
    return false;
  }

  void Each(const Value& list, std::vector<Failure>& out, const auto& check) {
    for (size_t i = 0; i < list.size(); ++i)
      Enter(std::to_string(i), [&] { check(list.items()[i], out); });
  }
  void EachMember(const Value& map, std::vector<Failure>& out, const auto& check) {
    if (!Is(map, kObjectType, out)) return;
    for (const auto& [key, value] : map.members())
      Enter(key, [&, &member = value] { check(member, out); });
  }

  void Unique(const Value& list, std::vector<Failure>& out) const {
    if (list.size() > 1000) return;
    for (size_t i = 1; i < list.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (Equals(list.items()[i], list.items()[j], HelmVersion::kV4)) {
          return Fail(out, Cat("items at ", CountText(j), " and ", CountText(i), " are equal"));
        }
      }
    }
  }

  void Names(const Value& list, std::vector<Failure>& out) {
    if (!Is(list, kArrayType, out)) return;
    if (draft_ == Draft::k4 && list.empty()) Fail(out, "minItems: got 0, want 1");
    Each(list, out, [&](const Value& item, auto& o) { Is(item, kStringType, o); });
    Unique(list, out);
  }

  void Schemas(const Value& list, size_t depth, std::vector<Failure>& out) {
    if (!Is(list, kArrayType, out)) return;
    if (list.empty()) Fail(out, "minItems: got 0, want 1");
    Each(list, out, [&](const Value& item, auto& o) { Schema(item, depth + 1, o); });
  }

  void Regex(std::string_view text, std::vector<Failure>& out) const {
    if (const auto regex = CompileRegex(text); !regex.ok())
      Fail(out, Cat(Quote(text), " is not valid regex: ", regex.status().message()));
  }

  void TypeName(const Value& name, std::vector<Failure>& out) const {
    if (TypeFromName(name.AsString()) == 0) {
      Fail(out,
           "value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', "
           "'string'");
    }
  }

  void Type(const Value& value, std::vector<Failure>& out) {
    std::vector<Failure> name, list;
    TypeName(value, name);
    if (name.empty()) return;
    if (Is(value, kArrayType, list)) {
      if (value.empty()) Fail(list, "minItems: got 0, want 1");
      Each(value, list, [&](const Value& item, auto& o) { TypeName(item, o); });
      Unique(value, list);
    }
    if (list.empty()) return;
    std::ranges::move(list, std::back_inserter(name));
    Failure any{Failure::Kind::kPlain, path_, "'anyOf' failed", std::move(name)};
    out.push_back(std::move(any));
  }

  void Check(const Value& value, Shape shape, size_t depth, std::vector<Failure>& out) {
    switch (shape) {
      case Shape::kSchema:
        return Schema(value, depth + 1, out);
      case Shape::kSchemaOrBool:
        return value.is_bool() ? void() : Schema(value, depth + 1, out);
      case Shape::kSchemas:
        return Schemas(value, depth, out);
      case Shape::kSchemaOrSchemas:
        return value.is_array() ? Schemas(value, depth, out) : Schema(value, depth + 1, out);
      case Shape::kPatternMap:
        for (const auto& [pattern, unused] : value.members()) Regex(pattern, out);
        [[fallthrough]];
      case Shape::kSchemaMap:
        return EachMember(value, out, [&](const Value& v, auto& o) { Schema(v, depth + 1, o); });
      case Shape::kDependencies:
        return EachMember(value, out, [&](const Value& v, auto& o) {
          v.is_array() ? Names(v, o) : Schema(v, depth + 1, o);
        });
      case Shape::kNameListMap:
        return EachMember(value, out, [&](const Value& v, auto& o) { Names(v, o); });
      case Shape::kTextMapOfBool:
        return EachMember(value, out, [&](const Value& v, auto& o) { Is(v, kBooleanType, o); });
      case Shape::kNames:
        return Names(value, out);
      case Shape::kType:
        return Type(value, out);
      default:
        return Scalar(value, shape, out);
    }
  }

  void Scalar(const Value& value, Shape shape, std::vector<Failure>& out) {
    const std::string_view text = value.AsString();
    switch (shape) {
      case Shape::kRegex:
        if (Is(value, kStringType, out)) Regex(text, out);
        return;
      case Shape::kId:
        if (Is(value, kStringType, out) && text.find('#') < text.size() - 1)
          Fail(out, Cat(Quote(text), " does not match pattern '^[^#]*#?$'"));
        return;
      case Shape::kAnchor:
        if (Is(value, kStringType, out) && !IsAnchor(text))
          Fail(out, Cat(Quote(text), " does not match pattern '^[A-Za-z_][-A-Za-z0-9._]*$'"));
        return;
      case Shape::kCount:
        if (!Is(value, kNumberType, out)) return;
        if (!IsInteger(value)) return Fail(out, "got number, want integer");
        if (CompareNumbers(value, Value(0)) < 0)
          Fail(out, Cat("minimum: got ", NumberText(value), ", want 0"));
        return;
      case Shape::kPositive:
        if (Is(value, kNumberType, out) && CompareNumbers(value, Value(0)) <= 0)
          Fail(out, Cat("exclusiveMinimum: got ", NumberText(value), ", want 0"));
        return;
      case Shape::kNumber:
        Is(value, kNumberType, out);
        return;
      case Shape::kBool:
        Is(value, kBooleanType, out);
        return;
      case Shape::kEnum:
        if (!Is(value, kArrayType, out)) return;
        if (value.empty()) Fail(out, "minItems: got 0, want 1");
        return Unique(value, out);
      case Shape::kList:
        Is(value, kArrayType, out);
        return;
      default:
        Is(value, kStringType, out);
        return;
    }
  }

  static bool IsAnchor(std::string_view text) {
    const auto letter = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    if (text.empty() || !letter(text[0])) return false;
    return std::ranges::all_of(
        text, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
  }

  Draft draft_;
  std::string path_;
};

}  // namespace

std::optional<Failure> CheckMetaschema(const Value& schema, Draft draft) {
  std::vector<Failure> found;
  Checker(draft).Schema(schema, 0, found);
  if (found.empty()) return std::nullopt;
  if (found.size() == 1) return std::move(found[0]);
  Failure group{Failure::Kind::kGroup, "", "validation failed", std::move(found)};
  return group;
}

}  // namespace sluice::helm::schema
