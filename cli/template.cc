#include "template.h"

#include <algorithm>
#include <condition_variable>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <thread>

#include "base/glob.h"
#include "base/strings.h"
#include "gotemplate/template.h"
#include "helm/dependencies.h"
#include "helm/parse_cache.h"
#include "helm/render.h"
#include "io/file_tree.h"
#include "post_renderer.h"
#include "schema_loader.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using helm::HelmVersion;

constexpr std::string_view kUsage =
    R"(Render the templates of a chart (a directory or a .tgz) and print the manifests, as helm does.

  sluice template [NAME] CHART [flags]

      --helm3                    answer as Helm 3.19 does, not as Helm 4.2
  -f, --values FILE              values of a YAML file ("-": standard input); also --set, --set-string, --set-json, --set-file,
                                 --set-literal
  -n, --namespace NAME           namespace of the release
      --kube-version V           version for .Capabilities.KubeVersion
  -a, --api-versions LIST        more API versions for .Capabilities.APIVersions
      --include-crds             the chart's crds/ first
      --skip-tests, --no-hooks   leave out tests, or all hooks
  -s, --show-only FILE           only what comes of this template (a glob)
      --is-upgrade               .Release.IsUpgrade instead of .Release.IsInstall
      --output-dir DIR           write files there; --release-name puts them into a folder of the release's name
      --post-renderer PROGRAM    a program that changes the manifests; --post-renderer-args
      --name-template, -g/--generate-name, --skip-schema-validation, --hide-secret, --debug
      --validate, --dry-run=server  ask the cluster: its version and APIs, lookup, what is there already

Charts and values are read from the disk only.
)";

// of template text: below, starting one costs more than it brings
constexpr size_t kWorthAThread = 64 << 10;

std::vector<FlagSpec> Flags() {
  std::vector<FlagSpec> specs = HelmGlobalFlags();
  const auto add = [&](const std::vector<FlagSpec>& more) {
    specs.insert(specs.end(), more.begin(), more.end());
  };
  add(ValueFlags());
  add(ChartFlags());
  add({{"kube-version", FlagKind::kText},
       {"api-versions", FlagKind::kList, 'a'},
       {"include-crds"},
       {"skip-crds"},
       {"skip-tests"},
       {"no-hooks"},
       {"show-only", FlagKind::kTexts, 's'},
       {"is-upgrade"},
       {"validate"},
       {"dry-run", FlagKind::kBare},
       {"output-dir", FlagKind::kText},
       {"release-name"},
       {"post-renderer", FlagKind::kText},
       {"post-renderer-args", FlagKind::kList},
       {"post-renderer-strategy", FlagKind::kText},
       {"name-template", FlagKind::kText},
       {"generate-name", FlagKind::kSwitch, 'g'},
       {"skip-schema-validation"},
       {"hide-secret"},
       {"enable-dns"},
       {"dependency-update"},
       {"render-subchart-notes"},
       // Of installing, without meaning here.
       {"create-namespace"},
       {"force"},
       {"force-replace"},
       {"force-conflicts"},
       {"server-side"},
       {"replace"},
       {"timeout", FlagKind::kDuration},
       {"wait", FlagKind::kBare},
       {"wait-for-jobs"},
       {"description", FlagKind::kText},
       {"disable-openapi-validation"},
       {"atomic"},
       {"rollback-on-failure"},
       {"labels", FlagKind::kPairs, 'l'},
       {"hide-notes"},
       {"take-ownership"}});
  return specs;
}

Result<std::string> NameFromTemplate(const std::string& text) {
  static const gotemplate::FunctionTable functions;
  SLUICE_TRY(const auto parsed, gotemplate::ParsedText::Parse("name-template", text, functions));
  gotemplate::TemplateSet set;
  set.Add(parsed);
  const auto environment = MakeEnvironment();
  gotemplate::Heap heap;
  std::string out;
  SLUICE_TRY(gotemplate::Execute(set, "name-template", gotemplate::Value(), heap,
                                 {.environment = environment.get()}, out));
  return out;
}

