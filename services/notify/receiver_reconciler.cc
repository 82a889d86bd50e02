#include "receiver_reconciler.h"

#include "api/conditions.h"
#include "api/meta.h"
#include "api/notification.h"
#include "base/duration.h"
#include "base/strings.h"
#include "base/time.h"
#include "kinds.h"
#include "provider_config.h"
#include "webhook_auth.h"

namespace sluice::notify {
namespace {

using document::Value;
using runtime::Outcome;

constexpr std::string_view kInProgress = "Reconciliation in progress";

// What a Receiver asks for and this process cannot do; "" = nothing.
std::string Unsupported(const api::Receiver& receiver) {
  if (receiver.has_oidc_providers || !IsSupportedReceiverType(receiver.type)) {
    return base::Cat("receiver type '", receiver.type, "' is not supported yet");
  }
  bool filter = !receiver.resource_filter.empty();
  for (const auto& ref : receiver.resources) filter = filter || !ref.filter.empty();
  return filter ? "CEL resource filters are not supported yet" : "";
}

// Objects of one manifest come together, and the Receiver often a moment before its Secret: a new
// one does not complain at once.
constexpr std::chrono::milliseconds kLookAgain{250};
bool IsNew(const Value& object, base::Time now) {
  constexpr std::chrono::seconds kGrace{2};
  const auto created = base::ParseRfc3339(object["metadata"]["creationTimestamp"].AsString());
  return created.ok() && now - *created < kGrace && *created - now < kGrace;
}

}  // namespace

ReceiverReconciler::ReceiverReconciler(kube::Client& client, kube::Informer& receivers,
                                       runtime::EventRecorder& recorder, base::Clock& clock)
    : client_(client),
      receivers_(receivers),
      recorder_(recorder),
      clock_(clock),
      writer_(client, &receivers,
              {.gvk = kReceiverGvk,
               .field_manager = "notification-controller",
               .owned_conditions = {std::string(api::kReady), std::string(api::kReconciling),
                                    std::string(api::kStalled)}}) {}

Outcome ReceiverReconciler::Reconcile(const observe::Context& ctx, const kube::ObjectKey& key) {
  const kube::ObjectPtr before = receivers_.Get(key);
  if (!before) return Outcome::Success();
  Value after = *before;
  Outcome outcome;
  if (kube::IsBeingDeleted(after)) {
    if (!api::RemoveFinalizer(after)) return Outcome::Success();
  } else {
    api::AddFinalizer(after);
    api::MarkRequestHandled(after);
    if (api::IsSuspended(after)) {
      ctx.log().Info("Reconciliation is suspended for this object");
    } else {
      outcome = Evaluate(ctx, after);
    }
  }
  const auto written = writer_.Write(ctx, *before, after);
  if (!written.ok() && written.status().code() != base::StatusCode::kNotFound)
    return Outcome::Error(written.status());
  return outcome;
}

Outcome ReceiverReconciler::Evaluate(const observe::Context& ctx, Value& object) {
  const api::Receiver receiver = api::Receiver::From(object);
  if (const std::string why = Unsupported(receiver); !why.empty()) return Stall(object, why);
  const base::Time now = clock_.Now();
  const auto token = ReadToken(ctx, object);
  if (token.status().code() == base::StatusCode::kNotFound && IsNew(object, now))
    return Outcome::RequeueAfter(kLookAgain);
  if (!token.ok()) {
    object.Mutable("status").Erase("webhookPath");
    api::SetCondition(object, api::kReady, api::kFalse, api::kTokenNotFoundReason,
                      token.status().message(), now);
    api::MarkReconciling(object, api::kProgressingWithRetryReason, kInProgress, now);
    recorder_.RecordLocal(object, api::EventSeverity::kError, api::kFailedReason,
                          token.status().message());
    return Outcome::Error(token.status());
  }
  const std::string path = api::WebhookPath(*token, receiver.ns, receiver.name);
  object.Mutable("status").Set("webhookPath", path);
  api::SetCondition(object, api::kReady, api::kTrue, api::kSucceededReason,
                    base::Cat("Receiver initialized for path: ", path), now);
  api::RemoveCondition(object, api::kReconciling);
  api::RemoveCondition(object, api::kStalled);
  api::SetObservedGeneration(object);
  recorder_.RecordLocal(
      object, api::EventSeverity::kInfo, api::kSucceededReason,
      base::Cat("Reconciliation finished, next run in ", base::FormatDuration(receiver.interval)));
  return Outcome::RequeueAfter(receiver.interval);
}

Outcome ReceiverReconciler::Stall(Value& object, const std::string& why) {
  const base::Status status =
      base::Unimplemented(why).Wrap("Reconciliation failed terminally due to configuration error");
  const base::Time now = clock_.Now();
  object.Mutable("status").Erase("webhookPath");
  api::SetCondition(object, api::kReady, api::kFalse, api::kValidationFailedReason,
                    status.message(), now);
  api::MarkStalled(object, api::kValidationFailedReason, status.message(), now);
  api::SetObservedGeneration(object);
  recorder_.RecordLocal(object, api::EventSeverity::kError, api::kValidationFailedReason,
                        status.message());
  return Outcome::Terminal(status);
}

base::Result<std::string> ReceiverReconciler::ReadToken(const observe::Context& ctx,
                                                        const Value& object) {
  const api::Receiver receiver = api::Receiver::From(object);
  const std::string name = base::Cat("'", receiver.ns, "/", receiver.secret, "'");
  const auto secret = client_.Get(ctx, {"", "v1", "Secret"}, {receiver.ns, receiver.secret});
  if (!secret.ok()) {
    return base::Status(secret.status().code(), base::Cat("unable to read token from secret ", name,
                                                          " error: ", secret.status().message()));
  }
  std::string token = SecretEntry(*secret, "token");
  if (token.empty())
    return base::NotFound(base::Cat("invalid ", name, " secret data: required fields 'token'"));
  return token;
}

}  // namespace sluice::notify
