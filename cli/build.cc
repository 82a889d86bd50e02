#include "build.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "base/strings.h"
#include "build_flags.h"
#include "disk.h"
#include "helm_charts.h"
#include "kustomize/build.h"
#include "process.h"
#include "remote_bases.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;
using base::Status;

constexpr std::string_view kUsage =
    R"(Build a kustomization: print the manifests that DIR (default ".") describes.

  sluice build [DIR] [flags]

      --load-restrictor R        LoadRestrictionsRootOnly (default) or LoadRestrictionsNone
      --reorder legacy|none      order of the output where the kustomization sets none
  -o, --output PATH              write to a file, or one file per object into an existing directory
      --enable-managedby-label   add app.kubernetes.io/managed-by
      --enable-helm              inflate helmCharts
      --helm-kube-version V, --helm-api-versions V

      --enable-alpha-plugins     load KRM functions named by generators, transformers, validators
      --enable-exec              run the programs of those functions (never containers)
  -e, --env KEY=VALUE            environment of functions

Taken for kustomize's sake: --helm-command, --helm-debug, --as-current-user, --mount, --network, --network-name, --stack-trace.
)";

std::string Env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// A program beside this one.
void Print(FILE* to, std::string_view text) { std::fwrite(text.data(), 1, text.size(), to); }

int Fail(const Status& status) {
  Print(stderr, Cat("Error: ", status.message(), "\n"));
  return 1;
}

// Deprecations are printed as they are, the rest as log lines.
void Warn(std::string_view warning) {
  if (!warning.starts_with('#')) {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    char stamp[32];
    Print(stderr, {stamp, std::strftime(stamp, sizeof stamp, "%Y/%m/%d %H:%M:%S ", &local)});
  }
  Print(stderr, Cat(warning, "\n"));
}

Status WriteFile(const std::filesystem::path& path, std::string_view text) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  const bool open = file.is_open();
  file << text;
  file.flush();
  if (file) return {};
  return base::Unavailable(
      Cat(open ? "write " : "open ", path.string(), ": ", base::ToLower(std::strerror(errno))));
}

Status WriteOutput(const kustomize::BuildOutput& built, const std::string& output) {
  if (output.empty()) {
    for (size_t i = 0; i < built.size(); ++i) {
      if (i > 0) Print(stdout, "---\n");
      Print(stdout, built.ToYaml(i));
    }
    return {};
  }
  std::error_code error;
  if (!std::filesystem::is_directory(output, error)) return WriteFile(output, built.ToYaml());
  std::set<std::string> namespaces;
  for (size_t i = 0; i < built.size(); ++i) {
    if (!built.id(i).cluster_scoped)
      namespaces.insert(built.id(i).ns.empty() ? "default" : built.id(i).ns);
  }
  for (size_t i = 0; i < built.size(); ++i) {
    const kustomize::ObjectId id = built.id(i);
    const std::string name = OutputFileName(id, namespaces.size() > 1 && !id.cluster_scoped);
    SLUICE_TRY(WriteFile(std::filesystem::path(output) / name, built.ToYaml(i)));
  }
  return {};
}

// A function that cannot be started has failed, as one that ends badly.
Result<kustomize::FunctionAnswer> RunFunction(Processes& processes,
                                              const kustomize::FunctionRun& run) {
  std::vector<std::string> argv = {run.path};
  argv.insert(argv.end(), run.args.begin(), run.args.end());
  if (const auto program = FindProgram(run.path, Env("PATH"))) {
    argv[0] = *program;
  } else {
    return kustomize::FunctionAnswer{
        "", Cat("exec: ", base::QuoteGo(run.path), ": executable file not found in $PATH")};
  }
  auto ran = processes.Run({.argv = std::move(argv),
                            .environment = run.environment,
                            .directory = run.directory,
                            .input = run.input,
                            .errors = ProcessRequest::Errors::kInherited});
  if (!ran.ok()) return kustomize::FunctionAnswer{"", std::string(ran.status().message())};
  return kustomize::FunctionAnswer{std::move(ran->out), std::move(ran->failure)};
}

}  // namespace

int RunBuild(int argc, char** argv) {
  BuildCommand command;
  const Status parsed =
      ParseBuildFlags({argv + 1, argv + argc}, Env("KUSTOMIZE_ENABLE_MANAGEDBY_LABEL"), command);
  for (const std::string& note : command.notes) Print(stderr, Cat(note, "\n"));
  if (!parsed.ok()) return Fail(parsed);
  if (command.help) {
    Print(stdout, kUsage);
    return 0;
  }
  const auto tree = OpenDisk();
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  const std::string absolute = command.path.starts_with('/') ? io::CleanPath(command.path)
                                                             : io::JoinPath(here, command.path);
  command.options.display_path = command.path;
  command.options.on_warning = Warn;
  const std::string temporary = Env("TMPDIR").empty() ? "/tmp" : Env("TMPDIR");
  command.options.inflate_chart = [&temporary](const io::FileTree&,
                                               const kustomize::HelmChart& chart) {
    return InflateChart(chart, temporary);
  };
  const auto processes = SystemProcesses();
  RemoteBases remote(*processes, {Sibling("sluice-remote"), Env("PATH"), temporary});
  command.options.fetch_base = [&remote](const kustomize::RemoteBase& base) {
    return remote.Fetch(base);
  };
  command.options.run_function = [&processes](const kustomize::FunctionRun& run) {
    return RunFunction(*processes, run);
  };
  command.options.fetch_file = [&remote](const std::string& url) { return remote.Get(url); };
  auto built = kustomize::Build(*tree, absolute.substr(1), command.options);
  if (!built.ok()) return Fail(built.status());
  if (Status s = WriteOutput(*built, command.output); !s.ok()) return Fail(s);
  return 0;
}

}  // namespace sluice::cli
