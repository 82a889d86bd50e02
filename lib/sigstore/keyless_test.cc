// A keyless signature of the public Sigstore instance (testdata/public-good), and every way of
// bending it. Its statement names its subject by SHA-512 alone, so the last check of all refuses
// it: that message says that everything before held. Signatures that hold to the end, of both
// formats and of Rekor 2, are in testdata/keyless (tests/tools/keyless).
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

constexpr const char* kHeld =
    "failed to verify signature: provided artifact digest does not match any digest in statement";
constexpr const char* kIssuer = "https://token.actions.githubusercontent.com";
constexpr const char* kSubject =
    "https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main";

std::string Read(const std::string& name) {
  std::ifstream in(std::string(SLUICE_TESTDATA) + "/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

class KeylessTest : public testing::Test {
 protected:
  KeylessTest()
      : bundle_(*document::ParseJson(Read("public-good/bundle.json"))),
        root_(*document::ParseJson(Read("public-good/trusted_root.json"))) {}
  Value& Entry() {
    return bundle_.Mutable("verificationMaterial").Mutable("tlogEntries").mutable_items().at(0);
  }
  std::string Verdict(std::vector<Identity> identities = {}) const {
    const auto policy =
        CosignPolicy::Keyless(*TrustedRoot::Parse(document::ToJson(root_)), std::move(identities));
    return VerifyBundle(*policy, document::ToJson(bundle_), "sha256:" + std::string(64, 'a'))
        .message();
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
  const std::string refused =
      std::string(
          "none of the expected identities matched what was in the certificate, got subjects [") +
      kSubject + "] with issuer " + kIssuer;
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
  Value& sig =
      bundle_.Mutable("dsseEnvelope").Mutable("signatures").mutable_items().at(0).Mutable("sig");
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
  for (Value& a : authorities.mutable_items())
    a.Mutable("validFor").Set("end", "2022-01-01T00:00:00Z");
  EXPECT_EQ(Verdict(), "leaf certificate verification failed");
}

constexpr const char* kArtifact =
    "sha256:ff36c043fa12b3378090b94cc78cfc2f7577b6621459ea30bbe1cc0993682198";
constexpr const char* kOwnIssuer = "https://oidc.example.org";
constexpr const char* kOwnSubject =
    "https://example.org/fleet/.github/workflows/release.yml@refs/heads/main";

class OwnAuthorityTest : public testing::Test {
 protected:
  OwnAuthorityTest()
      : bundle_(*document::ParseJson(Read("keyless/bundle.json"))),
        simple_(*document::ParseJson(Read("keyless/simple.json"))),
        root_(*document::ParseJson(Read("keyless/trusted_root.json"))) {}
  CosignPolicy Policy(std::vector<Identity> identities) const {
    return *CosignPolicy::Keyless(*TrustedRoot::Parse(document::ToJson(root_)),
                                  std::move(identities));
  }
  std::string OfBundle(std::vector<Identity> identities = {},
                       const char* digest = kArtifact) const {
    return VerifyBundle(Policy(std::move(identities)), document::ToJson(bundle_), digest).message();
  }
  std::string OfSimple(std::vector<Identity> identities = {},
                       const char* digest = kArtifact) const {
    const auto text = [&](std::string_view key) { return std::string(simple_[key].AsString()); };
    const SimpleSignature signature{text("payload"), text("signature"), text("certificate"),
                                    text("bundle")};
    return VerifySimpleSignature(Policy(std::move(identities)), signature, digest).message();
  }
  void BendSimple(std::string_view key, std::string_view from, std::string_view to) {
    std::string text(simple_[key].AsString());
    const auto at = text.find(from);
    ASSERT_NE(at, text.npos) << from;
    simple_.Set(key, text.replace(at, from.size(), to));
  }
  Value bundle_, simple_, root_;
};

TEST_F(OwnAuthorityTest, BothFormatsHold) {
  const std::vector<std::vector<Identity>> wanted = {
      {},
      {{kOwnIssuer, kOwnSubject}},
      {{"^https://oidc\\.example\\.org$", "^https://example.org/fleet/"}},
      {{"^no$", "x"}, {"", "fleet"}}};
  for (const auto& identities : wanted) {
    EXPECT_EQ(OfBundle(identities), "");
    EXPECT_EQ(OfSimple(identities), "");
  }
}

// Rekor 2: the log proves and tells no time, a timestamp authority does.
class Rekor2Test : public OwnAuthorityTest {
 protected:
  Rekor2Test() { bundle_ = *document::ParseJson(Read("keyless/bundle2.json")); }
  Value& Material() { return bundle_.Mutable("verificationMaterial"); }
  Value& Entry() { return Material().Mutable("tlogEntries").mutable_items().at(0); }
  Value& Stamp() {
    return Material()
        .Mutable("timestampVerificationData")
        .Mutable("rfc3161Timestamps")
        .mutable_items()
        .at(0)
        .Mutable("signedTimestamp");
  }
};

TEST_F(Rekor2Test, Holds) {
  EXPECT_EQ(OfBundle(), "");
  EXPECT_EQ(OfBundle({{kOwnIssuer, kOwnSubject}}), "");
  EXPECT_EQ(OfBundle({}, ("sha256:" + std::string(64, 'a')).c_str()), kHeld);
}

TEST_F(Rekor2Test, NeedsATimestampOfThisSignature) {
  constexpr const char* kNone =
      "failed to verify timestamps: threshold not met for verified signed timestamps: 0 < 1; "
      "error: ";
  const Value good = bundle_;
  Material().Erase("timestampVerificationData");
  EXPECT_EQ(OfBundle(), std::string(kNone) + "the bundle has none");
  bundle_ = good;
  std::string bytes = *base::Base64Decode(Stamp().AsString());
  bytes[bytes.size() - 3] = static_cast<char>(bytes[bytes.size() - 3] ^ 1);
  Stamp() = Value(base::Base64Encode(bytes));
  EXPECT_THAT(OfBundle(), HasSubstr(std::string(kNone) + "error while verifying with chain"));
  Stamp() = Value("MAMCAQI=");
  EXPECT_THAT(OfBundle(), HasSubstr(kNone));
  bundle_ = good;
  root_.Erase("timestampAuthorities");
  EXPECT_EQ(
      OfBundle(),
      std::string(kNone) + "unable to verify signed timestamps: no timestamp authority is trusted");
}

TEST_F(Rekor2Test, NeedsAnAuthorityOfThatTime) {
  Value& authority = root_.Mutable("timestampAuthorities").mutable_items().at(0);
  authority.Mutable("validFor").Set("start", "2026-01-01T00:00:00Z");
  EXPECT_THAT(OfBundle(), HasSubstr("timestamp is before the validity start time"));
  // Another certificate of the same root, which signed nothing here.
  authority = root_.Mutable("certificateAuthorities").mutable_items().at(0);
  EXPECT_THAT(OfBundle(), HasSubstr("error while verifying with chain"));
}

TEST_F(Rekor2Test, NeedsItsPlaceInTheLog) {
  const Value good = bundle_;
  Entry().Set("logIndex", "2");
  EXPECT_THAT(OfBundle(), HasSubstr("verifying inclusion"));
  bundle_ = good;
  Value& note = Entry().Mutable("inclusionProof").Mutable("checkpoint").Mutable("envelope");
  const std::string text(note.AsString());
  note = Value("other.example.org" + text.substr(text.find('\n')));
  EXPECT_THAT(OfBundle(), HasSubstr("unable to verify checkpoint signature"));
  bundle_ = good;
  for (Value& log : root_.Mutable("tlogs").mutable_items())
    log.Set("baseUrl", "https://other.example.org");
  EXPECT_THAT(OfBundle(), HasSubstr("unable to verify checkpoint signature"));
}

TEST_F(OwnAuthorityTest, AnotherIdentityDoesNot) {
  const std::string refused =
      std::string(
          "none of the expected identities matched what was in the certificate, got subjects [") +
      kOwnSubject + "] with issuer " + kOwnIssuer;
  for (const auto& identity :
       {Identity{"^https://other$", ""}, Identity{"", "^https://example.org$"}}) {
    EXPECT_EQ(OfBundle({identity}), refused);
    EXPECT_EQ(OfSimple({identity}), refused);
  }
}

TEST_F(OwnAuthorityTest, AnotherArtifactDoesNot) {
  const std::string other = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(OfBundle({}, other.c_str()), kHeld);
  EXPECT_EQ(OfSimple({}, other.c_str()),
            std::string("invalid or missing digest in claim: ") + kArtifact);
}

TEST_F(OwnAuthorityTest, SimpleSignaturesNeedTheirLogEntry) {
  simple_.Set("bundle", "");
  EXPECT_EQ(OfSimple(),
            "signature has no transparency log bundle, and the log itself is not asked");
}

TEST_F(OwnAuthorityTest, SimpleSignaturesNeedTheirCertificate) {
  simple_.Set("certificate", "");
  EXPECT_EQ(OfSimple(), "no certificate found on signature");
}

TEST_F(OwnAuthorityTest, TheLogSignsTheTime) {
  BendSimple("bundle", "\"integratedTime\":1760000000", "\"integratedTime\":1760000001");
  EXPECT_EQ(OfSimple(),
            "error verifying bundle: verifying bundle with trusted root: unable to verify SET");
}

TEST_F(OwnAuthorityTest, TheLogEntryIsOfThisPayload) {
  BendSimple("payload", "\"optional\":null", "\"optional\":true");
  EXPECT_THAT(OfSimple(), HasSubstr("error verifying bundle: matching bundle to payload: bundle="));
}

TEST_F(OwnAuthorityTest, TheRootDecides) {
  const Value good = root_;
  root_.Erase("certificateAuthorities");
  EXPECT_EQ(OfSimple(), "leaf certificate verification failed");
  root_ = good;
  root_.Erase("ctlogs");
  EXPECT_EQ(OfSimple(), "only able to verify 0 SCT entries; unable to meet threshold of 1");
  root_ = good;
  root_.Erase("tlogs");
  EXPECT_EQ(OfSimple(),
            "error verifying bundle: verifying bundle with trusted root: rekor log public key not "
            "found for payload");
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
