// Signatures made by the real cosign (testdata/cosign-2.6.5), and every way of bending them.
#include "sigstore/cosign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/encoding.h"
#include "base/strings.h"
#include "document/json.h"

namespace sluice::sigstore {
namespace {

using testing::HasSubstr;

std::string Read(const std::string& name) {
  std::ifstream in(std::string(SLUICE_TESTDATA) + "/cosign-2.6.5/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

constexpr const char* kOtherKey =
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwr\n"
    "kBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==\n-----END PUBLIC KEY-----\n";

class CosignTest : public testing::Test {
 protected:
  CosignTest() : digest_(Read("digest")), policy_(*CosignPolicy::ByKey(Read("cosign.pub"))) {
    const auto manifest = *document::ParseJson(Read("sig-manifest.json"));
    simple_.payload = Read("payload.json");
    simple_.signature = std::string(manifest["layers"]
                                        .items()
                                        .at(0)["annotations"]["dev.cosignproject.cosign/signature"]
                                        .AsString());
  }
  std::string digest_;
  CosignPolicy policy_;
  SimpleSignature simple_;
};

TEST_F(CosignTest, AcceptsWhatCosignMade) {
  EXPECT_EQ(VerifySimpleSignature(policy_, simple_, digest_), base::OkStatus());
  EXPECT_EQ(VerifyBundle(policy_, Read("bundle.json"), digest_), base::OkStatus());
}

TEST_F(CosignTest, RefusesASimpleSignatureThatIsNot) {
  const std::string other = "sha256:" + std::string(64, '0');
  EXPECT_EQ(VerifySimpleSignature(policy_, simple_, other).message(),
            "invalid or missing digest in claim: " + digest_);
  const auto key = *CosignPolicy::ByKey(kOtherKey);
  EXPECT_EQ(VerifySimpleSignature(key, simple_, digest_).message(),
            "invalid signature when validating ASN.1 encoded signature");
  SimpleSignature bent = simple_;
  bent.payload = base::ReplaceAll(simple_.payload, digest_, other);
  EXPECT_FALSE(VerifySimpleSignature(policy_, bent, other).ok());
  bent = simple_;
  bent.signature = "!";
  EXPECT_THAT(VerifySimpleSignature(policy_, bent, digest_).message(),
              HasSubstr("illegal base64 data"));
  bent.signature.clear();
  EXPECT_FALSE(VerifySimpleSignature(policy_, bent, digest_).ok());
}

TEST_F(CosignTest, RefusesABundleThatIsNot) {
  const std::string good = Read("bundle.json");
  const auto payload_of = [](std::string_view statement) { return base::Base64Encode(statement); };
  const document::Value json = *document::ParseJson(good);
  const std::string payload(json["dsseEnvelope"]["payload"].AsString());
  const struct {
    std::string name, bundle, message;
  } cases[] = {
      {"no JSON", "x", "invalid character 'x'"},
      {"other type", base::ReplaceAll(good, "sigstore.bundle", "sigstore.budget"),
       "unsupported bundle media type"},
      {"other payload",
       base::ReplaceAll(good, payload,
                        payload_of(R"({"_type":"https://in-toto.io/Statement/v1","subject":[]})")),
       "could not verify envelope"},
      {"other payload type", base::ReplaceAll(good, "vnd.in-toto+json", "vnd.in-toto+jsox"),
       "could not verify envelope"},
      {"no signature", base::ReplaceAll(good, R"("signatures":[)", R"("signatures":[],"x":[)"),
       "exactly one signature is required"},
      {"a message", base::ReplaceAll(good, "dsseEnvelope", "messageSignature"),
       "bundle does not contain a DSSE envelope"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(VerifyBundle(policy_, c.bundle, digest_).message(), HasSubstr(c.message));
  }
  EXPECT_EQ(VerifyBundle(policy_, good, "sha256:" + std::string(64, '0')).message(),
            "failed to verify signature: provided artifact digest does not match any digest in "
            "statement");
  EXPECT_FALSE(VerifyBundle(policy_, good, "").ok());
  EXPECT_THAT(VerifyBundle(*CosignPolicy::ByKey(kOtherKey), good, digest_).message(),
              HasSubstr("could not verify envelope"));
}

TEST_F(CosignTest, ReadsKeysOfEveryKindAndNoOthers) {
  EXPECT_TRUE(CosignPolicy::ByKey(kOtherKey).ok());
  EXPECT_TRUE(
      CosignPolicy::ByKey("-----BEGIN PUBLIC "
                          "KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
                          "-----END PUBLIC KEY-----\n")
          .ok());
  EXPECT_EQ(CosignPolicy::ByKey("not a key").status().message(), "PEM decoding failed");
  EXPECT_FALSE(
      CosignPolicy::ByKey("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n").ok());
}

TEST(TrustedRootTest, SaysWhatIsMissing) {
  EXPECT_THAT(TrustedRoot::Parse("{}").status().message(),
              HasSubstr("unsupported TrustedRoot media type"));
  const std::string head =
      R"({"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1")";
  EXPECT_EQ(TrustedRoot::Parse(head + "}")->RekorUrl().status().message(),
            "no transparency log entries found in trusted root");
  const std::string log =
      R"({"publicKey":{"rawBytes":"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="}})";
  EXPECT_EQ(TrustedRoot::Parse(head + R"(,"tlogs":[)" + log + "]}")->RekorUrl().status().message(),
            "no transparency log entry with a BaseURL found in trusted root");
  EXPECT_FALSE(TrustedRoot::Parse(head + R"(,"certificateAuthorities":[{}]})").ok());
}

TEST(CosignPolicyTest, RefusesExpressionsThatAreNone) {
  const auto root = *TrustedRoot::Parse(
      R"({"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"})");
  EXPECT_EQ(CosignPolicy::Keyless(root, {{"[", "x"}}).status().message(),
            "malformed issuer in identity: [ : error parsing regexp: missing closing ]: `[`");
  EXPECT_EQ(CosignPolicy::Keyless(root, {{"x", "("}}).status().message(),
            "malformed subject in identity: ( : error parsing regexp: missing closing ): `(`");
}

}  // namespace
}  // namespace sluice::sigstore
