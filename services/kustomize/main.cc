// sluice-kustomize: applies what Kustomizations point at. Drop-in for Flux's kustomize-controller.
#include <malloc.h>

#include <cstdio>

#include "flags.h"
#include "link/bus_link.h"
#include "runtime/manager.h"
#include "service.h"

namespace {

using namespace sluice;

// Many workers that each build and apply for a moment: a few arenas and an early return of free
// pages keep the process small.
void TuneHeap() {
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
}

int Run(int argc, char** argv, char** envp) {
  const runtime::Environment env(envp);
  kustomization::KustomizeFlags flags;
  runtime::Flags parser("sluice-kustomize", "Applies the manifests of sources to the cluster.");
  flags.AddTo(parser, env);
  auto status = parser.Parse(argc, argv);
  if (status.code() == base::StatusCode::kCancelled) {
    std::fputs(parser.output().c_str(), stdout);
    return 0;
  }
  if (status.ok()) status = flags.Check();
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.message().c_str());
    return 1;
  }
  auto manager = runtime::Manager::Create(
      {.controller = "kustomize-controller", .flags = flags.common, .env = env});
  if (!manager.ok())
    return runtime::FailStart(observe::Logger(), manager.status(), "unable to start manager");
  runtime::Manager& m = **manager;
  auto link = link::BusLink::Open(m, bus::Role::kKustomize);
  if (!link.ok()) return runtime::FailStart(m.log(), link.status(), "unable to open the bus");
  auto service = kustomization::Service::Create(m, **link, flags);
  if (!service.ok())
    return runtime::FailStart(m.log(), service.status(), "unable to create controller");
  if (const auto sends = (*link)->SendEvents(); !sends.ok())
    return runtime::FailStart(m.log(), sends, "unable to open the event outbox");
  m.log().Info(
      "not everything of Flux is in yet; to go back, put Flux's image into the Deployment again",
      {{"notYet",
        "spec.decryption, postBuild, kubeConfig, healthCheckExprs, readyExpr; sources other than "
        "GitRepository"}});
  return m.Run();
}

}  // namespace

int main(int argc, char** argv, char** envp) {
  TuneHeap();
  return Run(argc, argv, envp);
}
