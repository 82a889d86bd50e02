// sluice-source: follows sources, stores and publishes their artifacts.
#include <cstdio>

#include "api/external_artifact.h"
#include "api/source.h"
#include "flags.h"
#include "runtime/manager.h"
#include "source_app.h"

namespace {

using sluice::base::Status;
using sluice::base::StatusCode;
namespace runtime = sluice::runtime;

// The image of source-watcher is the same program by that name.
bool CalledSourceWatcher(std::string_view program) {
  const size_t slash = program.rfind('/');
  return (slash == program.npos ? program : program.substr(slash + 1)) ==
         sluice::api::kSourceWatcher;
}

int Run(int argc, char** argv, const char* const* envp) {
  const runtime::Environment env(envp);
  runtime::CommonFlags common;
  sluice::source::SourceFlags own;
  runtime::Flags flags("sluice-source", "Follows sources and publishes their artifacts.");
  if (CalledSourceWatcher(argv[0])) {
    own.source_watcher = "only";
    common.concurrent = 10;
    common.requeue_dependency = std::chrono::seconds(5);
  }
  common.AddTo(flags, env);
  own.AddTo(flags, env);
  Status status = flags.Parse(argc, argv);
  if (status.code() == StatusCode::kCancelled) {
    std::fputs(flags.output().c_str(), stdout);
    return 0;
  }
  if (status.ok()) status = common.Check();
  if (status.ok()) status = own.Check(common);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.message().c_str());
    return 1;
  }
  const bool watcher = own.source_watcher == "only";
  // consumers know one source on the bus
  if (watcher && common.bus_bind.empty()) common.bus_bind = "off";
  const std::string controller(watcher ? sluice::api::kSourceWatcher
                                       : sluice::api::kSourceController);
  auto manager = runtime::Manager::Create({.controller = controller, .flags = common, .env = env});
  if (!manager.ok()) return runtime::FailStart({}, manager.status(), "unable to start manager");
  auto app = sluice::source::SourceApp::Create(**manager, own);
  if (!app.ok())
    return runtime::FailStart((*manager)->log(), app.status(), "unable to start source process");
  return (*manager)->Run();
}

}  // namespace

int main(int argc, char** argv, char** envp) { return Run(argc, argv, envp); }
