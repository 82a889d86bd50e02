// control_plane [--controllers]: starts the test control plane, prints one JSON line about it, and
// keeps it until stdin closes or a signal ends this process. For scripts/demo and for looking
// around by hand.
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string_view>

#include "test_support/control_plane.h"

int main(int argc, char** argv) {
  // A signal must unwind main so that the processes end and the folder goes.
  struct sigaction action {};
  action.sa_handler = [](int) {};
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);

  sluice::test_support::ControlPlane::Options options;
  for (int i = 1; i < argc; ++i)
    options.controllers = options.controllers || std::string_view(argv[i]) == "--controllers";
  auto cluster = sluice::test_support::ControlPlane::Start(options);
  if (!cluster.ok()) {
    std::cerr << cluster.status().message() << '\n';
    return 1;
  }
  std::cout << R"({"kubeconfig":")" << (*cluster)->kubeconfig() << R"(","url":")"
            << (*cluster)->url() << R"(","directory":")" << (*cluster)->directory()
            << R"(","bin":")" << (*cluster)->bin() << "\"}" << std::endl;
  char ignored[256];
  while (read(STDIN_FILENO, ignored, sizeof(ignored)) > 0) {
  }
  return 0;
}
