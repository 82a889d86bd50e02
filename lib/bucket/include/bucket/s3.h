// S3 and the stores that speak like it: signature V4, addressing as the MinIO client chooses it
// (the bucket in the host name at Amazon, Google and Aliyun, else in the path), ListObjectsV2 (V1
// at Google).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "bucket/bucket.h"
#include "cloud/signature_v4.h"
#include "observe/mutex.h"

namespace sluice::bucket {

// Credentials for the next request; `renew`: the store refused the last ones. Blocks; thread-safe.
using AwsSource =
    std::function<base::Result<cloud::AwsCredentials>(const observe::Context& ctx, bool renew)>;

// Where buckets lie, asked once each. Thread-safe.
class S3Regions {
 public:
  std::string Find(const std::string& bucket_url) const;  // "" = unknown
  void Learn(const std::string& bucket_url, const std::string& region);

 private:
  mutable observe::Mutex mu_;
  std::map<std::string, std::string> regions_ SLUICE_GUARDED_BY(mu_);
};

struct S3Options {
  std::string endpoint;  // host[:port]
  std::string bucket;
  std::string region;     // "" = what the host name says, else the store is asked
  bool insecure = false;  // http
  AwsSource credentials;  // null: anonymous
  Access access;
};

// Errors of the endpoint and the bucket's name in the MinIO client's words: "Endpoint url cannot
// have fully qualified paths.", "Bucket name cannot be shorter than 3 characters". `regions`
// outlives the bucket.
base::Result<std::unique_ptr<Bucket>> MakeS3Bucket(const Tools& tools, S3Options options,
                                                   S3Regions& regions);

}  // namespace sluice::bucket
