// values.schema.json → nodes: resources ($id), anchors and references first, then each subschema
// that is reached.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/strings.h"
#include "document/json.h"
#include "document/patch.h"
#include "json_stream.h"
#include "schema_node.h"
#include "schema_places.h"

namespace sluice::helm::schema {
namespace {

using base::Cat;
using base::QuoteGo;
using base::Result;
using base::Status;

constexpr std::string_view kRootUrl = "file:///values.schema.json";

std::pair<std::string_view, std::string_view> SplitFragment(std::string_view url) {
  const size_t hash = url.find('#');
  if (hash == url.npos) return {url, ""};
  return {url.substr(0, hash), url.substr(hash + 1)};
}

std::string Unescape(std::string_view text) {  // %XX
  const auto hex = [](char c) {
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
  };
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
  if (auto whole = document::ParseSmallJson(json); whole.ok()) return whole;
  size_t used = 0;  // errors in the words of a reader that stops after the first value
  auto value = ReadJsonValue(json, &used);
  if (value.ok() && !base::TrimSpace(json.substr(used)).empty())
    return base::InvalidArgument("invalid character after top-level value");
  return value;
}

class Compiler {
 public:
  Compiler(Compiled& out, const SchemaLoader& loader) : out_(out), loader_(loader) {}

  Status Run(std::string_view json) {
    SLUICE_TRY(Value root, ReadDocument(json));
    SLUICE_TRY(Document * document, Add(std::string(kRootUrl), std::move(root)));
    SLUICE_TRY(out_.root, EnqueueAt(*document, ""));
    for (size_t i = 0; i < queue_.size(); ++i) {
      if (queue_.size() > kMaxNodes)
        return base::ResourceExhausted("unable to validate schema: too many subschemas");
      SLUICE_TRY(CompileNode(Pending(queue_[i])));
    }
    return {};
  }

 private:
  struct Pending {
    Document* document;
    Node* node;
    const Value* schema;  // null: a reference led where nothing is
    bool named;           // by a reference, whose place need not be one for schemas
  };

  // ---- documents, resources, anchors

  Result<Document*> Load(const std::string& url) {
    if (const auto it = out_.documents.find(url); it != out_.documents.end())
      return it->second.get();
    if (url.starts_with("urn:") && out_.version == HelmVersion::kV4 && !loader_)
      return Add(url, Value(true));
    const auto failing = [&](std::string_view why) {
      return base::InvalidArgument(Cat("failing loading ", QuoteGo(url), ": ", why));
    };
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
    SLUICE_TRY(Collect(document, document.root, url, nullptr, Path(), Draft::k2020, 0));
    if (const auto failure = CheckMetaschema(document.root, document.resources.at("").draft);
        failure.has_value()) {
      std::string text;
      Print(*failure, 1, text);
      return base::InvalidArgument(
          Cat(QuoteGo(Cat(url, "#")),
              " is not valid against metaschema: jsonschema validation failed with '",
              DraftUrl(document.resources.at("").draft), "#'", text));
    }
    return &document;
  }

  static std::string_view IdOf(const Keywords& schema, Draft draft) {
    if (draft < Draft::k2019 && schema.Has("$ref")) return "";
    return SplitFragment(schema[draft == Draft::k4 ? Keyword("id") : Keyword("$id")].AsString())
        .first;
  }

  // `owner`: the resource around, null at a document's root.
  Status Collect(Document& document, const Value& value, const std::string& around, Resource* owner,
                 const Path& path, Draft fallback, size_t depth) {
    if (depth > kMaxDepth)
      return base::ResourceExhausted("unable to validate schema: nested too deeply");
    if (!value.is_object()) {
      if (path.is_root()) document.resources[""] = Resource{.id = around, .draft = fallback};
      return {};
    }
    const Keywords schema(value);
    Draft draft = fallback;
    if (const Value& named = schema["$schema"]; named.is_string()) {
      const auto known = DraftFromUrl(named.AsString());
      if (known.has_value()) {
        draft = *known;
      } else if (path.is_root() || !IdOf(schema, draft).empty()) {
        SLUICE_TRY(Load(std::string(SplitFragment(named.AsString()).first)));
      }
    }
    std::string_view id = IdOf(schema, draft);
    if (id.empty() && !path.is_root()) {
      draft = fallback;
      id = IdOf(schema, draft);
    }
    if (id.starts_with(':'))
      return base::InvalidArgument(
          Cat("error in parsing id at ", QuoteGo(Cat(document.url, "#", path.Pointer()))));
    if (!id.empty() || path.is_root()) {
      SLUICE_TRY(owner, AddResource(document, JoinUrl(around, id), path, draft));
    }
    if (owner == nullptr) return base::Internal("unable to validate schema: baseres is nil");
    SLUICE_TRY(CollectAnchors(document, schema, path, *owner));
    return CollectBelow(document, schema, *owner, path, draft, depth);
  }

