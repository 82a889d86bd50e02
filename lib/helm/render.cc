#include "helm/render.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>

#include "base/strings.h"
#include "helm/dependencies.h"
#include "helm/values.h"
#include "io/file_tree.h"
#include "manifest_text.h"
#include "post_render.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using Files = std::vector<RenderedFile>;

// NOTES.txt files come out; the root's own, or all, become the notes.
std::string TakeNotes(Files& files, const Chart& chart, bool all) {
  const std::string own = io::JoinPath(chart.name(), "templates/NOTES.txt");
  std::string notes;
  std::erase_if(files, [&](const RenderedFile& file) {
    if (!file.path.ends_with("NOTES.txt")) return false;
    if (all || file.path == own) {
      if (!notes.empty()) notes += '\n';
      notes += file.content;
    }
    return true;
  });
  return notes;
}

// Documents of one file joined again.
void Gather(std::map<std::string, std::string>& files, const std::string& path,
            std::string_view content) {
  std::string& file = files[path];
  if (!file.empty()) file += "\n---\n";
  file += content;
}

Result<Files> PostRenderGroup(const RenderOptions& options, const Files& files,
                              std::string_view group) {
  const bool all = group.empty();
  auto merged = AnnotateAndMerge(files);
  if (!merged.ok())
    return std::move(merged).status().Wrap(Cat("error merging ", all ? "manifests" : group));
  auto rendered = options.post_renderer(*merged);
  if (!rendered.ok())
    return std::move(rendered).status().Wrap(
        Cat("error while running post render on ", all ? "files" : group));
  auto split = SplitAndDeannotate(*rendered, group);
  if (!split.ok())
    return std::move(split).status().Wrap(
        Cat("error while parsing post rendered output", all ? "" : " for ", group));
  return split;
}

Files ToFiles(std::map<std::string, std::string> files) {
  Files out;
  for (auto& [path, content] : files) out.push_back({path, std::move(content)});
  return out;
}

// Helm 4's: on files, before hooks and manifests are told apart, or on each of them.
Result<Files> PostRender(const RenderOptions& options, Files files) {
  if (options.post_render_strategy == PostRenderStrategy::kCombined)
    return PostRenderGroup(options, files, "");
  SLUICE_TRY(const SortedManifests sorted,
             SortManifests(files, KindOrder::kInstall, options.engine.version));
  std::map<std::string, std::string> hooks, manifests, out;
  for (const Hook& hook : sorted.hooks) Gather(hooks, hook.path, hook.manifest);
  for (const Manifest& manifest : sorted.manifests)
    Gather(manifests, manifest.name, manifest.content);
  if (options.post_render_strategy == PostRenderStrategy::kNoHooks) {
    out = std::move(hooks);
  } else if (!hooks.empty()) {
    SLUICE_TRY(const Files rendered, PostRenderGroup(options, ToFiles(std::move(hooks)), "hooks"));
    for (const RenderedFile& file : rendered) Gather(out, file.path, file.content);
  }
  if (!manifests.empty()) {
    SLUICE_TRY(const Files rendered,
               PostRenderGroup(options, ToFiles(std::move(manifests)), "manifests"));
    for (const RenderedFile& file : rendered) Gather(out, file.path, file.content);
  }
  return ToFiles(std::move(out));
}

