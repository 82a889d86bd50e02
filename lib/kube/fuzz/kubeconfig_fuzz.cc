// Any text: a Config or an error; without the operator's leave nothing of the machine is in it.
#include "base/status.h"
#include "kube/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto config = sluice::kube::ParseKubeconfig({reinterpret_cast<const char*>(data), size});
  if (!config.ok()) return 0;
  SLUICE_CHECK(config->token_file.empty() && !config->exec.enabled() &&
               !config->tls->insecure_skip_verify);
  return 0;
}
