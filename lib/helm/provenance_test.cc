#include "helm/provenance.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace sluice::helm {
namespace {

std::string Load(const std::string& name) {
  std::ifstream file(SLUICE_TESTDATA "/provenance/" + name, std::ios::binary);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

TEST(ProvenanceTest, AcceptsWhatWasSigned) {
  const auto ring = pgp::Keyring::Import(Load("ring.asc"));
  ASSERT_TRUE(ring.ok());
  const auto got = VerifyProvenance(Load("demo-0.1.0.tgz"), Load("demo-0.1.0.tgz.prov"),
                                    "demo-0.1.0.tgz", *ring);
  ASSERT_TRUE(got.ok()) << got.status().message();
  EXPECT_EQ(got->metadata.name, "demo");
  EXPECT_EQ(got->file_hash,
            "sha256:92946627e2716e47dd249c61a37f35117a95e054ce8e0f8f5be88f313f59712f");
  EXPECT_EQ(got->signer.user_ids.front(), "Sluice Test <test@example.com>");
}

// CVE-2026-35205: whatever is missing or differs is an error.
TEST(ProvenanceTest, FailsClosed) {
  const std::string archive = Load("demo-0.1.0.tgz"), prov = Load("demo-0.1.0.tgz.prov");
  std::string tampered = prov;
  tampered.replace(tampered.find("sha256:92"), 9, "sha256:93");
  const struct {
    std::string what, archive, prov, name, ring, message;
  } cases[] = {
      {"no signature file", archive, "", "demo-0.1.0.tgz", "ring.asc", "signature block not found"},
      {"plain text", archive, "name: demo\n...\nfiles: {}\n", "demo-0.1.0.tgz", "ring.asc",
       "signature block not found"},
      {"other archive", archive + "x", prov, "demo-0.1.0.tgz", "ring.asc",
       "sha256 sum does not match for demo-0.1.0.tgz: "
       "\"sha256:92946627e2716e47dd249c61a37f35117a95e054ce8e0f8f5be88f313f59712f\" != "
       "\"sha256:9cc7b85e5e6cbc3f8c3e4ba1e3c6a14e\""},
      {"other name", archive, prov, "x.tgz", "ring.asc",
       "provenance does not contain a SHA for a file named \"x.tgz\""},
      {"other key", archive, prov, "demo-0.1.0.tgz", "other.asc", "no matching key"},
      {"changed text", archive, tampered, "demo-0.1.0.tgz", "ring.asc", "invalid signature"},
      {"one part", archive, Load("one-part.prov"), "demo-0.1.0.tgz", "ring.asc",
       "message block must have at least two parts"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const auto ring = pgp::Keyring::Import(Load(c.ring));
    ASSERT_TRUE(ring.ok());
    const auto got = VerifyProvenance(c.archive, c.prov, c.name, *ring);
    ASSERT_FALSE(got.ok());
    const std::string& message = got.status().message();
    EXPECT_EQ(message.substr(0, message.find("!=")), c.message.substr(0, c.message.find("!=")))
        << message;
  }
}

}  // namespace
}  // namespace sluice::helm
