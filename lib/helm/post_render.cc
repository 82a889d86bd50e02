#include "post_render.h"

#include <algorithm>
#include <map>

#include "base/strings.h"
#include "document/yaml.h"
#include "manifest_text.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Node;

constexpr std::string_view kAnnotation = "postrenderer.helm.sh/postrender-filename";
constexpr document::Yaml3WriteOptions kStyle{.indent = 2, .compact_sequences = true};

void AppendDocument(std::string& out, const Node& node) {
  if (!out.empty()) out += "---\n";
  out += document::WriteYaml3(node, kStyle);
}

Status AnnotateFile(const RenderedFile& file, std::string& out) {
  for (const std::string_view text : SplitManifests(file.content, HelmVersion::kV4)) {
    document::Arena arena;
    auto nodes = document::ParseYaml(arena, text);
    if (!nodes.ok()) return std::move(nodes).status().Wrap(Cat("parsing ", file.path));
    for (Node* node : *nodes) {
      if (node->IsNull()) continue;
      if (!node->is_mapping())
        return base::InvalidArgument(
            Cat("annotating ", file.path, ": wrong node kind: expected MappingNode"));
      Node* path = arena.NewScalar(file.path, document::Tag::kStr, Node::Style::kSingleQuoted);
      node->FindOrAddMapping("metadata")->FindOrAddMapping("annotations")->Set(kAnnotation, path);
      AppendDocument(out, *node);
    }
  }
  return {};
}

}  // namespace

Result<std::string> AnnotateAndMerge(std::span<const RenderedFile> files) {
  std::vector<const RenderedFile*> sorted;
  for (const RenderedFile& file : files) sorted.push_back(&file);
  std::ranges::sort(sorted, {},
                    [](const RenderedFile* file) -> std::string_view { return file->path; });
  std::string out;
  for (const RenderedFile* file : sorted) {
    const std::string_view base = std::string_view(file->path).substr(file->path.rfind('/') + 1);
    if (base.starts_with('_') || TrimLeftSpace(file->content).empty()) continue;
    SLUICE_TRY(AnnotateFile(*file, out));
  }
  return out;
}

Result<std::vector<RenderedFile>> SplitAndDeannotate(std::string_view stream,
                                                     std::string_view prefix) {
  document::Arena arena;
  auto nodes = document::ParseYaml(arena, stream);
  if (!nodes.ok()) return std::move(nodes).status().Wrap("error parsing YAML");
  std::map<std::string, std::string> files;
  size_t i = 0;
  for (Node* node : *nodes) {
    if (node->IsNull()) continue;
    std::string path;
    if (Node* annotations = node->At({"metadata", "annotations"});
        annotations != nullptr && annotations->is_mapping()) {
      if (const Node* named = annotations->Find(kAnnotation); named != nullptr)
        path = named->value();
      annotations->Erase(kAnnotation);
    }
    if (path.empty())
      path = Cat("generated-by-postrender-", prefix, prefix.empty() ? "" : "-", std::to_string(i),
                 ".yaml");
    AppendDocument(files[path], *node);
    ++i;
  }
  std::vector<RenderedFile> out;
  for (auto& [path, content] : files) out.push_back({path, std::move(content)});
  return out;
}

}  // namespace sluice::helm
