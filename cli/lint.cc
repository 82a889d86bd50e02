#include "lint.h"

#include <algorithm>

#include "base/strings.h"
#include "disk.h"
#include "helm/kube_version.h"
#include "helm/lint.h"
#include "helm/loader.h"
#include "io/file_tree.h"
#include "schema_loader.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;

constexpr std::string_view kUsage = R"(Check that charts are well-formed, as helm does.

  sluice lint PATH… [flags]

      --strict                   warnings are failures, too
      --quiet                    only warnings and errors
      --with-subcharts           the charts below charts/, too
      --kube-version V, --skip-schema-validation, --helm3
  -f, --values FILE, --set …     values, as for sluice template
)";

class Command {
 public:
  Command(const ParsedFlags& flags, std::vector<std::string> paths, const HelmContext& context)
      : flags_(flags), paths_(std::move(paths)), context_(context) {}

  Result<HelmOutcome> Run() {
    helm::LintOptions options{.version = VersionOf(flags_),
                              .namespace_ = NamespaceOf(flags_, context_),
                              .skip_schema_validation = flags_.On("skip-schema-validation"),
                              .schema_loader = MakeSchemaLoader(VersionOf(flags_))};
    if (flags_.Has("kube-version")) {
      const std::string text = flags_.Text("kube-version");
      auto parsed = helm::KubeVersion::Parse(text, options.version);
      if (!parsed.ok())
        return std::move(parsed).status().Wrap(Cat("invalid kube version '", text, "'"));
      options.kube_version = *std::move(parsed);
    }
    HelmOutcome outcome;
    options.warn = LogTo(&outcome.err, options.version);
    SLUICE_TRY(options.values, ReadValues(flags_, context_));
    std::vector<std::string> paths = paths_;
    if (flags_.On("with-subcharts")) {
      const size_t given = paths.size();
      for (size_t i = 0; i < given; ++i) Subcharts(io::JoinPath(paths[i], "charts"), 0, paths);
    }
    size_t failed = 0, shown = 0;
    for (const std::string& path : paths) One(path, options, outcome.out, failed, shown);
    const std::string summary = Cat(std::to_string(paths.size()), " chart(s) linted, ",
                                    std::to_string(failed), " chart(s) failed");
    if (failed > 0) {
      outcome.err += Cat("Error: ", summary, "\n");
      outcome.code = 1;
    } else if (!flags_.On("quiet") || shown > 0) {
      outcome.out += Cat(summary, "\n");
    }
    return outcome;
  }

 private:
  std::string Absolute(const std::string& path) const {
    return path.starts_with('/') ? path : io::JoinPath(context_.directory, path);
  }

  // Charts below a chart: directories with a Chart.yaml and archives.
  void Subcharts(const std::string& path, int depth, std::vector<std::string>& out) const {
    const auto entries = disk_->ReadDir(std::string_view(Absolute(path)).substr(1));
    if (!entries.ok() || depth > 32) return;
    for (const io::DirEntry& entry : *entries) {
      const std::string below = Cat(path, "/", entry.name);
      if (entry.name == "Chart.yaml") out.push_back(path);
      if (entry.name.ends_with(".tgz") || entry.name.ends_with(".tar.gz")) out.push_back(below);
      if (entry.info.kind == io::FileKind::kDirectory) Subcharts(below, depth + 1, out);
    }
  }

  void One(const std::string& path, const helm::LintOptions& options, std::string& out,
           size_t& failed, size_t& shown) {
    const auto messages = Lint(path, options);
    const auto lowest =
        flags_.On("strict") ? helm::LintSeverity::kWarning : helm::LintSeverity::kError;
    bool bad = !messages.ok(), worth = bad;
    for (const helm::LintMessage& m :
         messages.ok() ? *messages : std::vector<helm::LintMessage>()) {
      bad = bad || m.severity >= lowest;
      worth = worth || m.severity > helm::LintSeverity::kInfo;
    }
    failed += bad ? 1 : 0;
    shown += worth ? 1 : 0;
    if (flags_.On("quiet") && !worth) return;
    out += Cat("==> Linting ", path, "\n");
    if (!messages.ok()) {
      out += Cat("Error ", messages.status().message(), "\n");
    } else {
      for (const helm::LintMessage& m : *messages) {
        if (!flags_.On("quiet") || m.severity > helm::LintSeverity::kInfo)
          out += Cat(m.Text(), "\n");
      }
    }
    out += '\n';
  }

