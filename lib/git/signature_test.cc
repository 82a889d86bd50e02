// SSH signatures made by OpenSSH's ssh-keygen (testdata/sshsig), objects as git writes them.
#include "git/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace sluice::git {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Load(const std::string& name) {
  std::ifstream in(std::string(SLUICE_TESTDATA) + "/sshsig/" + name, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  EXPECT_TRUE(in.good()) << name;
  return out.str();
}

TEST(SshSignatureTest, VerifiesEveryKindOfKey) {
  const std::string payload = Load("payload");
  const std::string all = "# ours\n\n" + Load("rsa.pub") + Load("ecdsa.pub") +
                          Load("ecdsa521.pub") + Load("ed25519.pub");
  for (const std::string kind : {"ed25519", "ecdsa", "ecdsa521", "rsa"}) {
    SCOPED_TRACE(kind);
    const auto by = VerifySshSignature(Load(kind + ".sig"), payload, {all});
    ASSERT_TRUE(by.ok()) << by.status().message();
    EXPECT_THAT(*by, StartsWith("SHA256:"));
    EXPECT_EQ(by->size(), 50u);
    EXPECT_TRUE(VerifySshSignature("\n" + Load(kind + ".sig"), payload,
                                   {"broken line", Load(kind + ".pub")})
                    .ok());
    EXPECT_TRUE(VerifySshSignature(Load(kind + ".sig"), payload,
                                   {"namespaces=\"git, file\",no-pty " + Load(kind + ".pub")})
                    .ok());
  }
}

TEST(SshSignatureTest, SaysWhyItRefuses) {
  const std::string payload = Load("payload"), sig = Load("ed25519.sig"), key = Load("ed25519.pub");
  std::string cut = sig;
  cut.erase(cut.size() / 2, 20);
  const std::string no_match =
      "unable to verify payload with any of the given authorized keys: no matching key";
  const struct {
    std::string signature, payload;
    std::vector<std::string> keys;
    std::string want;
  } cases[] = {
      {sig, payload + "x", {key}, no_match + "\nssh: signature did not verify"},
      {sig,
       payload,
       {Load("rsa.pub"), Load("ecdsa.pub")},
       no_match + "\npublic key does not match"},
      {sig,
       payload,
       {Load("rsa.pub") + key.substr(0, 20)},
       "unable to parse authorized keys: unable to parse authorized key: ssh: no key found"},
      {sig, payload, {}, no_match},
      {Load("other-namespace.sig"), payload, {key}, no_match + "\nnamespace does not match"},
      {"", payload, {key}, "unable to verify payload: signature is empty"},
      {sig, "", {key}, "unable to verify payload: payload is empty"},
      {"-----BEGIN PGP SIGNATURE-----",
       payload,
       {key},
       "unable to verify SSH signature, detected signature format: openpgp: signature format "
       "mismatch"},
      {"-----BEGIN SSH SIGNATURE-----\n",
       payload,
       {key},
       "unable to unarmor SSH signature: invalid PEM block"},
      {"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----",
       payload,
       {key},
       "unable to unarmor SSH signature: ssh: parse error in message"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.want);
    const auto by = VerifySshSignature(c.signature, c.payload, c.keys);
    ASSERT_FALSE(by.ok());
    EXPECT_EQ(by.status().message(), c.want);
  }
  EXPECT_FALSE(VerifySshSignature(cut, payload, {key}).ok());
}

TEST(SignedObjectTest, CutsTheSignatureOutOfACommit) {
  const std::string head =
      "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a> 1 +0000\ncommitter A <a> 1 "
      "+0000\n";
  const std::string signature =
      "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n";
  const std::string header =
      "gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n";
  auto object = SplitCommit({}, head + header + "encoding x\n\nmessage\ngpgsig no header\n");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(object->signature, signature);
  EXPECT_EQ(object->payload, head + "encoding x\n\nmessage\ngpgsig no header\n");
  EXPECT_EQ(SignatureType(object->signature), "openpgp");
  object = SplitCommit({}, head + "\nmessage\n");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(SignatureType(object->signature), "empty");
  EXPECT_FALSE(SplitCommit({}, head + header + header + "\nm\n").ok())
      << "which of the two would it be";
}

TEST(SignedObjectTest, CutsTheSignatureOffATag) {
  const std::string head =
      "object 4b825dc642cb6eb9a060e54bf8d69288fbee4904\ntype commit\ntag v1.0.0\ntagger A <a> 1 "
      "+0000\n\nmessage\n";
  const std::string signature = "-----BEGIN SSH SIGNATURE-----\nabc\n-----END SSH SIGNATURE-----\n";
  auto object = SplitTag({}, head + signature);
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(object->tag_name, "v1.0.0");
  EXPECT_EQ(object->payload, head);
  EXPECT_EQ(object->signature, signature);
  EXPECT_EQ(SignatureType(object->signature), "ssh");
  object = SplitTag({}, head + signature + "more\n" + signature);
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(object->payload, head + signature + "more\n") << "the last one counts";
  EXPECT_EQ(SplitTag({}, head)->signature, "");
  EXPECT_EQ(SignatureType("-----BEGIN SIGNED MESSAGE-----\n"), "x509");
  EXPECT_EQ(SignatureType("hello"), "unknown");
}

}  // namespace
}  // namespace sluice::git