  static Result<Resource*> AddResource(Document& document, std::string id, const Path& path,
                                       Draft draft) {
    const std::string pointer = path.Pointer();
    for (const auto& [at, resource] : document.resources) {
      if (resource.id == id && at != pointer) {
        return base::InvalidArgument(Cat("duplicate id ", QuoteGo(id), " in ",
                                         QuoteGo(document.url), " at ", QuoteGo(pointer), " and ",
                                         QuoteGo(at)));
      }
    }
    Resource resource{.id = std::move(id), .pointer = pointer, .draft = draft};
    return &document.resources.try_emplace(pointer, std::move(resource)).first->second;
  }

  Status CollectBelow(Document& document, const Keywords& schema, Resource& owner, const Path& path,
                      Draft draft, size_t depth) {
    const auto collect = [&](const Value& value, const Path& below) {
      return Collect(document, value, owner.id, &owner, below, owner.draft, depth + 1);
    };
    for (const Place& place : kPlaces) {
      const Value* held = schema.Find(place.keyword);
      if (held == nullptr || draft < place.since) continue;
      if (place.holds == Holds::kMap) {
        for (const auto& [key, value] : held->members())
          SLUICE_TRY(collect(value, Path(path, place.keyword, key)));
      } else if (held->is_array()) {
        for (size_t i = 0; place.holds != Holds::kSchema && i < held->size(); ++i) {
          SLUICE_TRY(collect(held->items()[i], Path(path, place.keyword, i)));
        }
      } else if (place.holds != Holds::kList) {
        SLUICE_TRY(collect(*held, Path(path, place.keyword)));
      }
    }
    return {};
  }

  static Status CollectAnchors(const Document& document, const Keywords& schema, const Path& path,
                               Resource& resource) {
    const auto add = [&](std::string_view name) -> Status {
      const std::string pointer = path.Pointer();
      const auto [it, fresh] = resource.anchors.try_emplace(std::string(name), pointer);
      if (fresh || it->second == pointer) return {};
      return base::InvalidArgument(Cat("duplicate anchor ", QuoteGo(name), " in ",
                                       QuoteGo(document.url), " at ", QuoteGo(it->second), " and ",
                                       QuoteGo(pointer)));
    };
    if (resource.draft < Draft::k2019) {
      if (schema.Has("$ref")) return {};
      const auto fragment =
          SplitFragment(
              schema[resource.draft == Draft::k4 ? Keyword("id") : Keyword("$id")].AsString())
              .second;
      if (!fragment.empty() && !fragment.starts_with('/')) return add(Unescape(fragment));
      return {};
    }
    if (const Value& name = schema["$anchor"]; name.is_string()) SLUICE_TRY(add(name.AsString()));
    if (const Value& name = schema["$dynamicAnchor"];
        resource.draft >= Draft::k2020 && name.is_string()) {
      SLUICE_TRY(add(name.AsString()));
      resource.dynamic_anchors[std::string(name.AsString())] = path.Pointer();
    }
    return {};
  }

  static Resource& ResourceAt(Document& document, const Path& path) {
    if (document.resources.size() == 1) return document.resources.begin()->second;
    const std::string whole = path.Pointer();
    for (std::string_view pointer = whole;;) {
      if (const auto it = document.resources.find(std::string(pointer));
          it != document.resources.end())
        return it->second;
      const size_t slash = pointer.rfind('/');
      if (slash == pointer.npos) return document.resources.at("");
      pointer = pointer.substr(0, slash);
    }
  }

  // ---- nodes

  // One for each subschema, by where it lies.
  Result<const Node*> Enqueue(Document& document, const Path& path, const Value& schema,
                              bool named = false) {
    Node*& node = known_[&schema];
    if (node == nullptr) node = Push(document, path, &schema, named);
    return static_cast<const Node*>(node);
  }

