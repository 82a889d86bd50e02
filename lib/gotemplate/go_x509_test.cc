#include "go_x509.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "certificate.h"
#include "der.h"
#include "test_functions.h"

namespace sluice::gotemplate {
namespace {

TEST(GoX509Test, TellsKeysApartAsGo) {
  const std::string integer = der::Unsigned("\x05"), one = der::Unsigned("\x01"),
                    none = der::Unsigned("");
  const std::string p256 = der::Oid("\x2a\x86\x48\xce\x3d\x03\x01\x07"),
                    ec = der::Oid("\x2a\x86\x48\xce\x3d\x02\x01");
  const std::string ec_key = der::Element(
      der::kSequence,
      {one, der::Element(der::kOctetString, std::string(32, 'k')), der::Element(0xa0, p256)});
  const struct {
    base::Status (*check)(std::string_view);
    std::string bytes, want;
  } cases[] = {
      {CheckPkcs1Key, "", "asn1: syntax error: sequence truncated"},
      {CheckPkcs1Key, "0", "asn1: syntax error: truncated tag or length"},
      {CheckPkcs1Key, "0\x80", "asn1: syntax error: indefinite length found (not DER)"},
      {CheckPkcs1Key, std::string("0\x81\x05", 3), "asn1: structure error: non-minimal length"},
      {CheckPkcs1Key, "0\x05", "asn1: syntax error: data truncated"},
      {CheckPkcs1Key, integer,
       "asn1: structure error: tags don't match (16 vs {class:0 tag:2 length:1 isCompound:false}) "
       "{optional:false explicit:false application:false "
       "private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false "
       "omitEmpty:false} pkcs1PrivateKey @2"},
      {CheckPkcs1Key, ec_key,
       "x509: failed to parse private key (use ParseECPrivateKey instead for this key format)"},
      {CheckPkcs1Key, der::Element(der::kSequence, {integer, one, one, one, one, one}),
       "x509: unsupported private key version"},
      {CheckPkcs1Key, der::Element(der::kSequence, {none, one, one, one, one, none}),
       "x509: private key contains zero or negative value"},
      {CheckPkcs1Key, der::Element(der::kSequence, {none, one, one, one, one, one}),
       "crypto/rsa: public exponent too small or negative"},
      {CheckPkcs1Key,
       der::Element(der::kSequence,
                    {none, der::Unsigned("\x0f"), der::Unsigned("\x03"), der::Unsigned("\x03"),
                     der::Unsigned("\x03"), der::Unsigned("\x07")}),
       "crypto/rsa: p * q != n"},
      {CheckEcKey, ec_key, ""},
      {CheckEcKey, der::Element(der::kSequence, {integer, der::Element(der::kOctetString, "k")}),
       "x509: unknown EC private key version 5"},
      {CheckEcKey, der::Element(der::kSequence, {one, der::Element(der::kOctetString, "k")}),
       "x509: unknown elliptic curve"},
      {CheckPkcs8Key, ec_key,
       "x509: failed to parse private key (use ParseECPrivateKey instead for this key format)"},
      {CheckPkcs8Key,
       der::Element(der::kSequence, {none, der::Element(der::kSequence, p256),
                                     der::Element(der::kOctetString, "k")}),
       "x509: PKCS#8 wrapping contained private key with unknown algorithm: 1.2.840.10045.3.1.7"},
      {CheckPkcs8Key,
       der::Element(der::kSequence, {none, der::Element(der::kSequence, {ec, p256}),
                                     der::Element(der::kOctetString, "")}),
       "x509: failed to parse EC private key embedded in PKCS#8: x509: failed to parse EC private "
       "key: asn1: syntax error: sequence truncated"},
      {CheckDsaKey, der::Element(der::kSequence, {none, one, one, one, one}),
       "asn1: syntax error: sequence truncated"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(base::HexEncode(c.bytes));
    EXPECT_EQ(c.check(c.bytes).message(), c.want);
  }
}

// Every byte of a certificate changed, and every end cut off: a text of Go's or none, and nothing
// else happens.
TEST(GoX509Test, TellsWhatIsWrongWithACertificate) {
  Functions f;
  const std::string key = f.Text("genPrivateKey", {S("ecdsa")});
  const auto made = f.Call("genSelfSignedCertWithKey",
                           {S("x"), f.List({S("10.0.0.1")}), f.List({S("a.b")}), I(30), S(key)});
  ASSERT_TRUE(made.ok()) << made.status().message();
  const std::string bytes = der::DecodePem(CertificateOf(*made)->certificate)->bytes;
  EXPECT_EQ(CheckX509(bytes).message(), "");
  EXPECT_EQ(CheckX509(bytes + "x").message(), "x509: trailing data");
  for (size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_EQ(CheckX509(bytes.substr(0, i)).message(), "x509: malformed certificate");
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x11);
    const base::Status status = CheckX509(changed);
    EXPECT_TRUE(status.ok() || status.code() == base::StatusCode::kInvalidArgument)
        << status.message();
  }
}

}  // namespace
}  // namespace sluice::gotemplate
