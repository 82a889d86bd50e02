// Client: the Kubernetes API over one HTTP/2 connection driven by one I/O thread. Blocking calls
// take a Context; the asynchronous form (Start*) lets one worker keep many requests in flight.
// Errors carry the API server's message verbatim and map to codes: 404 kNotFound, 409
// kAlreadyExists/kConflict by reason, 401 kUnauthenticated, 403 kPermissionDenied, 400/422
// kInvalidArgument, 410 kDataLoss ("Expired"), 429 kResourceExhausted (after retries honouring
// Retry-After), 504 kDeadlineExceeded, other 5xx and transport kUnavailable. Retried here, within
// the context's deadline: 429 and 503 with Retry-After, and connection failures before any byte of
// an answer of requests that are safe to repeat (reads, and applies by a field manager). There is
// no client-side rate limit. Thread-safe. Blocking calls must not be made on the I/O thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "http/client.h"
#include "kube/config.h"
#include "kube/object.h"
#include "observe/context.h"
#include "observe/metrics.h"

namespace sluice::kube {

enum class PatchType : uint8_t { kJson, kMerge, kStrategicMerge, kApply };
enum class Propagation : uint8_t { kDefault, kBackground, kForeground, kOrphan };

struct WriteOptions {
  std::string field_manager;
  bool dry_run = false;
  bool force = false;            // server-side apply: take conflicts
  std::string subresource;       // "status"
  std::string field_validation;  // "" = server default
};
struct DeleteOptions {
  Propagation propagation = Propagation::kDefault;
  std::string uid, resource_version;  // preconditions, "" = none
};
struct ListOptions {
  std::string ns, label_selector, field_selector;
  bool metadata_only = false;    // PartialObjectMetadata
  std::string resource_version;  // "0" = from the server's cache, cheap; "" = the newest
  size_t page = 500;
};

class Client {
 public:
  virtual ~Client() = default;

  virtual base::Result<document::Value> Get(const observe::Context& ctx,
                                            const GroupVersionKind& gvk, const ObjectKey& key) = 0;
  virtual base::Result<std::vector<document::Value>> List(const observe::Context& ctx,
                                                          const GroupVersionKind& gvk,
                                                          const ListOptions& options) = 0;
  virtual base::Result<document::Value> Create(const observe::Context& ctx,
                                               const document::Value& object,
                                               const WriteOptions& options) = 0;
  virtual base::Result<document::Value> Update(const observe::Context& ctx,
                                               const document::Value& object,
                                               const WriteOptions& options) = 0;
  // `body` as the patch type has it; for kApply the whole intended object.
  virtual base::Result<document::Value> Patch(const observe::Context& ctx,
                                              const GroupVersionKind& gvk, const ObjectKey& key,
                                              PatchType type, const document::Value& body,
                                              const WriteOptions& options) = 0;
  virtual base::Status Delete(const observe::Context& ctx, const GroupVersionKind& gvk,
                              const ObjectKey& key, const DeleteOptions& options) = 0;

  // Asynchronous patch: `done` runs on the I/O thread and must not block. The request ends at the
  // context's deadline.
  using Done = std::function<void(base::Result<document::Value>)>;
  virtual void StartPatch(const observe::Context& ctx, const GroupVersionKind& gvk,
                          const ObjectKey& key, PatchType type, const document::Value& body,
                          const WriteOptions& options, Done done) = 0;

  // Any one request on an object, asynchronously, with what the API server said beyond the code.
  // `done` runs on the I/O thread and must not block. The request ends at the context's deadline.
  struct Request {
    enum class Verb : uint8_t { kGet, kCreate, kPatch, kDelete } verb = Verb::kGet;
    GroupVersionKind gvk;
    ObjectKey key;
    PatchType patch = PatchType::kApply;
    const document::Value* body = nullptr;  // kCreate, kPatch: serialised before Start returns
    WriteOptions write;                     // kCreate, kPatch
    DeleteOptions remove;                   // kDelete
  };
  struct Reply {
    base::Result<document::Value> object;  // kDelete: the object or a Status object
    // The Status reason of a failure ("Invalid", "Forbidden", …), or "FieldManagerConflict" where
    // that is a cause; "" = no answer
    std::string reason;
  };
  virtual void Start(const observe::Context& ctx, const Request& request,
                     std::function<void(Reply)> done) = 0;

  // Discovery, cached; a miss re-reads discovery once (rate-limited) before kNotFound
  // "no matches for kind \"Nope\" in version \"example.com/v1\"".
  struct Mapping {
    std::string resource;  // plural
    bool namespaced = true;
    std::vector<std::string> verbs;  // "get", "list", "watch" …
  };
  virtual base::Result<Mapping> MappingOf(const observe::Context& ctx,
                                          const GroupVersionKind& gvk) = 0;
  // The preferred served version of a group and kind, for entries whose recorded version went away.
  virtual base::Result<GroupVersionKind> PreferredVersion(const observe::Context& ctx,
                                                          const GroupKind& gk) = 0;
  virtual void InvalidateDiscovery() = 0;
  // `done` at once on this thread when the mapping is known, else on the I/O thread.
  virtual void StartMapping(const observe::Context& ctx, const GroupVersionKind& gvk,
                            std::function<void(base::Result<Mapping>)> done) = 0;

  // The same connection acting as another user ("system:serviceaccount:ns:name").
  virtual std::unique_ptr<Client> Impersonate(const std::string& user,
                                              std::vector<std::string> groups) = 0;

  // Any other request: raw path, JSON body. For /version, tokens, reviews.
  virtual base::Result<document::Value> Raw(const observe::Context& ctx, std::string_view method,
                                            const std::string& path,
                                            const document::Value* body) = 0;

  // The lowest level, for watches: any GET, its answer streamed. An error status becomes on_done's
  // Status; no retries.
  virtual std::shared_ptr<http::Call> StartStream(const observe::Context& ctx,
                                                  const std::string& path_and_query,
                                                  const std::string& accept,
                                                  http::Callbacks callbacks) = 0;
  virtual http::Client& transport() = 0;
  virtual const std::string& server() const = 0;  // "https://10.0.0.1:443"
};

struct ClientMetrics;  // rest_client_requests_total{code,method,host}; made by MakeClientMetrics
std::shared_ptr<ClientMetrics> MakeClientMetrics(observe::Registry& registry);

// Both outlive the client. `config` is what LoadConfig or ParseKubeconfig gave. Makes no request.
base::Result<std::unique_ptr<Client>> MakeClient(http::Client& http, Config config,
                                                 std::shared_ptr<ClientMetrics> metrics = nullptr);

}  // namespace sluice::kube
