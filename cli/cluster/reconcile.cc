#include "base/clock.h"
#include "base/time.h"
#include "cluster/commands.h"

namespace sluice::cli {
namespace {

using document::Value;
using std::chrono::milliseconds;

constexpr const char* kRequestedAt = "reconcile.fluxcd.io/requestedAt";
constexpr milliseconds kPoll{200};

bool IsTrue(const Value& object, std::string_view type) {
  for (const Value& condition : object["status"]["conditions"].items()) {
    if (condition["type"].AsString() == type) return condition["status"].AsString() == "True";
  }
  return false;
}

// Handled, and neither under way nor behind its spec.
bool Settled(const Value& object, const std::string& handled_before) {
  const Value& status = object["status"];
  return status["lastHandledReconcileAt"].AsString() != handled_before &&
         !IsTrue(object, "Reconciling") &&
         status["observedGeneration"].AsInt(-1) == kube::GenerationOf(object);
}

// Failed for good or until its next try.
bool Failed(const Value& object, const std::string& handled_before) {
  if (object["status"]["lastHandledReconcileAt"].AsString() == handled_before) return false;
  if (IsTrue(object, "Stalled")) return true;
  for (const Value& condition : object["status"]["conditions"].items()) {
    if (condition["type"].AsString() == "Ready" && condition["status"].AsString() == "False")
      return true;
  }
  return false;
}

std::string SuccessText(const KindInfo& kind, const Value& object) {
  switch (kind.revision) {
    case KindInfo::Revision::kArtifact:
      return "fetched revision " + RevisionOf(kind, object);
    case KindInfo::Revision::kLastApplied:
    case KindInfo::Revision::kHelmRelease:
      return "applied revision " + RevisionOf(kind, object);
    case KindInfo::Revision::kNone:
      break;
  }
  return kind.gvk.kind + " reconciliation completed";
}

base::Status Annotate(Session& session, const KindInfo& kind, const kube::ObjectKey& key) {
  Value patch;
  patch.Mutable("metadata")
      .Mutable("annotations")
      .Set(kRequestedAt, base::FormatRfc3339Nano(base::SystemClock().Now()));
  kube::WriteOptions write;
  write.field_manager = "flux";
  const auto patched = session.client().Patch(session.context(), kind.gvk, key,
                                              kube::PatchType::kMerge, patch, write);
  return patched.ok() ? base::OkStatus() : patched.status();
}

int ReconcileSource(Session& session, const Output& output, const kube::ObjectKey& key,
                    const Value& object) {
  const Value& ref = object["spec"]["sourceRef"];
  const std::string kind(ref["kind"].AsString());
  const KindInfo* source = FindKindByName(kind);
  if (source == nullptr) return output.Failure("cannot reconcile source of kind " + kind);
  const std::string ns(ref["namespace"].AsString(key.ns));
  return Reconcile(session, output, *source, {ns, std::string(ref["name"].AsString())}, false);
}

}  // namespace

int Reconcile(Session& session, const Output& output, const KindInfo& kind,
              const kube::ObjectKey& key, bool with_source) {
  auto object = session.client().Get(session.context(), kind.gvk, key);
  if (!object.ok()) return output.Failure(object.status().message());
  if ((*object)["spec"]["suspend"].AsBool()) return output.Failure("resource is suspended");
  if (with_source) {
    if (const int code = ReconcileSource(session, output, key, *object); code != 0) return code;
  }
  const std::string before((*object)["status"]["lastHandledReconcileAt"].AsString());
  output.Action("annotating " + kind.gvk.kind + " " + key.name + " in " + key.ns + " namespace");
  if (const auto status = Annotate(session, kind, key); !status.ok())
    return output.Failure(status.message());
  output.Success(kind.gvk.kind + " annotated");
  output.Waiting("waiting for " + kind.gvk.kind + " reconciliation");
  while (true) {
    object = session.client().Get(session.context(), kind.gvk, key);
    if (!object.ok()) return output.Failure(object.status().message());
    if (Settled(*object, before) || Failed(*object, before)) break;
    if (const auto status = session.context().Sleep(kPoll); !status.ok())
      return output.Failure(status.message());
  }
  const Condition ready = ReadyOf(kind, *object);
  if (ready.status != "True")
    return output.Failure(kind.gvk.kind + " reconciliation failed: '" + ready.message + "'");
  output.Success(SuccessText(kind, *object));
  return 0;
}

}  // namespace sluice::cli
