// A chart to the documents of a release, as `helm template` and install make them: dependencies,
// values, schema, Kubernetes version, templates, notes, post-rendering, hooks and manifests in
// order. Pure, thread-safe. Spec: helm-engine 16.3, 16.6.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "helm/capabilities.h"
#include "helm/chart.h"
#include "helm/engine.h"
#include "helm/manifests.h"
#include "helm/schema.h"

namespace sluice::helm {

// A stream of YAML documents in, another out.
using PostRenderer = std::function<base::Result<std::string>(std::string_view documents)>;
// Helm 4: what it is given. All files in one stream, hooks and manifests each, or manifests alone.
// (Helm 3 always gives it the final manifest without hooks.)
enum class PostRenderStrategy : uint8_t { kCombined, kSeparate, kNoHooks };

// Takes work to be done by another thread, at some time; what it is handed may also find that it is
// done.
using Beside = std::function<void(std::function<void()> work)>;

struct RenderOptions {
  EngineOptions engine;
  bool include_crds = false;
  bool hide_secret = false;  // Secrets of v1 stand as a comment
  bool sub_notes = false;    // subcharts' NOTES.txt too
  bool skip_schema_validation = false;
  bool keep_manifest = true;  // false leaves RenderedRelease::manifest empty
  PostRenderer post_renderer;
  PostRenderStrategy post_render_strategy = PostRenderStrategy::kCombined;
  SchemaLoader schema_loader;
  WarningSink warn;  // empty: nobody wants to know
  // checks schemas while templates run; empty: they are checked before
  Beside beside;
};

struct RenderedCrd {
  std::string path;  // "chart/crds/a.yaml"
  std::string content;
};

struct RenderedRelease {
  std::unique_ptr<const Chart> chart;  // with its dependencies processed
  std::vector<RenderedCrd> crds;       // only with include_crds
  std::vector<Hook> hooks;
  std::vector<Manifest> manifests;
  std::string manifest;  // crds and manifests as Helm stores them: "---\n# Source:
                         // <path>\n<content>\n" each
  std::string notes;
};

// Where a failure came from: Helm shows what was rendered by then.
struct RenderFailure {
  bool rendering = false;  // past the checks of chart and values
  std::string manifest;    // the files as they are where a document does not parse
};

// `values` are the user's. Errors in Helm's words: "chart dependencies processing failed: …",
// "values don't meet the specifications of the schema(s) in the following chart(s):\n…", "chart
// requires kubeVersion: …", those of RenderTemplates and SortManifests.
base::Result<RenderedRelease> RenderRelease(const Chart& chart, const document::Value& values,
                                            const ReleaseOptions& release,
                                            const Capabilities& capabilities,
                                            const RenderOptions& options,
                                            RenderFailure* failure = nullptr);

// "---\n# Source: <path>\n<content>\n"
void AppendSource(std::string& out, std::string_view path, std::string_view content);

}  // namespace sluice::helm
