#include "oci/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/encoding.h"

namespace sluice::oci {
namespace {

using testing::HasSubstr;

const std::string kDigest = "sha256:" + std::string(64, 'a');

TEST(ManifestTest, ReadsImagesAndArtifacts) {
  const std::string layer =
      R"({"mediaType":"a/b","digest":")" + kDigest + R"(","size":5,"annotations":{"k":"v"}})";
  const auto image =
      ParseManifest(R"({"mediaType":"m","artifactType":"t","config":)" + layer + R"(,"layers":[)" +
                    layer + R"(],"subject":)" + layer + R"(,"annotations":{"x":"y"}})");
  ASSERT_TRUE(image.ok()) << image.status().message();
  EXPECT_EQ(image->layers.at(0).digest, kDigest);
  EXPECT_EQ(image->layers.at(0).size, 5);
  EXPECT_EQ(image->layers.at(0).annotations.at("k"), "v");
  EXPECT_EQ(image->subject->digest, kDigest);
  EXPECT_EQ(image->annotations.at("x"), "y");
  const auto artifact = ParseManifest(
      R"({"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[)" + layer + "]}");
  ASSERT_TRUE(artifact.ok());
  EXPECT_EQ(artifact->layers.size(), 1U);
}

TEST(ManifestTest, RefusesWhatIsNone) {
  const struct {
    std::string text, message;
  } cases[] = {
      {"", "unexpected end of JSON input"},
      {"[]", "json: cannot unmarshal array into Go value of type v1.Manifest"},
      {R"({"layers":{}})",
       "json: cannot unmarshal object into Go struct field Manifest.layers of type "
       "[]v1.Descriptor"},
      {R"({"layers":[{"digest":"x"}]})", "cannot parse hash: \"x\""},
      {R"({"layers":[{"digest":"sha256:zz"}]})", "found non-hex character in hash: z"},
      {R"({"layers":[{"digest":"sha256:aa"}]})", "wrong number of hex digits for sha256: aa"},
      {R"({"layers":[{"digest":"md5:aa"}]})", "unsupported hash: \"md5\""},
      {R"({"layers":[{"digest":"../../etc/passwd"}]})", "cannot parse hash"},
      {R"({"layers":[{"size":-1}]})", "size is negative"},
      {R"({"layers":[{"size":"1"}]})",
       "json: cannot unmarshal string into Go struct field Descriptor.layers.size of type int64"},
      {R"({"layers":[{"size":1.5}]})",
       "json: cannot unmarshal number 1.5 into Go struct field Descriptor.layers.size of type "
       "int64"},
      {R"({"layers":[{"mediaType":5}]})",
       "number into Go struct field Descriptor.layers.mediaType of type types.MediaType"},
      {R"({"layers":[{"digest":5}]})",
       "number into Go struct field Descriptor.layers.digest of type string"},
      {R"({"layers":[{"digest":null}]})", "cannot parse hash: \"\""},
      {R"({"layers":[{"platform":{"os.features":[5]}}]})",
       "into Go struct field Platform.layers.platform.os.features of type string"},
      {R"({"layers":[5]})",
       "json: cannot unmarshal number into Go struct field Manifest.layers of type v1.Descriptor"},
      {R"({"schemaVersion":"x"})",
       "string into Go struct field Manifest.schemaVersion of type int64"},
      {R"({"annotations":{"a":1}})",
       "json: cannot unmarshal number into Go struct field Manifest.annotations of type string"},
      {R"({"config":{"data":"!"}})", "illegal base64 data"},
      {std::string(5 << 20, ' '), "larger than 4 MiB"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text.substr(0, 60));
    EXPECT_THAT(ParseManifest(c.text).status().message(), HasSubstr(c.message));
  }
  for (const std::string text : {"null", R"({"layers":[null]})", R"({"config":null})"}) {
    EXPECT_TRUE(ParseManifest(text).ok()) << text;  // as go-containerregistry
  }
  EXPECT_EQ(ParseIndex(R"({"manifests":[{"size":"x"}]})").status().message(),
            "json: cannot unmarshal string into Go struct field Descriptor.manifests.size of type "
            "int64");
  std::string many = R"({"layers":[{})";
  for (int i = 0; i < 300; ++i) many += ",{}";
  EXPECT_EQ(ParseManifest(many + "]}").status().code(), base::StatusCode::kResourceExhausted);
}

TEST(ManifestTest, ChecksBytesInTheDescriptor) {
  Descriptor d;
  d.digest = base::Digest::Sha256("abc").ToString();
  d.size = 3;
  EXPECT_TRUE(VerifyBytes(d, "abc").ok());
  EXPECT_THAT(VerifyBytes(d, "abd").message(), HasSubstr("error verifying Digest"));
  d.size = 4;
  EXPECT_EQ(VerifyBytes(d, "abc").message(), "error verifying Size; got 3, want 4");
}

TEST(PlatformTest, ComparesFieldByField) {
  const Platform amd = DefaultPlatform();
  Platform other = amd;
  other.variant = "v2";
  EXPECT_TRUE(PlatformMatches(other, amd));
  EXPECT_FALSE(PlatformMatches(amd, other));
  other.architecture = "arm64";
  EXPECT_FALSE(PlatformMatches(other, amd));
}

}  // namespace
}  // namespace sluice::oci
