#include "git_verify_step.h"

#include "api/conditions.h"
#include "base/strings.h"
#include "pgp/keyring.h"
#include "secrets.h"

namespace sluice::source {
namespace {

constexpr std::string_view kSshSuffix = ".sshpub", kPgpSuffix = ".asc";

// Each ring in turn; one that cannot be read counts only if none can.
base::Result<std::string> VerifyPgp(const git::SignedObject& object,
                                    const std::vector<std::string>& rings) {
  if (object.payload.empty())
    return base::InvalidArgument("unable to verify payload: payload is empty");
  base::Status unreadable;
  bool tried = false;
  for (const std::string& ring : rings) {
    const auto keys = pgp::Keyring::Import(ring);
    if (!keys.ok()) {
      if (unreadable.ok()) unreadable = keys.status().Wrap("unable to read armored key ring");
      continue;
    }
    tried = true;
    if (auto signer = keys->VerifyDetached(object.payload, base::TrimSpace(object.signature));
        signer.ok())
      return signer->key_id;
  }
  if (!tried && !unreadable.ok()) return unreadable;
  return base::PermissionDenied(
      "unable to verify payload with any of the given key rings: no matching key");
}

bool WantsTag(api::GitVerifyMode mode) {
  return mode == api::GitVerifyMode::kTag || mode == api::GitVerifyMode::kTagAndHead;
}
bool WantsHead(api::GitVerifyMode mode) {
  return mode == api::GitVerifyMode::kHead || mode == api::GitVerifyMode::kTagAndHead;
}

}  // namespace

VerificationKeys VerificationKeys::From(const std::map<std::string, std::string>& entries) {
  VerificationKeys out;
  for (const auto& [name, text] : entries)
    (name.ends_with(kSshSuffix) ? out.ssh_keys : out.pgp_rings).push_back(text);
  return out;
}

base::Result<std::string> VerifyGitObject(const git::SignedObject& object,
                                          const VerificationKeys& keys) {
  const std::string_view what =
      object.tag ? "unable to verify Git tag" : "unable to verify Git commit";
  const std::string_view type = git::SignatureType(object.signature);
  if (type == "openpgp") {
    if (keys.pgp_rings.empty()) {
      return base::FailedPrecondition(
          base::Cat("PGP signature detected but no PGP public keys found in secret (keys with ",
                    kPgpSuffix, " suffix)"));
    }
    auto signer = VerifyPgp(object, keys.pgp_rings);
    return signer.ok() ? std::move(signer) : std::move(signer).status().Wrap(what);
  }
  if (type == "ssh") {
    if (keys.ssh_keys.empty()) {
      return base::FailedPrecondition(
          base::Cat("SSH signature detected but no SSH public keys found in secret (keys with ",
                    kSshSuffix, " suffix)"));
    }
    auto signer = git::VerifySshSignature(object.signature, object.payload, keys.ssh_keys);
    return signer.ok() ? std::move(signer)
                       : std::move(signer).status().Wrap(base::Cat(what, " SSH signature"));
  }
  return base::FailedPrecondition(base::Cat("unsupported signature type: ", type));
}

base::Result<VerificationKeys> GitVerifyStep::ReadKeys(const observe::Context& ctx,
                                                       const std::string& ns,
                                                       const std::string& name) {
  auto secret = client_.Get(ctx, {"", "v1", "Secret"}, {ns, name});
  if (!secret.ok()) return std::move(secret).status().Wrap("public keys secret error");
  SLUICE_TRY(const auto entries, SecretView(*secret).All());
  return VerificationKeys::From(entries);
}

StepResult GitVerifyStep::Run(const observe::Context& ctx, const std::string& ns,
                              const api::GitRepositorySpec& spec, const git::ResolvedReference& ref,
                              const git::SignedObject& commit, const git::SignedObject* tag,
                              SourceStatus& status) {
  if (spec.verify == api::GitVerifyMode::kNone) {
    status.mutable_object().Mutable("status").Erase("sourceVerificationMode");
    status.Remove(api::kSourceVerified);
    return StepResult::Next();
  }
  const auto keys = ReadKeys(ctx, ns, spec.verify_secret);
  if (!keys.ok())
    return status.FailFalse(api::kSourceVerified,
                            StepResult::Retry(api::kVerificationErrorReason, keys.status()));

  std::string message = "verified signature of";
  if (WantsTag(spec.verify)) {
    if (ref.tag.empty()) {
      return status.FailFalse(
          api::kSourceVerified,
          StepResult::Stalled(
              api::kInvalidVerificationModeReason,
              base::InvalidArgument(
                  "cannot verify tag object's signature if a tag reference is not specified")));
    }
    const std::string name =
        tag != nullptr ? base::Cat(tag->tag_name, "@", tag->oid.ToString()) : ref.tag;
    if (tag == nullptr || tag->signature.empty()) {
      return status.FailFalse(
          api::kSourceVerified,
          StepResult::Retry(api::kInvalidGitObjectReason,
                            base::FailedPrecondition(base::Cat("cannot verify signature of tag '",
                                                               name, "' since it is not signed"))));
    }
    auto signer = VerifyGitObject(*tag, *keys);
    if (!signer.ok()) {
      return status.FailFalse(
          api::kSourceVerified,
          StepResult::Retry(api::kInvalidTagSignatureReason,
                            std::move(signer).status().Wrap(
                                base::Cat("signature verification of tag '", name, "' failed"))));
    }
    message += base::Cat("\n\t- tag '", name, "' with key '", *signer, "'");
  }
  if (WantsHead(spec.verify)) {
    const std::string name = commit.oid.ToString();
    auto signer = VerifyGitObject(commit, *keys);
    if (!signer.ok()) {
      return status.FailFalse(
          api::kSourceVerified,
          StepResult::Retry(api::kInvalidCommitSignatureReason,
                            std::move(signer).status().Wrap(base::Cat(
                                "signature verification of commit '", name, "' failed"))));
    }
    message += base::Cat("\n\t- commit '", name, "' with key '", *signer, "'");
  }
  status.mutable_object().Mutable("status").Set("sourceVerificationMode",
                                                api::GitVerifyModeName(spec.verify));
  status.SetTrue(api::kSourceVerified, api::kSucceededReason, message);
  events_.RecordLocal(status.object(), api::EventSeverity::kTrace, api::kSucceededReason, message);
  return StepResult::Next();
}

}  // namespace sluice::source
