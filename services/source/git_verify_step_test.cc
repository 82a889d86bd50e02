// Signatures made by GnuPG and OpenSSH: the fixtures of lib/pgp and lib/git.
#include "git_verify_step.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace sluice::source {
namespace {

std::string Load(const std::string& file) {
  std::ifstream in(std::string(SLUICE_SOURCE_DIR) + "/lib/" + file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  EXPECT_TRUE(in.good()) << file;
  return out.str();
}

TEST(GitVerifyStepTest, TellsKeysByTheirNames) {
  const auto keys =
      VerificationKeys::From({{"a.asc", "1"}, {"b.sshpub", "2"}, {"c", "3"}, {"d.pub", "4"}});
  EXPECT_EQ(keys.pgp_rings, (std::vector<std::string>{"1", "3", "4"}));
  EXPECT_EQ(keys.ssh_keys, std::vector<std::string>{"2"});
}

TEST(GitVerifyStepTest, SaysWhoSignedOrWhyNobodyDid) {
  const std::string pgp = Load("pgp/testdata/alice.sig"), pgp_payload = Load("pgp/testdata/data"),
                    alice = Load("pgp/testdata/alice.asc");
  const std::string ssh = Load("git/testdata/sshsig/ed25519.sig"),
                    ssh_payload = Load("git/testdata/sshsig/payload");
  const std::string key = Load("git/testdata/sshsig/ed25519.pub"),
                    other = Load("git/testdata/sshsig/rsa.pub");
  const struct {
    bool tag;
    std::string payload, signature;
    VerificationKeys keys;
    std::string want;
  } cases[] = {
      {false, pgp_payload, pgp, {{alice}, {}}, "E05803AB0AF7AB86"},
      {true,
       pgp_payload,
       pgp,
       {{"broken", Load("pgp/testdata/bob.asc"), alice}, {}},
       "E05803AB0AF7AB86"},
      {false,
       pgp_payload + "x",
       pgp,
       {{alice}, {}},
       "unable to verify Git commit: unable to verify payload with any of the given key rings: no "
       "matching key"},
      {true,
       pgp_payload,
       pgp,
       {{Load("pgp/testdata/bob.asc")}, {}},
       "unable to verify Git tag: unable to verify payload with any of the given key rings: no "
       "matching key"},
      {false,
       pgp_payload,
       pgp,
       {{"broken"}, {}},
       "unable to verify Git commit: unable to read armored key ring: unexpected EOF"},
      {false,
       pgp_payload,
       pgp,
       {{}, {key}},
       "PGP signature detected but no PGP public keys found in secret (keys with .asc suffix)"},
      {false,
       ssh_payload,
       ssh,
       {{alice}, {}},
       "SSH signature detected but no SSH public keys found in secret (keys with .sshpub suffix)"},
      {false,
       ssh_payload,
       ssh,
       {{}, {other}},
       "unable to verify Git commit SSH signature: unable to verify payload with any of the given "
       "authorized keys: no matching key\n"
       "public key does not match"},
      {true,
       ssh_payload + "x",
       ssh,
       {{}, {key}},
       "unable to verify Git tag SSH signature: unable to verify payload with any of the given "
       "authorized keys: no matching key\n"
       "ssh: signature did not verify"},
      {false, ssh_payload, "", {{alice}, {key}}, "unsupported signature type: empty"},
      {false,
       ssh_payload,
       "-----BEGIN SIGNED MESSAGE-----\n",
       {{alice}, {key}},
       "unsupported signature type: x509"},
      {false, ssh_payload, "hello", {{alice}, {key}}, "unsupported signature type: unknown"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.want);
    git::SignedObject object;
    object.tag = c.tag;
    object.payload = c.payload;
    object.signature = c.signature;
    const auto who = VerifyGitObject(object, c.keys);
    EXPECT_EQ(who.ok() ? *who : who.status().message(), c.want);
  }
  git::SignedObject object;
  object.payload = ssh_payload;
  object.signature = ssh;
  EXPECT_EQ(VerifyGitObject(object, {{}, {other, key}})->substr(0, 7), "SHA256:");
}

}  // namespace
}  // namespace sluice::source
