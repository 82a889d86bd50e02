#include "api/bucket.h"

#include "api/meta.h"

namespace sluice::api {
namespace {

std::string Text(const document::Value& v) { return std::string(v.AsString()); }

}  // namespace

base::Result<BucketSpec> BucketSpec::From(const document::Value& object) {
  const document::Value& spec = object["spec"];
  BucketSpec out;
  out.provider = std::string(spec["provider"].AsString("generic"));
  out.bucket_name = Text(spec["bucketName"]);
  out.endpoint = Text(spec["endpoint"]);
  out.region = Text(spec["region"]);
  out.prefix = Text(spec["prefix"]);
  out.secret = Text(spec.At({"secretRef", "name"}));
  out.service_account = Text(spec["serviceAccountName"]);
  out.cert_secret = Text(spec.At({"certSecretRef", "name"}));
  out.proxy_secret = Text(spec.At({"proxySecretRef", "name"}));
  if (const document::Value& sts = spec["sts"]; sts.is_object()) {
    out.sts =
        BucketSts{Text(sts["provider"]), Text(sts["endpoint"]), Text(sts.At({"secretRef", "name"})),
                  Text(sts.At({"certSecretRef", "name"}))};
  }
  out.insecure = spec["insecure"].AsBool();
  out.suspend = spec["suspend"].AsBool();
  out.ignore = Text(spec["ignore"]);
  SLUICE_TRY(const auto interval, SpecDuration(object, "interval"));
  out.interval = interval.value_or(base::Duration{});
  SLUICE_TRY(const auto timeout, SpecDuration(object, "timeout"));
  out.timeout = timeout.value_or(out.timeout);
  return out;
}

}  // namespace sluice::api
