// What the verbs made after helm's share: where they run, how they answer, their flags, and loading
// a chart from the disk.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "flag_parser.h"
#include "gotemplate/function.h"
#include "helm/capabilities.h"
#include "helm/chart.h"
#include "helm/engine.h"
#include "helm/render.h"
#include "helm/version.h"
#include "helm/warning.h"

namespace sluice::cli {

// What a command asks a cluster, where it may.
class HelmCluster {
 public:
  virtual ~HelmCluster() = default;
  virtual base::Result<helm::Capabilities> Capabilities() = 0;
  virtual helm::LookupSource& lookup() = 0;
  // Kinds that the cluster does not know, and (unless of an upgrade) objects that are there and not
  // the release's, are errors.
  virtual base::Status Check(const helm::RenderedRelease& release, const std::string& name,
                             const std::string& ns, bool upgrade) = 0;
};

// The surroundings of one command: the process's, or a test's.
struct HelmContext {
  std::string directory;           // absolute; relative paths begin here
  std::string ns;                  // $HELM_NAMESPACE
  std::string kubeconfig;          // path of the file to take a namespace from; "" = none
  std::string post_renderer_path;  // $PATH
  // Reaches the cluster that the flags name; empty: this program cannot.
  std::function<base::Result<std::unique_ptr<HelmCluster>>(const ParsedFlags& flags,
                                                           helm::HelmVersion version)>
      cluster = {};
};
HelmContext ProcessContext();

struct HelmOutcome {
  std::string out, err;
  std::vector<std::string> pieces;  // of what is printed, after `out`: big manifests are not joined
  int code = 0;
  bool needs_cluster = false;  // to be run by the sibling that speaks to clusters
};

std::string TakeText(HelmOutcome& outcome);  // all that is printed

HelmOutcome HelmFailure(const base::Status& status);  // "Error: …", 1

// Flags of helm that several verbs take.
std::vector<FlagSpec> HelmGlobalFlags();
std::vector<FlagSpec> ValueFlags();
// of charts from repositories; all but --version are refused when used
std::vector<FlagSpec> ChartFlags();
bool NeedsCluster(const ParsedFlags& flags);

helm::HelmVersion VersionOf(const ParsedFlags& flags);  // --helm3
std::string NamespaceOf(const ParsedFlags& flags, const HelmContext& context);

// The user's values by all value flags; a file "-" is standard input.
base::Result<document::Value> ReadValues(const ParsedFlags& flags, const HelmContext& context);
// A chart directory or archive on the disk. Repositories and registries are refused with a word.
// What the loader warns of goes to `log`.
base::Result<std::unique_ptr<helm::Chart>> LoadChart(const ParsedFlags& flags,
                                                     const std::string& reference,
                                                     const HelmContext& context, std::string* log);
// Lines of helm's log, appended to *log.
helm::WarningSink LogTo(std::string* log, helm::HelmVersion version);

// Clock, random numbers and time zones of this machine; with `dns` getHostByName asks the resolver.
std::unique_ptr<gotemplate::Environment> MakeEnvironment(bool dns = false);

}  // namespace sluice::cli
