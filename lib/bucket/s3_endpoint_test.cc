#include "s3_endpoint.h"

#include <gtest/gtest.h>

namespace sluice::bucket {
namespace {

TEST(S3EndpointTest, AddressesBucketsAsTheMinioClientDoes) {
  const struct {
    const char *endpoint, *bucket, *region;
    bool insecure;
    const char* url;
  } cases[] = {
      {"minio.example.com:9000", "fleet", "", false, "https://minio.example.com:9000/fleet/"},
      {"minio.example.com:443", "fleet", "", false, "https://minio.example.com/fleet/"},
      {"minio.example.com:80", "fleet", "", true, "http://minio.example.com/fleet/"},
      {"[::1]:9000", "fleet", "", true, "http://[::1]:9000/fleet/"},
      {"s3.amazonaws.com", "fleet", "eu-west-1", false,
       "https://fleet.s3.dualstack.eu-west-1.amazonaws.com/"},
      {"s3.amazonaws.com", "fleet", "nowhere", false,
       "https://fleet.s3.dualstack.us-east-1.amazonaws.com/"},
      {"s3.amazonaws.com", "fleet.prod", "eu-west-1", false,
       "https://s3.dualstack.eu-west-1.amazonaws.com/fleet.prod/"},
      {"s3.cn-north-1.amazonaws.com.cn", "fleet", "cn-north-1", false,
       "https://fleet.s3.dualstack.cn-north-1.amazonaws.com.cn/"},
      {"s3-fips.us-gov-west-1.amazonaws.com", "fleet", "us-gov-west-1", false,
       "https://fleet.s3-fips.us-gov-west-1.amazonaws.com/"},
      {"bucket.vpce-1-2.s3.us-east-1.vpce.amazonaws.com", "fleet", "us-east-1", false,
       "https://fleet.bucket.vpce-1-2.s3.us-east-1.vpce.amazonaws.com/"},
      {"storage.googleapis.com", "fleet", "", false, "https://fleet.storage.googleapis.com/"},
      {"oss-cn-beijing.aliyuncs.com", "fleet", "", false,
       "https://fleet.oss-cn-beijing.aliyuncs.com/"},
  };
  for (const auto& c : cases) {
    const auto endpoint = ParseS3Endpoint(c.endpoint, c.insecure);
    ASSERT_TRUE(endpoint.ok()) << c.endpoint << ": " << endpoint.status().message();
    EXPECT_EQ(S3BucketUrl(*endpoint, c.bucket, c.region), c.url);
  }
}

TEST(S3EndpointTest, KnowsTheRegionOfAHost) {
  const struct {
    const char *host, *region;
  } cases[] = {{"s3.eu-central-1.amazonaws.com", "eu-central-1"},
               {"s3-eu-west-1.amazonaws.com", "eu-west-1"},
               {"s3.dualstack.eu-west-1.amazonaws.com", "eu-west-1"},
               {"s3-fips.dualstack.us-east-2.amazonaws.com", "us-east-2"},
               {"s3.cn-north-1.amazonaws.com.cn", "cn-north-1"},
               {"bucket.vpce-1a-2b.s3.us-east-1.vpce.amazonaws.com", "us-east-1"},
               {"s3.amazonaws.com", ""},
               {"s3-external-1.amazonaws.com", ""},
               {"s3.amazonaws.com.evil.net", ""},
               {"minio.example.com", ""}};
  for (const auto& c : cases) EXPECT_EQ(RegionOfHost(c.host), c.region) << c.host;
}

TEST(S3EndpointTest, RefusesWhatIsNone) {
  const struct {
    const char *endpoint, *message;
  } cases[] = {{"minio.example.com/path", "Endpoint url cannot have fully qualified paths."},
               {"-minio", "Endpoint: -minio does not follow ip address or domain name standards."},
               {"fleet.s3.amazonaws.com", "Amazon S3 endpoint should be 's3.amazonaws.com'."},
               {"fleet.storage.googleapis.com",
                "Google Cloud Storage endpoint should be 'storage.googleapis.com'."}};
  for (const auto& c : cases)
    EXPECT_EQ(ParseS3Endpoint(c.endpoint, false).status().message(), c.message) << c.endpoint;
  const struct {
    std::string name, message;
  } names[] = {{" ", "Bucket name cannot be empty"},
               {"ab", "Bucket name cannot be shorter than 3 characters"},
               {std::string(64, 'a'), "Bucket name cannot be longer than 63 characters"},
               {"10.0.0.1", "Bucket name cannot be an ip address"},
               {"a..b", "Bucket name contains invalid characters"},
               {"../etc", "Bucket name contains invalid characters"},
               {"a/b/c", "Bucket name contains invalid characters"},
               {"-abc", "Bucket name contains invalid characters"},
               {"a.b-C_1", ""}};
  for (const auto& n : names) EXPECT_EQ(CheckBucketName(n.name).message(), n.message) << n.name;
}

}  // namespace
}  // namespace sluice::bucket
