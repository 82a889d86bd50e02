#include "build.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "base/strings.h"
#include "build_flags.h"
#include "disk.h"
#include "kustomize/build.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;
using base::Status;

constexpr std::string_view kUsage = R"(Build a kustomization: print the manifests that DIR (default ".") describes.

  sluice build [DIR] [flags]

      --load-restrictor R        LoadRestrictionsRootOnly (default) or LoadRestrictionsNone
      --reorder legacy|none      order of the output where the kustomization sets none
  -o, --output PATH              write to a file, or one file per object into an existing directory
      --enable-managedby-label   add app.kubernetes.io/managed-by
      --enable-helm              inflate helmCharts
      --helm-kube-version V, --helm-api-versions V

Taken for kustomize's sake: --helm-command, --helm-debug, --enable-alpha-plugins, --enable-exec, --as-current-user,
-e/--env, --mount, --network, --network-name, --stack-trace.
)";

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
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.flush();
  if (!file) return base::Unavailable(Cat("open ", path.string(), ": cannot write"));
  return {};
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
    if (!built.id(i).cluster_scoped) namespaces.insert(built.id(i).ns.empty() ? "default" : built.id(i).ns);
  }
  for (size_t i = 0; i < built.size(); ++i) {
    const kustomize::ObjectId id = built.id(i);
    const std::string name = OutputFileName(id, namespaces.size() > 1 && !id.cluster_scoped);
    SLUICE_TRY(WriteFile(std::filesystem::path(output) / name, built.ToYaml(i)));
  }
  return {};
}

}  // namespace

int RunBuild(int argc, char** argv) {
  const char* variable = std::getenv("KUSTOMIZE_ENABLE_MANAGEDBY_LABEL");
  auto parsed = ParseBuildFlags(std::vector<std::string>(argv + 1, argv + argc), variable == nullptr ? "" : variable);
  if (!parsed.ok()) return Fail(parsed.status());
  BuildCommand& command = *parsed;
  if (command.help) {
    Print(stdout, kUsage);
    return 0;
  }
  for (const std::string& note : command.notes) Print(stderr, Cat(note, "\n"));
  const auto tree = OpenDisk();
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  const std::string absolute = command.path.starts_with('/') ? io::CleanPath(command.path) : io::JoinPath(here, command.path);
  command.options.display_path = command.path;
  command.options.on_warning = Warn;
  auto built = kustomize::Build(*tree, absolute.substr(1), command.options);
  if (!built.ok()) return Fail(built.status());
  if (Status s = WriteOutput(*built, command.output); !s.ok()) return Fail(s);
  return 0;
}

}  // namespace sluice::cli
