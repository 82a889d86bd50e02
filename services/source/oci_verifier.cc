#include "oci_verifier.h"

#include <algorithm>
#include <vector>

#include "base/strings.h"
#include "document/json.h"
#include "io/rooted_fs.h"
#include "secrets.h"

namespace sluice::source {
namespace {

constexpr uint64_t kMaxBundle = 8 << 20, kMaxBundles = 16 << 20, kMaxPayload = 1 << 20;
constexpr std::string_view kTrustedRootKey = "trusted_root.json",
                           kTrustPolicyKey = "trustpolicy.json";

std::string AnnotationOf(const oci::Descriptor& d, const std::string& key) {
  const auto it = d.annotations.find(key);
  return it == d.annotations.end() ? "" : it->second;
}

// The bundles among what refers to the artifact; what cannot be read as one is something else.
base::Result<std::vector<std::string>> FetchBundles(const observe::Context& ctx,
                                                    oci::RemoteRepository& remote,
                                                    const std::string& digest) {
  SLUICE_TRY(auto referrers, remote.Referrers(ctx, digest, ""));
  if (referrers.size() > sigstore::kMaxSignatures) referrers.resize(sigstore::kMaxSignatures);
  std::vector<std::string> out;
  uint64_t total = 0;
  for (const oci::Descriptor& d : referrers) {
    if (total > kMaxBundles) break;
    const auto raw = remote.GetImage(ctx, oci::Reference::Digest(remote.name(), d.digest));
    SLUICE_TRY(ctx.Check());
    const auto manifest =
        raw.ok() ? oci::ParseManifest(raw->bytes) : base::Result<oci::Manifest>(raw.status());
    if (!manifest.ok() || manifest->layers.size() != 1) continue;
    if (!manifest->layers[0].media_type.starts_with(sigstore::kBundlePrefix)) continue;
    auto bundle = remote.ReadBlob(ctx, manifest->layers[0], kMaxBundle);
    if (bundle.ok()) total += bundle->size();
    if (bundle.ok() && sigstore::IsBundle(*bundle)) out.push_back(*std::move(bundle));
  }
  return out;
}

base::Status VerifyBundles(const sigstore::CosignPolicy& policy,
                           const std::vector<std::string>& bundles, const std::string& digest) {
  std::vector<std::string> errors;
  for (const std::string& bundle : bundles) {
    const auto verified = sigstore::VerifyBundle(policy, bundle, digest);
    if (verified.ok()) return verified;
    errors.push_back(verified.message());
  }
  return base::PermissionDenied("no matching attestations: " + base::Join(errors, "\n"));
}

base::Status VerifySimple(const observe::Context& ctx, const sigstore::CosignPolicy& policy,
                          oci::RemoteRepository& remote, const std::string& digest) {
  const auto raw = remote.GetImage(
      ctx, oci::Reference::Tag(remote.name(), base::ReplaceAll(digest, ":", "-") + ".sig"));
  if (!raw.ok()) {
    return raw.status().code() == base::StatusCode::kNotFound
               ? base::PermissionDenied("no signatures found")
               : raw.status();
  }
  SLUICE_TRY(const oci::Manifest manifest, oci::ParseManifest(raw->bytes));
  if (manifest.layers.empty()) return base::PermissionDenied("no signatures found");
  std::vector<std::string> errors;
  for (size_t i = 0; i < std::min(manifest.layers.size(), sigstore::kMaxSignatures); ++i) {
    const oci::Descriptor& layer = manifest.layers[i];
    sigstore::SimpleSignature s;
    s.signature = AnnotationOf(layer, "dev.cosignproject.cosign/signature");
    s.certificate = AnnotationOf(layer, "dev.sigstore.cosign/certificate");
    s.bundle = AnnotationOf(layer, "dev.sigstore.cosign/bundle");
    auto payload = remote.ReadBlob(ctx, layer, kMaxPayload);
    base::Status verified = payload.ok() ? base::OkStatus() : payload.status();
    if (payload.ok()) {
      s.payload = *std::move(payload);
      verified = sigstore::VerifySimpleSignature(policy, s, digest);
    }
    if (verified.ok()) return verified;
    SLUICE_TRY(ctx.Check());
    errors.push_back(verified.message());
  }
  return base::PermissionDenied("no matching signatures: " + base::Join(errors, "\n "));
}

base::Status Unsupported(const api::OciVerification& spec) {
  return base::Unimplemented("unsupported verification provider: " + spec.provider);
}

}  // namespace

base::Status VerifyCosignSignatures(const observe::Context& ctx,
                                    const sigstore::CosignPolicy& policy,
                                    oci::RemoteRepository& remote, const std::string& digest) {
  const auto bundles = FetchBundles(ctx, remote, digest);
  SLUICE_TRY(ctx.Check());
  if (bundles.ok() && !bundles->empty()) return VerifyBundles(policy, *bundles, digest);
  return VerifySimple(ctx, policy, remote, digest);
}

base::Result<OciVerdict> VerifyNotationSignatures(const observe::Context& ctx,
                                                  const NotationTrust& trust,
                                                  oci::RemoteRepository& remote,
                                                  const std::string& digest, base::Time now) {
  const std::string ref = oci::Reference::Digest(remote.name(), digest).Name();
  const sigstore::NotationStatement* statement = trust.policy.For(remote.name().Name());
  if (statement == nullptr) {
    return base::PermissionDenied(
        base::Cat("artifact ", base::QuoteGo(ref),
                  " has no applicable trust policy statement. Trust policy applicability for a "
                  "given artifact is determined by "
                  "registryScopes. To create a trust policy, see: "
                  "https://notaryproject.dev/docs/quickstart/#create-a-trust-policy"));
  }
  if (statement->level.name == "skip") return OciVerdict::kIgnored;
  SLUICE_TRY(const oci::Descriptor head,
             remote.Head(ctx, oci::Reference::Digest(remote.name(), digest)));
  SLUICE_TRY(const auto signatures, remote.Referrers(ctx, digest, sigstore::kNotationArtifactType));
  if (signatures.empty()) {
    return base::PermissionDenied(base::Cat("no signature is associated with ", base::QuoteGo(ref),
                                            ", make sure the artifact was signed successfully"));
  }
  std::vector<std::string> errors;
  for (size_t i = 0; i < std::min(signatures.size(), sigstore::kMaxNotationSignatures); ++i) {
    const auto one = [&]() -> base::Result<sigstore::NotationOutcome> {
      SLUICE_TRY(const auto raw,
                 remote.GetImage(ctx, oci::Reference::Digest(remote.name(), signatures[i].digest)));
      SLUICE_TRY(const auto manifest, oci::ParseManifest(raw.bytes));
      if (manifest.layers.size() != 1)
        return base::PermissionDenied(
            "signature manifest requires exactly one signature envelope blob");
      SLUICE_TRY(const std::string envelope, remote.ReadBlob(ctx, manifest.layers[0], kMaxBundle));
      return sigstore::VerifyNotation(*statement, trust.roots, manifest.layers[0].media_type,
                                      envelope, {head.media_type, head.digest, head.size}, now);
    }();
    if (one.ok()) {
      for (const std::string& message : one->messages)
        ctx.log().Info("verification check failed, and the policy only logs it",
                       {{"message", message}});
      return one->authentic ? OciVerdict::kVerified : OciVerdict::kIgnored;
    }
    SLUICE_TRY(ctx.Check());
    errors.push_back(base::Cat("failed to verify signature with digest ", signatures[i].digest,
                               ", ", one.status().message()));
  }
  if (signatures.size() >= sigstore::kMaxNotationSignatures) {
    return base::PermissionDenied(
        "signature evaluation stopped. The configured limit of 3 signatures to verify per artifact "
        "exceeded");
  }
  return base::PermissionDenied("signature verification failed\n" + base::Join(errors, "\n"));
}

base::Result<document::Value> OciVerifier::Secret(const observe::Context& ctx,
                                                  const std::string& ns,
                                                  const std::string& name) const {
  return client_.Get(ctx, {"", "v1", "Secret"}, {ns, name});
}

base::Result<sigstore::TrustedRoot> OciVerifier::Root(const observe::Context& ctx,
                                                      const std::string& ns,
                                                      const api::OciVerification& spec) const {
  if (spec.trusted_root_secret.empty()) {
    if (public_root_.empty()) {
      return base::FailedPrecondition(
          "unable to initialize trusted root: none is given, neither by "
          "spec.verify.trustedRootSecretRef nor by "
          "--sigstore-trusted-root");
    }
    const size_t slash = public_root_.rfind('/');
    const auto folder =
        io::RootedFs::Open(slash == std::string::npos ? "." : public_root_.substr(0, slash + 1));
    const auto text = folder.ok() ? folder->ReadFile(public_root_.substr(slash + 1))
                                  : base::Result<std::string>(folder.status());
    auto root = text.ok() ? sigstore::TrustedRoot::Parse(*text)
                          : base::Result<sigstore::TrustedRoot>(text.status());
    return std::move(root).Wrap("unable to initialize trusted root");
  }
  const std::string shown = base::Cat("'", ns, "/", spec.trusted_root_secret, "'");
  const std::string prefix = "failed to read trusted root from secret " + shown;
  const auto secret = Secret(ctx, ns, spec.trusted_root_secret);
  if (!secret.ok()) return secret.status().Wrap(prefix);
  SLUICE_TRY(const auto text, SecretView(*secret).Entry(kTrustedRootKey));
  if (!text)
    return base::NotFound(base::Cat("'", kTrustedRootKey, "' not found in secret ", shown))
        .Wrap(prefix);
  auto root = sigstore::TrustedRoot::Parse(*text);
  if (!root.ok()) return std::move(root).status().Wrap("unable to parse trusted root");
  if (const auto url = root->RekorUrl(); !url.ok())
    return url.status().Wrap("unable to extract Rekor URL from trusted root");
  return root;
}

base::Result<std::vector<std::string>> OciVerifier::PublicKeys(
    const observe::Context& ctx, const std::string& ns, const api::OciVerification& spec) const {
  SLUICE_TRY(const auto secret, Secret(ctx, ns, spec.secret));
  SLUICE_TRY(const auto entries, SecretView(secret).All());
  std::vector<std::string> out;
  for (const auto& [key, pem] : entries) {
    if (key.ends_with(".pub")) out.push_back(pem);
  }
  return out;
}

base::Result<sigstore::CosignPolicy> OciVerifier::Keyless(const observe::Context& ctx,
                                                          const std::string& ns,
                                                          const api::OciVerification& spec) const {
  SLUICE_TRY(auto root, Root(ctx, ns, spec));
  std::vector<sigstore::Identity> identities;
  for (const auto& id : spec.identities) identities.push_back({id.issuer, id.subject});
  return sigstore::CosignPolicy::Keyless(std::move(root), std::move(identities));
}

base::Result<NotationTrust> OciVerifier::Trust(const observe::Context& ctx, const std::string& ns,
                                               const api::OciVerification& spec,
                                               const std::string& shown) const {
  if (spec.secret.empty()) {
    return base::FailedPrecondition(
        base::Cat("verification secret cannot be empty: '", shown, "'"));
  }
  SLUICE_TRY(const auto secret, Secret(ctx, ns, spec.secret));
  SLUICE_TRY(const auto entries, SecretView(secret).All());
  const std::string name = base::Cat("'", ns, "/", spec.secret, "'");
  const auto document = entries.find(std::string(kTrustPolicyKey));
  if (document == entries.end())
    return base::NotFound(base::Cat("'", kTrustPolicyKey, "' not found in secret ", name));
  if (const auto json = document::ParseJson(document->second, {.max_depth = 16}); !json.ok()) {
    return json.status().Wrap(base::Cat("error occurred while parsing ", kTrustPolicyKey));
  }
  NotationTrust trust;
  for (const auto& [key, bytes] : entries) {
    if (key.ends_with(".crt") || key.ends_with(".pem")) trust.roots.push_back(bytes);
  }
  if (trust.roots.empty()) return base::NotFound("no certificates found in secret " + name);
  SLUICE_TRY(trust.policy, sigstore::TrustPolicy::Parse(document->second));
  return trust;
}

base::Status OciVerifier::VerifyCosign(const observe::Context& ctx, const std::string& ns,
                                       const api::OciVerification& spec,
                                       oci::RemoteRepository& remote,
                                       const std::string& digest) const {
  if (spec.secret.empty()) {
    SLUICE_TRY(const auto policy, Keyless(ctx, ns, spec));
    return VerifyCosignSignatures(ctx, policy, remote, digest);
  }
  if (!spec.trusted_root_secret.empty())
    SLUICE_TRY(static_cast<base::Status>(Root(ctx, ns, spec).status()));
  SLUICE_TRY(const auto keys, PublicKeys(ctx, ns, spec));
  for (const std::string& pem : keys) {
    SLUICE_TRY(const auto policy, sigstore::CosignPolicy::ByKey(pem));
    // Which key failed why is nobody's concern as long as another may fit.
    if (VerifyCosignSignatures(ctx, policy, remote, digest).ok()) return base::OkStatus();
    SLUICE_TRY(ctx.Check());
  }
  return base::PermissionDenied(base::Cat("no matching signatures were found for '",
                                          oci::Reference::Digest(remote.name(), digest).Name(),
                                          "'"));
}

base::Result<OciVerdict> OciVerifier::Verify(const observe::Context& ctx, const std::string& ns,
                                             const api::OciVerification& spec,
                                             oci::RemoteRepository& remote,
                                             const std::string& digest) const {
  if (spec.provider == "notation") {
    SLUICE_TRY(const auto trust,
               Trust(ctx, ns, spec, oci::Reference::Digest(remote.name(), digest).Name()));
    return VerifyNotationSignatures(ctx, trust, remote, digest, clock_.Now());
  }
  if (spec.provider != "cosign") return Unsupported(spec);
  SLUICE_TRY(VerifyCosign(ctx, ns, spec, remote, digest));
  return OciVerdict::kVerified;
}

base::Result<ChartTrust> OciVerifier::TrustOfChart(const observe::Context& ctx,
                                                   const std::string& ns, const std::string& chart,
                                                   const api::OciVerification& spec) const {
  ChartTrust out;
  if (spec.provider == "notation") {
    SLUICE_TRY(out.notation, Trust(ctx, ns, spec, chart));
    return out;
  }
  if (spec.provider != "cosign") return Unsupported(spec);
  if (spec.secret.empty()) {
    SLUICE_TRY(auto policy, Keyless(ctx, ns, spec));
    out.cosign.push_back(std::move(policy));
    return out;
  }
  SLUICE_TRY(const auto keys, PublicKeys(ctx, ns, spec));
  for (const std::string& pem : keys) {
    SLUICE_TRY(auto policy, sigstore::CosignPolicy::ByKey(pem));
    out.cosign.push_back(std::move(policy));
  }
  if (out.cosign.empty()) {
    return base::NotFound(base::Cat("no public keys found in secret '", ns, "/", spec.secret, "'"));
  }
  return out;
}

base::Result<OciVerdict> OciVerifier::VerifyChart(const observe::Context& ctx,
                                                  const ChartTrust& trust,
                                                  oci::RemoteRepository& remote,
                                                  const std::string& digest) const {
  if (trust.notation) {
    return VerifyNotationSignatures(ctx, *trust.notation, remote, digest, clock_.Now());
  }
  base::Status first;
  for (const sigstore::CosignPolicy& policy : trust.cosign) {
    auto verified = VerifyCosignSignatures(ctx, policy, remote, digest);
    if (verified.ok()) return OciVerdict::kVerified;
    SLUICE_TRY(ctx.Check());
    if (first.ok()) first = std::move(verified);
  }
  return first;
}

}  // namespace sluice::source
