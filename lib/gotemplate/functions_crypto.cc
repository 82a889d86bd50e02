// sprig's hashes, ciphers, passwords, keys and certificates (spec §7.10), and its random texts.
#include <crypt.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "base/encoding.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "certificate.h"
#include "gotemplate/function.h"
#include "gotemplate/template.h"
#include "libcrypto.h"
#include "master_password.h"
#include "private_key.h"
#include "random_text.h"

namespace sluice::gotemplate {
namespace {

using base::Result;
using base::Status;

constexpr size_t kMaxRandom = 1 << 20;  // characters of one random text
constexpr int kCertificateBits = 2048, kKeyBits = 4096;

// What is slow by design, in nodes that would take the executor as long: some hundred of them fill
// a run.
constexpr uint64_t kPasswordSteps = 1'000'000, kCertificateSteps = 2'000'000,
                   kKeySteps = 10'000'000;

// Before such work.
Status CheckTime(Call& call, uint64_t steps) {
  call.execution.Spend(steps);
  return call.environment.Expired() ? base::DeadlineExceeded("the render takes too long")
                                    : Status();
}

const unsigned char* Bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

// --- hashes ---

Result<Value> Digest(Call& call, decltype(&::EVP_sha1) LibCrypto::*algorithm) {
  SLUICE_TRY(const LibCrypto* ssl, LoadLibCrypto());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const std::string_view text = call[0].text();
  if (ssl->EVP_Digest(text.data(), text.size(), digest.data(), &size, (ssl->*algorithm)(),
                      nullptr) != 1)
    return base::Internal("hash failed");
  return call.String(base::HexEncode({reinterpret_cast<const char*>(digest.data()), size}));
}

Result<Value> Sha1Sum(Call& call) { return Digest(call, &LibCrypto::EVP_sha1); }
Result<Value> Sha512Sum(Call& call) { return Digest(call, &LibCrypto::EVP_sha512); }
Result<Value> Sha256Sum(Call& call) { return call.String(base::Sha256Hex(call[0].text())); }

Result<Value> Adler32Sum(Call& call) {
  constexpr uint32_t kModulus = 65521;
  uint32_t a = 1, b = 0;
  for (const char c : call[0].text()) {
    a = (a + static_cast<unsigned char>(c)) % kModulus;
    b = (b + a) % kModulus;
  }
  return call.String(std::to_string(b << 16 | a));
}

// --- passwords ---

// Cost 10, as Go's default; the message where the password cannot be hashed.
std::string Bcrypt(Environment& environment, std::string_view password) {
  constexpr std::string_view kFailure = "failed to encrypt string with bcrypt: ";
  if (password.size() > 72) return base::Cat(kFailure, "bcrypt: password length exceeds 72 bytes");
  if (password.find('\0') != password.npos)
    return base::Cat(kFailure, "bcrypt: password contains a NUL byte");
  constexpr std::string_view kAlphabet =
      "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const std::string salt = RandomBytes(environment, 16);
  std::string setting = "$2b$10$";
  // Base64 of bcrypt's own alphabet, 22 characters.
  uint32_t bits = 0;
  int held = 0;
  for (const char c : salt) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) setting += kAlphabet[bits >> (held - 6) & 63];
  }
  setting += kAlphabet[bits << (6 - held) & 63];
  const auto data = std::make_unique<crypt_data>();
  const std::string phrase(password);
  // Not crypt_r: the address sanitizer's stand-in for it does not find the static one.
  const char* const hash =
      crypt_rn(phrase.c_str(), setting.c_str(), data.get(), sizeof(crypt_data));
  std::string out = hash != nullptr && hash[0] == '$'
                        ? hash
                        : base::Cat(kFailure, "bcrypt is not supported here");
  explicit_bzero(data.get(), sizeof(crypt_data));
  if (out.starts_with("$2b$")) out[2] = 'a';  // the same algorithm by the name Go gives it
  return out;
}

Result<Value> BcryptFunction(Call& call) {
  SLUICE_TRY(CheckTime(call, kPasswordSteps));
  return call.String(Bcrypt(call.environment, call[0].text()));
}

Result<Value> Htpasswd(Call& call) {
  const std::string_view user = call[0].text();
  if (user.find(':') != user.npos) return call.String(base::Cat("invalid username: ", user));
  SLUICE_TRY(CheckTime(call, kPasswordSteps));
  return call.String(base::Cat(user, ":", Bcrypt(call.environment, call[1].text())));
}

Result<Value> DerivePassword(Call& call) {
  if (!IsPasswordType(call[1].text()))
    return call.String(base::Cat("cannot find password template ", call[1].text()));
  SLUICE_TRY(CheckTime(call, kPasswordSteps));
  SLUICE_TRY(const std::string password,
             MasterPassword(static_cast<uint32_t>(call[0].uint_value()), call[1].text(),
                            call[2].text(), call[3].text(), call[4].text()));
  return call.String(password);
}

