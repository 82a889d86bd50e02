#include "bucket_access.h"

#include <optional>

#include "api/conditions.h"
#include "api/oci_repository.h"
#include "api/source.h"
#include "base/strings.h"
#include "http/url.h"
#include "kube/object.h"
#include "secrets.h"

namespace sluice::source {

using base::Cat;
using document::Value;

struct BucketAccess::Material {
  std::optional<Value> secret, sts_secret;
  bucket::Access access;
  std::shared_ptr<const http::TlsOptions> sts_tls;
};

namespace {

StepResult Stalled(SourceStatus& status, std::string_view reason, base::Status why) {
  return status.Fail(api::kFetchFailed, StepResult::Stalled(reason, std::move(why)));
}

// The keys, all of them there (and `filled`: with something in them).
bool HasKeys(const Value& secret, std::initializer_list<std::string_view> keys, bool filled) {
  const SecretView view(secret);
  for (const std::string_view key : keys) {
    const auto entry = view.Entry(key);
    if (!entry.ok() || !*entry || (filled && (*entry)->empty())) return false;
  }
  return true;
}

std::string NameOf(const Value& secret) { return kube::KeyOf(secret).name; }

base::Result<std::shared_ptr<const http::TlsOptions>> ReadTls(const observe::Context& ctx, kube::Client& client, const std::string& ns,
                                                              const std::string& name) {
  SLUICE_TRY(const Value secret, ReadNamedSecret(ctx, client, ns, name));
  SLUICE_TRY(TlsMaterial material, TlsFromSecret(secret, /*legacy=*/true, /*required=*/true));
  auto tls = std::make_shared<http::TlsOptions>();
  tls->ca_pem = std::move(material.ca_pem);
  tls->client_cert_pem = std::move(material.cert_pem);
  tls->client_key_pem = std::move(material.key_pem);
  return std::shared_ptr<const http::TlsOptions>(std::move(tls));
}

}  // namespace

base::Status CheckSts(const api::BucketSpec& spec) {
  if (!spec.sts) return base::OkStatus();
  const std::string& sts = spec.sts->provider;
  const bool known = spec.provider == "aws" || spec.provider == "generic";
  if (!known) return base::InvalidArgument(Cat("STS configuration is not supported for '", spec.provider, "' bucket provider"));
  if (sts != (spec.provider == "aws" ? "aws" : "ldap")) {
    return base::InvalidArgument(Cat("STS provider '", sts, "' is not supported for '", spec.provider, "' bucket provider"));
  }
  if (sts == "aws" && !spec.sts->secret.empty()) return base::InvalidArgument("spec.sts.secretRef is not required for the 'aws' STS provider");
  if (sts == "aws" && !spec.sts->cert_secret.empty()) {
    return base::InvalidArgument("spec.sts.certSecretRef is not required for the 'aws' STS provider");
  }
  return base::OkStatus();
}

base::Status BucketAccess::Read(const observe::Context& ctx, const std::string& ns, const api::BucketSpec& spec, Material& out) {
  if (!spec.secret.empty()) {
    SLUICE_TRY(out.secret, ReadSecret(ctx, client_, ns, spec.secret));
  }
  if (spec.sts && !spec.sts->secret.empty()) {
    auto secret = client_.Get(ctx, {"", "v1", "Secret"}, {ns, spec.sts->secret});
    if (!secret.ok()) return std::move(secret).status().Wrap(Cat("failed to get STS secret '", ns, "/", spec.sts->secret, "'"));
    out.sts_secret = *std::move(secret);
  }
  if (!spec.proxy_secret.empty()) {
    const auto secret = ReadNamedSecret(ctx, client_, ns, spec.proxy_secret);
    auto proxy = secret.ok() ? ProxyFromSecret(*secret) : secret.status();
    if (!proxy.ok()) return std::move(proxy).status().Wrap("failed to get proxy URL");
    out.access.proxy = std::make_shared<http::ProxyOptions>(*std::move(proxy));
  }
  if (!spec.cert_secret.empty()) {
    auto tls = ReadTls(ctx, client_, ns, spec.cert_secret);
    if (!tls.ok()) return std::move(tls).status().Wrap("failed to get TLS config");
    out.access.tls = *std::move(tls);
  }
  if (spec.sts && !spec.sts->cert_secret.empty()) {
    auto tls = ReadTls(ctx, client_, ns, spec.sts->cert_secret);
    if (!tls.ok()) return std::move(tls).status().Wrap("failed to get STS TLS config");
    out.sts_tls = *std::move(tls);
  }
  return base::OkStatus();
}

base::Result<std::unique_ptr<bucket::Bucket>> BucketAccess::OpenS3(const api::BucketSpec& spec, const bucket::Tools& tools,
                                                                   const Material& material) {
  bucket::S3Options options;
  options.endpoint = spec.endpoint;
  options.bucket = spec.bucket_name;
  options.region = spec.region;
  options.insecure = spec.insecure;
  options.access = material.access;
  if (material.secret) {
    const SecretView view(*material.secret);
    SLUICE_TRY(const auto id, view.Entry("accesskey"));
    SLUICE_TRY(auto key, view.Entry("secretkey"));
    if (!id->empty() && !key->empty()) {
      cloud::AwsCredentials credentials{*id, base::SecretString(*std::move(key)), {}};
      options.credentials = [credentials = std::move(credentials)](const observe::Context&, bool) { return credentials; };
    }
  }
  return bucket::MakeS3Bucket(tools, std::move(options), regions_);
}

StepResult BucketAccess::Open(const observe::Context& ctx, const std::string& ns, const api::BucketSpec& spec, const bucket::Tools& tools,
                              SourceStatus& status, std::unique_ptr<bucket::Bucket>& out) {
  const auto denied = [&](base::Status why) {
    return status.Fail(api::kFetchFailed, StepResult::Retry(api::kAuthenticationFailedReason, std::move(why)));
  };
  if (spec.provider != "generic" && !spec.service_account.empty()) {
    return Stalled(status, api::kFeatureGateDisabledReason,
                   base::FailedPrecondition("to use spec.serviceAccountName for provider authentication please enable the "
                                            "ObjectLevelWorkloadIdentity feature gate in the controller"));
  }
  Material material;
  if (auto read = Read(ctx, ns, spec, material); !read.ok()) return denied(std::move(read));
  if (material.secret && !HasKeys(*material.secret, {"accesskey", "secretkey"}, false)) {
    return denied(base::InvalidArgument(
        Cat("invalid '", NameOf(*material.secret), "' secret data: required fields 'accesskey' and 'secretkey'")));
  }
  if (spec.sts) {
    if (auto sts = CheckSts(spec); !sts.ok()) return Stalled(status, api::kInvalidStsConfigurationReason, std::move(sts));
    if (auto url = http::Url::Parse(spec.sts->endpoint); !url.ok()) {
      return Stalled(status, api::kUrlInvalidReason, std::move(url).status().Wrap(Cat("failed to parse STS endpoint '", spec.sts->endpoint, "'")));
    }
    if (material.sts_secret && !HasKeys(*material.sts_secret, {"username", "password"}, true)) {
      return denied(base::InvalidArgument(Cat("invalid '", NameOf(*material.sts_secret), "' secret data for '", spec.sts->provider,
                                              "' STS provider: required fields username, password")));
    }
  }
  auto opened = OpenS3(spec, tools, material);
  if (!opened.ok()) return denied(std::move(opened).status());
  out = *std::move(opened);
  return StepResult::Next();
}

}  // namespace sluice::source
