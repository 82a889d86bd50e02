#include "policy.h"

#include <algorithm>

#include "base/strings.h"
#include "base/time.h"

namespace sluice::sigstore {
namespace {

constexpr const char* kIssuerOid = "1.3.6.1.4.1.57264.1.8";     // a DER string
constexpr const char* kOldIssuerOid = "1.3.6.1.4.1.57264.1.1";  // the bare text

std::string IssuerOf(const Certificate& leaf) {
  if (const auto der = leaf.Extension(kIssuerOid)) {
    const auto* at = reinterpret_cast<const unsigned char*>(der->data());
    ASN1_UTF8STRING* text = d2i_ASN1_UTF8STRING(nullptr, &at, static_cast<long>(der->size()));
    if (text != nullptr) {
      std::string out(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                      static_cast<size_t>(ASN1_STRING_length(text)));
      ASN1_UTF8STRING_free(text);
      return out;
    }
    static_cast<void>(LastOpenSslError());
  }
  return leaf.Extension(kOldIssuerOid).value_or("");
}

base::Status CheckIdentity(const CosignPolicy::Impl& policy, const Certificate& leaf) {
  if (policy.identities.empty()) return base::OkStatus();
  const std::string issuer = IssuerOf(leaf);
  const auto names = leaf.AlternativeNames();
  for (const auto& want : policy.identities) {
    const bool issuer_ok = !want.issuer || want.issuer->Matches(issuer);
    const bool subject_ok = !want.subject || std::ranges::any_of(names, [&](const std::string& n) {
      return want.subject->Matches(n);
    });
    if (issuer_ok && subject_ok) return base::OkStatus();
  }
  return base::PermissionDenied(base::Cat(
      "none of the expected identities matched what was in the certificate, got subjects [",
      base::Join(names, ", "), "] with issuer ", issuer));
}

base::Result<std::optional<regex::GoRegex>> CompileIf(const std::string& pattern,
                                                      std::string_view what) {
  if (pattern.empty()) return std::optional<regex::GoRegex>();
  auto compiled = regex::GoRegex::Compile(pattern);
  if (!compiled.ok()) {
    return base::InvalidArgument(base::Cat("malformed ", what, " in identity: ", pattern, " : ",
                                           compiled.status().message()));
  }
  return std::optional<regex::GoRegex>(*std::move(compiled));
}

}  // namespace

CosignPolicy::CosignPolicy(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CosignPolicy::CosignPolicy(CosignPolicy&&) noexcept = default;
CosignPolicy::~CosignPolicy() = default;

base::Result<CosignPolicy> CosignPolicy::ByKey(std::string_view pem) {
  auto impl = std::make_unique<Impl>();
  SLUICE_TRY(impl->key, PublicKey::FromPem(pem));
  return CosignPolicy(std::move(impl));
}

base::Result<CosignPolicy> CosignPolicy::Keyless(TrustedRoot root,
                                                 std::vector<Identity> identities) {
  auto impl = std::make_unique<Impl>();
  impl->root = std::move(root);
  for (const Identity& id : identities) {
    Impl::Pattern p;
    SLUICE_TRY(p.issuer, CompileIf(id.issuer, "issuer"));
    SLUICE_TRY(p.subject, CompileIf(id.subject, "subject"));
    impl->identities.push_back(std::move(p));
  }
  return CosignPolicy(std::move(impl));
}

base::Status CheckCertificate(const CosignPolicy::Impl& policy, const Certificate& leaf,
                              base::Time signed_at) {
  const auto shown = [](base::Time t) { return base::FormatRfc3339(t); };
  if (leaf.not_after() < signed_at) {
    return base::PermissionDenied(base::Cat(
        "certificate expired before signatures were entered in log: ", shown(leaf.not_after()),
        " is before ", shown(signed_at)));
  }
  if (leaf.not_before() > signed_at) {
    return base::PermissionDenied(base::Cat(
        "certificate was issued after signatures were entered in log: ", shown(leaf.not_before()),
        " is after ", shown(signed_at)));
  }
  const TrustedMaterial& material = policy.root->material();
  bool chained = false;
  for (const Authority& authority : material.authorities) {
    if ((authority.from && signed_at < *authority.from) ||
        (authority.until && signed_at > *authority.until))
      continue;
    const auto chain = BuildChain(leaf, {authority.root}, authority.intermediates, signed_at,
                                  Purpose::kCodeSigning);
    if (!chain.ok() || chain->size() < 2) continue;
    chained = true;
    if (!HasVerifiedSct(leaf, (*chain)[1], material.ct)) continue;
    return CheckIdentity(policy, leaf);
  }
  if (!chained) return base::PermissionDenied("leaf certificate verification failed");
  return base::PermissionDenied("only able to verify 0 SCT entries; unable to meet threshold of 1");
}

bool NamesCertificate(std::string_view named, const Certificate& leaf) {
  if (named == leaf.der()) return true;
  const auto certificates = Certificate::ListFromPem(named);
  return certificates.ok() && certificates->front().der() == leaf.der();
}

}  // namespace sluice::sigstore
