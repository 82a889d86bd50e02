// BucketAccess: how the object store of a Bucket is reached: Secrets, TLS material, proxy,
// identities (source.md §11.2, §11.3). Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/bucket.h"
#include "bucket/bucket.h"
#include "bucket/s3.h"
#include "cloud_access.h"
#include "document/value.h"
#include "kube/client.h"
#include "observe/context.h"
#include "source_status.h"

namespace sluice::source {

class BucketAccess {
 public:
  BucketAccess(kube::Client& client, CloudAccess& cloud)
      : client_(client), cloud_(cloud) {}  // outlive this

  // A failure is FetchFailed in `status`, Stalled where only the user can help. No request to the
  // store is made.
  StepResult Open(const observe::Context& ctx, const std::string& ns, const api::BucketSpec& spec,
                  const bucket::Tools& tools, SourceStatus& status,
                  std::unique_ptr<bucket::Bucket>& out);

 private:
  struct Material;  // what the Secrets hold
  static std::function<cloud::Asked(bool renew)> OncePerPass(const Material& material);
  base::Status Read(const observe::Context& ctx, const std::string& ns, const api::BucketSpec& spec,
                    Material& out);
  using Opened = base::Result<std::unique_ptr<bucket::Bucket>>;
  Opened OpenS3(const observe::Context& ctx, const api::BucketSpec& spec,
                const bucket::Tools& tools, const Material& material);
  Opened OpenAzure(const api::BucketSpec& spec, const bucket::Tools& tools,
                   const Material& material);
  Opened OpenGcs(const api::BucketSpec& spec, const bucket::Tools& tools, const Material& material);

  kube::Client& client_;
  CloudAccess& cloud_;
  bucket::S3Regions regions_;
};

// What a Secret lacks that the provider needs: "invalid '<name>' secret data: required fields
// 'accesskey' and 'secretkey'" and the like.
base::Status CheckBucketSecret(const std::string& provider, const document::Value& secret);
// "STS provider 'aws' is not supported for 'generic' bucket provider" and the like.
base::Status CheckSts(const api::BucketSpec& spec);

}  // namespace sluice::source