  Result<const Node*> EnqueueAt(Document& document, std::string_view pointer) {
    const Value* schema = document::FindPointer(document.root, pointer);
    const Path path(pointer.empty() ? std::string_view() : out_.pointers.emplace_back(pointer));
    if (schema != nullptr) return Enqueue(document, path, *schema, true);
    return static_cast<const Node*>(Push(document, path, nullptr, true));  // an error in its turn
  }

  Node* Push(Document& document, const Path& path, const Value* schema, bool named) {
    Node& node = out_.nodes.emplace_back();
    node.url = document.url;
    node.path = path;
    queue_.push_back({&document, &node, schema, named});
    return &node;
  }

  Result<const Node*> Metaschema(Draft draft) {
    Node*& node = metaschemas_[static_cast<size_t>(draft)];
    if (node == nullptr) {
      node = &out_.nodes.emplace_back();
      node->url = DraftUrl(draft);
      node->metaschema = draft;
      node->resource = queue_[0].node->resource;
    }
    return static_cast<const Node*>(node);
  }

  Result<const Node*> Reference(Document& document, const Resource& resource,
                                const Value* reference) {
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
      if (const auto draft = DraftFromUrl(url); draft.has_value() && fragment.empty())
        return Metaschema(*draft);
      SLUICE_TRY(in, Load(url));
      from = &in->resources.at("");
    }
    if (fragment.empty() || fragment.starts_with('/'))
      return EnqueueAt(*in, Cat(from->pointer, fragment));
    const auto anchor = from->anchors.find(fragment);
    if (anchor == from->anchors.end()) {
      return base::InvalidArgument(Cat("anchor in ", QuoteGo(Cat(from->id, "#", fragment)),
                                       " not found in schema ", QuoteGo(in->url)));
    }
    return EnqueueAt(*in, anchor->second);
  }

  Status CompileNode(const Pending& pending) {
    Document& document = *pending.document;
    Node& node = *pending.node;
    if (pending.schema == nullptr)
      return base::InvalidArgument(Cat("json-pointer in ", QuoteGo(node.Location()), " not found"));
    const Value& value = *pending.schema;
    if (pending.named || document.resources.size() > 1)
      SLUICE_TRY(CollectLate(document, node, value));
    Resource& resource = ResourceAt(document, node.path);
    node.draft = resource.draft;
    node.resource = &resource;
    if (resource.node == nullptr) {
      SLUICE_TRY(resource.node, EnqueueAt(document, resource.pointer));
    }
    if (node.draft >= Draft::k2020 && &node == resource.node) {
      for (const auto& [name, at] : resource.dynamic_anchors) {
        SLUICE_TRY(resource.dynamic_nodes[name], EnqueueAt(document, at));
      }
    }
    if (value.is_bool()) node.boolean = value.AsBool();
    if (value.is_object() && value.empty()) node.boolean = true;
    if (value.is_object() && !value.empty())
      SLUICE_TRY(Object(document, Keywords(value), resource, node));
    node.all_properties_evaluated = static_cast<bool>(node.additional_properties);
    node.all_items_evaluated =
        node.items != nullptr || (node.draft < Draft::k2020 && node.additional_items);
    node.items_evaluated = node.prefix_items.size();
    return {};
  }

  // What stands where no keyword of the draft keeps schemas was not seen when the document was
  // read.
  Status CollectLate(Document& document, const Node& node, const Value& value) {
    Resource& around = ResourceAt(document, node.path);
    const Draft draft = around.draft;
    if (Collected(document, node.path.Pointer(), draft)) return {};
    SLUICE_TRY(Collect(document, value, around.id, &around, node.path, draft, 0));
    const auto failure = CheckMetaschema(value, draft);
    if (!failure.has_value()) return {};
    std::string text;
    Print(*failure, 1, text);
    return base::InvalidArgument(
        Cat(QuoteGo(node.Location()),
            " is not valid against metaschema: jsonschema validation failed with '",
            DraftUrl(draft), "#'", text));
  }

