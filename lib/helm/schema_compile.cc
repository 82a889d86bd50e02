// values.schema.json → nodes: resources ($id), anchors and references first, then each subschema that is reached.
#include <algorithm>

#include "base/strings.h"
#include "document/patch.h"
#include "json_stream.h"
#include "schema_node.h"

namespace sluice::helm::schema {
namespace {

using base::Cat;
using base::QuoteGo;
using base::Result;
using base::Status;

constexpr std::string_view kRootUrl = "file:///values.schema.json";

// Where a draft keeps subschemas: the keyword, and what stands in it.
enum class Holds : uint8_t { kSchema, kMap, kList, kEither };
struct Place {
  std::string_view keyword;
  Holds holds;
  Draft since;
};
constexpr Place kPlaces[] = {
    {"definitions", Holds::kMap, Draft::k4},
    {"not", Holds::kSchema, Draft::k4},
    {"allOf", Holds::kList, Draft::k4},
    {"anyOf", Holds::kList, Draft::k4},
    {"oneOf", Holds::kList, Draft::k4},
    {"properties", Holds::kMap, Draft::k4},
    {"additionalProperties", Holds::kSchema, Draft::k4},
    {"patternProperties", Holds::kMap, Draft::k4},
    {"items", Holds::kEither, Draft::k4},
    {"additionalItems", Holds::kSchema, Draft::k4},
    {"dependencies", Holds::kMap, Draft::k4},
    {"propertyNames", Holds::kSchema, Draft::k6},
    {"contains", Holds::kSchema, Draft::k6},
    {"if", Holds::kSchema, Draft::k7},
    {"then", Holds::kSchema, Draft::k7},
    {"else", Holds::kSchema, Draft::k7},
    {"$defs", Holds::kMap, Draft::k2019},
    {"dependentSchemas", Holds::kMap, Draft::k2019},
    {"unevaluatedProperties", Holds::kSchema, Draft::k2019},
    {"unevaluatedItems", Holds::kSchema, Draft::k2019},
    {"contentSchema", Holds::kSchema, Draft::k2019},
    {"prefixItems", Holds::kList, Draft::k2020},
};

std::string Step(std::string_view pointer, std::string_view token) {
  return Cat(pointer, "/", document::EscapePointerToken(token));
}
std::string Step(std::string_view pointer, std::string_view a, std::string_view b) { return Step(Step(pointer, a), b); }

std::pair<std::string_view, std::string_view> SplitFragment(std::string_view url) {
  const size_t hash = url.find('#');
  if (hash == url.npos) return {url, ""};
  return {url.substr(0, hash), url.substr(hash + 1)};
}

std::string Unescape(std::string_view text) {  // %XX
  const auto hex = [](char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1; };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Result<Value> ReadDocument(std::string_view json) {
  size_t used = 0;
  auto value = ReadJsonValue(json, &used);
  if (value.ok() && !base::TrimSpace(json.substr(used)).empty()) return base::InvalidArgument("invalid character after top-level value");
  return value;
}

class Compiler {
 public:
  Compiler(Compiled& out, const SchemaLoader& loader) : out_(out), loader_(loader) {}

  Status Run(std::string_view json) {
    SLUICE_TRY(Value root, ReadDocument(json));
    SLUICE_TRY(Document * document, Add(std::string(kRootUrl), std::move(root)));
    SLUICE_TRY(out_.root, Enqueue(*document, ""));
    for (size_t i = 0; i < queue_.size(); ++i) {
      if (queue_.size() > kMaxNodes) return base::ResourceExhausted("unable to validate schema: too many subschemas");
      SLUICE_TRY(CompileNode(i));
    }
    return {};
  }

 private:
  struct Pending {
    Document* document;
    std::string pointer;
    Node* node;
    const Value* schema;  // at the pointer, by way of keywords that hold schemas; null: a reference led there
  };

  // ---- documents, resources, anchors

  Result<Document*> Load(const std::string& url) {
    if (const auto it = out_.documents.find(url); it != out_.documents.end()) return it->second.get();
    if (url.starts_with("urn:") && out_.version == HelmVersion::kV4 && !loader_) return Add(url, Value(true));
    const auto failing = [&](std::string_view why) { return base::InvalidArgument(Cat("failing loading ", QuoteGo(url), ": ", why)); };
    if (!loader_) return failing("schemas of other places are not loaded");
    auto text = loader_(url);
    if (!text.ok()) return failing(text.status().message());
    auto root = ReadDocument(*text);
    if (!root.ok()) return failing(root.status().message());
    return Add(url, *std::move(root));
  }

  Result<Document*> Add(const std::string& url, Value root) {
    auto owned = std::make_unique<Document>();
    Document& document = *owned;
    document.url = url;
    document.root = std::move(root);
    out_.documents[url] = std::move(owned);
    SLUICE_TRY(Collect(document, document.root, url, "", Draft::k2020, 0));
    if (const auto failure = CheckMetaschema(document.root, document.resources.at("").draft); failure.has_value()) {
      std::string text;
      Print(*failure, 1, text);
      return base::InvalidArgument(Cat(QuoteGo(Cat(url, "#")), " is not valid against metaschema: jsonschema validation failed with '",
                                       DraftUrl(document.resources.at("").draft), "#'", text));
    }
    return &document;
  }

  static std::string IdOf(const Value& schema, Draft draft) {
    if (draft < Draft::k2019 && schema.Find("$ref") != nullptr) return "";
    return std::string(SplitFragment(schema[draft == Draft::k4 ? "id" : "$id"].AsString()).first);
  }

  Status Collect(Document& document, const Value& schema, std::string base_url, const std::string& pointer, Draft fallback, size_t depth) {
    if (depth > kMaxDepth) return base::ResourceExhausted("unable to validate schema: nested too deeply");
    if (!schema.is_object()) {
      if (pointer.empty()) document.resources[pointer] = Resource{.id = base_url, .pointer = pointer, .draft = fallback};
      return {};
    }
    Draft draft = fallback;
    if (const Value* named = schema.Find("$schema"); named != nullptr && named->is_string()) {
      const auto known = DraftFromUrl(named->AsString());
      if (known.has_value()) {
        draft = *known;
      } else if (pointer.empty() || !IdOf(schema, draft).empty()) {
        SLUICE_TRY(Load(std::string(SplitFragment(named->AsString()).first)));
      }
    }
    std::string id = IdOf(schema, draft);
    if (id.empty() && !pointer.empty()) {
      draft = fallback;
      id = IdOf(schema, draft);
    }
    if (id.starts_with(':')) return base::InvalidArgument(Cat("error in parsing id at ", QuoteGo(Cat(document.url, "#", pointer))));
    if (!id.empty()) base_url = JoinUrl(base_url, id);
    if (!id.empty() || pointer.empty()) {
      for (const auto& [at, resource] : document.resources) {
        if (resource.id == base_url && at != pointer) {
          return base::InvalidArgument(Cat("duplicate id ", QuoteGo(base_url), " in ", QuoteGo(document.url), " at ", QuoteGo(pointer),
                                           " and ", QuoteGo(at)));
        }
      }
      document.resources.try_emplace(pointer, Resource{.id = base_url, .pointer = pointer, .draft = draft});
    }
    Resource* owner = nullptr;
    for (auto& [at, resource] : document.resources) {
      if (resource.id == base_url) owner = &resource;
    }
    if (owner == nullptr) return base::Internal("unable to validate schema: baseres is nil");
    SLUICE_TRY(CollectAnchors(document, schema, pointer, *owner));
    return CollectBelow(document, schema, base_url, pointer, draft, owner->draft, depth);
  }

  Status CollectBelow(Document& document, const Value& schema, const std::string& base, const std::string& pointer, Draft draft,
                      Draft fallback, size_t depth) {
    for (const Place& place : kPlaces) {
      if (draft < place.since) continue;
      const Value* held = schema.Find(place.keyword);
      if (held == nullptr) continue;
      if (place.holds == Holds::kMap) {
        for (const auto& [key, value] : held->members()) {
          SLUICE_TRY(Collect(document, value, base, Step(pointer, place.keyword, key), fallback, depth + 1));
        }
      } else if (held->is_array()) {
        for (size_t i = 0; place.holds != Holds::kSchema && i < held->size(); ++i) {
          SLUICE_TRY(Collect(document, held->items()[i], base, Step(pointer, place.keyword, std::to_string(i)), fallback, depth + 1));
        }
      } else if (place.holds != Holds::kList) {
        SLUICE_TRY(Collect(document, *held, base, Step(pointer, place.keyword), fallback, depth + 1));
      }
    }
    return {};
  }

  static Status CollectAnchors(const Document& document, const Value& schema, const std::string& pointer, Resource& resource) {
    const auto add = [&](const std::string& name) -> Status {
      const auto [it, fresh] = resource.anchors.try_emplace(name, pointer);
      if (fresh || it->second == pointer) return {};
      return base::InvalidArgument(Cat("duplicate anchor ", QuoteGo(name), " in ", QuoteGo(document.url), " at ", QuoteGo(it->second),
                                       " and ", QuoteGo(pointer)));
    };
    if (resource.draft < Draft::k2019) {
      if (schema.Find("$ref") != nullptr) return {};
      const auto fragment = SplitFragment(schema[resource.draft == Draft::k4 ? "id" : "$id"].AsString()).second;
      if (!fragment.empty() && !fragment.starts_with('/')) return add(Unescape(fragment));
      return {};
    }
    if (const Value& name = schema["$anchor"]; name.is_string()) SLUICE_TRY(add(std::string(name.AsString())));
    if (const Value& name = schema["$dynamicAnchor"]; resource.draft >= Draft::k2020 && name.is_string()) {
      SLUICE_TRY(add(std::string(name.AsString())));
      resource.dynamic_anchors[std::string(name.AsString())] = pointer;
    }
    return {};
  }

  static Resource& ResourceAt(Document& document, std::string_view pointer) {
    if (document.resources.size() == 1) return document.resources.begin()->second;
    while (true) {
      if (const auto it = document.resources.find(std::string(pointer)); it != document.resources.end()) return it->second;
      const size_t slash = pointer.rfind('/');
      if (slash == pointer.npos) return document.resources.at("");
      pointer = pointer.substr(0, slash);
    }
  }

  // ---- nodes

  Result<const Node*> Enqueue(Document& document, const std::string& pointer, const Value* schema = nullptr) {
    const std::string key = Cat(document.url, "#", pointer);
    auto& slot = out_.nodes[key];
    if (slot == nullptr) {
      slot = std::make_unique<Node>();
      slot->location = key;
      queue_.push_back({&document, pointer, slot.get(), schema});
    }
    return static_cast<const Node*>(slot.get());
  }

  Result<const Node*> Metaschema(Draft draft) {
    auto& slot = out_.nodes[std::string(DraftUrl(draft))];
    if (slot == nullptr) {
      slot = std::make_unique<Node>();
      slot->location = Cat(DraftUrl(draft), "#");
      slot->metaschema = draft;
      slot->resource = queue_[0].node->resource;
    }
    return static_cast<const Node*>(slot.get());
  }

  Result<const Node*> Reference(Document& document, const Resource& resource, const Value* reference) {
    if (reference == nullptr || !reference->is_string()) return static_cast<const Node*>(nullptr);
    const auto [path, raw] = SplitFragment(reference->AsString());
    const std::string url = JoinUrl(resource.id, path), fragment = Unescape(raw);
    Document* in = &document;
    const Resource* from = nullptr;
    if (url == document.url) {
      from = &document.resources.at("");
    } else {
      for (const auto& [at, candidate] : document.resources) {
        if (candidate.id == url) from = &candidate;
      }
    }
    if (from == nullptr) {
      if (const auto draft = DraftFromUrl(url); draft.has_value() && fragment.empty()) return Metaschema(*draft);
      SLUICE_TRY(in, Load(url));
      from = &in->resources.at("");
    }
    if (fragment.empty() || fragment.starts_with('/')) return Enqueue(*in, Cat(from->pointer, fragment));
    const auto anchor = from->anchors.find(fragment);
    if (anchor == from->anchors.end()) {
      return base::InvalidArgument(Cat("anchor in ", QuoteGo(Cat(from->id, "#", fragment)), " not found in schema ", QuoteGo(in->url)));
    }
    return Enqueue(*in, anchor->second);
  }

  Status CompileNode(size_t index) {
    Document& document = *queue_[index].document;
    const std::string pointer = queue_[index].pointer;
    Node& node = *queue_[index].node;
    const Value* const known = document.resources.size() == 1 ? queue_[index].schema : nullptr;
    const Value* value = known != nullptr ? known : document::FindPointer(document.root, pointer);
    if (value == nullptr) return base::InvalidArgument(Cat("json-pointer in ", QuoteGo(node.location), " not found"));
    const Resource& around = ResourceAt(document, pointer);
    if (known == nullptr && !Collected(document, pointer, around.draft)) {
      const Draft draft = around.draft;
      SLUICE_TRY(Collect(document, *value, around.id, pointer, draft, 0));
      if (const auto failure = CheckMetaschema(*value, draft); failure.has_value()) {
        std::string text;
        Print(*failure, 1, text);
        return base::InvalidArgument(Cat(QuoteGo(node.location), " is not valid against metaschema: jsonschema validation failed with '",
                                         DraftUrl(draft), "#'", text));
      }
    }
    Resource& resource = ResourceAt(document, pointer);
    node.draft = resource.draft;
    node.resource = &resource;
    SLUICE_TRY(resource.node, Enqueue(document, resource.pointer));
    if (node.draft >= Draft::k2020 && pointer == resource.pointer) {
      for (const auto& [name, at] : resource.dynamic_anchors) {
        SLUICE_TRY(resource.dynamic_nodes[name], Enqueue(document, at));
      }
    }
    if (value->is_bool()) node.boolean = value->AsBool();
    if (value->is_object() && value->empty()) node.boolean = true;
    if (value->is_object() && !value->empty()) SLUICE_TRY(Object(document, pointer, *value, resource, node));
    node.all_properties_evaluated = static_cast<bool>(node.additional_properties);
    node.all_items_evaluated = node.items != nullptr || (node.draft < Draft::k2020 && node.additional_items);
    node.items_evaluated = node.prefix_items.size();
    return {};
  }

  // Whether the subschema at the pointer was seen when the document was read (a $ref may name any place).
  static bool Collected(const Document& document, std::string_view pointer, Draft draft) {
    if (document.resources.contains(std::string(pointer))) return true;
    const Value* at = &document.root;
    Holds holds = Holds::kSchema;  // what `at` is: a schema, or a map or list of them
    for (std::string_view rest = pointer; !rest.empty();) {
      rest.remove_prefix(1);
      const std::string_view token = rest.substr(0, rest.find('/'));
      rest.remove_prefix(token.size());
      if (holds != Holds::kSchema) {
        holds = Holds::kSchema;
        at = document::FindPointer(*at, Cat("/", token));
      } else {
        const auto* place = std::ranges::find(kPlaces, token, &Place::keyword);
        if (place == std::end(kPlaces) || place->since > draft) return false;
        at = at->Find(token);
        holds = place->holds == Holds::kEither ? (at != nullptr && at->is_array() ? Holds::kList : Holds::kSchema) : place->holds;
      }
      if (at == nullptr) return false;
    }
    return holds == Holds::kSchema;
  }

  Result<const Node*> Sub(Document& document, const std::string& pointer, const Value& schema, std::string_view keyword) {
    const Value* const held = schema.Find(keyword);
    if (held == nullptr) return static_cast<const Node*>(nullptr);
    return Enqueue(document, Step(pointer, keyword), held);
  }

  Status SubList(Document& document, const std::string& pointer, const Value& schema, std::string_view keyword, Nodes& out) {
    const Value& list = schema[keyword];
    for (size_t i = 0; list.is_array() && i < list.size(); ++i) {
      SLUICE_TRY(const Node* node, Enqueue(document, Step(pointer, keyword, std::to_string(i)), &list.items()[i]));
      out.push_back(node);
    }
    return {};
  }

  Status SubMap(Document& document, const std::string& pointer, const Value& schema, std::string_view keyword, Named& out) {
    for (const auto& [key, value] : schema[keyword].members()) {
      SLUICE_TRY(const Node* node, Enqueue(document, Step(pointer, keyword, key), &value));
      out.emplace_back(key, node);
    }
    return {};
  }

  Status BoolOr(Document& document, const std::string& pointer, const Value& schema, std::string_view keyword, BoolOrNode& out) {
    const Value* value = schema.Find(keyword);
    if (value != nullptr && value->is_bool()) {
      out.allowed = value->AsBool();
      return {};
    }
    SLUICE_TRY(out.schema, Sub(document, pointer, schema, keyword));
    return {};
  }

  Status Object(Document& document, const std::string& pointer, const Value& schema, const Resource& resource, Node& node) {
    SLUICE_TRY(node.ref, Reference(document, resource, schema.Find("$ref")));
    if (node.draft < Draft::k2019 && node.ref != nullptr) {  // whatever else stands there does not count, but for a const
      if (node.draft >= Draft::k6) node.constant = schema.Find("const");
      return {};
    }
    SLUICE_TRY(Applicators(document, pointer, schema, node));
    SLUICE_TRY(Assertions(schema, node));
    if (node.draft >= Draft::k2019) {
      SLUICE_TRY(node.recursive_ref, Reference(document, resource, schema.Find("$recursiveRef")));
      node.recursive_anchor = schema["$recursiveAnchor"].AsBool();
    }
    if (node.draft >= Draft::k2020) {
      SLUICE_TRY(node.dynamic_ref, Reference(document, resource, schema.Find("$dynamicRef")));
      const std::string fragment = Unescape(SplitFragment(schema["$dynamicRef"].AsString()).second);
      if (!fragment.starts_with('/')) node.dynamic_ref_anchor = fragment;
      node.dynamic_anchor = schema["$dynamicAnchor"].AsString();
    }
    return {};
  }

  Status Applicators(Document& d, const std::string& p, const Value& schema, Node& node) {
    SLUICE_TRY(SubList(d, p, schema, "allOf", node.all_of));
    SLUICE_TRY(SubList(d, p, schema, "anyOf", node.any_of));
    SLUICE_TRY(SubList(d, p, schema, "oneOf", node.one_of));
    SLUICE_TRY(node.negated, Sub(d, p, schema, "not"));
    if (node.draft < Draft::k2020 && schema["items"].is_array()) {
      SLUICE_TRY(SubList(d, p, schema, "items", node.prefix_items));
      SLUICE_TRY(BoolOr(d, p, schema, "additionalItems", node.additional_items));
    } else {
      SLUICE_TRY(node.items, Sub(d, p, schema, "items"));
    }
    SLUICE_TRY(SubMap(d, p, schema, "properties", node.properties));
    for (const auto& [name, sub] : node.properties) node.property_index.emplace(name, sub);
    Named patterns;
    SLUICE_TRY(SubMap(d, p, schema, "patternProperties", patterns));
    for (const auto& [pattern, sub] : patterns) {
      auto regex = CompileRegex(pattern);
      if (!regex.ok()) return InvalidRegex(pattern, Step(node.location, "patternProperties"), regex.status());
      node.pattern_properties.push_back({*std::move(regex), sub});
    }
    SLUICE_TRY(BoolOr(d, p, schema, "additionalProperties", node.additional_properties));
    for (const auto& [name, value] : schema["dependencies"].members()) {
      Dependency dependency{name, Strings(value), nullptr};
      if (!value.is_array()) {
        SLUICE_TRY(dependency.schema, Enqueue(d, Step(p, "dependencies", name)));
      }
      node.dependencies.push_back(std::move(dependency));
    }
    if (node.draft >= Draft::k6) {
      SLUICE_TRY(node.contains, Sub(d, p, schema, "contains"));
      SLUICE_TRY(node.property_names, Sub(d, p, schema, "propertyNames"));
    }
    if (node.draft >= Draft::k7) SLUICE_TRY(Condition(d, p, schema, node));
    if (node.draft < Draft::k2019) return {};
    SLUICE_TRY(SubMap(d, p, schema, "dependentSchemas", node.dependent_schemas));
    SLUICE_TRY(node.unevaluated_items, Sub(d, p, schema, "unevaluatedItems"));
    SLUICE_TRY(node.unevaluated_properties, Sub(d, p, schema, "unevaluatedProperties"));
    if (node.draft >= Draft::k2020) SLUICE_TRY(SubList(d, p, schema, "prefixItems", node.prefix_items));
    return {};
  }

  Status Condition(Document& d, const std::string& p, const Value& schema, Node& node) {
    SLUICE_TRY(node.condition, Sub(d, p, schema, "if"));
    const Value& condition = schema["if"];
    if (node.condition == nullptr) return {};
    if (!condition.is_bool() || condition.AsBool()) {
      SLUICE_TRY(node.then, Sub(d, p, schema, "then"));
    }
    if (!condition.is_bool() || !condition.AsBool()) {
      SLUICE_TRY(node.otherwise, Sub(d, p, schema, "else"));
    }
    return {};
  }

  static Status InvalidRegex(std::string_view pattern, std::string_view where, const Status& why) {
    return base::InvalidArgument(Cat("invalid regex ", QuoteGo(pattern), " at ", QuoteGo(where), ": ", why.message()));
  }

  static std::vector<std::string> Strings(const Value& list) {
    std::vector<std::string> out;
    for (const Value& item : list.items()) {
      if (item.is_string()) out.emplace_back(item.AsString());
    }
    return out;
  }

  static std::optional<uint64_t> Count(const Value& value) {
    if (!value.is_number() || !IsInteger(value)) return std::nullopt;
    return value.AsUint();
  }

  static const Value* Number(const Value& schema, std::string_view keyword) {
    const Value* value = schema.Find(keyword);
    return value != nullptr && value->is_number() ? value : nullptr;
  }

  static void Types(const Value& type, Node& node) {
    node.types = TypeFromName(type.AsString());
    for (const Value& item : type.items()) node.types = static_cast<uint8_t>(node.types | TypeFromName(item.AsString()));
  }

  Status Assertions(const Value& schema, Node& node) {
    Types(schema["type"], node);
    if (const Value* list = schema.Find("enum"); list != nullptr && list->is_array()) {
      node.enumeration = list;
      for (const Value& item : list->items()) node.enum_types = static_cast<uint8_t>(node.enum_types | TypeOf(item));
    }
    node.multiple_of = Number(schema, "multipleOf");
    Limits(schema, "maximum", "exclusiveMaximum", node.maximum, node.exclusive_maximum);
    Limits(schema, "minimum", "exclusiveMinimum", node.minimum, node.exclusive_minimum);
    node.min_length = Count(schema["minLength"]);
    node.max_length = Count(schema["maxLength"]);
    if (const Value& pattern = schema["pattern"]; pattern.is_string()) {
      auto regex = CompileRegex(pattern.AsString());
      if (!regex.ok()) return InvalidRegex(pattern.AsString(), Step(node.location, "pattern"), regex.status());
      node.pattern = *std::move(regex);
    }
    node.min_items = Count(schema["minItems"]);
    node.max_items = Count(schema["maxItems"]);
    node.unique_items = schema["uniqueItems"].AsBool();
    node.max_properties = Count(schema["maxProperties"]);
    node.min_properties = Count(schema["minProperties"]);
    node.required = Strings(schema["required"]);
    if (node.draft < Draft::k2019 && KnownFormat(schema["format"].AsString())) node.format = schema["format"].AsString();
    if (node.draft >= Draft::k6) node.constant = schema.Find("const");
    if (node.draft < Draft::k2019) return {};
    if (node.contains != nullptr) {
      node.min_contains = Count(schema["minContains"]);
      node.max_contains = Count(schema["maxContains"]);
    }
    for (const auto& [name, value] : schema["dependentRequired"].members()) {
      if (value.is_array()) node.dependent_required.push_back({name, Strings(value), nullptr});
    }
    return {};
  }

  // Draft 4 says exclusiveMinimum: true, the later ones give it a number of its own.
  static void Limits(const Value& schema, std::string_view plain, std::string_view exclusive, const Value*& inclusive_limit,
                     const Value*& exclusive_limit) {
    inclusive_limit = Number(schema, plain);
    exclusive_limit = Number(schema, exclusive);
    if (schema[exclusive].AsBool()) {
      exclusive_limit = inclusive_limit;
      inclusive_limit = nullptr;
    }
  }

  Compiled& out_;
  const SchemaLoader& loader_;
  std::vector<Pending> queue_;
};

}  // namespace

Result<std::unique_ptr<Compiled>> CompileSchema(std::string_view json, HelmVersion version, const SchemaLoader& loader) {
  auto compiled = std::make_unique<Compiled>();
  compiled->version = version;
  SLUICE_TRY(Compiler(*compiled, loader).Run(json));
  return compiled;
}

}  // namespace sluice::helm::schema
