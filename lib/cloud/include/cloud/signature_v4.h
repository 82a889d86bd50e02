// AWS Signature Version 4 in a request's Authorization header. Pure but for what it writes into the
// request.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"
#include "base/time.h"
#include "http/client.h"

namespace sluice::cloud {

struct AwsCredentials {
  std::string access_key_id;
  base::SecretString secret_access_key, session_token;
};

// Adds X-Amz-Date and, as secret headers, Authorization and X-Amz-Security-Token. Every header of
// the request is signed, and its URL and body are final, the query with its values escaped as RFC
// 3986 has it. For "s3" the path is signed as it is written, for any other service it is escaped
// once more. An X-Amz-Content-Sha256 header stands for the hash of the body.
void SignV4(http::Request& request, const AwsCredentials& credentials, std::string_view region,
            std::string_view service, base::Time now);

// "20260203T101112Z"
std::string AmzTime(base::Time t);
// The signature's key, derived step by step: to sign what is no HTTP request. Raw bytes; the caller
// clears them.
std::string SigningKeyV4(std::string_view secret_access_key, std::string_view day,
                         std::string_view region, std::string_view service);

}  // namespace sluice::cloud
