#include <gtest/gtest.h>

#include <string>

#include "base/encoding.h"
#include "base/strings.h"
#include "certificate.h"
#include "der.h"
#include "libcrypto.h"
#include "test_functions.h"

namespace sluice::gotemplate {
namespace {

TEST(CryptoFunctionsTest, AnswersAsSprig) {
  Functions f;
  const struct {
    std::string_view name;
    std::vector<Value> args;
    std::string_view text;
  } cases[] = {
      {"sha1sum", {S("abc")}, "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {"sha256sum", {S("")}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"adler32sum", {S("Wikipedia")}, "300286872"},
      {"derivePassword",
       {Value::Uint32(1), S("long"), S("password"), S("user"), S("example.com")},
       "ZedaFaxcZaso9*"},
      {"derivePassword",
       {Value::Uint32(1), S("x"), S(""), S(""), S("")},
       "cannot find password template x"},
      {"decryptAES",
       {S("secretkey"), S("30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=")},
       "plaintext"},
      {"decryptAES",
       {S("k"), S("YWJj")},
       "!runtime error: slice bounds out of range [:16] with capacity 3"},
      {"decryptAES",
       {S("k"), S("AAAAAAAAAAAAAAAAAAAAAA==")},
       "!runtime error: index out of range [-1]"},
      {"decryptAES",
       {S("k"), S("AAAAAAAAAAAAAAAAAAAAAAA=")},
       "!crypto/cipher: input not full blocks"},
      {"encryptAES", {S("k"), S("")}, ""},
      {"htpasswd", {S("a:b"), S("p")}, "invalid username: a:b"},
      {"bcrypt",
       {S(std::string(73, 'x').c_str())},
       "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"},
      {"genPrivateKey", {S("x")}, "Unknown type x"},
      {"randAlpha", {I(5)}, "HHHHH"},  // the test's bytes are all 7
      {"randNumeric", {I(-1)}, ""},
      {"randAlphaNum", {I(int64_t{1} << 40)}, "!random text exceeds the limit"},
      {"randBytes", {I(-1)}, "!runtime error: makeslice: len out of range"},
      {"uuidv4", {}, "07070707-0707-4707-8707-070707070707"},
      {"buildCustomCert", {S("!"), S("")}, "!unable to decode base64 certificate"},
      {"buildCustomCert", {S(""), S("!")}, "!unable to decode base64 private key"},
      {"buildCustomCert", {S("YQ=="), S("YQ==")}, "!unable to decode certificate"},
      {"genCAWithKey", {S("ca"), I(1), S("x")}, "!parsing private key: no PEM data in input"},
  };
  for (const auto& c : cases) EXPECT_EQ(f.Text(c.name, c.args), c.text) << c.name;
}

TEST(CryptoFunctionsTest, BcryptIsOfCostTenAndGosName) {
  Functions f;
  const std::string hash = f.Text("bcrypt", {S("p")});
  EXPECT_EQ(hash.size(), 60u);
  EXPECT_TRUE(hash.starts_with("$2a$10$"));
  EXPECT_EQ(f.Text("htpasswd", {S("u"), S("p")}), "u:" + hash);
}

TEST(CryptoFunctionsTest, AesComesBack) {
  Functions f;
  const std::string password(40, 'k');
  for (const size_t size : {1u, 15u, 16u, 33u, 1000u}) {
    const std::string text(size, 'x'), encrypted = f.Text("encryptAES", {S(password), S(text)});
    EXPECT_EQ(base::Base64Decode(encrypted)->size(), 16 + (size / 16 + 1) * 16);
    EXPECT_EQ(f.Text("decryptAES", {S(password), S(encrypted)}), text);
  }
}

// A certificate as libcrypto reads it, with whether `issuer` signed it.
bool IsSignedBy(const std::string& certificate, const std::string& issuer) {
  const LibCrypto& ssl = **LoadLibCrypto();
  const auto read = [&](const std::string& pem) {
    const auto block = der::DecodePem(pem);
    const auto* at = reinterpret_cast<const unsigned char*>(block->bytes.data());
    return Owned<X509>(ssl.d2i_X509(nullptr, &at, static_cast<long>(block->bytes.size())),
                       ssl.X509_free);
  };
  const auto a = read(certificate), b = read(issuer);
  return a && b && ssl.X509_verify(a.get(), ssl.X509_get0_pubkey(b.get())) == 1;
}

TEST(CryptoFunctionsTest, CertificatesAreSignedByTheirIssuer) {
  for (const std::string_view type : {"ecdsa", "ed25519"}) {
    SCOPED_TRACE(type);
    Functions f;
    const std::string key = f.Text("genPrivateKey", {S(type)}),
                      other = f.Text("genPrivateKey", {S(type)});
    const auto ca = f.Call("genCAWithKey", {S("ca"), I(365), S(key)});
    ASSERT_TRUE(ca.ok()) << ca.status().message();
    const CertificatePair& issuer = *CertificateOf(*ca);
    EXPECT_TRUE(IsSignedBy(issuer.certificate, issuer.certificate));
    EXPECT_EQ(issuer.key, key);
    const Value ips = f.List({S("10.0.0.1"), S("::1")}), names = f.List({S("a.svc"), S("b.svc")});
    const auto leaf = f.Call("genSignedCertWithKey", {S("x"), ips, names, I(30), *ca, S(other)});
    ASSERT_TRUE(leaf.ok()) << leaf.status().message();
    EXPECT_TRUE(IsSignedBy(CertificateOf(*leaf)->certificate, issuer.certificate));
    EXPECT_FALSE(IsSignedBy(CertificateOf(*leaf)->certificate, CertificateOf(*leaf)->certificate));
    const auto self =
        f.Call("genSelfSignedCertWithKey", {S("x"), f.List({}), f.List({}), I(30), S(other)});
    ASSERT_TRUE(self.ok()) << self.status().message();
    EXPECT_TRUE(IsSignedBy(CertificateOf(*self)->certificate, CertificateOf(*self)->certificate));
    const auto built = f.Call("buildCustomCert", {S(f.Text("b64enc", {S(issuer.certificate)})),
                                                  S(f.Text("b64enc", {S(issuer.key)}))});
    ASSERT_TRUE(built.ok()) << built.status().message();
    EXPECT_EQ(CertificateOf(*built)->certificate, issuer.certificate);
    // Another's key does not sign for this certificate.
    const Value mixed = NewCertificate(f.heap(), {issuer.certificate, other});
    EXPECT_EQ(
        f.Text("genSignedCertWithKey", {S("x"), ips, names, I(30), mixed, S(other)}),
        "!error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey");
    EXPECT_EQ(
        f.Text("genSignedCertWithKey", {S("x"), f.List({S("bad")}), names, I(30), *ca, S(other)}),
        "!error parsing ip: bad");
    EXPECT_EQ(f.Text("genSignedCertWithKey", {S("x"), ips, f.List({I(5)}), I(30), *ca, S(other)}),
              "!error processing alternate dns name: 5 is not a string");
    EXPECT_EQ(f.Text("genSignedCertWithKey",
                     {S("x"), ips, f.List({S("\xc3\xa9")}), I(30), *ca, S(other)}),
              "!error creating certificate: x509: \"\xc3\xa9\" cannot be encoded as an IA5String");
    EXPECT_EQ(f.Text("genCAWithKey", {S("ca"), I(10'000'000), S(key)}).substr(0, 1), "{")
        << "Go's wrapped durations are served";
  }
}

TEST(CryptoFunctionsTest, PemIsReadAsGoReadsIt) {
  const std::string pem = der::EncodePem("X", std::string(100, 'a'));
  const struct {
    std::string text;
    bool good;
  } cases[] = {
      {pem, true},
      {"text before\n" + pem + "and after", true},
      {"x" + pem, false},
      {base::ReplaceAll(pem, "\n", "\r\n"), true},
      {base::ReplaceAll(pem, "-----\nY", "-----\nA: b\n\nY"), true},
      {base::ReplaceAll(pem, "END X", "END Y"), false},
      {"-----BEGIN X-----", false},
  };
  for (const auto& c : cases) {
    const auto block = der::DecodePem(c.text);
    ASSERT_EQ(block.has_value(), c.good) << c.text;
    if (block) {
      EXPECT_EQ(block->bytes, std::string(100, 'a'));
    }
  }
}

}  // namespace
}  // namespace sluice::gotemplate
