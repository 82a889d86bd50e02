// Service: the kustomize process put together: informers, sources, bus, steps, controller. Made in
// main after the Manager and the BusLink, before Run; destroyed before them.
#pragma once

#include <memory>

#include "base/status.h"
#include "flags.h"
#include "link/bus_link.h"
#include "runtime/manager.h"

namespace sluice::kustomization {

class Service {
 public:
  static base::Result<std::unique_ptr<Service>> Create(runtime::Manager& manager,
                                                       link::BusLink& link,
                                                       const KustomizeFlags& flags);
  virtual ~Service() = default;
};

}  // namespace sluice::kustomization
