// configMapGenerator and secretGenerator (spec §8.1–8.3), and how their results are absorbed
// (§8.4).
#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "base/strings.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "transformer.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Result;
using base::Status;

using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr size_t kBase64Line = 70;
constexpr size_t kMaxEnvLine = 64 << 10;
constexpr std::string_view kBom = "\xEF\xBB\xBF";

std::string_view TrimLeftSpace(std::string_view text) {
  while (!text.empty()) {
    const base::Rune rune = base::DecodeRune(text);
    if (!base::IsSpace(rune.code)) break;
    text.remove_prefix(rune.size);
  }
  return text;
}

std::string BaseName(std::string_view path) {
  const size_t slash = path.rfind('/');
  return std::string(slash == path.npos ? path : path.substr(slash + 1));
}

Result<std::pair<std::string, std::string>> ParseLiteral(std::string_view source) {
  const auto parts = base::Cut(source, "=");
  if (!parts.has_value() || parts->first.empty()) {
    return base::InvalidArgument(Cat("invalid literal source ", source, ", expected key=value"));
  }
  std::string_view value = parts->second;
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
      value.back() == value.front()) {
    value = value.substr(1, value.size() - 2);
  }
  return std::pair(std::string(parts->first), std::string(value));
}

// (key, path)
Result<std::pair<std::string, std::string>> ParseFileSource(std::string_view source) {
  const auto count = std::ranges::count(source, '=');
  if (count == 0) return std::pair(BaseName(source), std::string(source));
  if (source.front() == '=') {
    return base::InvalidArgument(Cat("missing key name for file path ",
                                     base::QuoteGo(source.substr(1)), " in source ",
                                     base::QuoteGo(source)));
  }
  if (count == 1 && source.back() == '=') {
    return base::InvalidArgument(Cat("missing file path for key name ",
                                     base::QuoteGo(source.substr(0, source.size() - 1)),
                                     " in source ", base::QuoteGo(source)));
  }
  if (count > 1) {
    return base::InvalidArgument(
        Cat("source ", base::QuoteGo(source), " key name or file path contains '='"));
  }
  const auto parts = base::Cut(source, "=");
  return std::pair(std::string(parts->first), std::string(parts->second));
}

Status ParseEnv(std::string_view text, Pairs& pairs) {
  bool first = true;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.size() >= kMaxEnvLine) return {};
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!base::IsValidUtf8(line)) {
      std::vector<std::string> bytes;
      for (const char c : line) bytes.push_back(std::to_string(static_cast<unsigned char>(c)));
      return base::InvalidArgument(
          Cat("line [", base::Join(bytes, " "), "] has invalid utf8 bytes : ", line));
    }
    if (first && line.starts_with(kBom)) line.remove_prefix(kBom.size());
    first = false;
    line = TrimLeftSpace(line);
    if (line.empty() || line.front() == '#') continue;
    const auto parts = base::Cut(line, "=");
    if (!parts.has_value())
      pairs.emplace_back(line, "");
    else if (!parts->first.empty())
      pairs.emplace_back(parts->first, parts->second);
  }
  return {};
}

Result<Pairs> LoadPairs(const Loader& loader, const GeneratorArgs& args) {
  Pairs pairs;
  for (const std::string& path : args.envs) {
    auto text = loader.Load(path);
    Status s = text.ok() ? ParseEnv(*text, pairs) : text.status();
    if (!s.ok())
      return std::move(s).Wrap(Cat("env source files: [", base::Join(args.envs, " "), "]"));
  }
  for (const std::string& literal : args.literals) {
    auto pair = ParseLiteral(literal);
    if (!pair.ok())
      return std::move(pair).status().Wrap(
          Cat("literal sources ", "[", base::Join(args.literals, " "), "]"));
    pairs.push_back(*std::move(pair));
  }
  for (const std::string& source : args.files) {
    const auto wrap = [&](Status s) {
      return std::move(s).Wrap(Cat("file sources: [", base::Join(args.files, " "), "]"));
    };
    auto pair = ParseFileSource(source);
    if (!pair.ok()) return wrap(pair.status());
    auto text = loader.Load(pair->second);
    if (!text.ok()) return wrap(text.status());
    pairs.emplace_back(std::move(pair->first), *std::move(text));
  }
  return pairs;
}

