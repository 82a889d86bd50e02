#include "cloud/signature_v4.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/strings.h"
#include "base/time.h"
#include "document/json.h"

namespace sluice::cloud {
namespace {

AwsCredentials Example() {
  return {"AKIDEXAMPLE", base::SecretString("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), {}};
}

// "post-vanilla" of AWS's test suite.
TEST(SignatureV4Test, SignsAsTheTestSuiteDoes) {
  http::Request r;
  r.method = "POST";
  r.url = "https://example.amazonaws.com/";
  SignV4(r, Example(), "us-east-1", "service", *base::ParseRfc3339("2015-08-30T12:36:00Z"));
  EXPECT_EQ(r.headers.Get("X-Amz-Date"), "20150830T123600Z");
  EXPECT_EQ(r.secret_headers.Get("Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

// The examples of the S3 documentation: GET object with a range, and list.
TEST(SignatureV4Test, SignsS3AsItsDocumentationDoes) {
  const AwsCredentials credentials{
      "AKIAIOSFODNN7EXAMPLE", base::SecretString("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), {}};
  const struct {
    const char *url, *range, *signature;
  } cases[] = {
      {"https://examplebucket.s3.amazonaws.com/test.txt", "bytes=0-9",
       "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
      {"https://examplebucket.s3.amazonaws.com:443/?prefix=J&max-keys=2", "",
       "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.url);
    http::Request r;
    r.url = c.url;
    if (*c.range != '\0') r.headers.Set("Range", c.range);
    r.headers.Set("X-Amz-Content-Sha256",
                  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    SignV4(r, credentials, "us-east-1", "s3", *base::ParseRfc3339("2013-05-24T00:00:00Z"));
    EXPECT_TRUE(
        r.secret_headers.Get("Authorization").ends_with(base::Cat("Signature=", c.signature)))
        << r.secret_headers.Get("Authorization");
  }
}

// Recorded requests, where this checkout has them beside it.
TEST(SignatureV4Test, SignsRecordedRequests) {
  std::ifstream in(SLUICE_SOURCE_DIR "/../shared/conformance/secrets/sigv4/cases.json");
  if (!in) GTEST_SKIP() << "no recorded requests here";
  const auto cases = document::ParseJson(std::string(std::istreambuf_iterator<char>(in), {}));
  ASSERT_TRUE(cases.ok());
  for (const auto& c : cases->items()) {
    SCOPED_TRACE(c["id"].AsString());
    http::Request r;
    r.method = c["method"].AsString();
    r.url = c["url"].AsString();
    r.body = c["body"].AsString();
    for (const auto& [name, value] : c["headers"].members())
      r.headers.Set(name, std::string(value.AsString()));
    const std::string t(c["time"].AsString());  // 20260304T050607Z
    const std::string rfc = t.substr(0, 4) + "-" + t.substr(4, 2) + "-" + t.substr(6, 5) + ":" +
                            t.substr(11, 2) + ":" + t.substr(13);
    SignV4(r,
           {std::string(c["access_key"].AsString()), base::SecretString(c["secret_key"].AsString()),
            base::SecretString(c["session_token"].AsString())},
           c["region"].AsString(), c["service"].AsString(), *base::ParseRfc3339(rfc));
    for (const auto& [name, value] : c["expect_headers"].members()) {
      EXPECT_EQ(r.headers.Has(name) ? r.headers.Get(name) : r.secret_headers.Get(name),
                value.AsString())
          << name;
    }
  }
}

}  // namespace
}  // namespace sluice::cloud