// What helm says of flags that have no meaning here, or had another: words for its log, or a
// refusal.
Result<std::string> Remarks(const ParsedFlags& flags) {
  const bool v3 = VersionOf(flags) == HelmVersion::kV3;
  std::string log;
  const std::string dry_run = flags.Text("dry-run", v3 ? "" : "client"),
                    wait = flags.Text("wait", v3 ? "false" : "hookOnly");
  if (v3) {
    constexpr std::string_view kDryRuns[] = {"",     "unset",  "false", "true",
                                             "none", "client", "server"};
    if (std::ranges::find(kDryRuns, dry_run) == std::end(kDryRuns)) {
      return base::InvalidArgument(
          "Invalid dry-run flag. Flag must one of the following: false, true, none, client, "
          "server");
    }
    for (const std::string_view name :
         {"force-replace", "force-conflicts", "rollback-on-failure", "server-side"}) {
      if (flags.Has(name)) return base::InvalidArgument(Cat("unknown flag: --", name));
    }
    if (wait != "unset" && !base::ParseBool(wait)) {
      return base::InvalidArgument(Cat("invalid argument ", base::QuoteGo(wait),
                                       " for \"--wait\" flag: strconv.ParseBool: parsing ",
                                       base::QuoteGo(wait), ": invalid syntax"));
    }
    return log;
  }
  constexpr std::string_view kDeprecated[][2] = {
      {"atomic", "use --rollback-on-failure instead"},
      {"force", "use --force-replace instead"},
      {"hide-notes", "this flag has no effect for 'sluice template' and will be removed in Helm 5"},
      {"render-subchart-notes",
       "this flag has no effect for 'sluice template' and will be removed in Helm 5"},
      {"validate", "use '--dry-run=server' instead"}};
  for (const auto& [name, word] : kDeprecated) {
    if (flags.Has(name)) log += Cat("Flag --", name, " has been deprecated, ", word, "\n");
  }
  if (wait == "true" || wait == "false") {
    log += Cat("level=WARN msg=\"--wait=", wait,
               " is deprecated (boolean value) and can be replaced with --wait=",
               wait == "true" ? "watcher" : "hookOnly", "\"\n");
  } else if (wait != "unset" && wait != "watcher" && wait != "hookOnly" && wait != "legacy") {
    return base::InvalidArgument(
        Cat("invalid argument ", base::QuoteGo(wait), " for \"--wait\" flag: invalid wait input ",
            base::QuoteGo(wait), ". Valid inputs are watcher, hookOnly, and legacy"));
  }
  if (flags.Has("force-replace") && flags.Has("force-conflicts")) {
    return base::InvalidArgument(
        "if any flags in the group [force-replace force-conflicts] are set none of the others can "
        "be; [force-conflicts "
        "force-replace] were all set");
  }
  if (dry_run == "unset")
    log +=
        "level=WARN msg=\"--dry-run is deprecated and should be replaced with "
        "'--dry-run=client'\"\n";
  else if (dry_run == "true")
    log +=
        "level=WARN msg=\"boolean '--dry-run=true' flag is deprecated and must be replaced with "
        "'--dry-run=client'\"\n";
  else if (dry_run == "none" || dry_run == "false") {
    return base::InvalidArgument(Cat("invalid dry-run value (", base::QuoteGo(dry_run),
                                     "). Must be \"server\" or \"client\""));
  } else if (dry_run != "client" && dry_run != "server") {
    return base::InvalidArgument(Cat("invalid dry-run value (", base::QuoteGo(dry_run),
                                     "). Must be \"none\", \"server\", or \"client\""));
  }
  return log;
}

struct NameAndChart {
  std::string name, chart;
};

