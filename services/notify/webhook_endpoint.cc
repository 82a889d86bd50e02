#include "webhook_endpoint.h"

#include <utility>

#include "api/conditions.h"
#include "api/meta.h"
#include "base/digest.h"
#include "base/strings.h"
#include "provider_config.h"
#include "webhook_auth.h"

namespace sluice::notify {
namespace {

using document::Value;

constexpr const char* kByPath = "webhookPath";

http::ServerResponse Answer(int status) {
  http::ServerResponse response;
  response.status = status;
  response.content_type = "";
  return response;
}

base::Result<kube::GroupVersionKind> GvkOfRef(const api::CrossNamespaceRef& ref) {
  if (!ref.api_version.empty())
    return kube::GroupVersionKind::FromApiVersion(ref.api_version, ref.kind);
  for (const std::string_view kind :
       {"Bucket", "HelmChart", "HelmRepository", "GitRepository", "OCIRepository"}) {
    if (kind == ref.kind)
      return kube::GroupVersionKind{std::string(api::kSourceGroup), "v1", ref.kind};
  }
  if (ref.kind == "ImageRepository")
    return kube::GroupVersionKind{std::string(api::kImageGroup), "v1", ref.kind};
  if (ref.kind == "ArtifactGenerator")
    return kube::GroupVersionKind{"source.extensions.fluxcd.io", "v1beta1", ref.kind};
  return base::InvalidArgument(
      base::Cat("apiVersion must be specified for kind ", base::QuoteGo(ref.kind)));
}

}  // namespace

WebhookEndpoint::WebhookEndpoint(kube::Client& client, kube::Informer& receivers,
                                 bus::PokePublisher* pokes, const base::Clock& clock,
                                 observe::Context context, WebhookOptions options)
    : client_(client),
      receivers_(receivers),
      pokes_(pokes),
      clock_(clock),
      context_(std::move(context)),
      options_(options) {
  receivers_.AddIndex(kByPath, [](const Value& object) {
    const auto path = object["status"]["webhookPath"].AsString();
    return path.empty() ? std::vector<std::string>() : std::vector<std::string>{std::string(path)};
  });
}

http::ServerResponse WebhookEndpoint::Handle(const http::ServerRequest& request) {
  // The path is a secret: it is logged as a digest only.
  const auto base_ctx =
      context_.WithFields({{"path", base::Digest::Sha256(request.target).ToString()}});
  const auto ctx = base_ctx.WithTimeout(options_.timeout);
  const auto found = receivers_.ByIndex(kByPath, request.target);
  if (found.empty()) return Answer(404);
  int status = 200;
  for (const auto& object : found) {
    const api::Receiver receiver = api::Receiver::From(*object);
    const auto log =
        ctx.log().With({{"receiver", observe::LogValue(receiver.name + "." + receiver.ns)}});
    if (receiver.suspend || !api::ConditionIs(*object, api::kReady, api::kTrue)) {
      log.Error(base::FailedPrecondition("unable to process request"),
                receiver.suspend ? "receiver is suspended" : "receiver is not ready");
      return Answer(503);
    }
    auto secret = client_.Get(ctx, {"", "v1", "Secret"}, {receiver.ns, receiver.secret});
    if (!secret.ok()) {
      log.Error(secret.status(), "unable to validate payload");
      return Answer(400);
    }
    const auto verdict =
        CheckWebhook(receiver, base::SecretString(SecretEntry(*secret, "token")), request);
    if (!verdict.status.ok()) {
      log.Error(verdict.status, "unable to validate payload");
      return Answer(400);
    }
    if (!verdict.handling.empty()) log.Info(base::Cat("handling ", verdict.handling));
    for (const auto& ref : receiver.resources) {
      if (const auto triggered = Trigger(ctx.WithLogger(log), receiver, ref); !triggered.ok()) {
        log.Error(triggered, "unable to annotate resource");
        status = 500;
      }
    }
  }
  return Answer(status);
}

base::Status WebhookEndpoint::Trigger(const observe::Context& ctx, const api::Receiver& receiver,
                                      const api::CrossNamespaceRef& ref) {
  const std::string& ns = ref.ns.empty() ? receiver.ns : ref.ns;
  if (options_.no_cross_namespace_refs && ns != receiver.ns) {
    return base::PermissionDenied("cross-namespace references are not allowed");
  }
  SLUICE_TRY(const auto gvk, GvkOfRef(ref));
  if (ref.name != "*") return Annotate(ctx, gvk, {ns, ref.name});
  if (!ref.match_labels)
    return base::InvalidArgument("matchLabels field not set when using wildcard '*' as name");
  kube::ListOptions list;
  list.ns = ns;
  list.metadata_only = true;
  for (const auto& [key, value] : *ref.match_labels) {
    list.label_selector += base::Cat(list.label_selector.empty() ? "" : ",", key, "=", value);
  }
  SLUICE_TRY(const auto objects, client_.List(ctx, gvk, list));
  if (objects.empty()) {
    ctx.log().Error(
        base::NotFound(base::Cat("no '", ref.kind, "' resources found with matching labels")),
        "no resources found for receiver");
  }
  for (const auto& object : objects) SLUICE_TRY(Annotate(ctx, gvk, kube::KeyOf(object)));
  return base::OkStatus();
}

base::Status WebhookEndpoint::Annotate(const observe::Context& ctx,
                                       const kube::GroupVersionKind& gvk,
                                       const kube::ObjectKey& key) {
  const std::string requested_at = base::FormatRfc3339Nano(clock_.Now());
  // First the fast way: its value is the annotation's, so whoever hears both acts once.
  if (pokes_ != nullptr)
    pokes_->Publish({gvk.ApiVersion(), gvk.kind, key.ns, key.name, requested_at});
  const Value patch = Value::Object(
      {{"metadata",
        Value::Object({{"annotations", Value::Object({{std::string(api::kRequestedAtAnnotation),
                                                       requested_at}})}})}});
  const auto patched = client_.Patch(ctx, gvk, key, kube::PatchType::kMerge, patch,
                                     {.field_manager = "notification-controller"});
  if (!patched.ok())
    return patched.status().Wrap(
        base::Cat("unable to annotate ", gvk.kind, " '", key.ToString(), "'"));
  ctx.log().Info(base::Cat("resource '", gvk.kind, "/", key.name, ".", key.ns, "' annotated"));
  return base::OkStatus();
}

}  // namespace sluice::notify
