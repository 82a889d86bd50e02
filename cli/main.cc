// sluice: the command line. What is pure (version, build) happens here; verbs that speak to a
// cluster, and bus keygen, live in sluice-cluster beside this file, which is executed in place of
// this process, so that building manifests loads no network library.
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <span>
#include <string_view>
#include <vector>

#include "build.h"
#include "heap.h"
#include "lint.h"
#include "show.h"
#include "template.h"

namespace {

constexpr std::string_view kUsage = R"(sluice: GitOps for Kubernetes

  sluice build DIR              build a kustomization folder and print its manifests
  sluice template [NAME] CHART  render a Helm chart and print its manifests
  sluice lint PATH…             check Helm charts
  sluice show PART CHART        print a chart's values, chart, crds, readme or all
  sluice version [--client]     print the versions of this command and of the controllers in the cluster
  sluice check [--pre]          check the cluster and the controllers
  sluice get KIND [NAME]        list objects: all, sources git|oci|helm|chart|bucket, kustomizations, helmreleases,
                                receivers, alerts, alert-providers
  sluice reconcile KIND NAME    reconcile an object now: source git|…, kustomization (--with-source), helmrelease, receiver
  sluice bus keygen DIR         make the keys of the bus

Flags of a verb: sluice VERB --help
)";

// What a build may take before it counts as one that huge pages make faster.
constexpr size_t kSmallBuild = 384 << 10;

int ExecSibling(char** argv) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string sibling = (self.parent_path() / "sluice-cluster").string();
  execv(sibling.c_str(), argv);
  std::cerr << "✗ cannot run " << sibling << ": " << std::strerror(errno) << '\n';
  return 1;
}

using HelmVerb = sluice::cli::HelmOutcome (*)(std::span<const std::string> args,
                                              const sluice::cli::HelmContext& context);

// In as few calls as the system takes.
bool WriteAll(int fd, std::span<const std::string_view> pieces) {
  std::vector<iovec> rest;
  for (const std::string_view piece : pieces)
    rest.push_back({const_cast<char*>(piece.data()), piece.size()});
  for (size_t at = 0; at < rest.size();) {
    const ssize_t n =
        writev(fd, &rest[at], static_cast<int>(std::min<size_t>(rest.size() - at, IOV_MAX)));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    auto written = static_cast<size_t>(n);
    for (; at < rest.size() && written >= rest[at].iov_len; ++at) written -= rest[at].iov_len;
    if (at == rest.size()) break;
    rest[at].iov_base = static_cast<char*>(rest[at].iov_base) + written;
    rest[at].iov_len -= written;
  }
  return true;
}

int RunHelmVerb(HelmVerb run, int argc, char** argv) {
  sluice::cli::UseHugePagesFrom(0);
  const std::vector<std::string> args(argv + 2, argv + argc);
  const sluice::cli::HelmOutcome outcome = run(args, sluice::cli::ProcessContext());
  if (outcome.needs_cluster) return ExecSibling(argv);
  std::fwrite(outcome.err.data(), 1, outcome.err.size(), stderr);
  std::vector<std::string_view> out{outcome.out};
  out.insert(out.end(), outcome.pieces.begin(), outcome.pieces.end());
  return WriteAll(STDOUT_FILENO, out) ? outcome.code : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "help";
  if (verb == "help" || verb == "-h" || verb == "--help") {
    std::cout << kUsage;
    return argc > 1 ? 0 : 1;
  }
  if (verb == "--version" ||
      (verb == "version" && argc > 2 && std::string_view(argv[2]) == "--client")) {
    std::cout << "sluice: v" SLUICE_VERSION "\n";
    return 0;
  }
  if (verb == "build") {
    sluice::cli::UseHugePagesFrom(kSmallBuild);
    return sluice::cli::RunBuild(argc - 1, argv + 1);
  }
  if (verb == "template") return RunHelmVerb(sluice::cli::RunTemplate, argc, argv);
  if (verb == "lint") return RunHelmVerb(sluice::cli::RunLint, argc, argv);
  if (verb == "show") return RunHelmVerb(sluice::cli::RunShow, argc, argv);
  return ExecSibling(argv);
}