Result<NameAndChart> Words(const ParsedFlags& flags) {
  const auto& words = flags.words();
  if (words.size() > 2) {
    return base::InvalidArgument(Cat("expected at most two arguments, unexpected arguments: ",
                                     base::Join(std::span(words).subspan(2), ", ")));
  }
  if (words.size() == 2) {
    if (flags.On("generate-name"))
      return base::InvalidArgument("cannot set --generate-name and also specify a name");
    if (flags.Has("name-template"))
      return base::InvalidArgument("cannot set --name-template and also specify a name");
    return NameAndChart{words[0], words[1]};
  }
  if (flags.Has("name-template")) {
    SLUICE_TRY(std::string name, NameFromTemplate(flags.Text("name-template")));
    return NameAndChart{std::move(name), words[0]};
  }
  return NameAndChart{"release-name", words[0]};
}

Status CheckName(std::string_view name, HelmVersion version, std::string& log) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  bool good = !name.empty() && name.size() <= 53;
  for (const std::string_view part : base::Split(name, ".")) {
    good = good && !part.empty() && alphanumeric(part.front()) && alphanumeric(part.back());
    for (const char c : part) good = good && (alphanumeric(c) || c == '-');
  }
  if (good) return {};
  std::string text = Cat("release name ", base::QuoteGo(name), ": ",
                         name.empty() ? "no name provided"
                                      : "invalid release name, must match regex "
                                        "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-"
                                        "z0-9])?)*$ and the length must not be longer "
                                        "than 53");
  if (version == HelmVersion::kV3) return base::InvalidArgument(text);
  constexpr std::string_view kFailed = "release name check failed";
  LogTo(&log, version)({helm::WarningLevel::kError, "", std::string(kFailed), {{"error", text}}});
  return base::InvalidArgument(Cat(kFailed, ": ", text));
}

Status CheckChart(const helm::Chart& chart, HelmVersion version, std::string& warnings) {
  const std::string& type = chart.metadata.type;
  if (!type.empty() && type != "application")
    return base::FailedPrecondition(Cat(type, " charts are not installable"));
  const bool v3 = version == HelmVersion::kV3;
  if (chart.metadata.deprecated)
    warnings += v3 ? "WARNING: This chart is deprecated\n"
                   : "level=WARN msg=\"this chart is deprecated\"\n";
  // Helm 4 reads charts of the coming API and does not install them.
  const Status later = !v3 && chart.metadata.api_version == "v3"
                           ? base::FailedPrecondition("invalid chart apiVersion")
                           : Status();
  if (chart.metadata.dependencies.empty()) return later;
  const Status complete = helm::CheckDependencies(chart).Wrap(
      v3 ? "An error occurred while checking for chart dependencies. You may need to run `helm "
           "dependency build` to fetch missing dependencies"
         : "an error occurred while checking for chart dependencies. You may need to run 'helm "
           "dependency build' to fetch missing dependencies");
  return complete.ok() ? later : complete;
}

// The file's name in "# Source: <chart>/<name>"; "" where a document says none.
std::string_view SourceName(std::string_view document) {
  constexpr std::string_view kMark = "# Source: ";
  const size_t at = document.find(kMark);
  if (at == document.npos) return "";
  const size_t slash = document.find('/', at + kMark.size());
  if (slash == document.npos || slash == at + kMark.size()) return "";
  return document.substr(slash + 1, document.find('\n', slash) - slash - 1);
}

Result<std::string> ShowOnly(const std::vector<std::string>& wanted, const std::string& manifests,
                             HelmVersion version) {
  std::string out;
  const auto documents = helm::SplitManifests(manifests, version);
  for (const std::string& pattern : wanted) {
    bool found = false;
    for (const std::string_view document : documents) {
      const std::string_view name = SourceName(document);
      if (name.empty()) continue;
      const auto matched = base::FilepathMatch(pattern, name);
      if (!matched.ok() || !*matched) continue;
      found = true;
      out += Cat("---\n", document, "\n");
    }
    if (!found) return base::NotFound(Cat("could not find template ", pattern, " in chart"));
  }
  return out;
}

class Writer {
 public:
  Writer(std::string directory, const HelmContext& context, std::string& out)
      : directory_(std::move(directory)), context_(context), out_(out) {}

