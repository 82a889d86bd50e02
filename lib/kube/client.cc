#include "kube/client.h"

#include "base/strings.h"
#include "discovery.h"
#include "document/json.h"
#include "rest_path.h"
#include "session.h"

namespace sluice::kube {
namespace {

using document::Value;
using Verb = Client::Request::Verb;

constexpr std::string_view kMissingResource = "the server could not find the requested resource";
constexpr std::string_view kPartialList =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

std::string_view ContentTypeOf(PatchType type) {
  switch (type) {
    case PatchType::kJson:
      return "application/json-patch+json";
    case PatchType::kMerge:
      return "application/merge-patch+json";
    case PatchType::kStrategicMerge:
      return "application/strategic-merge-patch+json";
    case PatchType::kApply:
      return "application/apply-patch+yaml";  // JSON is YAML
  }
  return "";
}

std::shared_ptr<const std::string> Serialize(const Value& value) {
  return std::make_shared<const std::string>(
      document::ToJson(value, {.sort_keys = false, .escape_html = false}));
}

Value DeleteBody(const DeleteOptions& options) {
  Value body = Value::Object({{"kind", "DeleteOptions"}, {"apiVersion", "v1"}});
  switch (options.propagation) {
    case Propagation::kDefault:
      break;
    case Propagation::kBackground:
      body.Set("propagationPolicy", "Background");
      break;
    case Propagation::kForeground:
      body.Set("propagationPolicy", "Foreground");
      break;
    case Propagation::kOrphan:
      body.Set("propagationPolicy", "Orphan");
      break;
  }
  if (!options.uid.empty()) body.Mutable("preconditions").Set("uid", options.uid);
  if (!options.resource_version.empty())
    body.Mutable("preconditions").Set("resourceVersion", options.resource_version);
  return body;
}

class ClientImpl final : public Client {
 public:
  ClientImpl(std::shared_ptr<Session> session, std::shared_ptr<Discovery> discovery,
             std::string user, std::vector<std::string> groups)
      : session_(std::move(session)),
        discovery_(std::move(discovery)),
        user_(std::move(user)),
        groups_(std::move(groups)) {}

  base::Result<Value> Get(const observe::Context& ctx, const GroupVersionKind& gvk,
                          const ObjectKey& key) override {
    Request request;
    request.gvk = gvk;
    request.key = key;
    return Do(ctx, request);
  }
  base::Result<std::vector<Value>> List(const observe::Context& ctx, const GroupVersionKind& gvk,
                                        const ListOptions& options) override;
  base::Result<Value> Create(const observe::Context& ctx, const Value& object,
                             const WriteOptions& options) override {
    Request request;
    request.verb = Verb::kCreate;
    request.gvk = GvkOf(object);
    request.key = KeyOf(object);
    request.body = &object;
    request.write = options;
    return Do(ctx, request);
  }
  base::Result<Value> Update(const observe::Context& ctx, const Value& object,
                             const WriteOptions& options) override;
  base::Result<Value> Patch(const observe::Context& ctx, const GroupVersionKind& gvk,
                            const ObjectKey& key, PatchType type, const Value& body,
                            const WriteOptions& options) override {
    return Do(ctx, PatchRequest(gvk, key, type, body, options));
  }
  base::Status Delete(const observe::Context& ctx, const GroupVersionKind& gvk,
                      const ObjectKey& key, const DeleteOptions& options) override {
    Request request;
    request.verb = Verb::kDelete;
    request.gvk = gvk;
    request.key = key;
    request.remove = options;
    SLUICE_TRY(const auto mapping, discovery_->ResolveAndWait(ctx, gvk));
    SLUICE_TRY(Call call, MakeCall(request, mapping));
    return Checked(gvk, session_->SendAndWait(ctx, std::move(call))).status;
  }
  void StartPatch(const observe::Context& ctx, const GroupVersionKind& gvk, const ObjectKey& key,
                  PatchType type, const Value& body, const WriteOptions& options,
                  Done done) override {
    Start(ctx, PatchRequest(gvk, key, type, body, options),
          [done = std::move(done)](Reply reply) { done(std::move(reply.object)); });
  }
  void Start(const observe::Context& ctx, const Request& request,
             std::function<void(Reply)> done) override;

  base::Result<Mapping> MappingOf(const observe::Context& ctx,
                                  const GroupVersionKind& gvk) override {
    return discovery_->ResolveAndWait(ctx, gvk);
  }
  base::Result<GroupVersionKind> PreferredVersion(const observe::Context& ctx,
                                                  const GroupKind& gk) override {
    return discovery_->PreferredVersion(ctx, gk);
  }
  void InvalidateDiscovery() override { discovery_->InvalidateAll(); }
  void StartMapping(const observe::Context& ctx, const GroupVersionKind& gvk,
                    std::function<void(base::Result<Mapping>)> done) override {
    discovery_->Resolve(ctx, gvk, std::move(done));
  }

