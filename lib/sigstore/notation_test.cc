// Envelopes made by notation-go 1.3.2 (tests/tools/notation), and every way of bending the policy
// and them.
#include "sigstore/notation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/owned.h"
#include "base/strings.h"
#include "base/time.h"
#include "crypto.h"
#include "document/json.h"

namespace sluice::sigstore {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

std::string Read(const std::string& name) {
  std::ifstream in(std::string(SLUICE_TESTDATA) + "/notation-1.3.2/" + name);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string Policy(const std::string& level, const std::string& identities = R"(["*"])",
                   const std::string& stores = R"(["ca:acme"])") {
  return R"({"version":"1.0","trustPolicies":[{"name":"p","registryScopes":["*"],"signatureVerification":{)" +
         level + R"(},"trustStores":)" + stores + R"(,"trustedIdentities":)" + identities + "}]}";
}
const char* const kStrict = R"("level":"strict")";

class NotationTest : public testing::Test {
 protected:
  NotationTest() {
    const auto d = *document::ParseJson(Read("descriptor.json"));
    artifact_ = {std::string(d["mediaType"].AsString()), std::string(d["digest"].AsString()),
                 d["size"].AsInt()};
  }
  base::Result<NotationOutcome> Verify(
      const std::string& policy, const std::string& file, const std::string& root = "root.crt",
      base::Time now = *base::ParseRfc3339("2027-01-01T00:00:00Z")) const {
    const auto parsed = TrustPolicy::Parse(policy);
    EXPECT_TRUE(parsed.ok()) << parsed.status().message();
    return VerifyNotation(*parsed->For("example.com/app"), {Read(root)},
                          file.ends_with("cose") ? "application/cose" : "application/jose+json",
                          envelope_.empty() ? Read(file) : envelope_, artifact_, now);
  }
  SignedArtifact artifact_;
  std::string envelope_;
};

TEST_F(NotationTest, AcceptsWhatNotationMade) {
  for (const std::string file : {"rsa.jws", "rsa.cose", "ec.jws", "ec.cose"}) {
    const auto outcome = Verify(Policy(kStrict), file);
    EXPECT_TRUE(outcome.ok()) << file << ": " << outcome.status().message();
    EXPECT_TRUE(outcome.ok() && outcome->authentic);
  }
}

TEST_F(NotationTest, KnowsItsSigners) {
  const struct {
    const char *identities, *message;
  } cases[] = {
      {R"(["x509.subject: C=US, ST=WA, O=Sluice\\, Tests"])", ""},
      {R"(["x509.subject:CN=signer ec,C=US,S=WA,O=Sluice\\, Tests"])", ""},
      {R"(["x509.subject: C=US, ST=WA, O=Others"])", "does not match the X.509 trusted identities"},
      {R"(["x509.subject: C=US, O=x"])", "has no mandatory RDN attribute for \"ST\""},
      {R"(["other:x"])", "does not match the X.509 trusted identities"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.identities);
    const auto outcome = Verify(Policy(kStrict, c.identities), "ec.jws");
    if (*c.message == '\0') {
      EXPECT_TRUE(outcome.ok()) << outcome.status().message();
    } else {
      EXPECT_THAT(outcome.status().message(), HasSubstr(c.message));
    }
  }
}

TEST_F(NotationTest, RefusesOrLogsAsTheLevelSays) {
  EXPECT_THAT(Verify(Policy(kStrict), "ec.jws", "other.crt").status().message(),
              HasSubstr("does not contain any trusted certificate"));
  EXPECT_THAT(Verify(Policy(R"("level":"permissive")"), "ec.jws", "other.crt").status().message(),
              HasSubstr("trusted certificate"));
  const auto audited = Verify(Policy(R"("level":"audit")"), "ec.jws", "other.crt");
  ASSERT_TRUE(audited.ok());
  EXPECT_FALSE(audited->authentic);
  EXPECT_THAT(audited->messages, SizeIs(1));
  EXPECT_THAT(Verify(Policy(kStrict, R"(["*"])", R"(["signingAuthority:acme"])"), "ec.jws")
                  .status()
                  .message(),
              HasSubstr("no trusted certificates are found"));
  EXPECT_THAT(Verify(Policy(kStrict), "expired.jws").status().message(),
              HasSubstr("digital signature has expired on"));
  EXPECT_TRUE(Verify(Policy(R"("level":"permissive")"), "expired.jws").ok());
  EXPECT_TRUE(
      Verify(Policy(R"("level":"strict","override":{"expiry":"log"})"), "expired.jws").ok());
  const base::Time far = *base::ParseRfc3339("2200-01-01T00:00:00Z");
  EXPECT_THAT(Verify(Policy(kStrict), "ec.cose", "root.crt", far).status().message(),
              HasSubstr("verification time is after certificate"));
}

TEST_F(NotationTest, BindsTheSignatureToTheArtifact) {
  artifact_.digest = "sha256:" + std::string(64, '0');
  EXPECT_EQ(Verify(Policy(kStrict), "ec.jws").status().message(), "content descriptor mismatch");
  EXPECT_EQ(Verify(Policy(R"("level":"audit")"), "ec.cose").status().message(),
            "content descriptor mismatch");
}

// The chain is not part of what is signed: who cuts its root off hides that the root has run out.
TEST_F(NotationTest, TheChainMustReachItsRoot) {
  for (const std::string file : {"rsa.jws", "ec.jws"}) {
    auto jws = *document::ParseJson(Read(file));
    const document::Value chain = jws.At({"header", "x5c"});
    ASSERT_GE(chain.size(), 2u);
    document::Value cut = document::Value::Array();
    for (size_t i = 0; i + 1 < chain.size(); ++i) cut.Append(chain.items()[i]);
    jws.Mutable("header").Set("x5c", std::move(cut));
    envelope_ = document::ToJson(jws);
    EXPECT_THAT(Verify(Policy(kStrict), file).status().message(),
                HasSubstr("must end with a valid self-signed root certificate"));
  }
}

// "No well-defined end" of RFC 5280 is a second that nanoseconds cannot count to.
TEST(CertificateTest, WithoutAnEndItHasNotRunOut) {
  const base::Owned<X509, X509_free> cert(X509_new());
  const base::Owned<EVP_PKEY, EVP_PKEY_free> key(EVP_EC_gen("P-256"));
  ASN1_TIME_set_string(X509_getm_notBefore(cert.get()), "20260101000000Z");
  ASN1_TIME_set_string(X509_getm_notAfter(cert.get()), "99991231235959Z");
  X509_set_pubkey(cert.get(), key.get());
  ASSERT_GT(X509_sign(cert.get(), key.get(), EVP_sha256()), 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509(cert.get(), &der);
  const auto read = Certificate::FromDer({reinterpret_cast<char*>(der), static_cast<size_t>(size)});
  OPENSSL_free(der);
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->ValidAt(*base::ParseRfc3339("2027-01-01T00:00:00Z")));
  EXPECT_FALSE(read->ValidAt(*base::ParseRfc3339("2025-01-01T00:00:00Z")));
}

TEST_F(NotationTest, RefusesBentEnvelopes) {
  const std::string jws = Read("rsa.jws"), cose = Read("rsa.cose");
  for (const std::string& text : {std::string(), std::string("{}"), jws.substr(0, jws.size() / 2),
                                  base::ReplaceAll(jws, "\"payload\":\"e", "\"payload\":\"f")}) {
    envelope_ = text.empty() ? " " : text;
    EXPECT_FALSE(Verify(Policy(kStrict), "x.jws").ok());
  }
  for (size_t i = 0; i < cose.size(); i += 7) {
    envelope_ = cose;
    envelope_[i] = static_cast<char>(envelope_[i] ^ 0x41);
    const auto outcome = Verify(Policy(kStrict), "x.cose");
    // What is not protected (the agent's name, a certificate's own signature under a trusted root)
    // may bend, if nothing of what counts does.
    EXPECT_TRUE(!outcome.ok() || outcome->authentic);
  }
  envelope_ = cose.substr(0, cose.size() - 1);
  EXPECT_FALSE(Verify(Policy(kStrict), "x.cose").ok());
}

TEST(TrustPolicyTest, SaysWhatIsWrong) {
  const std::string statement =
      R"({"name":"a","registryScopes":["example.com/app"],"signatureVerification":{"level":"strict"},
      "trustStores":["ca:x"],"trustedIdentities":["*"]})";
  const auto document = [](const std::string& statements) {
    return R"({"version":"1.0","trustPolicies":[)" + statements + "]}";
  };
  const struct {
    std::string json, message;
  } cases[] = {
      {"{}", "trust policy document has empty version, version must be specified"},
      {R"({"version":"2.0"})", "trust policy document uses unsupported version \"2.0\""},
      {document(""), "trust policy document can not have zero trust policy statements"},
      {document(statement + "," + statement),
       "multiple trust policy statements use the same name \"a\", statement names must be unique"},
      {document(base::ReplaceAll(statement, "strict", "lax")),
       "has invalid signatureVerification: invalid signature verification level \"lax\""},
      {document(base::ReplaceAll(statement, "\"*\"", "")),
       "is either missing trust stores or trusted identities, both must be specified"},
      {document(base::ReplaceAll(statement, "ca:x", "x")), "has malformed trust store value \"x\""},
      {document(base::ReplaceAll(statement, "example.com/app", "*.com/app")),
       "registry scope \"*.com/app\" is not valid"},
      {document(statement + "," + base::ReplaceAll(statement, "\"a\"", "\"b\"")),
       "is present in multiple trust policy statements"},
      {document(base::ReplaceAll(statement, R"("level":"strict")",
                                 R"("level":"strict","override":{"integrity":"log"})")),
       "\"integrity\" verification can not be overridden"},
      {document(base::ReplaceAll(statement, R"("level":"strict")",
                                 R"("level":"strict","override":{"expiry":"skip"})")),
       "\"expiry\" verification can not be skipped"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.json);
    EXPECT_THAT(TrustPolicy::Parse(c.json).status().message(), HasSubstr(c.message));
  }
  const auto two = TrustPolicy::Parse(
      document(statement + "," +
               R"({"name":"rest","registryScopes":["*"],"signatureVerification":{"level":"skip"},
      "trustStores":["ca:x"]})"));
  ASSERT_TRUE(two.ok()) << two.status().message();
  EXPECT_EQ(two->For("example.com/app")->name, "a");
  EXPECT_EQ(two->For("example.com/app/x")->name, "rest");
  EXPECT_EQ(TrustPolicy::Parse(document(statement))->For("example.com/other"), nullptr);
}

}  // namespace
}  // namespace sluice::sigstore
