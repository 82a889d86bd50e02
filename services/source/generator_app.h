// GeneratorApp: ArtifactGenerators inside a process: Flux's source-watcher, with its Lease, its
// name in events and its field manager. It starts once the process leads, the kinds are installed
// and nobody else holds the Lease: beside a source-watcher of Flux it waits, and it takes over when
// that one goes. Made before Manager::Run, destroyed before the Manager.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "kube/informer.h"
#include "runtime/manager.h"
#include "source_kind.h"

namespace sluice::source {

struct GeneratorAppOptions {
  // The informer of a source kind that the process follows anyway; null: the app makes its own.
  std::function<kube::Informer*(std::string_view kind)> informer_of;
  bool own_process = false;      // the Manager is source-watcher's: it has its Lease
  std::string source_localhost;  // SOURCE_CONTROLLER_LOCALHOST
  base::Duration timeout = std::chrono::minutes(10);
  base::Duration requeue_dependency = std::chrono::seconds(5);
};

class GeneratorApp {
 public:
  static std::unique_ptr<GeneratorApp> Create(runtime::Manager& manager, const SourceEnv& env,
                                              GeneratorAppOptions options);
  virtual ~GeneratorApp() = default;

  // Each generator there was at the start has been looked at, or they are not ours to look at.
  virtual bool Settled() const = 0;
  // A source has another artifact. What this process writes itself may reach its informers by the
  // answer, which wakes nobody, before the watch brings it.
  virtual void ArtifactChanged(std::string_view kind, const kube::ObjectKey& key) = 0;
  // Removes stored files whose ExternalArtifact is gone. Only the process that sees every object
  // may call it.
  virtual void Sweep() = 0;
};

}  // namespace sluice::source
