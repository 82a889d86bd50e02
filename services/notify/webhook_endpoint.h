// WebhookEndpoint: where Git servers and registries call (notification.md §6.3–6.5). Finds the
// Receiver by its secret path, checks the request, then asks the sources it names to reconcile: a
// poke over the bus for speed, the requestedAt annotation for truth. Thread-safe. All references
// outlive it.
#pragma once

#include <functional>
#include <string>

#include "api/notification.h"
#include "base/clock.h"
#include "bus/pokes.h"
#include "http/server.h"
#include "kube/client.h"
#include "kube/informer.h"
#include "observe/context.h"

namespace sluice::notify {

struct WebhookOptions {
  bool no_cross_namespace_refs = false;
  std::chrono::nanoseconds timeout = std::chrono::seconds(15);
};

class WebhookEndpoint {
 public:
  // `receivers` gets an index by webhook path: construct before it starts. `pokes` may be null.
  WebhookEndpoint(kube::Client& client, kube::Informer& receivers, bus::PokePublisher* pokes,
                  const base::Clock& clock, observe::Context context, WebhookOptions options);

  http::ServerResponse Handle(const http::ServerRequest& request);

 private:
  base::Status Trigger(const observe::Context& ctx, const api::Receiver& receiver,
                       const api::CrossNamespaceRef& ref);
  base::Status Annotate(const observe::Context& ctx, const kube::GroupVersionKind& gvk,
                        const kube::ObjectKey& key);

  kube::Client& client_;
  kube::Informer& receivers_;
  bus::PokePublisher* pokes_;
  const base::Clock& clock_;
  const observe::Context context_;
  const WebhookOptions options_;
};

}  // namespace sluice::notify
