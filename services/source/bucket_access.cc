#include "bucket_access.h"

#include <atomic>
#include <optional>

#include "api/conditions.h"
#include "api/oci_repository.h"
#include "api/source.h"
#include "base/strings.h"
#include "bucket/azure.h"
#include "bucket/gcs.h"
#include "cloud/jwt.h"
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
  std::shared_ptr<const cloud::ServiceAccount> account;
  cloud::Involved of;  // the object
};

// The object is named in the first request of a pass alone: what follows is the same use of a
// token.
std::function<cloud::Asked(bool renew)> BucketAccess::OncePerPass(const Material& material) {
  const auto named = std::make_shared<std::atomic<bool>>(false);
  return [named, asked = cloud::Asked{material.access.proxy, material.account, false, material.of}](
             bool renew) {
    cloud::Asked out = asked;
    out.renew = renew;
    if (named->exchange(true)) out.of = {};
    return out;
  };
}

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

// Its text, "" if absent.
std::string Entry(const Value& secret, std::string_view key) {
  auto entry = SecretView(secret).Entry(key);
  return entry.ok() && *entry ? *std::move(*entry) : "";
}

std::string NameOf(const Value& secret) { return kube::KeyOf(secret).name; }

base::Result<std::shared_ptr<const http::TlsOptions>> ReadTls(const observe::Context& ctx,
                                                              kube::Client& client,
                                                              const std::string& ns,
                                                              const std::string& name) {
  SLUICE_TRY(const Value secret, ReadNamedSecret(ctx, client, ns, name));
  return TlsFromSecret(secret);
}

}  // namespace

base::Status CheckSts(const api::BucketSpec& spec) {
  if (!spec.sts) return base::OkStatus();
  const std::string& sts = spec.sts->provider;
  const bool known = spec.provider == "aws" || spec.provider == "generic";
  if (!known)
    return base::InvalidArgument(
        Cat("STS configuration is not supported for '", spec.provider, "' bucket provider"));
  if (sts != (spec.provider == "aws" ? "aws" : "ldap")) {
    return base::InvalidArgument(
        Cat("STS provider '", sts, "' is not supported for '", spec.provider, "' bucket provider"));
  }
  if (sts == "aws" && !spec.sts->secret.empty())
    return base::InvalidArgument("spec.sts.secretRef is not required for the 'aws' STS provider");
  if (sts == "aws" && !spec.sts->cert_secret.empty()) {
    return base::InvalidArgument(
        "spec.sts.certSecretRef is not required for the 'aws' STS provider");
  }
  return base::OkStatus();
}

