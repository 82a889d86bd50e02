#include "helm/engine.h"

#include <algorithm>
#include <map>

#include "base/strings.h"
#include "engine_errors.h"
#include "engine_functions.h"
#include "engine_order.h"
#include "engine_values.h"
#include "io/file_tree.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using gotemplate::Heap;
using gotemplate::Map;
using gotemplate::Value;

std::string_view BaseName(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// The caller's environment, answering for the Helm that is asked for.
class VersionedEnvironment final : public gotemplate::Environment {
 public:
  VersionedEnvironment(gotemplate::Environment* base, HelmVersion version)
      : base_(base == nullptr ? pure_ : *base), version_(version) {}
  base::Time Now() const override { return base_.Now(); }
  void Random(std::span<uint8_t> out) override { base_.Random(out); }
  std::string_view TimeZone() const override { return base_.TimeZone(); }
  std::string ZoneFile(std::string_view name) override { return base_.ZoneFile(name); }
  gotemplate::HelmVersion helm() const override {
    return version_ == HelmVersion::kV3 ? gotemplate::HelmVersion::k3 : gotemplate::HelmVersion::k4;
  }
  bool Expired() override { return base_.Expired(); }
  Result<std::string> HostByName(std::string_view name) override { return base_.HostByName(name); }

 private:
  gotemplate::Environment pure_;
  gotemplate::Environment& base_;
  HelmVersion version_;
};

constexpr size_t kLargeText = 64 << 10;  // its output is about as long

struct Renderable {
  const SharedText* text;
  Map* data;              // of its chart: shared by all files of it
  std::string base_path;  // "<chart path>/templates"
};

struct RenderOrder {
  bool operator()(const std::string& a, const std::string& b) const { return RendersBefore(a, b); }
};
using Renderables = std::map<std::string, Renderable, RenderOrder>;

class Renderer {
 public:
  Renderer(const document::Value& values, const ReleaseOptions& release,
           const Capabilities& capabilities, const EngineOptions& options)
      : options_(options),
        heap_(options.max_memory),
        environment_(options.environment, options.version),
        capabilities_(MakeCapabilities(heap_, capabilities, options.version)),
        release_(MakeRelease(release)),
        values_(values) {
    state_.version = options.version;
    state_.lint = options.lint;
    state_.lookup = options.lookup;
    state_.warn = &options.warn;
    state_.missing_key =
        options.strict ? gotemplate::MissingKey::kError : gotemplate::MissingKey::kZero;
  }

  Result<std::vector<RenderedFile>> Run(const Chart& chart) {
    Renderables files;
    Collect(chart, nullptr, files);
    std::vector<ParseCache::Text> texts;
    texts.reserve(files.size());
    for (const auto& [path, file] : files) {
      auto parsed = Parse(path, *file.text);
      if (!parsed.ok()) return RewriteParseError(path, parsed.status());
      texts.push_back(*std::move(parsed));
    }
    const ParseCache::Set set = Associate(texts);
    std::vector<RenderedFile> out;
    size_t bytes = 0;
    for (const auto& [path, file] : files) {
      if (BaseName(path).starts_with('_')) continue;
      RenderedFile rendered{path, ""};
      SLUICE_TRY(Execute(*set, path, file, rendered.content, bytes));
      bytes += rendered.content.size();
      RemoveNoValue(rendered.content);
      out.push_back(std::move(rendered));
    }
    std::ranges::sort(out, {}, &RenderedFile::path);
    return out;
  }

 private:
  Result<ParseCache::Text> Parse(const std::string& path, const SharedText& text) {
    if (options_.cache != nullptr) return options_.cache->Parse(path, text, options_.version);
    return gotemplate::ParsedText::ParseIn(path, text.owner(), text.view(),
                                           EngineFunctions(options_.version));
  }

  ParseCache::Set Associate(const std::vector<ParseCache::Text>& texts) {
    if (options_.cache != nullptr) return options_.cache->Associate(texts);
    auto set = std::make_shared<gotemplate::TemplateSet>();
    for (const ParseCache::Text& text : texts) set->Add(text);
    return set;
  }

  Status Execute(const gotemplate::TemplateSet& set, const std::string& path,
                 const Renderable& file, std::string& out, size_t before) {
    Map* here = heap_.NewMap(2, ValuesType(options_.version));
    here->Set(heap_, "Name", Value::String(path));
    here->Set(heap_, "BasePath", Value::String(file.base_path));
    file.data->Set(heap_, "Template", Value::Of(here));
    gotemplate::ExecuteOptions options{.missing_key = state_.missing_key,
                                       .limits = options_.limits,
                                       .environment = &environment_,
                                       .user = &state_};
    options.limits.max_output -= std::min(before, options.limits.max_output);
    if (file.text->size() >= kLargeText) out.reserve(file.text->size() + file.text->size() / 16);
    gotemplate::ExecuteError error;
    const Status status =
        gotemplate::Execute(set, path, Value::Of(file.data), heap_, options, out, &error);
    return status.ok() ? status : RewriteExecuteError(path, error, options_.version);
  }

  Value MakeRelease(const ReleaseOptions& release) {
    Map* map = heap_.NewMap(6);
    map->Set(heap_, "Name", heap_.CopyString(release.name));
    map->Set(heap_, "Namespace", heap_.CopyString(release.namespace_));
    map->Set(heap_, "IsUpgrade", Value::Bool(release.is_upgrade));
    map->Set(heap_, "IsInstall", Value::Bool(release.is_install));
    map->Set(heap_, "Revision", Value::Int(release.revision));
    map->Set(heap_, "Service", Value::String("Helm"));
    return Value::Of(map);
  }

  // The values of a chart: the root's are all, a subchart's are the table of its name in its
  // parent's, and the same map.
  Value ValuesOf(const Chart& chart, Map* parent) {
    if (parent == nullptr)
      return gotemplate::FromDocument(heap_, values_, ValuesType(options_.version));
    const Value* around = parent->Find("Values");
    const gotemplate::Type& type = ValuesType(options_.version);
    const Value table = around != nullptr && around->is_map()
                            ? NamedTable(heap_, around->map(), chart.name(), type)
                            : Value();
    return table.is_nil() ? Value::Of(heap_.NewMap(0, type)) : table;
  }

  // Adds the templates of the chart and those below it; gives the chart's data.
  Map* Collect(const Chart& chart, Map* parent, Renderables& files) {
    Map* subcharts = heap_.NewMap(chart.dependencies().size());
    // so it is to templates; to those around it a plain map
    Map* data = heap_.NewMap(7, ValuesType(options_.version));
    data->Set(heap_, "Chart", MakeChart(heap_, chart, options_.version));
    data->Set(heap_, "Files", MakeFiles(heap_, chart.files()));
    data->Set(heap_, "Release", release_);
    data->Set(heap_, "Capabilities", capabilities_);
    data->Set(heap_, "Values", ValuesOf(chart, parent));
    data->Set(heap_, "Subcharts", Value::Of(subcharts));
    for (const auto& below : chart.dependencies())
      subcharts->Set(heap_, below->name(), Value::Of(Collect(*below, data, files)).WithoutName());
    const std::string path = chart.full_path();
    const bool library = chart.is_library();
    for (const File& file : chart.templates()) {
      if (library && !BaseName(file.name).starts_with('_')) continue;
      files.insert_or_assign(io::JoinPath(path, file.name),
                             Renderable{&file.data, data, io::JoinPath(path, "templates")});
    }
    return data;
  }

  const EngineOptions& options_;
  Heap heap_;
  VersionedEnvironment environment_;
  RenderState state_;
  Value capabilities_, release_;
  const document::Value& values_;
};

}  // namespace

Result<std::vector<RenderedFile>> RenderTemplates(const Chart& chart, const document::Value& values,
                                                  const ReleaseOptions& release,
                                                  const Capabilities& capabilities,
                                                  const EngineOptions& options) {
  return Renderer(values, release, capabilities, options).Run(chart);
}

}  // namespace sluice::helm
