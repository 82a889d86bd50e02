#include "lint.h"

#include "base/strings.h"
#include "disk.h"
#include "helm/kube_version.h"
#include "helm/lint.h"
#include "helm/loader.h"
#include "io/file_tree.h"

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

// Charts below a chart: directories with a Chart.yaml and archives.
void Subcharts(const io::FileTree& disk, const std::string& path, int depth, std::vector<std::string>& out) {
  const auto entries = disk.ReadDir(std::string_view(path).substr(1));
  if (!entries.ok() || depth > 32) return;
  for (const io::DirEntry& entry : *entries) {
    const std::string below = Cat(path, "/", entry.name);
    if (entry.name == "Chart.yaml") out.push_back(path);
    if (entry.name.ends_with(".tgz") || entry.name.ends_with(".tar.gz")) out.push_back(below);
    if (entry.info.kind == io::FileKind::kDirectory) Subcharts(disk, below, depth + 1, out);
  }
}

class Command {
 public:
  Command(const ParsedFlags& flags, const HelmContext& context) : flags_(flags), context_(context) {}

  Result<HelmOutcome> Run() {
    helm::LintOptions options{.version = VersionOf(flags_), .namespace_ = NamespaceOf(flags_, context_), .skip_schema_validation = flags_.On("skip-schema-validation")};
    if (flags_.Has("kube-version")) {
      const std::string text = flags_.Text("kube-version");
      auto parsed = helm::KubeVersion::Parse(text, options.version);
      if (!parsed.ok()) return std::move(parsed).status().Wrap(Cat("invalid kube version '", text, "'"));
      options.kube_version = *std::move(parsed);
    }
    SLUICE_TRY(options.values, ReadValues(flags_, context_));
    std::vector<std::string> paths = flags_.words();
    if (flags_.On("with-subcharts")) {
      const size_t given = paths.size();
      for (size_t i = 0; i < given; ++i) Subcharts(*disk_, io::JoinPath(Absolute(paths[i]), "charts"), 0, paths);
    }
    HelmOutcome outcome;
    size_t failed = 0, shown = 0;
    for (const std::string& path : paths) One(path, options, outcome.out, failed, shown);
    const std::string summary = Cat(std::to_string(paths.size()), " chart(s) linted, ", std::to_string(failed), " chart(s) failed");
    if (failed > 0) {
      outcome.err = Cat("Error: ", summary, "\n");
      outcome.code = 1;
    } else if (!flags_.On("quiet") || shown > 0) {
      outcome.out += Cat(summary, "\n");
    }
    return outcome;
  }

 private:
  std::string Absolute(const std::string& path) const { return path.starts_with('/') ? path : io::JoinPath(context_.directory, path); }

  void One(const std::string& path, const helm::LintOptions& options, std::string& out, size_t& failed, size_t& shown) {
    const auto messages = Lint(path, options);
    const auto lowest = flags_.On("strict") ? helm::LintSeverity::kWarning : helm::LintSeverity::kError;
    bool bad = !messages.ok(), worth = bad;
    for (const helm::LintMessage& m : messages.ok() ? *messages : std::vector<helm::LintMessage>()) {
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
        if (!flags_.On("quiet") || m.severity > helm::LintSeverity::kInfo) out += Cat(m.Text(), "\n");
      }
    }
    out += '\n';
  }

  Result<std::vector<helm::LintMessage>> Lint(const std::string& path, helm::LintOptions options) {
    const std::string absolute = Absolute(path);
    options.directory = absolute;
    helm::LintInput input;
    std::unique_ptr<helm::Chart> chart;
    if (path.ends_with(".tgz") || path.ends_with(".tar.gz")) {
      auto bytes = disk_->ReadFile(std::string_view(absolute).substr(1), uint64_t{1} << 30);
      if (!bytes.ok()) return base::NotFound(Cat("unable to open tarball: open ", path, ": no such file or directory"));
      auto loaded = helm::LoadArchive(*std::move(bytes), {.version = options.version});
      if (!loaded.ok()) return std::move(loaded).status().Wrap("unable to extract tarball");
      chart = *std::move(loaded);
      for (const helm::File& file : chart->raw()) Take(file.name, std::string(file.data.view()), input);
      input.has_templates = !chart->templates().empty();
    } else {
      if (!disk_->Stat(std::string_view(io::JoinPath(absolute, "Chart.yaml")).substr(1)).ok()) {
        return base::NotFound(Cat("unable to check Chart.yaml file in chart: stat ", io::JoinPath(path, "Chart.yaml"), ": no such file or directory"));
      }
      for (const std::string name : {"Chart.yaml", "values.yaml", "values.schema.json"}) {
        auto text = disk_->ReadFile(std::string_view(io::JoinPath(absolute, name)).substr(1));
        if (text.ok()) Take(name, *std::move(text), input);
      }
      input.has_templates = disk_->Stat(std::string_view(io::JoinPath(absolute, "templates")).substr(1)).ok();
      auto loaded = helm::LoadDirectory(*disk_, std::string_view(absolute).substr(1), absolute, {.version = options.version});
      if (loaded.ok()) chart = *std::move(loaded);
      else input.load_error = loaded.status();
    }
    input.chart = chart.get();
    return helm::LintChart(input, options);
  }

  static void Take(std::string_view name, std::string text, helm::LintInput& input) {
    if (name == "Chart.yaml") input.chart_yaml = std::move(text);
    else if (name == "values.yaml") input.values_yaml = std::move(text);
    else if (name == "values.schema.json") input.schema = std::move(text);
  }

  const ParsedFlags& flags_;
  const HelmContext& context_;
  std::unique_ptr<io::FileTree> disk_ = OpenDisk();
};

}  // namespace

HelmOutcome RunLint(std::span<const std::string> args, const HelmContext& context) {
  std::vector<FlagSpec> specs = GlobalFlags();
  for (const FlagSpec& spec : ValueFlags()) specs.push_back(spec);
  for (const FlagSpec& spec : std::vector<FlagSpec>{{"strict"}, {"quiet"}, {"with-subcharts"}, {"skip-schema-validation"}, {"kube-version", FlagKind::kText}}) {
    specs.push_back(spec);
  }
  const auto flags = ParseFlags(args, specs);
  if (!flags.ok()) return HelmFailure(flags.status());
  if (flags->On("help")) return {.out = std::string(kUsage)};
  if (flags->words().empty()) {
    return HelmFailure(base::InvalidArgument("\"sluice lint\" requires at least 1 argument\n\nUsage:  sluice lint PATH [flags]"));
  }
  auto outcome = Command(*flags, context).Run();
  return outcome.ok() ? *std::move(outcome) : HelmFailure(outcome.status());
}

}  // namespace sluice::cli
