#include "reader.h"

#include <algorithm>
#include <deque>
#include <map>

#include "base/strings.h"
#include "cache.h"
#include "document/json.h"
#include "document/yaml.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

// The peer keeps comments; only those that hold a schema ever matter to a build.
bool HasSchemaComment(std::string_view text) {
  for (size_t at = text.find('#'); at != text.npos; at = text.find('#', at + 1)) {
    size_t next = at + 1;
    while (next < text.size() && text[next] == ' ') ++next;
    if (next < text.size() && text[next] == '{') return true;
  }
  return false;
}

// go-yaml does not know JSON's "\\/", which libyaml takes. Another unknown escape in its place
// tells whether it stands in quotes.
Status CheckSlashEscapes(std::string_view text) {
  if (text.find("\\/") == text.npos) return {};
  document::Arena arena;
  const std::string probe = base::ReplaceAll(text, "\\/", "\\q");
  const auto parsed = document::ParseYaml(arena, probe, {.first_document_only = true});
  if (parsed.ok() ||
      parsed.status().message().find("unknown escape character") == std::string::npos)
    return {};
  return {kMalformedYaml, parsed.status().message()};
}

// Splits at lines that start with "---", the first line of all excepted.
Result<std::vector<std::string>> SplitDocuments(std::string_view text) {
  std::vector<std::string> parts;
  size_t begin = 0, from = 0;
  while (true) {
    const size_t at = text.find("\n---", from);
    if (at == text.npos) break;
    const size_t end = text.find('\n', at + 1);
    if (end == text.npos) break;
    const std::string_view separator = base::TrimSpace(text.substr(at, end - at));
    const std::string_view rest = base::TrimSpace(separator.substr(3));
    if (!rest.empty() && !rest.starts_with('#')) {
      return base::InvalidArgument(Cat("invalid document separator: ", separator));
    }
    parts.push_back(Cat(text.substr(begin, at - begin), "\n"));
    begin = from = end + 1;
  }
  parts.emplace_back(text.substr(begin));
  return parts;
}

bool IsNilOrEmpty(const Node& node) {
  if (node.is_scalar()) return node.IsNull();
  return node.empty();
}

std::string_view Text(const Node* node) {
  return node != nullptr && node->is_scalar() && !node->IsNull() ? node->value()
                                                                 : std::string_view();
}

std::string GoMap(const Node* map) {
  std::map<std::string_view, std::string_view> sorted;
  if (map != nullptr) {
    for (const auto& [key, value] : map->pairs()) sorted[key->value()] = Text(value);
  }
  std::vector<std::string> entries;
  for (const auto& [key, value] : sorted) entries.push_back(Cat(key, ":", value));
  return Cat("map[", base::Join(entries, " "), "]");
}

std::string GoMeta(const Node& object) {
  const Node* meta = object.Find("metadata");
  const auto of = [&](std::string_view key) { return meta == nullptr ? nullptr : meta->Find(key); };
  return Cat("{{", Text(object.Find("apiVersion")), " ", Text(object.Find("kind")), "} {{",
             Text(of("name")), " ", Text(of("namespace")), "} ", GoMap(of("labels")), " ",
             GoMap(of("annotations")), "}}");
}

Status Validate(const Node& object) {
  if (object.Find("apiVersion") == nullptr && object.Find("kind") == nullptr &&
      object.Find("metadata") == nullptr) {
    return base::InvalidArgument("missing Resource metadata");
  }
  const std::string_view kind = Text(object.Find("kind"));
  if (kind.empty()) return base::InvalidArgument(Cat("missing kind in object ", GoMeta(object)));
  if (kind.ends_with("List")) return {};
  if (Text(object.At({"metadata", "name"})).empty()) {
    return base::InvalidArgument(Cat("missing metadata.name in object ", GoMeta(object)));
  }
  return {};
}

std::string_view GoType(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
      return "bool";
    case Value::Kind::kInt:
      return "int";
    case Value::Kind::kUint:
      return "uint64";
    case Value::Kind::kDouble:
      return "float64";
    case Value::Kind::kString:
      return "string";
    case Value::Kind::kObject:
      return "map[string]interface {}";
    default:
      return "<nil>";
  }
}

