#include <algorithm>
#include <map>

#include "cluster/commands.h"

namespace sluice::cli {
namespace {

// "ghcr.io/fluxcd/source-controller:v1.9.1" → {source-controller, v1.9.1}; a port in the registry's
// name is no tag.
std::pair<std::string, std::string> SplitImage(const std::string& image) {
  const std::string last = image.substr(image.rfind('/') + 1);
  const size_t colon = last.find(':');
  return {last.substr(0, colon), colon == last.npos ? "" : last.substr(colon + 1)};
}

}  // namespace

int Version(Session& session, const Output& output, const std::string& ns) {
  output.out << "sluice: v" << SLUICE_VERSION << '\n';
  kube::ListOptions list;
  list.ns = ns;
  list.label_selector = "app.kubernetes.io/part-of=flux";
  const auto deployments =
      session.client().List(session.context(), {"apps", "v1", "Deployment"}, list);
  if (!deployments.ok()) return output.Failure(deployments.status().message());
  if (deployments->empty()) return output.Failure("no deployments found in " + ns + " namespace");
  std::map<std::string, std::string> versions;
  for (const document::Value& deployment : *deployments) {
    for (const document::Value& container :
         deployment.At({"spec", "template", "spec", "containers"}).items()) {
      versions.insert(SplitImage(std::string(container["image"].AsString())));
    }
  }
  for (const auto& [name, tag] : versions) output.out << name << ": " << tag << '\n';
  return 0;
}

}  // namespace sluice::cli