  Status Write(const std::string& below, const std::string& path, std::string_view content) {
    const std::string named = Cat(directory_, below.empty() ? "" : Cat("/", below), "/", path);
    const std::filesystem::path file =
        named.starts_with('/') ? named : io::JoinPath(context_.directory, named);
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    std::string text;
    helm::AppendSource(text, path, content);
    std::ofstream stream(
        file, std::ios::binary | (written_.insert(named).second ? std::ios::trunc : std::ios::app));
    stream << text;
    stream.flush();
    if (!stream) return base::Unavailable(Cat("open ", named, ": cannot write"));
    out_ += Cat("wrote ", named, "\n");
    return {};
  }

 private:
  std::string directory_;
  const HelmContext& context_;
  std::string& out_;
  std::set<std::string> written_;
};

// A second thread for one render. Values and dependencies come before the first template: it parses
// meanwhile, from the other end. Then it does the work it was given.
class Helper {
 public:
  Helper(const helm::Chart& chart, HelmVersion version, helm::ParseCache& cache)
      : thread_([this, &chart, version, &cache](const std::stop_token& stop) {
          helm::ParseAhead(chart, version, cache, stop);
          std::unique_lock lock(mutex_);
          given_.wait(lock, stop, [this] { return work_ != nullptr; });
          const std::function<void()> work = std::move(work_);
          lock.unlock();
          if (work != nullptr) work();
        }) {}

  void Take(std::function<void()> work) {
    {
      const std::lock_guard lock(mutex_);
      work_ = std::move(work);
    }
    given_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any given_;
  std::function<void()> work_;
  std::jthread thread_;  // last: it uses the others
};

class Command {
 public:
  Command(const ParsedFlags& flags, const HelmContext& context)
      : flags_(flags), context_(context), version_(VersionOf(flags)) {}

  HelmOutcome Run() {
    HelmOutcome outcome;
    const Status status = Template(outcome);
    if (!status.ok()) outcome.err += Cat("Error: ", status.message(), "\n");
    outcome.code = status.ok() ? 0 : 1;
    return outcome;
  }

 private:
  Status Template(HelmOutcome& outcome) {
    helm::Capabilities capabilities = helm::Capabilities::Default(version_);
    if (flags_.Has("kube-version")) {
      const std::string text = flags_.Text("kube-version");
      auto parsed = helm::KubeVersion::Parse(text, version_);
      if (!parsed.ok())
        return std::move(parsed).status().Wrap(Cat("invalid kube version '", text, "'"));
      capabilities.kube_version = *std::move(parsed);
    }
    for (std::string& api : flags_.Texts("api-versions"))
      capabilities.api_versions.push_back(std::move(api));
    if (flags_.On("dependency-update"))
      return base::Unimplemented(
          "--dependency-update is not supported: repositories are not read yet");
    SLUICE_TRY(const NameAndChart words, Words(flags_));
    SLUICE_TRY(const auto values_and_chart, ReadInputs(words.chart, outcome.err));
    const auto& [values, chart] = values_and_chart;
    SLUICE_TRY(CheckChart(*chart, version_, outcome.err));
    SLUICE_TRY(CheckName(words.name, version_, outcome.err));
    if (NeedsCluster(flags_)) SLUICE_TRY(Reach(*chart, capabilities, outcome.err));
    SLUICE_TRY(helm::RenderOptions options, Options(outcome.err));
    helm::ParseCache cache;
    std::optional<Helper> helper;
    if (helm::TemplateBytes(*chart) > kWorthAThread) {
      options.engine.cache = &cache;
      helper.emplace(*chart, version_, cache);
      options.beside = [&helper](std::function<void()> work) { helper->Take(std::move(work)); };
    }
    const bool upgrade = flags_.On("is-upgrade");
    const helm::ReleaseOptions release{.name = words.name,
                                       .namespace_ = NamespaceOf(flags_, context_),
                                       .is_upgrade = upgrade,
                                       .is_install = !upgrade};
    helm::RenderFailure failure;
    auto rendered = helm::RenderRelease(*chart, values, release, capabilities, options, &failure);
    if (!rendered.ok()) return Failed(std::move(rendered).status(), failure, outcome);
    if (cluster_ != nullptr && Validates()) {
      const Status checked = cluster_->Check(*rendered, words.name, release.namespace_, upgrade);
      if (!checked.ok()) return checked;
    }
    if (in_pieces_) {
      outcome.pieces = Pieces(*std::move(rendered));
      return {};
    }
    return Print(*std::move(rendered), words.name, outcome.out);
  }