  std::unique_ptr<Client> Impersonate(const std::string& user,
                                      std::vector<std::string> groups) override {
    return std::make_unique<ClientImpl>(session_, discovery_, user, std::move(groups));
  }
  base::Result<Value> Raw(const observe::Context& ctx, std::string_view method,
                          const std::string& path, const Value* body) override;
  std::shared_ptr<http::Call> StartStream(const observe::Context& ctx,
                                          const std::string& path_and_query,
                                          const std::string& accept,
                                          http::Callbacks callbacks) override {
    Call call = Identity();
    call.path = path_and_query;
    call.accept = accept;
    return session_->Stream(ctx, call, std::move(callbacks));
  }
  http::Client& transport() override { return session_->http(); }
  const std::string& server() const override { return session_->server(); }

 private:
  static Request PatchRequest(const GroupVersionKind& gvk, const ObjectKey& key, PatchType type,
                              const Value& body, const WriteOptions& options) {
    Request request;
    request.verb = Verb::kPatch;
    request.gvk = gvk;
    request.key = key;
    request.patch = type;
    request.body = &body;
    request.write = options;
    return request;
  }
  Call Identity() const {
    Call call;
    call.impersonate_user = user_;
    call.impersonate_groups = groups_;
    return call;
  }
  base::Result<Call> MakeCall(const Request& request, const Mapping& mapping) const;
  base::Result<Value> Do(const observe::Context& ctx, const Request& request);
  // A 404 that names no object: the resource itself went away.
  Answer Checked(const GroupVersionKind& gvk, Answer answer) const {
    if (answer.status.code() == base::StatusCode::kNotFound &&
        answer.status.message() == kMissingResource) {
      discovery_->Forget(gvk);
    }
    return answer;
  }