Status RenderStage(const Chart& chart, const document::Value& values, const ReleaseOptions& release,
                   const Capabilities& capabilities, const RenderOptions& options,
                   RenderedRelease& out, RenderFailure& failure) {
  SLUICE_TRY(CheckKubeVersion(chart.metadata.kube_version, capabilities.kube_version));
  SLUICE_TRY(Files files, RenderTemplates(chart, values, release, capabilities, options.engine));
  out.notes = TakeNotes(files, chart, options.sub_notes);
  const bool v3 = options.engine.version == HelmVersion::kV3;
  if (options.post_renderer && !v3) {
    SLUICE_TRY(files, PostRender(options, std::move(files)));
  }
  auto sorted =
      SortManifests(std::move(files), KindOrder::kInstall, options.engine.version, options.warn);
  if (!sorted.ok()) {
    for (const RenderedFile& file : files) {
      if (!TrimLeftSpace(file.content).empty())
        AppendSource(failure.manifest, file.path, file.content);
    }
    return std::move(sorted).status();
  }
  out.hooks = std::move(sorted->hooks);
  out.manifests = std::move(sorted->manifests);
  if (options.include_crds) {
    for (const Crd& crd : chart.Crds())
      out.crds.push_back({crd.file_name, std::string(crd.file->data.view())});
  }
  if (!options.keep_manifest && !options.post_renderer) return {};
  for (const RenderedCrd& crd : out.crds) AppendSource(out.manifest, crd.path, crd.content);
  for (const Manifest& manifest : out.manifests) {
    const bool hidden =
        options.hide_secret && manifest.head.kind == "Secret" && manifest.head.api_version == "v1";
    AppendSource(out.manifest, manifest.name,
                 hidden ? "# HIDDEN: The Secret output has been suppressed"
                        : std::string_view(manifest.content));
  }
  if (options.post_renderer && v3) {
    auto rendered = options.post_renderer(out.manifest);
    if (!rendered.ok())
      return std::move(rendered).status().Wrap("error while running post render on files");
    out.manifest = *std::move(rendered);
  }
  return {};
}

// The values against the schemas: a check that is made once, by whoever comes to it first.
class SchemaCheck {
 public:
  SchemaCheck(const Chart& chart, const document::Value& values, const RenderOptions& options)
      : chart_(chart), values_(values), options_(options) {}

  void Run() {
    if (begun_.test_and_set()) return;
    const Status s =
        ValidateAgainstSchemas(chart_, values_, options_.engine.version, options_.schema_loader);
    if (s.ok()) return done_.set_value({});
    done_.set_value(Status(
        s.code(),
        Cat("values don't meet the specifications of the schema(s) in the following chart(s):\n",
            s.message())));
  }
  Status Result() {
    Run();
    return result_.get();
  }

 private:
  const Chart& chart_;
  const document::Value& values_;
  const RenderOptions& options_;
  std::atomic_flag begun_;
  std::promise<Status> done_;
  std::future<Status> result_ = done_.get_future();
};

}  // namespace

void AppendSource(std::string& out, std::string_view path, std::string_view content) {
  out.reserve(out.size() + path.size() + content.size() + 16);
  out += "---\n# Source: ";
  out += path;
  out += '\n';
  out += content;
  out += '\n';
}

Result<RenderedRelease> RenderRelease(const Chart& chart, const document::Value& values,
                                      const ReleaseOptions& release,
                                      const Capabilities& capabilities,
                                      const RenderOptions& options, RenderFailure* failure) {
  RenderFailure ignored;
  RenderFailure& where = failure == nullptr ? ignored : *failure;
  const HelmVersion version = options.engine.version;
  std::unique_ptr<Chart> clone = chart.Clone();
  if (Status s = ProcessDependencies(*clone, values, version, options.warn); !s.ok()) {
    if (version == HelmVersion::kV3) return s;
    constexpr std::string_view kFailed = "chart dependencies processing failed";
    if (options.warn)
      options.warn(
          {WarningLevel::kError, "", std::string(kFailed), {{"error", std::string(s.message())}}});
    return std::move(s).Wrap(kFailed);
  }
  SLUICE_TRY(const document::Value all, CoalesceValues(*clone, values, version, options.warn));
  // what others would see comes after it
  const bool beside = options.beside && !options.post_renderer && options.engine.lookup == nullptr;
  std::shared_ptr<SchemaCheck> check;
  if (!options.skip_schema_validation) check = std::make_shared<SchemaCheck>(*clone, all, options);
  if (check != nullptr && beside) options.beside([check] { check->Run(); });
  if (check != nullptr && !beside) SLUICE_TRY(check->Result());
  RenderedRelease out;
  const Status rendered = RenderStage(*clone, all, release, capabilities, options, out, where);
  if (check != nullptr && beside) SLUICE_TRY(check->Result());
  where.rendering = true;
  SLUICE_TRY(rendered);
  out.chart = std::move(clone);
  return out;
}

}  // namespace sluice::helm