  using Inputs = std::pair<document::Value, std::shared_ptr<const helm::Chart>>;
  // In helm's order of errors: the chart must be there, then values, then the chart's content.
  Result<Inputs> ReadInputs(const std::string& reference, std::string& log) {
    auto chart = LoadChart(flags_, reference, context_, &log);
    if (!chart.ok() && chart.status().code() == base::StatusCode::kNotFound) return chart.status();
    SLUICE_TRY(document::Value values, ReadValues(flags_, context_));
    if (!chart.ok()) return chart.status();
    return Inputs{std::move(values), std::shared_ptr<const helm::Chart>(*std::move(chart))};
  }

  Result<helm::RenderOptions> Options(std::string& log) {
    environment_ = MakeEnvironment(flags_.On("enable-dns"));
    in_pieces_ = !flags_.Has("output-dir") && !flags_.Has("show-only") &&
                 !flags_.Has("post-renderer") && !flags_.On("hide-secret");
    helm::RenderOptions options{.engine = {.version = version_,
                                           .lookup = LooksUp() ? &cluster_->lookup() : nullptr,
                                           .environment = environment_.get()},
                                .include_crds = flags_.On("include-crds"),
                                .hide_secret = flags_.On("hide-secret"),
                                .skip_schema_validation = flags_.On("skip-schema-validation"),
                                .keep_manifest = !flags_.Has("output-dir") && !in_pieces_,
                                .warn = LogTo(&log, version_)};
    options.schema_loader = MakeSchemaLoader(version_);
    if (flags_.Has("post-renderer")) {
      options.post_renderer = MakePostRenderer(
          flags_.Text("post-renderer"), flags_.Texts("post-renderer-args"), context_.directory);
      const std::string strategy = flags_.Text("post-renderer-strategy", "combined");
      if (strategy == "separate")
        options.post_render_strategy = helm::PostRenderStrategy::kSeparate;
      else if (strategy == "nohooks")
        options.post_render_strategy = helm::PostRenderStrategy::kNoHooks;
      else if (strategy != "combined")
        return base::InvalidArgument(Cat("unknown post-render strategy: '", strategy, "'"));
    }
    return options;
  }

  Status Reach(const helm::Chart& chart, helm::Capabilities& capabilities, std::string& log) {
    SLUICE_TRY(cluster_, context_.cluster(flags_, version_));
    if (!Validates()) return {};
    SLUICE_TRY(capabilities, cluster_->Capabilities());
    if (version_ == HelmVersion::kV4 && !flags_.On("skip-crds") && !chart.Crds().empty()) {
      log +=
          "level=WARN msg=\"This chart or one of its subcharts contains CRDs. Rendering may fail "
          "or contain inaccuracies.\"\n";
    }
    return {};
  }

  // With Helm 3 --dry-run=server makes lookup live, --validate the rest.
  bool Validates() const { return version_ == HelmVersion::kV4 || flags_.On("validate"); }
  bool LooksUp() const {
    return cluster_ != nullptr &&
           (version_ == HelmVersion::kV4 || flags_.Text("dry-run") == "server");
  }

  Status Failed(Status status, const helm::RenderFailure& failure, HelmOutcome& outcome) const {
    if (!failure.rendering) return status;
    if (flags_.On("debug")) {
      outcome.out = Cat(base::TrimSpace(failure.manifest), "\n");
      return status;
    }
    return Status(status.code(),
                  Cat(status.message(), "\n\nUse --debug flag to render out invalid YAML"));
  }

  bool IsShown(const helm::Hook& hook) const {
    return !flags_.On("no-hooks") && !(flags_.On("skip-tests") && hook.Has(helm::HookEvent::kTest));
  }

