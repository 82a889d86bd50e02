// sluice: the command line. What is pure (version, build) happens here; verbs that speak to a cluster, and bus keygen, live in
// sluice-cluster beside this file, which is executed in place of this process, so that building manifests loads no network library.
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string_view>
#include <vector>

#include "build.h"
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

int ExecSibling(char** argv) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string sibling = (self.parent_path() / "sluice-cluster").string();
  execv(sibling.c_str(), argv);
  std::cerr << "✗ cannot run " << sibling << ": " << std::strerror(errno) << '\n';
  return 1;
}

using HelmVerb = sluice::cli::HelmOutcome (*)(std::span<const std::string> args, const sluice::cli::HelmContext& context);

// One short run: memory that was used is used again rather than given back page by page, and comes in huge pages where the system has
// them: a fault for each 4 KiB would cost more than the work on big charts. The room is address space until it is written to; what lies
// before the first whole huge page is passed over.
void PrepareHeap() {
  constexpr uintptr_t kRoom = 48 << 20, kHugePage = 2 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most glibc takes
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  mallopt(M_TOP_PAD, kRoom);
  mallopt(M_ARENA_MAX, 1);  // threads share it
  constexpr size_t kStep = 256 << 10;  // more than glibc begins with
  char* const room = static_cast<char*>(std::malloc(kStep));
  const uintptr_t at = reinterpret_cast<uintptr_t>(room);
  const uintptr_t begin = (at + kStep + 64 + kHugePage - 1) / kHugePage * kHugePage;  // nothing is written from here on
  const uintptr_t end = reinterpret_cast<uintptr_t>(sbrk(0));
  std::free(room);
  if (end <= begin + kHugePage || end - begin > 2 * kRoom) return;  // another heap than glibc's
  if (madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE) != 0) return;
  [[maybe_unused]] static void* volatile passed_over = nullptr;
  passed_over = std::malloc(begin - at - 32);
}

int RunHelmVerb(HelmVerb run, int argc, char** argv) {
  PrepareHeap();
  const std::vector<std::string> args(argv + 2, argv + argc);
  const sluice::cli::HelmOutcome outcome = run(args, sluice::cli::ProcessContext());
  if (outcome.needs_cluster) return ExecSibling(argv);
  std::fwrite(outcome.err.data(), 1, outcome.err.size(), stderr);
  std::setvbuf(stdout, nullptr, _IOFBF, 64 << 10);
  std::fwrite(outcome.out.data(), 1, outcome.out.size(), stdout);
  for (const std::string& piece : outcome.pieces) std::fwrite(piece.data(), 1, piece.size(), stdout);
  return std::fflush(stdout) == 0 ? outcome.code : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "help";
  if (verb == "help" || verb == "-h" || verb == "--help") {
    std::cout << kUsage;
    return argc > 1 ? 0 : 1;
  }
  if (verb == "--version" || (verb == "version" && argc > 2 && std::string_view(argv[2]) == "--client")) {
    std::cout << "sluice: v" SLUICE_VERSION "\n";
    return 0;
  }
  if (verb == "build") return sluice::cli::RunBuild(argc - 1, argv + 1);
  if (verb == "template") return RunHelmVerb(sluice::cli::RunTemplate, argc, argv);
  if (verb == "lint") return RunHelmVerb(sluice::cli::RunLint, argc, argv);
  if (verb == "show") return RunHelmVerb(sluice::cli::RunShow, argc, argv);
  return ExecSibling(argv);
}