  const std::shared_ptr<Session> session_;
  const std::shared_ptr<Discovery> discovery_;
  const std::string user_;
  const std::vector<std::string> groups_;
};

base::Result<Call> ClientImpl::MakeCall(const Request& request, const Mapping& mapping) const {
  Call call = Identity();
  switch (request.verb) {
    case Verb::kGet: {
      SLUICE_TRY(call.path, ObjectPath(request.gvk, mapping, request.key, ""));
      call.repeatable = true;
      break;
    }
    case Verb::kCreate: {
      if (mapping.namespaced && request.key.ns.empty()) {
        return base::InvalidArgument("an empty namespace may not be set during creation");
      }
      call.method = "POST";
      call.path =
          CollectionPath(request.gvk, mapping, request.key.ns) + WriteQuery(request.write).text();
      call.content_type = "application/json";
      call.repeatable = request.write.dry_run;
      break;
    }
    case Verb::kPatch: {
      call.method = "PATCH";
      SLUICE_TRY(call.path,
                 ObjectPath(request.gvk, mapping, request.key, request.write.subresource));
      call.path += WriteQuery(request.write).text();
      call.content_type = ContentTypeOf(request.patch);
      call.repeatable = request.write.dry_run || request.patch == PatchType::kApply ||
                        request.patch == PatchType::kMerge;
      break;
    }
    case Verb::kDelete: {
      call.method = "DELETE";
      SLUICE_TRY(call.path, ObjectPath(request.gvk, mapping, request.key, ""));
      call.content_type = "application/json";
      call.body = Serialize(DeleteBody(request.remove));
      break;
    }
  }
  return call;
}

base::Result<Value> ClientImpl::Do(const observe::Context& ctx, const Request& request) {
  SLUICE_TRY(const auto mapping, discovery_->ResolveAndWait(ctx, request.gvk));
  SLUICE_TRY(Call call, MakeCall(request, mapping));
  if (request.body != nullptr) call.body = Serialize(*request.body);
  const Answer answer = Checked(request.gvk, session_->SendAndWait(ctx, std::move(call)));
  if (!answer.status.ok()) return answer.status;
  return document::ParseJson(answer.body);
}

void ClientImpl::Start(const observe::Context& ctx, const Request& request,
                       std::function<void(Reply)> done) {
  const auto body = request.body != nullptr ? Serialize(*request.body) : nullptr;
  auto finish = [done = std::move(done), discovery = discovery_, gvk = request.gvk](Answer answer) {
    if (!answer.status.ok()) {
      if (answer.status.message() == kMissingResource) discovery->Forget(gvk);
      return done({std::move(answer.status), std::move(answer.reason)});
    }
    done({document::ParseJson(answer.body), ""});
  };
  const auto known = discovery_->Known(request.gvk);
  auto send = [session = session_, ctx, body, finish,
               fail_later = known.has_value()](base::Result<Call> call) mutable {
    if (call.ok()) {
      if (body) call->body = body;
      return session->Send(ctx, *std::move(call), std::move(finish));
    }
    Answer failed{std::move(call).status(), "", ""};
    if (!fail_later) return finish(std::move(failed));
    session->http().Post(
        [finish = std::move(finish), failed = std::move(failed)] { finish(failed); });
  };
  if (known) return send(MakeCall(request, *known));
  Request copy = request;
  copy.body = nullptr;
  session_->http().Post([this_session = session_, discovery = discovery_, user = user_,
                         groups = groups_, ctx, copy, send = std::move(send)]() mutable {
    // the client may be gone by then
    const auto impl = std::make_shared<ClientImpl>(this_session, discovery, user, groups);
    discovery->Resolve(ctx, copy.gvk,
                       [impl, copy, send = std::move(send)](base::Result<Mapping> mapping) mutable {
                         if (!mapping.ok()) return send(mapping.status());
                         send(impl->MakeCall(copy, *mapping));
                       });
  });
}

base::Result<Value> ClientImpl::Update(const observe::Context& ctx, const Value& object,
                                       const WriteOptions& options) {
  const auto gvk = GvkOf(object);
  SLUICE_TRY(const auto mapping, discovery_->ResolveAndWait(ctx, gvk));
  Call call = Identity();
  call.method = "PUT";
  SLUICE_TRY(call.path, ObjectPath(gvk, mapping, KeyOf(object), options.subresource));
  call.path += WriteQuery(options).text();
  call.content_type = "application/json";
  call.body = Serialize(object);
  const Answer answer = Checked(gvk, session_->SendAndWait(ctx, std::move(call)));
  if (!answer.status.ok()) return answer.status;
  return document::ParseJson(answer.body);
}

base::Result<std::vector<Value>> ClientImpl::List(const observe::Context& ctx,
                                                  const GroupVersionKind& gvk,
                                                  const ListOptions& options) {
  SLUICE_TRY(const auto mapping, discovery_->ResolveAndWait(ctx, gvk));
  std::vector<Value> items;
  std::string next;
  bool restarted = false;
  do {
    Query query;
    query.Add("labelSelector", options.label_selector).Add("fieldSelector", options.field_selector);
    if (options.page > 0) query.Add("limit", std::to_string(options.page));
    if (next.empty())
      query.Add("resourceVersion", options.resource_version);
    else
      query.Add("continue", next);
    Call call = Identity();
    call.path = CollectionPath(gvk, mapping, options.ns) + query.text();
    call.accept = options.metadata_only ? kPartialList : std::string_view("application/json");
    call.repeatable = true;
    const Answer answer = Checked(gvk, session_->SendAndWait(ctx, std::move(call)));
    if (answer.status.code() == base::StatusCode::kDataLoss && !next.empty() && !restarted) {
      restarted = true;  // the pages' snapshot was compacted away: once more from the start
      next.clear();
      items.clear();
      continue;
    }
    if (!answer.status.ok()) return answer.status;
    SLUICE_TRY(Value list, document::ParseJson(answer.body));
    next = list["metadata"]["continue"].AsString();
    if (Value* page = list.Find("items"); page != nullptr && page->is_array()) {
      for (auto& item : page->mutable_items()) {
        item.Set("apiVersion", gvk.ApiVersion());  // items of a list carry neither
        item.Set("kind", gvk.kind);
        items.push_back(std::move(item));
      }
    }
  } while (!next.empty());
  return items;
}

base::Result<Value> ClientImpl::Raw(const observe::Context& ctx, std::string_view method,
                                    const std::string& path, const Value* body) {
  Call call = Identity();
  call.method = method;
  call.path = path;
  call.repeatable = method == "GET" || method == "HEAD";
  if (body != nullptr) {
    call.content_type = "application/json";
    call.body = Serialize(*body);
  }
  const Answer answer = session_->SendAndWait(ctx, std::move(call));
  if (!answer.status.ok()) return answer.status;
  const auto text = base::TrimSpace(answer.body);
  if (text.empty()) return Value();
  if (text.front() != '{' && text.front() != '[') return Value(text);  // "/readyz" answers "ok"
  return document::ParseJson(answer.body);
}

}  // namespace

base::Result<std::unique_ptr<Client>> MakeClient(http::Client& http, Config config,
                                                 std::shared_ptr<ClientMetrics> metrics) {
  const auto url = http::Url::Parse(
      config.server.find("://") == config.server.npos ? "https://" + config.server : config.server);
  if (!url.ok()) return url.status().Wrap("invalid configuration: server");
  config.server = url->ToString();
  auto session = std::make_shared<Session>(http, std::move(config), std::move(metrics));
  auto discovery = std::make_shared<Discovery>(session);
  return std::unique_ptr<Client>(
      std::make_unique<ClientImpl>(session, discovery, "", std::vector<std::string>{}));
}

}  // namespace sluice::kube