// The raw objects of a text: what is a plain List alone in its file is taken apart as it stands.
Result<std::vector<Node*>> ParseParts(Arena& arena, std::string_view text) {
  std::string clean;
  if (text.find('\r') != text.npos) {
    clean = base::ReplaceAll(text, "\r\n", "\n");
    text = clean;
  }
  const document::YamlReadOptions options{.first_document_only = true,
                                          .comments = HasSchemaComment(text)};
  std::vector<Node*> nodes;
  const auto parse = [&](std::string_view part) -> Status {
    // go-yaml reads YAML 1.1 alone, libyaml 1.2 as well.
    if (part.starts_with("%YAML ") && !part.starts_with("%YAML 1.1"))
      return {kMalformedYaml, "yaml: found incompatible YAML document"};
    SLUICE_TRY(CheckSlashEscapes(part));
    auto documents = document::ParseYaml(arena, part, options);
    if (!documents.ok()) return {kMalformedYaml, documents.status().message()};
    if (documents->empty() || IsNilOrEmpty(*documents->front())) return {};
    nodes.push_back(documents->front());
    return {};
  };
  std::vector<std::string> parts;
  if (text.find("\n---") != text.npos) {
    SLUICE_TRY(parts, SplitDocuments(text));
    for (const std::string& part : parts) SLUICE_TRY(parse(part));
  } else {
    SLUICE_TRY(parse(text));
  }
  if (parts.size() <= 1 && nodes.size() == 1) {
    const Node& list = *nodes.front();
    const std::string_view kind = Text(list.Find("kind"));
    const Node* items = list.Find("items");
    if ((kind == "List" || kind == "ResourceList") && items != nullptr && items->is_sequence()) {
      const auto all = items->items();
      std::vector<Node*> inner(all.begin(), all.end());
      nodes = std::move(inner);
    }
  }
  for (Node* node : nodes) SLUICE_TRY(document::ExpandAliases(node));
  return nodes;
}

// Keeps what is not empty; the first invalid one fails.
Status DropBad(std::vector<Node*>& nodes) {
  std::erase_if(nodes, [](const Node* node) { return IsNilOrEmpty(*node); });
  for (const Node* node : nodes) SLUICE_TRY(Validate(*node));
  return {};
}

// The items of a FooList, made anew from their data.
Result<std::vector<Node*>> ExpandList(Arena& arena, const Node& list, bool& expanded) {
  std::vector<Node*> nodes;
  if (list.Find("items") == nullptr) return nodes;
  expanded = true;
  auto value = document::ToValue(list);
  const std::string_view kind = Text(list.Find("kind"));
  if (!value.ok()) return std::move(value).status().Wrap(Cat("trouble expanding list of ", kind));
  const Value& items = (*value)["items"];
  if (items.is_null()) return nodes;
  if (!items.is_array()) {
    return base::InvalidArgument(
        Cat("expected array in ", kind, "/items, but found ", GoType(items)));
  }
  for (const Value& item : items.items()) {
    SLUICE_TRY(auto inner, ParseParts(arena, document::ToJson(item)));
    SLUICE_TRY(DropBad(inner));
    nodes.insert(nodes.end(), inner.begin(), inner.end());
  }
  return nodes;
}

}  // namespace

Result<std::vector<Node*>> ParseObjects(Arena& arena, std::string_view text) {
  SLUICE_TRY(auto nodes, ParseParts(arena, text));
  SLUICE_TRY(DropBad(nodes));
  std::deque<Node*> queue(nodes.begin(), nodes.end());
  std::vector<Node*> objects;
  while (!queue.empty()) {
    Node* node = queue.front();
    queue.pop_front();
    if (Text(node->Find("kind")).ends_with("List")) {
      bool expanded = false;
      SLUICE_TRY(const auto inner, ExpandList(arena, *node, expanded));
      queue.insert(queue.end(), inner.begin(), inner.end());
      if (expanded) continue;
    }
    objects.push_back(node);
  }
  return objects;
}

Result<std::vector<Node*>> ReadObjects(BuildContext& context, std::string_view text) {
  if (context.options.cache == nullptr) return ParseObjects(context.arena, text);
  SLUICE_TRY(const auto file, CacheAccess::Objects(*context.options.cache, text));
  std::vector<Node*> objects;
  objects.reserve(file->objects.size());
  for (const Node* object : file->objects) objects.push_back(object->Clone(context.arena));
  return objects;
}

Result<std::vector<Resource*>> ReadResources(BuildContext& context, std::string_view text) {
  SLUICE_TRY(const auto objects, ReadObjects(context, text));
  std::vector<Resource*> resources;
  resources.reserve(objects.size());
  for (Node* object : objects) {
    resources.push_back(context.NewResource(object));
    AdoptBuildAnnotations(*resources.back());
  }
  return resources;
}

Result<ResMap> ReadResMap(BuildContext& context, std::string_view text) {
  SLUICE_TRY(const auto resources, ReadResources(context, text));
  ResMap map;
  for (Resource* r : resources) SLUICE_TRY(map.Append(r));
  return map;
}

Status ValidateObject(const Node& object) { return Validate(object); }

Status NameFile(Status status, std::string_view path) {
  if (status.code() != kMalformedYaml) return status;
  return {kMalformedYaml, Cat("MalformedYAMLError: ", status.message(), " in File: ", path)};
}

}  // namespace sluice::kustomize
