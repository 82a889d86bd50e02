// A keyless signature of the public Sigstore instance (testdata/public-good), and every way of bending it. Its statement names its subject by
// SHA-512 alone, so the last check of all refuses it: that message says that everything before held.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/encoding.h"
#include "base/strings.h"
#include "document/json.h"
#include "log_entry.h"
#include "sigstore/cosign.h"

namespace sluice::sigstore {
namespace {

using document::Value;
using testing::HasSubstr;

constexpr const char* kHeld = "failed to verify signature: provided artifact digest does not match any digest in statement";
constexpr const char* kIssuer = "https://token.actions.githubusercontent.com";
constexpr const char* kSubject = "https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main";

std::string Read(const std::string& name) {
  std::ifstream in(std::string(SLUICE_TESTDATA) + "/public-good/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

class KeylessTest : public testing::Test {
 protected:
  KeylessTest() : bundle_(*document::ParseJson(Read("bundle.json"))), root_(*document::ParseJson(Read("trusted_root.json"))) {}
  Value& Entry() { return bundle_.Mutable("verificationMaterial").Mutable("tlogEntries").mutable_items().at(0); }
  std::string Verdict(std::vector<Identity> identities = {}) const {
    const auto policy = CosignPolicy::Keyless(*TrustedRoot::Parse(document::ToJson(root_)), std::move(identities));
    return VerifyBundle(*policy, document::ToJson(bundle_), "sha256:" + std::string(64, 'a')).message();
  }
  // One bit of a base64 value.
  static void Bend(Value& v) {
    std::string bytes = *base::Base64Decode(v.AsString());
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    v = Value(base::Base64Encode(bytes));
  }
  Value bundle_, root_;
};

TEST_F(KeylessTest, HoldsForTheRealOne) {
  EXPECT_EQ(Verdict(), kHeld);
  EXPECT_EQ(Verdict({{kIssuer, kSubject}}), kHeld);
  EXPECT_EQ(Verdict({{"^nobody$", "x"}, {"actions", "sigstore-js"}}), kHeld);
}

TEST_F(KeylessTest, WantsIssuerAndSubjectOfOneIdentity) {
  const std::string refused = std::string("none of the expected identities matched what was in the certificate, got subjects [") + kSubject +
                              "] with issuer " + kIssuer;
  EXPECT_EQ(Verdict({{"^https://example.com$", ".*"}}), refused);
  EXPECT_EQ(Verdict({{".*", "^other$"}}), refused);
  EXPECT_EQ(Verdict({{kIssuer, "^other$"}, {"^other$", kSubject}}), refused);
}

TEST_F(KeylessTest, WantsTheLog) {
  Bend(Entry().Mutable("inclusionPromise").Mutable("signedEntryTimestamp"));
  EXPECT_THAT(Verdict(), HasSubstr("not enough verified log entries from transparency log: 0 < 1"));
}

TEST_F(KeylessTest, WantsTheLogsProofWhereThereIsOne) {
  Bend(Entry().Mutable("inclusionProof").Mutable("hashes").mutable_items().at(0));
  EXPECT_THAT(Verdict(), HasSubstr("not enough verified log entries"));
  Entry().Mutable("inclusionProof").Set("treeSize", "1");
  EXPECT_THAT(Verdict(), HasSubstr("not enough verified log entries"));
}

TEST_F(KeylessTest, WantsAnEntryAtAll) {
  bundle_.Mutable("verificationMaterial").Erase("tlogEntries");
  EXPECT_THAT(Verdict(), HasSubstr("not enough verified log entries"));
}

TEST_F(KeylessTest, WantsOneEntryOnce) {
  Value& entries = bundle_.Mutable("verificationMaterial").Mutable("tlogEntries");
  const Value again = entries.items().at(0);
  entries.Append(again);
  EXPECT_THAT(Verdict(), HasSubstr("duplicate tlog entries found"));
}

TEST_F(KeylessTest, WantsTheTimeTheLogSigned) {
  Entry().Set("integratedTime", "1700000000");
  EXPECT_THAT(Verdict(), HasSubstr("not enough verified log entries"));
}

TEST_F(KeylessTest, WantsTheEntryOfThisSignature) {
  Value& sig = bundle_.Mutable("dsseEnvelope").Mutable("signatures").mutable_items().at(0).Mutable("sig");
  Bend(sig);
  EXPECT_THAT(Verdict(), HasSubstr("transparency log signature does not match"));
}

TEST_F(KeylessTest, WantsTheSignedPayload) {
  Bend(bundle_.Mutable("dsseEnvelope").Mutable("payload"));
  EXPECT_THAT(Verdict(), HasSubstr("could not verify envelope"));
}

TEST_F(KeylessTest, WantsATrustedAuthority) {
  root_.Erase("certificateAuthorities");
  EXPECT_EQ(Verdict(), "leaf certificate verification failed");
}

TEST_F(KeylessTest, WantsTheCertificateLog) {
  root_.Erase("ctlogs");
  EXPECT_EQ(Verdict(), "only able to verify 0 SCT entries; unable to meet threshold of 1");
}

TEST_F(KeylessTest, WantsATrustedLog) {
  root_.Erase("tlogs");
  EXPECT_THAT(Verdict(), HasSubstr("not enough verified log entries"));
}

TEST_F(KeylessTest, WantsAnAuthorityOfThatTime) {
  Value& authorities = root_.Mutable("certificateAuthorities");
  for (Value& a : authorities.mutable_items()) a.Mutable("validFor").Set("end", "2022-01-01T00:00:00Z");
  EXPECT_EQ(Verdict(), "leaf certificate verification failed");
}

TEST(MerkleTest, LeadsToTheRoot) {
  const std::string a(32, 'a'), b(32, 'b');
  EXPECT_EQ(RootOf(a, 0, 1, {}), a);
  EXPECT_EQ(RootOf(a, 0, 2, {}), "");
  EXPECT_EQ(RootOf(a, 0, 1, {b}), "");
  EXPECT_EQ(RootOf(a, 2, 2, {b}), "");
  EXPECT_NE(RootOf(a, 0, 2, {b}), RootOf(a, 1, 2, {b}));
  EXPECT_EQ(RootOf(a, 0, 2, {b}), RootOf(b, 1, 2, {a}));
}

}  // namespace
}  // namespace sluice::sigstore
