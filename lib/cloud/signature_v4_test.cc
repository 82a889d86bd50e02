#include "signature_v4.h"

#include <gtest/gtest.h>

#include "base/time.h"

namespace sluice::cloud {
namespace {

// "post-vanilla" of AWS's test suite.
TEST(SignatureV4Test, SignsAsTheTestSuiteDoes) {
  http::Request r;
  r.method = "POST";
  r.url = "https://example.amazonaws.com/";
  SignV4(r, {"AKIDEXAMPLE", base::SecretString("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), {}}, "us-east-1", "service",
         *base::ParseRfc3339("2015-08-30T12:36:00Z"));
  EXPECT_EQ(r.headers.Get("X-Amz-Date"), "20150830T123600Z");
  EXPECT_EQ(r.secret_headers.Get("Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, "
            "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

}  // namespace
}  // namespace sluice::cloud
