// vars: values read from one object and written into others (spec §19).
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "config.h"
#include "context.h"
#include "kustfile.h"
#include "resource.h"

namespace sluice::kustomize {

class VarSet {
 public:
  // A kustomization's vars: each finds its referent among the resources of that level.
  base::Status Merge(const std::vector<Var>& vars, const ResMap& map);
  base::Status Merge(const VarSet& other);
  bool empty() const { return vars_.empty(); }

  // Replaces references by values; vars that nothing refers to are told in a warning.
  base::Status Resolve(BuildContext& context, ResMap& map, const FieldSpecs& specs) const;

 private:
  std::vector<Var> vars_;
};

std::string GoPrint(const std::vector<Var>& vars);

}  // namespace sluice::kustomize