  Result<std::vector<helm::LintMessage>> Lint(const std::string& path, helm::LintOptions options) {
    const std::string absolute = Absolute(path);
    options.directory = absolute;
    helm::LintInput input;
    std::unique_ptr<helm::Chart> chart;
    const helm::LoadOptions load{
        .version = options.version,
        .warn = [&](const helm::Warning& warning) { input.load_warnings.push_back(warning); }};
    if (path.ends_with(".tgz") || path.ends_with(".tar.gz")) {
      auto bytes = disk_->ReadFile(std::string_view(absolute).substr(1), uint64_t{1} << 30);
      if (!bytes.ok())
        return base::NotFound(
            Cat("unable to open tarball: open ", path, ": no such file or directory"));
      auto loaded = helm::LoadArchive(*std::move(bytes), load);
      if (!loaded.ok()) return std::move(loaded).status().Wrap("unable to extract tarball");
      chart = *std::move(loaded);
      for (const helm::File& file : chart->raw())
        Take(file.name, std::string(file.data.view()), input);
      if (!chart->templates().empty()) input.templates = helm::LintInput::Entry::kDirectory;
      if (std::ranges::any_of(chart->files(), [](const helm::File& file) {
            return file.name.starts_with("crds/");
          })) {
        input.crds = helm::LintInput::Entry::kDirectory;
      }
    } else {
      if (!disk_->Stat(std::string_view(io::JoinPath(absolute, "Chart.yaml")).substr(1)).ok()) {
        const auto info = disk_->Stat(std::string_view(absolute).substr(1));
        const bool is_file = info.ok() && info->kind != io::FileKind::kDirectory;
        return base::NotFound(Cat("unable to check Chart.yaml file in chart: stat ",
                                  io::JoinPath(path, "Chart.yaml"), ": ",
                                  is_file ? "not a directory" : "no such file or directory"));
      }
      for (const std::string name : {"Chart.yaml", "values.yaml", "values.schema.json"}) {
        auto text = disk_->ReadFile(std::string_view(io::JoinPath(absolute, name)).substr(1));
        if (text.ok()) Take(name, *std::move(text), input);
      }
      input.chart_yaml_is_directory =
          EntryAt(absolute, "Chart.yaml") == helm::LintInput::Entry::kDirectory;
      input.templates = EntryAt(absolute, "templates");
      input.crds = EntryAt(absolute, "crds");
      auto loaded =
          helm::LoadDirectory(*disk_, std::string_view(absolute).substr(1), absolute, load);
      if (loaded.ok())
        chart = *std::move(loaded);
      else
        input.load_error = loaded.status();
    }
    input.chart = chart.get();
    return helm::LintChart(input, options);
  }

  helm::LintInput::Entry EntryAt(const std::string& chart, const std::string& name) const {
    using Entry = helm::LintInput::Entry;
    const auto info = disk_->Stat(std::string_view(io::JoinPath(chart, name)).substr(1));
    if (!info.ok()) return Entry::kAbsent;
    return info->kind == io::FileKind::kDirectory ? Entry::kDirectory : Entry::kFile;
  }

  static void Take(std::string_view name, std::string text, helm::LintInput& input) {
    if (name == "Chart.yaml")
      input.chart_yaml = std::move(text);
    else if (name == "values.yaml")
      input.values_yaml = std::move(text);
    else if (name == "values.schema.json")
      input.schema = std::move(text);
  }

  const ParsedFlags& flags_;
  const std::vector<std::string> paths_;
  const HelmContext& context_;
  std::unique_ptr<io::FileTree> disk_ = OpenDisk();
};

}  // namespace

HelmOutcome RunLint(std::span<const std::string> args, const HelmContext& context) {
  std::vector<FlagSpec> specs = HelmGlobalFlags();
  for (const FlagSpec& spec : ValueFlags()) specs.push_back(spec);
  for (const FlagSpec& spec : std::vector<FlagSpec>{{"strict"},
                                                    {"quiet"},
                                                    {"with-subcharts"},
                                                    {"skip-schema-validation"},
                                                    {"kube-version", FlagKind::kText}}) {
    specs.push_back(spec);
  }
  const auto flags = ParseFlags(args, specs);
  if (!flags.ok()) return HelmFailure(flags.status());
  if (flags->On("help")) return {.out = std::string(kUsage)};
  std::vector<std::string> paths = flags->words();
  if (paths.empty() && VersionOf(*flags) == helm::HelmVersion::kV3) paths = {"."};
  if (paths.empty()) {
    return HelmFailure(base::InvalidArgument(
        "\"sluice lint\" requires at least 1 argument\n\nUsage:  sluice lint PATH [flags]"));
  }
  auto outcome = Command(*flags, std::move(paths), context).Run();
  return outcome.ok() ? *std::move(outcome) : HelmFailure(outcome.status());
}

}  // namespace sluice::cli
