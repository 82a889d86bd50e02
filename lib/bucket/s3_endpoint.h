// Where an S3 bucket is asked, as the MinIO client has it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "http/url.h"

namespace sluice::bucket {

// https://host[:port] of spec.endpoint, checked.
base::Result<http::Url> ParseS3Endpoint(std::string_view endpoint, bool insecure);
// "Bucket name cannot be …", "Bucket name contains invalid characters"
base::Status CheckBucketName(std::string_view name);

// The region an Amazon host names, "" for any other host.
std::string RegionOfHost(std::string_view host);
bool IsAmazonHost(std::string_view host);
bool IsGoogleHost(std::string_view host);
// Whether the bucket's name goes into the host's.
bool IsVirtualHost(const http::Url& endpoint, std::string_view bucket);
// "https://bucket.host/" or "https://host/bucket/": with a slash at its end. Amazon's host becomes
// that of the region.
std::string S3BucketUrl(const http::Url& endpoint, std::string_view bucket,
                        std::string_view region);

}  // namespace sluice::bucket
