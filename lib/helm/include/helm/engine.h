// The engine: a chart's templates over its values to texts, as Helm's pkg/engine. Pure but for what
// the caller lends (lookup, clock, randomness). Thread-safe: any number of renders at once, also of
// one chart. Spec: helm-engine 4.2, 8, 10.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "gotemplate/function.h"
#include "gotemplate/template.h"
#include "helm/capabilities.h"
#include "helm/chart.h"
#include "helm/manifests.h"
#include "helm/parse_cache.h"
#include "helm/version.h"
#include "helm/warning.h"

namespace sluice::helm {

// What `lookup` asks: one object, or the list object where `name` is "". An object's absence is an
// empty object, not an error.
class LookupSource {
 public:
  virtual ~LookupSource() = default;
  virtual base::Result<document::Value> Lookup(std::string_view api_version, std::string_view kind,
                                               std::string_view ns, std::string_view name) = 0;
};

// .Release
struct ReleaseOptions {
  std::string name, namespace_;
  int64_t revision = 1;
  bool is_upgrade = false;
  bool is_install = true;
};

struct EngineOptions {
  HelmVersion version = HelmVersion::kV4;
  bool strict = false;                             // a missing key is an error
  bool lint = false;                               // required and fail do not fail
  LookupSource* lookup = nullptr;                  // null: nothing is ever found
  gotemplate::Environment* environment = nullptr;  // null: the pure default
  ParseCache* cache = nullptr;                     // null: parsed anew
  WarningSink warn;                       // what lint lets pass; empty: nobody wants to know
  gotemplate::ExecuteLimits limits;       // max_output holds for all files together
  size_t max_memory = size_t{256} << 20;  // of the values of one render
};

// Every file under templates/ of the chart and its subcharts that is no partial, by path; `values`
// are the coalesced ones. The chart is one whose dependencies were processed. Errors in Helm's
// words: "parse error at (c/templates/a.yaml:1): …", "execution error at …".
base::Result<std::vector<RenderedFile>> RenderTemplates(const Chart& chart,
                                                        const document::Value& values,
                                                        const ReleaseOptions& release,
                                                        const Capabilities& capabilities,
                                                        const EngineOptions& options = {});

}  // namespace sluice::helm