  // Whether the subschema at the pointer was seen when the document was read (a $ref may name any
  // place).
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
        const auto* place =
            std::ranges::find(kPlaces, token, [](const Place& p) { return p.keyword.name(); });
        if (place == std::end(kPlaces) || place->since > draft) return false;
        at = at->Find(token);
        holds = place->holds == Holds::kEither
                    ? (at != nullptr && at->is_array() ? Holds::kList : Holds::kSchema)
                    : place->holds;
      }
      if (at == nullptr) return false;
    }
    return holds == Holds::kSchema;
  }

  Result<const Node*> Sub(Document& document, const Node& node, const Keywords& schema,
                          Keyword keyword) {
    const Value* const held = schema.Find(keyword);
    if (held == nullptr) return static_cast<const Node*>(nullptr);
    return Enqueue(document, Path(node.path, keyword), *held);
  }

  Status SubList(Document& document, const Node& node, const Keywords& schema, Keyword keyword,
                 Nodes& out) {
    const auto& list = schema[keyword].items();
    for (size_t i = 0; i < list.size(); ++i) {
      SLUICE_TRY(out.emplace_back(), Enqueue(document, Path(node.path, keyword, i), list[i]));
    }
    return {};
  }

  Status SubMap(Document& document, const Node& node, const Keywords& schema, Keyword keyword,
                Named& out) {
    const auto& members = schema[keyword].members();
    out.reserve(members.size());
    for (const auto& [key, value] : members) {
      SLUICE_TRY(const Node* below, Enqueue(document, Path(node.path, keyword, key), value));
      out.emplace_back(key, below);
    }
    return {};
  }

  Status BoolOr(Document& document, const Node& node, const Keywords& schema, Keyword keyword,
                BoolOrNode& out) {
    if (const Value& value = schema[keyword]; value.is_bool()) {
      out.allowed = value.AsBool();
      return {};
    }
    SLUICE_TRY(out.schema, Sub(document, node, schema, keyword));
    return {};
  }

  Status Object(Document& document, const Keywords& schema, const Resource& resource, Node& node) {
    SLUICE_TRY(node.ref, Reference(document, resource, schema.Find("$ref")));
    if (node.draft < Draft::k2019 &&
        node.ref != nullptr) {  // whatever else stands there does not count, but for a const
      if (node.draft >= Draft::k6) node.constant = schema.Find("const");
      return {};
    }
    SLUICE_TRY(Applicators(document, schema, node));
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

  Status Applicators(Document& d, const Keywords& schema, Node& node) {
    SLUICE_TRY(SubList(d, node, schema, "allOf", node.all_of));
    SLUICE_TRY(SubList(d, node, schema, "anyOf", node.any_of));
    SLUICE_TRY(SubList(d, node, schema, "oneOf", node.one_of));
    SLUICE_TRY(node.negated, Sub(d, node, schema, "not"));
    if (node.draft < Draft::k2020 && schema["items"].is_array()) {
      SLUICE_TRY(SubList(d, node, schema, "items", node.prefix_items));
      SLUICE_TRY(BoolOr(d, node, schema, "additionalItems", node.additional_items));
    } else {
      SLUICE_TRY(node.items, Sub(d, node, schema, "items"));
    }
    SLUICE_TRY(SubMap(d, node, schema, "properties", node.properties));
    std::ranges::sort(node.properties, {}, [](const auto& p) { return p.first; });
    Named patterns;
    SLUICE_TRY(SubMap(d, node, schema, "patternProperties", patterns));
    for (const auto& [pattern, sub] : patterns) {
      auto regex = CompileRegex(pattern);
      if (!regex.ok())
        return InvalidRegex(pattern, Cat(node.Location(), "/patternProperties"), regex.status());
      node.pattern_properties.push_back({*std::move(regex), sub});
    }
    SLUICE_TRY(BoolOr(d, node, schema, "additionalProperties", node.additional_properties));
    for (const auto& [name, value] : schema["dependencies"].members()) {
      Dependency dependency{name, Strings(value), nullptr};
      if (!value.is_array()) {
        SLUICE_TRY(dependency.schema, Enqueue(d, Path(node.path, "dependencies", name), value));
      }
      node.dependencies.push_back(std::move(dependency));
    }
    if (node.draft >= Draft::k6) {
      SLUICE_TRY(node.contains, Sub(d, node, schema, "contains"));
      SLUICE_TRY(node.property_names, Sub(d, node, schema, "propertyNames"));
    }
    if (node.draft >= Draft::k7) SLUICE_TRY(Condition(d, schema, node));
    if (node.draft < Draft::k2019) return {};
    SLUICE_TRY(SubMap(d, node, schema, "dependentSchemas", node.dependent_schemas));
    SLUICE_TRY(node.unevaluated_items, Sub(d, node, schema, "unevaluatedItems"));
    SLUICE_TRY(node.unevaluated_properties, Sub(d, node, schema, "unevaluatedProperties"));
    if (node.draft >= Draft::k2020)
      SLUICE_TRY(SubList(d, node, schema, "prefixItems", node.prefix_items));
    return {};
  }

  Status Condition(Document& d, const Keywords& schema, Node& node) {
    SLUICE_TRY(node.condition, Sub(d, node, schema, "if"));
    const Value& condition = schema["if"];
    if (node.condition == nullptr) return {};
    if (!condition.is_bool() || condition.AsBool()) {
      SLUICE_TRY(node.then, Sub(d, node, schema, "then"));
    }
    if (!condition.is_bool() || !condition.AsBool()) {
      SLUICE_TRY(node.otherwise, Sub(d, node, schema, "else"));
    }
    return {};
  }

  static Status InvalidRegex(std::string_view pattern, std::string_view where, const Status& why) {
    return base::InvalidArgument(
        Cat("invalid regex ", QuoteGo(pattern), " at ", QuoteGo(where), ": ", why.message()));
  }

  static Names Strings(const Value& list) {
    Names out;
    for (const Value& item : list.items()) {
      if (item.is_string()) out.push_back(item.AsString());
    }
    return out;
  }

  static std::optional<uint64_t> Count(const Value& value) {
    if (!value.is_number() || !IsInteger(value)) return std::nullopt;
    return value.AsUint();
  }

  static const Value* Number(const Keywords& schema, Keyword keyword) {
    const Value& value = schema[keyword];
    return value.is_number() ? &value : nullptr;
  }

  static void Types(const Value& type, Node& node) {
    node.types = TypeFromName(type.AsString());
    for (const Value& item : type.items())
      node.types = static_cast<uint8_t>(node.types | TypeFromName(item.AsString()));
  }

  Status Assertions(const Keywords& schema, Node& node) {
    Types(schema["type"], node);
    if (const Value* list = schema.Find("enum"); list != nullptr && list->is_array()) {
      node.enumeration = list;
      for (const Value& item : list->items())
        node.enum_types = static_cast<uint8_t>(node.enum_types | TypeOf(item));
    }
    node.multiple_of = Number(schema, "multipleOf");
    Limits(schema, "maximum", "exclusiveMaximum", node.maximum, node.exclusive_maximum);
    Limits(schema, "minimum", "exclusiveMinimum", node.minimum, node.exclusive_minimum);
    node.min_length = Count(schema["minLength"]);
    node.max_length = Count(schema["maxLength"]);
    if (const Value& pattern = schema["pattern"]; pattern.is_string()) {
      auto regex = CompileRegex(pattern.AsString());
      if (!regex.ok())
        return InvalidRegex(pattern.AsString(), Cat(node.Location(), "/pattern"), regex.status());
      node.pattern = *std::move(regex);
    }
    node.min_items = Count(schema["minItems"]);
    node.max_items = Count(schema["maxItems"]);
    node.unique_items = schema["uniqueItems"].AsBool();
    node.max_properties = Count(schema["maxProperties"]);
    node.min_properties = Count(schema["minProperties"]);
    node.required = Strings(schema["required"]);
    if (node.draft < Draft::k2019 && KnownFormat(schema["format"].AsString()))
      node.format = schema["format"].AsString();
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
  static void Limits(const Keywords& schema, Keyword plain, Keyword exclusive,
                     const Value*& inclusive_limit, const Value*& exclusive_limit) {
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
  std::unordered_map<const Value*, Node*> known_;
  std::array<Node*, 5> metaschemas_{};
};

}  // namespace

std::string Path::Pointer() const {
  if (last_ == Last::kWhole) return std::string(text_);
  std::string out = above_->Pointer();
  document::AppendPointerToken(out, keyword_.name());
  if (last_ == Last::kKey) document::AppendPointerToken(out, text_);
  if (last_ == Last::kIndex) document::AppendPointerToken(out, std::to_string(index_));
  return out;
}

std::string Node::Location() const { return Cat(url, "#", path.Pointer()); }

Result<std::unique_ptr<Compiled>> CompileSchema(std::string_view json, HelmVersion version,
                                                const SchemaLoader& loader) {
  auto compiled = std::make_unique<Compiled>();
  compiled->version = version;
  SLUICE_TRY(Compiler(*compiled, loader).Run(json));
  return compiled;
}

}  // namespace sluice::helm::schema