// Lines of 70 characters once the text is that long; the breaks are part of the value.
std::string EncodeLines(std::string_view bytes) {
  const std::string text = base::Base64Encode(bytes);
  if (text.size() < kBase64Line) return text;
  std::string out;
  for (size_t at = 0; at < text.size(); at += kBase64Line) {
    out += text.substr(at, kBase64Line);
    out += '\n';
  }
  return out;
}

void SetText(Node* map, std::string_view key, std::string_view value) {
  Node* node = map->arena().NewScalar(value, Tag::kStr);
  if (value.find('\n') != value.npos) node->set_style(Node::Style::kLiteral);
  AddField(map, key, node);
}

class KeyValueGenerator final : public Generator {
 public:
  KeyValueGenerator(PluginContext plugin, GeneratorArgs args, bool secret, std::string type)
      : plugin_(plugin), args_(std::move(args)), secret_(secret), type_(std::move(type)) {}

  Result<ResMap> Generate() override {
    Arena& arena = plugin_.build.arena;
    Node* root = arena.NewMapping();
    root->Set("apiVersion", "v1");
    root->Set("kind", secret_ ? "Secret" : "ConfigMap");
    if (args_.name.empty()) return base::InvalidArgument("a configmap must have a name");
    Node* meta = root->Set("metadata", arena.NewMapping());
    meta->Set("name", args_.name);
    if (!args_.ns.empty()) meta->Set("namespace", args_.ns);
    if (secret_) root->Set("type", type_.empty() ? "Opaque" : std::string_view(type_));
    auto pairs = LoadPairs(plugin_.loader, args_);
    if (!pairs.ok()) return std::move(pairs).status().Wrap("loading KV pairs");
    std::map<std::string_view, std::string_view> sorted;
    for (const auto& [key, value] : *pairs) {
      if (!sorted.emplace(key, value).second) {
        return base::InvalidArgument(
            Cat("configmap ", args_.name, " illegally repeats the key `", key, "`"));
      }
    }
    if (secret_) root->Set("data", arena.NewMapping());
    for (const auto& [key, value] : sorted) Put(root, key, value);
    Resource* resource = plugin_.build.NewResource(root);
    Decorate(*resource);
    ResMap map;
    SLUICE_TRY(map.Append(resource));
    return map;
  }

 private:
  void Put(Node* root, std::string_view key, std::string_view value) const {
    if (secret_)
      SetText(root->FindOrAddMapping("data"), key, EncodeLines(value));
    else if (base::IsValidUtf8(value))
      SetText(root->FindOrAddMapping("data"), key, value);
    else
      SetText(root->FindOrAddMapping("binaryData"), key, EncodeLines(value));
  }

  void Decorate(Resource& resource) const {
    Node* root = resource.root();
    if (args_.options.has_value()) {
      const auto put = [&](std::string_view field, const StringMap& entries) {
        if (entries.empty()) return;
        Node* map = root->Find("metadata")->FindOrAddMapping(field);
        for (const auto& [key, value] : entries) AddField(map, key, root->arena().NewString(value));
      };
      put("labels", args_.options->labels);
      put("annotations", args_.options->annotations);
      if (args_.options->immutable) root->Set("immutable", root->arena().NewBool(true));
    }
    resource.needs_hash = !args_.options.has_value() || !args_.options->disable_name_suffix_hash;
    resource.behavior = args_.behavior == "merge"     ? Behavior::kMerge
                        : args_.behavior == "replace" ? Behavior::kReplace
                        : args_.behavior == "create"  ? Behavior::kCreate
                                                      : Behavior::kUnspecified;
  }

  PluginContext plugin_;
  GeneratorArgs args_;
  bool secret_;
  std::string type_;
};