  // What Print makes where nothing but standard output is asked for, without joining it.
  std::vector<std::string> Pieces(helm::RenderedRelease rendered) const {
    std::vector<std::string> out;
    const auto add = [&](std::string_view path, std::string content) {
      out.push_back(Cat(out.empty() ? "" : "\n", "---\n# Source: ", path, "\n"));
      out.push_back(std::move(content));
    };
    for (helm::RenderedCrd& crd : rendered.crds) add(crd.path, std::move(crd.content));
    for (helm::Manifest& m : rendered.manifests) add(m.name, std::move(m.content));
    for (bool blank = true; blank && !out.empty();) {  // white space at the very end goes
      const std::string_view text = base::TrimSpace(out.back());
      blank = text.empty();
      if (blank)
        out.pop_back();
      else
        out.back().resize(static_cast<size_t>(text.data() + text.size() - out.back().data()));
    }
    std::string hooks = "\n";
    for (const helm::Hook& hook : rendered.hooks) {
      if (IsShown(hook)) helm::AppendSource(hooks, hook.path, hook.manifest);
    }
    out.push_back(std::move(hooks));
    return out;
  }

  Status Print(helm::RenderedRelease rendered, const std::string& name, std::string& out) const {
    std::string manifests = std::move(rendered.manifest);
    const std::string_view trimmed = base::TrimSpace(manifests);
    const size_t begin =
        trimmed.empty() ? 0 : static_cast<size_t>(trimmed.data() - manifests.data());
    manifests.resize(begin + trimmed.size());
    manifests.erase(0, begin);
    manifests += '\n';
    const std::string below = flags_.On("release-name") ? name : "";
    Writer writer(flags_.Text("output-dir"), context_, out);
    const bool to_files = flags_.Has("output-dir");
    if (to_files) {
      for (const helm::RenderedCrd& crd : rendered.crds)
        SLUICE_TRY(writer.Write("", crd.path, crd.content));
      for (const helm::Manifest& m : rendered.manifests)
        SLUICE_TRY(writer.Write(below, m.name, m.content));
    }
    for (const helm::Hook& hook : rendered.hooks) {
      if (!IsShown(hook)) continue;
      if (to_files)
        SLUICE_TRY(writer.Write(below, hook.path, hook.manifest));
      else
        helm::AppendSource(manifests, hook.path, hook.manifest);
    }
    if (!flags_.Has("show-only")) {
      if (out.empty())
        out = std::move(manifests);
      else
        out += manifests;
      return {};
    }
    SLUICE_TRY(const std::string shown, ShowOnly(flags_.Texts("show-only"), manifests, version_));
    out += shown;
    return {};
  }

  const ParsedFlags& flags_;
  const HelmContext& context_;
  const HelmVersion version_;
  std::unique_ptr<gotemplate::Environment> environment_;
  std::unique_ptr<HelmCluster> cluster_;
  bool in_pieces_ = false;
};

}  // namespace

HelmOutcome RunTemplate(std::span<const std::string> args, const HelmContext& context) {
  const auto flags = ParseFlags(args, Flags());
  if (!flags.ok()) return HelmFailure(flags.status());
  if (flags->On("help")) return {.out = std::string(kUsage)};
  if (flags->words().empty()) {
    return HelmFailure(
        base::InvalidArgument("\"sluice template\" requires at least 1 argument\n\nUsage:  sluice "
                              "template [NAME] [CHART] [flags]"));
  }
  if (NeedsCluster(*flags) && !context.cluster) return {.needs_cluster = true};
  const auto remarks = Remarks(*flags);
  if (!remarks.ok()) return HelmFailure(remarks.status());
  if (flags->Has("post-renderer")) {
    if (const Status found = CheckPostRenderer(flags->Text("post-renderer"), context.directory);
        !found.ok())
      return HelmFailure(found);
  }
  HelmOutcome outcome = Command(*flags, context).Run();
  outcome.err.insert(0, *remarks);
  return outcome;
}

}  // namespace sluice::cli