// --- AES-256-CBC ---

constexpr size_t kAesBlock = 16, kAesKey = 32;

std::string AesKey(std::string_view password) {
  std::string key(password.substr(0, kAesKey));
  key.resize(kAesKey);
  return key;
}

// `text` in whole blocks.
Result<std::string> Cipher(std::string_view password, std::string_view iv, std::string_view text,
                           bool encrypt) {
  SLUICE_TRY(const LibCrypto* ssl, LoadLibCrypto());
  const Owned<EVP_CIPHER_CTX> context(ssl->EVP_CIPHER_CTX_new(), ssl->EVP_CIPHER_CTX_free);
  const std::string key = AesKey(password);
  std::string out(text.size() + kAesBlock, '\0');
  int size = 0;
  if (!context || text.size() > INT32_MAX ||
      ssl->EVP_CipherInit_ex(context.get(), ssl->EVP_aes_256_cbc(), nullptr, Bytes(key), Bytes(iv),
                             encrypt ? 1 : 0) != 1 ||
      ssl->EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      ssl->EVP_CipherUpdate(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                            Bytes(text), static_cast<int>(text.size())) != 1) {
    return base::Internal("cipher failed");
  }
  out.resize(static_cast<size_t>(size));
  return out;
}

Result<Value> EncryptAes(Call& call) {
  if (call[1].text().empty()) return Value::String("");
  std::string text(call[1].text());
  const size_t padding = kAesBlock - text.size() % kAesBlock;
  text.append(padding, static_cast<char>(padding));
  const std::string iv = RandomBytes(call.environment, kAesBlock);
  SLUICE_TRY(const std::string encrypted, Cipher(call[0].text(), iv, text, true));
  return call.String(base::Base64Encode(iv + encrypted));
}

Status OutOfBounds(std::string_view what) {
  return base::InvalidArgument(base::Cat("runtime error: slice bounds out of range ", what));
}

Result<Value> DecryptAes(Call& call) {
  if (call[1].text().empty()) return Value::String("");
  SLUICE_TRY(const std::string data, base::Base64Decode(call[1].text()));
  if (data.size() < kAesBlock)
    return OutOfBounds(base::Cat("[:16] with capacity ", std::to_string(data.size())));
  const std::string_view iv = std::string_view(data).substr(0, kAesBlock),
                         encrypted = std::string_view(data).substr(kAesBlock);
  if (encrypted.size() % kAesBlock != 0)
    return base::InvalidArgument("crypto/cipher: input not full blocks");
  if (encrypted.empty()) return base::InvalidArgument("runtime error: index out of range [-1]");
  SLUICE_TRY(const std::string text, Cipher(call[0].text(), iv, encrypted, false));
  const size_t padding = static_cast<unsigned char>(text.back());
  if (padding > text.size())
    return OutOfBounds(base::Cat("[:-", std::to_string(padding - text.size()), "]"));
  return call.String(std::string_view(text).substr(0, text.size() - padding));
}

// --- random texts ---

template <const std::string_view& alphabet>
Result<Value> RandomOf(Call& call) {
  const int64_t n = call[0].int_value();
  if (n <= 0) return Value::String("");
  if (static_cast<uint64_t>(n) > kMaxRandom)
    return base::ResourceExhausted("random text exceeds the limit");
  return call.String(RandomText(call.environment, static_cast<size_t>(n), alphabet));
}

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLettersAndDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kAscii =
    " !\"#$%&'()*+,-./"
    "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

Result<Value> RandBytes(Call& call) {
  const int64_t n = call[0].int_value();
  if (n < 0) return base::InvalidArgument("runtime error: makeslice: len out of range");
  if (static_cast<uint64_t>(n) > kMaxRandom)
    return base::ResourceExhausted("random text exceeds the limit");
  return call.String(base::Base64Encode(RandomBytes(call.environment, static_cast<size_t>(n))));
}

Result<Value> Uuid(Call& call) { return call.String(RandomUuid(call.environment)); }

// --- keys and certificates ---

Result<Value> GenPrivateKey(Call& call) {
  using Kind = PrivateKey::Kind;
  constexpr std::pair<std::string_view, Kind> kKinds[] = {{"", Kind::kRsa},
                                                          {"rsa", Kind::kRsa},
                                                          {"dsa", Kind::kDsa},
                                                          {"ecdsa", Kind::kEcdsa},
                                                          {"ed25519", Kind::kEd25519}};
  const auto* kind =
      std::ranges::find(kKinds, call[0].text(), [](const auto& k) { return k.first; });
  if (kind == std::end(kKinds)) return call.String(base::Cat("Unknown type ", call[0].text()));
  SLUICE_TRY(
      CheckTime(call, kind->second == Kind::kRsa || kind->second == Kind::kDsa ? kKeySteps : 0));
  const auto key = PrivateKey::Generate(kind->second, kKeyBits);
  if (!key.ok())
    return call.String(base::Cat("failed to generate private key: ", key.status().message()));
  SLUICE_TRY(const std::string pem, key->ToPem());
  return call.String(pem);
}