// Old entries first, new ones win; written sorted by key. Nulls are empty texts among data, and
// their own text among metadata.
enum class Nulls : uint8_t { kEmpty, kText };
Node* MergeTextMaps(Arena& arena, const Node* older, const Node* newer, Nulls nulls) {
  std::map<std::string_view, Node*> sorted;
  for (const Node* map : {older, newer}) {
    if (map == nullptr) continue;
    for (const auto& [key, value] : map->pairs()) sorted[key->value()] = value;
  }
  Node* out = arena.NewMapping();
  for (const auto& [key, value] : sorted) {
    const bool empty =
        !value->is_scalar() || (nulls == Nulls::kEmpty && value->tag_id() == Tag::kNull);
    const std::string_view text = empty ? std::string_view() : value->value();
    Node* node = arena.NewString(text);
    if (text.find('\n') != text.npos) node->set_style(Node::Style::kLiteral);
    AddField(out, key, node);
  }
  return out;
}

const Node* MappingAt(const Resource& r, std::string_view key) {
  const Node* node = r.root()->Find(key);
  return node != nullptr && node->is_mapping() ? node : nullptr;
}

// The new object takes the identity, the history and, merged, the metadata of the old one.
Status TakeOver(const Resource& old, Resource& made) {
  Arena& arena = made.root()->arena();
  Node* meta = made.root()->FindOrAddMapping("metadata");
  const auto merge = [&](std::string_view field, const Node* older, const Node* newer) {
    Node* map = MergeTextMaps(arena, older, newer, Nulls::kText);
    if (map->empty())
      meta->Erase(field);
    else
      meta->Set(field, map);
  };
  merge("labels", old.labels(), made.labels());
  merge("annotations", old.annotations(), made.annotations());
  const std::string_view origin = old.annotation(kOriginAnnotation);
  if (made.behavior == Behavior::kMerge && !origin.empty())
    made.SetAnnotation(kOriginAnnotation, origin);
  made.SetName(old.name());
  made.SetNamespace(old.ns());
  if (made.behavior == Behavior::kMerge) {
    for (const std::string_view field : {"data", "binaryData"}) {
      const Node *older = MappingAt(old, field), *newer = MappingAt(made, field);
      if (older == nullptr && newer == nullptr) continue;
      Node* merged = MergeTextMaps(arena, older, newer, Nulls::kEmpty);
      if (merged->empty())
        made.root()->Erase(field);
      else
        made.root()->Set(field, merged);
    }
  }
  return {};
}

}  // namespace

GeneratorPtr MakeConfigMapGenerator(PluginContext plugin, GeneratorArgs args) {
  return std::make_unique<KeyValueGenerator>(plugin, std::move(args), false, "");
}

GeneratorPtr MakeSecretGenerator(PluginContext plugin, GeneratorArgs args, std::string type) {
  return std::make_unique<KeyValueGenerator>(plugin, std::move(args), true, std::move(type));
}

Status Absorb(BuildContext&, ResMap& map, const ResMap& generated) {
  for (Resource* made : generated) {
    const ResId id = made->id();
    const auto matches = map.FindByAnyId(id);
    const bool joins = made->behavior == Behavior::kMerge || made->behavior == Behavior::kReplace;
    if (matches.empty()) {
      if (joins)
        return base::NotFound(Cat("id ", GoSyntax(id), " does not exist; cannot merge or replace"));
      SLUICE_TRY(map.Append(made));
      continue;
    }
    if (matches.size() > 1) {
      std::vector<std::string> ids;
      for (const size_t i : matches) ids.push_back(GoSyntax(map[i]->id()));
      return base::FailedPrecondition(Cat("found multiple objects [", base::Join(ids, " "),
                                          "] that could accept merge of ", GoSyntax(id)));
    }
    const Resource& old = *map[matches[0]];
    if (!joins) {
      return base::AlreadyExists(Cat("id ", GoSyntax(id), " exists; can not use behavior: '",
                                     BehaviorName(made->behavior.value_or(Behavior::kUnspecified)),
                                     "', behavior must be merge or replace"));
    }
    const bool wants_hash = made->needs_hash && old.needs_hash;
    Node* root = made->root();
    SLUICE_TRY(TakeOver(old, *made));
    Resource taken = old;  // history, prefixes and origin stay those of the old object
    taken.set_root(root);
    taken.needs_hash = wants_hash;
    taken.behavior = old.behavior;
    *made = std::move(taken);
    map.Replace(matches[0], made);
  }
  return {};
}

}  // namespace sluice::kustomize