base::Status BucketAccess::Read(const observe::Context& ctx, const std::string& ns,
                                const api::BucketSpec& spec, Material& out) {
  if (!spec.secret.empty()) {
    SLUICE_TRY(out.secret, ReadSecret(ctx, client_, ns, spec.secret));
  }
  if (spec.sts && !spec.sts->secret.empty()) {
    auto secret = client_.Get(ctx, {"", "v1", "Secret"}, {ns, spec.sts->secret});
    if (!secret.ok())
      return std::move(secret).status().Wrap(
          Cat("failed to get STS secret '", ns, "/", spec.sts->secret, "'"));
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

base::Status CheckBucketSecret(const std::string& provider, const Value& secret) {
  const std::string invalid = Cat("invalid '", NameOf(secret), "' secret data: ");
  if (provider == "gcp") {
    return HasKeys(secret, {"serviceaccount"}, false)
               ? base::OkStatus()
               : base::InvalidArgument(invalid + "required fields 'serviceaccount'");
  }
  if (provider == "azure") {
    for (const std::string_view key : {"clientId", "accountKey", "sasKey", "authorityHost"}) {
      if (HasKeys(secret, {key}, false)) return base::OkStatus();
    }
    return base::InvalidArgument(invalid +
                                 "requires a 'clientId' or 'accountKey' field, a combination of "
                                 "'tenantId', 'clientId' and 'clientSecret', or "
                                 "'tenantId', 'clientId' and 'clientCertificate'");
  }
  return HasKeys(secret, {"accesskey", "secretkey"}, false)
             ? base::OkStatus()
             : base::InvalidArgument(invalid + "required fields 'accesskey' and 'secretkey'");
}

// Of a Secret; the account's or the process's; by LDAP; none.
BucketAccess::Opened BucketAccess::OpenS3(const observe::Context& ctx, const api::BucketSpec& spec,
                                          const bucket::Tools& tools, const Material& material) {
  bucket::S3Options options;
  options.endpoint = spec.endpoint;
  options.bucket = spec.bucket_name;
  options.region = spec.region;
  options.insecure = spec.insecure;
  options.access = material.access;
  auto& identities = cloud_.identities();
  if (material.secret) {
    cloud::AwsCredentials credentials{Entry(*material.secret, "accesskey"),
                                      base::SecretString(Entry(*material.secret, "secretkey")),
                                      {}};
    if (!credentials.access_key_id.empty() && !credentials.secret_access_key.empty()) {
      options.credentials = [credentials = std::move(credentials)](const observe::Context&, bool) {
        return credentials;
      };
    }
  } else if (spec.provider == "aws") {
    cloud::AwsAsked asked;
    asked.proxy = material.access.proxy;
    asked.account = material.account;
    asked.region = spec.region;
    asked.sts_endpoint = spec.sts ? spec.sts->endpoint : "";
    asked.of = material.of;
    // Asked for now, so that what fails here is said of the login.
    if (auto first = identities.Aws(ctx, asked); !first.ok())
      return std::move(first).status().Wrap("AWS authentication failed");
    asked.of = {};
    options.credentials = [&identities, asked](const observe::Context& c, bool renew) {
      cloud::AwsAsked again = asked;
      again.renew = renew;
      return identities.Aws(c, again);
    };
  } else if (spec.sts) {
    cloud::LdapSts sts{spec.sts->endpoint, "", {}, material.sts_tls, material.access.proxy};
    if (material.sts_secret) {
      sts.username = Entry(*material.sts_secret, "username");
      sts.password = base::SecretString(Entry(*material.sts_secret, "password"));
    }
    options.credentials = [&identities, sts = std::move(sts)](const observe::Context& c,
                                                              bool renew) {
      return identities.AwsByLdap(c, sts, renew);
    };
  }
  return bucket::MakeS3Bucket(tools, std::move(options), regions_);
}

BucketAccess::Opened BucketAccess::OpenAzure(const api::BucketSpec& spec,
                                             const bucket::Tools& tools, const Material& material) {
  constexpr const char* kScope = "https://storage.azure.com/.default";
  bucket::AzureOptions options;
  options.endpoint = spec.endpoint;
  options.container = spec.bucket_name;
  options.access.proxy = material.access.proxy;
  auto& identities = cloud_.identities();
  const auto own = [&identities, asking = OncePerPass(material)](const observe::Context& c,
                                                                 bool renew) {
    return identities.Azure(c, kScope, asking(renew));
  };
  if (!material.secret || (*material.secret)["data"].empty()) {
    options.token = own;
    return bucket::MakeAzureBucket(tools, std::move(options));
  }
  const Value& secret = *material.secret;
  cloud::AzurePrincipal principal{Entry(secret, "tenantId"),
                                  Entry(secret, "clientId"),
                                  Entry(secret, "authorityHost"),
                                  base::SecretString(Entry(secret, "clientSecret")),
                                  Entry(secret, "clientCertificate"),
                                  base::SecretString(Entry(secret, "clientCertificatePassword"))};
  const std::string chain = base::ToLower(Entry(secret, "clientCertificateSendChain"));
  principal.send_chain = chain == "1" || chain == "true";
  const bool named = HasKeys(secret, {"tenantId", "clientId"}, false);
  if (named && (!principal.client_secret.empty() || !principal.certificate.empty())) {
    if (principal.client_secret.empty()) {
      if (auto parsed =
              cloud::ParseClientCertificate(principal.certificate, principal.certificate_password);
          !parsed.ok()) {
        return std::move(parsed).status().Wrap(
            Cat("failed to create token credential from '", NameOf(secret), "' Secret"));
      }
    }
    options.token = [&identities, principal, proxy = material.access.proxy](
                        const observe::Context& c, bool renew) {
      return identities.AzureByPrincipal(c, principal, kScope, {proxy, nullptr, renew});
    };
  } else if (HasKeys(secret, {"clientId"}, false)) {
    options.token = [&identities, id = principal.client_id](const observe::Context& c, bool renew) {
      return identities.AzureByManagedIdentity(c, id, kScope, renew);
    };
  } else if (HasKeys(secret, {"accountKey"}, false)) {
    auto account = bucket::AzureAccountOf(spec.endpoint);
    if (!account.ok())
      return std::move(account).status().Wrap(
          Cat("failed to create shared credential from '", NameOf(secret), "' Secret data"));
    options.account = *std::move(account);
    options.account_key = base::SecretString(Entry(secret, "accountKey"));
  } else if (HasKeys(secret, {"sasKey"}, false)) {
    options.sas = base::SecretString(Entry(secret, "sasKey"));
  } else {
    options.token = own;  // an authority's host alone
  }
  return bucket::MakeAzureBucket(tools, std::move(options));
}

BucketAccess::Opened BucketAccess::OpenGcs(const api::BucketSpec& spec, const bucket::Tools& tools,
                                           const Material& material) {
  auto& identities = cloud_.identities();
  bucket::GcsOptions options;
  options.endpoint = identities.environment().gcp_storage_endpoint;
  options.bucket = spec.bucket_name;
  options.access.proxy = material.access.proxy;
  if (!options.endpoint.empty()) {  // an emulator asks for nobody
    return bucket::MakeGcsBucket(tools, std::move(options));
  }
  if (material.secret) {
    // Without a proxy Google's client asks for the storage's full scope; reading is all that is
    // done.
    options.token = [&identities,
                     key = base::SecretString(Entry(*material.secret, "serviceaccount")),
                     proxy = material.access.proxy](const observe::Context& c, bool renew) {
      return identities.GcpByKey(c, key, cloud::kGcpReadOnlyStorageScope, {proxy, nullptr, renew});
    };
  } else {
    options.token = [&identities, asking = OncePerPass(material)](
                        const observe::Context& c, bool renew) -> base::Result<base::SecretString> {
      SLUICE_TRY(cloud::Credential made, identities.Gcp(c, asking(renew)));
      return std::move(made.secret);
    };
  }
  return bucket::MakeGcsBucket(tools, std::move(options));
}

StepResult BucketAccess::Open(const observe::Context& ctx, const std::string& ns,
                              const api::BucketSpec& spec, const bucket::Tools& tools,
                              SourceStatus& status, std::unique_ptr<bucket::Bucket>& out) {
  const auto denied = [&](base::Status why) {
    return status.Fail(api::kFetchFailed,
                       StepResult::Retry(api::kAuthenticationFailedReason, std::move(why)));
  };
  const bool s3 = spec.provider != "gcp" && spec.provider != "azure";
  if (spec.provider != "generic" && !spec.service_account.empty() && !cloud_.object_level()) {
    return status.Fail(api::kFetchFailed, AccountGateClosed());
  }
  Material material;
  material.of = InvolvedOf(status.object());
  if (auto read = Read(ctx, ns, spec, material); !read.ok()) return denied(std::move(read));
  if (material.secret) {
    if (auto checked = CheckBucketSecret(spec.provider, *material.secret); !checked.ok())
      return denied(std::move(checked));
  }
  if (s3 && spec.sts) {
    if (auto sts = CheckSts(spec); !sts.ok())
      return Stalled(status, api::kInvalidStsConfigurationReason, std::move(sts));
    if (auto url = http::Url::Parse(spec.sts->endpoint); !url.ok()) {
      return Stalled(status, api::kUrlInvalidReason,
                     std::move(url).status().Wrap(
                         Cat("failed to parse STS endpoint '", spec.sts->endpoint, "'")));
    }
    if (spec.sts->provider == "ldap" && material.sts_secret &&
        !HasKeys(*material.sts_secret, {"username", "password"}, true)) {
      return denied(base::InvalidArgument(
          Cat("invalid '", NameOf(*material.sts_secret),
              "' secret data for 'ldap' STS provider: required fields username, password")));
    }
  }
  if (!material.secret && spec.provider != "generic") {
    auto account = cloud_.AccountOf(ctx, ns, spec.service_account);
    if (!account.ok())
      return denied(s3 ? std::move(account).status().Wrap("AWS authentication failed")
                       : std::move(account).status());
    material.account = *std::move(account);
  }
  auto opened = spec.provider == "azure" ? OpenAzure(spec, tools, material)
                : spec.provider == "gcp" ? OpenGcs(spec, tools, material)
                                         : OpenS3(ctx, spec, tools, material);
  if (!opened.ok()) return denied(std::move(opened).status());
  out = *std::move(opened);
  return StepResult::Next();
}

}  // namespace sluice::source
