// AWS Signature Version 4 of a request with a body and no query.
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

// Adds Authorization, X-Amz-Date and X-Amz-Security-Token as secret headers. `request.url` and every header are final but for these.
void SignV4(http::Request& request, const AwsCredentials& credentials, std::string_view region, std::string_view service, base::Time now);

}  // namespace sluice::cloud
