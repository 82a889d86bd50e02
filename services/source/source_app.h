// SourceApp: the parts of the process put together over a Manager. Made before Run, destroyed
// before the Manager.
#pragma once

#include <memory>

#include "base/status.h"
#include "flags.h"
#include "runtime/manager.h"

namespace sluice::source {

class SourceApp {
 public:
  static base::Result<std::unique_ptr<SourceApp>> Create(runtime::Manager& manager,
                                                         const SourceFlags& flags);
  virtual ~SourceApp() = default;
};

}  // namespace sluice::source
