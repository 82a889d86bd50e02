// The event of the spec's wire example (notification.md §7), for tests.
#pragma once

#include "api/event.h"

namespace sluice::notify {

inline api::Event ExampleEvent() {
  api::Event e;
  e.involved_object = {"Kustomization",
                       "flux-system",
                       "podinfo",
                       "7d0cdc51-ddcf-4743-b223-83ca5c699632",
                       "kustomize.toolkit.fluxcd.io/v1",
                       "4711",
                       ""};
  e.severity = "info";
  e.timestamp = base::ParseRfc3339("2026-11-23T10:33:00Z").value_or(base::Time{});
  e.message = "Applied revision: main@sha1:5394cb7f48332b2de7c17dd8b8384bbc84b7e738";
  e.reason = "ReconciliationSucceeded";
  e.metadata = {{"event.toolkit.fluxcd.io/env", "prod"},
                {"kustomize.toolkit.fluxcd.io/revision",
                 "main@sha1:5394cb7f48332b2de7c17dd8b8384bbc84b7e738"}};
  e.reporting_controller = "kustomize-controller";
  e.reporting_instance = "kustomize-controller-6d9f";
  return e;
}

}  // namespace sluice::notify
