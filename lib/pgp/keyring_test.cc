// Against keys and signatures made by GnuPG (testdata/): alice (ed25519), bob (RSA primary, ed25519
// signing subkey), carol (expired), dave (revoked).
#include "pgp/keyring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "quiet.h"

extern "C" int __fprintf_chk(FILE* stream, int flag, const char* format,
                             ...);  // NOLINT(bugprone-reserved-identifier)

namespace sluice::pgp {
namespace {

using ::testing::HasSubstr;

std::string Load(const std::string& name) {
  std::ifstream in(std::string(SLUICE_TESTDATA) + "/" + name, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  EXPECT_TRUE(in.good()) << name;
  return out.str();
}

Keyring Ring(const std::string& name) {
  auto ring = Keyring::Import(Load(name));
  EXPECT_TRUE(ring.ok()) << name << ": " << ring.status().message();
  return *std::move(ring);
}

TEST(KeyringTest, VerifiesDetachedSignatures) {
  const std::string data = Load("data");
  const struct {
    std::string ring, signature, key_id, signing, user;
  } cases[] = {
      {"alice.asc", "alice.sig", "E05803AB0AF7AB86", "78B35124CE39156D4C94B7A3E05803AB0AF7AB86",
       "Alice <alice@example.com>"},
      {"alice.asc", "alice.bin.sig", "E05803AB0AF7AB86", "78B35124CE39156D4C94B7A3E05803AB0AF7AB86",
       "Alice <alice@example.com>"},
      {"bob.asc", "bob.sig", "4EE3A4CD646E3225", "1A589A52D31B8FE168E99FD69F06114BDD508484",
       "Bob <bob@example.com>"},
      {"both.pgp", "bob.sig", "4EE3A4CD646E3225", "1A589A52D31B8FE168E99FD69F06114BDD508484",
       "Bob <bob@example.com>"},
      {"two.asc", "alice.sig", "E05803AB0AF7AB86", "78B35124CE39156D4C94B7A3E05803AB0AF7AB86",
       "Alice <alice@example.com>"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.ring + " " + c.signature);
    const Keyring ring = Ring(c.ring);
    const auto signer = ring.VerifyDetached(data, Load(c.signature));
    ASSERT_TRUE(signer.ok()) << signer.status().message();
    EXPECT_EQ(signer->key_id, c.key_id);
    EXPECT_EQ(signer->signing_fingerprint, c.signing);
    EXPECT_EQ(signer->user_ids, std::vector<std::string>{c.user});
    EXPECT_EQ(signer->created, 1717200000);
  }
}

TEST(KeyringTest, RefusesWhatDoesNotHold) {
  const std::string data = Load("data");
  const std::string cut = Load("alice.sig").substr(0, 100);
  const struct {
    std::string ring, data, signature, message;
    base::StatusCode code;
  } cases[] = {
      {"alice.asc", data + "x", Load("alice.sig"), "invalid signature",
       base::StatusCode::kPermissionDenied},
      {"alice.asc", "", Load("alice.sig"), "payload is empty", base::StatusCode::kInvalidArgument},
      {"alice.asc", data, Load("bob.sig"), "no matching key", base::StatusCode::kNotFound},
      {"carol.asc", data, Load("carol.sig"), "key expired", base::StatusCode::kPermissionDenied},
      {"dave.asc", data, Load("dave.sig"), "key revoked", base::StatusCode::kPermissionDenied},
      {"alice.asc", data, Load("sha1.sig"), "weak hash algorithm SHA1",
       base::StatusCode::kPermissionDenied},
      {"alice.asc", data, Load("expired.sig"), "signature expired",
       base::StatusCode::kPermissionDenied},
      {"alice.asc", data, "", "signature is empty", base::StatusCode::kInvalidArgument},
      {"alice.asc", data, "no signature at all", "", base::StatusCode::kInvalidArgument},
      {"alice.asc", data, cut, "", base::StatusCode::kInvalidArgument},
      {"alice.asc", data, "-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----", "",
       base::StatusCode::kInvalidArgument},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.ring + " " + c.signature.substr(0, 60) + " " + c.message);
    const auto signer = Ring(c.ring).VerifyDetached(c.data, c.signature);
    ASSERT_FALSE(signer.ok());
    EXPECT_EQ(signer.status().code(), c.code) << signer.status().message();
    EXPECT_THAT(signer.status().message(), HasSubstr(c.message));
  }
}

TEST(KeyringTest, VerifiesClearSignedText) {
  const Keyring ring = Ring("two.asc");
  EXPECT_EQ(ring.size(), 2u);
  const std::string document = Load("prov.asc");
  const auto signed_text = ring.VerifyClearSigned(document);
  ASSERT_TRUE(signed_text.ok()) << signed_text.status().message();
  EXPECT_EQ(signed_text->text, "name: chart\n- dashed\nfiles:\n  a.tgz: sha256:00");
  EXPECT_EQ(signed_text->signer.key_id, "E05803AB0AF7AB86");

  std::string tampered = document;
  tampered.replace(tampered.find("sha256:00"), 9, "sha256:11");
  EXPECT_FALSE(ring.VerifyClearSigned(tampered).ok());
  EXPECT_FALSE(Ring("bob.asc").VerifyClearSigned(document).ok());
  EXPECT_FALSE(ring.VerifyClearSigned("no armor").ok());
  EXPECT_FALSE(ring.VerifyClearSigned(document.substr(0, document.size() / 2)).ok());
}

TEST(KeyringTest, RefusesWhatIsNoKeyRing) {
  const std::string alice = Load("alice.asc");
  for (const std::string& text : {std::string(), std::string("hello"),
                                  alice.substr(0, alice.size() / 2), Load("alice.sig")}) {
    const auto ring = Keyring::Import(text);
    ASSERT_FALSE(ring.ok()) << text;
    EXPECT_EQ(ring.status().message(), "unexpected EOF");
  }
  EXPECT_EQ(Keyring::Import(alice, {.max_ring_bytes = 10}).status().code(),
            base::StatusCode::kResourceExhausted);
  EXPECT_EQ(Keyring::Import(Load("two.asc"), {.max_keys = 2}).status().code(),
            base::StatusCode::kResourceExhausted);
}

// librnp's own lines would stand among a process's JSON logs.
TEST(KeyringTest, SaysNothingOnStderr) {
  testing::internal::CaptureStderr();
  static_cast<void>(Ring("alice.asc").VerifyDetached(Load("data") + "x", Load("alice.sig")));
  static_cast<void>(Ring("bob.asc").VerifyDetached(Load("data"), Load("alice.sig")));
  static_cast<void>(Keyring::Import("no key at all"));
  static_cast<void>(
      Ring("alice.asc")
          .VerifyClearSigned(
              "-----BEGIN PGP SIGNED MESSAGE-----\n\nx\n-----BEGIN PGP SIGNATURE-----\n"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  // Others are heard, also while this thread is quiet.
  testing::internal::CaptureStderr();
  __fprintf_chk(stderr, 1, "one %d\n", 1);
  {
    const Quiet quiet;
    __fprintf_chk(stderr, 1, "not this\n");
    std::thread([] { __fprintf_chk(stderr, 1, "two\n"); }).join();
  }
  __fprintf_chk(stderr, 1, "three\n");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "one 1\ntwo\nthree\n");
}

}  // namespace
}  // namespace sluice::pgp
