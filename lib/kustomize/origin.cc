// Origins: where an object came from and what changed it (spec §22.1–22.2).
#include "document/yaml.h"
#include "git_url.h"
#include "io/file_tree.h"
#include "resource.h"

namespace sluice::kustomize {

Origin Origin::Append(std::string_view added) const {
  Origin copy = *this;
  if (const auto spec = ParseGitUrl(added)) {
    copy.repo = spec->clone_spec;
    copy.ref = spec->ref;
    copy.path = io::CleanPath(spec->path);
    return copy;
  }
  copy.path = io::JoinPath(copy.path, added);
  return copy;
}

namespace {

Node* OriginNode(Arena& arena, const Origin& origin) {
  Node* map = arena.NewMapping();
  const auto put = [](Node* to, std::string_view key, const std::string& value) {
    if (value.empty()) return;
    Node* text = to->arena().NewString(value);
    // go-yaml v3 quotes what its version 2 would not read as a text: "y", "1:30".
    if (document::ResolveTag(value, document::YamlDialect::kGoYaml2) != Tag::kStr)
      text->set_style(Node::Style::kDoubleQuoted);
    to->Set(key, text);
  };
  put(map, "path", origin.path);
  put(map, "repo", origin.repo);
  put(map, "ref", origin.ref);
  put(map, "configuredIn", origin.configured_in);
  Node* by = arena.NewMapping();
  put(by, "apiVersion", origin.configured_by.api_version);
  put(by, "kind", origin.configured_by.kind);
  put(by, "name", origin.configured_by.name);
  put(by, "namespace", origin.configured_by.ns);
  if (!by->empty()) map->Set("configuredBy", by);
  return map;
}

std::string Write(const Node& node) {
  return document::WriteYaml3(node, {.indent = 2, .compact_sequences = true});
}

}  // namespace

std::string Origin::ToYaml() const {
  Arena arena;
  return Write(*OriginNode(arena, *this));
}

std::optional<Origin> Resource::origin() const {
  const std::string_view text = annotation(kOriginAnnotation);
  if (text.empty()) return std::nullopt;
  const auto value = document::ParseYamlToValue(text);
  if (!value.ok()) return std::nullopt;
  Origin origin;
  origin.path = (*value)["path"].AsString();
  origin.repo = (*value)["repo"].AsString();
  origin.ref = (*value)["ref"].AsString();
  return origin;
}

void Resource::SetOrigin(const Origin& origin) {
  SetAnnotation(kOriginAnnotation, origin.ToYaml());
}

void Resource::AddTransformation(const Origin& by) {
  if (annotation(kOriginAnnotation).empty()) {
    SetOrigin(by);
    MakeAnnotationsTexts();
    return;
  }
  Arena arena;
  Node* list = arena.NewSequence();
  list->Append(OriginNode(arena, by));
  SetAnnotation(kTransformationsAnnotation,
                std::string(annotation(kTransformationsAnnotation)) + Write(*list));
  MakeAnnotationsTexts();
}

}  // namespace sluice::kustomize