// The key of a new certificate: given as PEM, or RSA.
Result<PrivateKey> KeyFor(Call& call, const Value* pem) {
  SLUICE_TRY(CheckTime(call, pem == nullptr ? kCertificateSteps : 0));
  if (pem != nullptr) return PrivateKey::FromPem(pem->text()).Wrap("parsing private key");
  return PrivateKey::Generate(PrivateKey::Kind::kRsa, kCertificateBits)
      .Wrap("error generating rsa key");
}

Result<Value> Certify(Call& call, const CertificateRequest& request, const Value* pem,
                      const CertificatePair* issuer = nullptr) {
  SLUICE_TRY(const PrivateKey key, KeyFor(call, pem));
  SLUICE_TRY(CertificatePair pair, MakeCertificate(call.environment, request, key, issuer));
  return NewCertificate(call.heap, std::move(pair));
}

CertificateRequest CaRequest(Call& call) {
  return {.common_name = call[0].text(), .days = call[1].int_value(), .is_ca = true};
}
CertificateRequest HostRequest(Call& call) {
  return {.common_name = call[0].text(),
          .ips = &call[1].list(),
          .dns_names = &call[2].list(),
          .days = call[3].int_value()};
}

const CertificatePair& IssuerArgument(const Value& value) {
  static const CertificatePair none;  // Go's zero certificate: it cannot be decoded
  const CertificatePair* pair = CertificateOf(value);
  return pair != nullptr ? *pair : none;
}

Result<Value> GenCa(Call& call) { return Certify(call, CaRequest(call), nullptr); }
Result<Value> GenCaWithKey(Call& call) { return Certify(call, CaRequest(call), &call[2]); }
Result<Value> GenSelfSignedCert(Call& call) { return Certify(call, HostRequest(call), nullptr); }
Result<Value> GenSelfSignedCertWithKey(Call& call) {
  return Certify(call, HostRequest(call), &call[4]);
}
Result<Value> GenSignedCert(Call& call) {
  return Certify(call, HostRequest(call), nullptr, &IssuerArgument(call[4]));
}
Result<Value> GenSignedCertWithKey(Call& call) {
  return Certify(call, HostRequest(call), &call[5], &IssuerArgument(call[4]));
}

Result<Value> BuildCustomCert(Call& call) {
  SLUICE_TRY(CertificatePair pair, CheckCertificate(call[0].text(), call[1].text()));
  return NewCertificate(call.heap, std::move(pair));
}

constexpr auto kFunctions = std::to_array<Function>({
    {"adler32sum", "S>S", Adler32Sum},
    {"bcrypt", "S>S", BcryptFunction},
    {"buildCustomCert", "SS>C", BuildCustomCert},
    {"decryptAES", "SS>S", DecryptAes},
    {"derivePassword", "USSSS>S", DerivePassword},
    {"encryptAES", "SS>S", EncryptAes},
    {"genCA", "SI>C", GenCa},
    {"genCAWithKey", "SIS>C", GenCaWithKey},
    {"genPrivateKey", "S>S", GenPrivateKey},
    {"genSelfSignedCert", "SVVI>C", GenSelfSignedCert},
    {"genSelfSignedCertWithKey", "SVVIS>C", GenSelfSignedCertWithKey},
    {"genSignedCert", "SVVIC>C", GenSignedCert},
    {"genSignedCertWithKey", "SVVICS>C", GenSignedCertWithKey},
    {"htpasswd", "SS>S", Htpasswd},
    {"randAlpha", "I>S", RandomOf<kLetters>},
    {"randAlphaNum", "I>S", RandomOf<kLettersAndDigits>},
    {"randAscii", "I>S", RandomOf<kAscii>},
    {"randBytes", "I>S", RandBytes},
    {"randNumeric", "I>S", RandomOf<kDigits>},
    {"sha1sum", "S>S", Sha1Sum},
    {"sha256sum", "S>S", Sha256Sum},
    {"sha512sum", "S>S", Sha512Sum},
    {"uuidv4", ">S", Uuid},
});
static_assert(std::ranges::is_sorted(kFunctions, {}, &Function::name));

}  // namespace

std::span<const Function> CryptoFunctions() { return kFunctions; }

}  // namespace sluice::gotemplate
