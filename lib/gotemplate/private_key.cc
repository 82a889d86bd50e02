#include "private_key.h"

#include <openssl/evp.h>

#include "base/strings.h"
#include "der.h"
#include "go_x509.h"

namespace sluice::gotemplate {
namespace {

using base::Result;
using base::Status;

Status Failed(const LibCrypto& ssl, std::string_view what) {
  ssl.ERR_clear_error();
  return base::InvalidArgument(std::string(what));
}

// DER that libcrypto writes in two calls: for the size, then for the bytes.
template <class Write>
Result<std::string> WriteDer(const LibCrypto& ssl, Write write) {
  const int size = write(nullptr);
  if (size <= 0) return Failed(ssl, "cannot encode");
  std::string out(static_cast<size_t>(size), '\0');
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  if (write(&to) != size) return Failed(ssl, "cannot encode");
  return out;
}

const unsigned char* Bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

constexpr std::string_view kSuffix = " PRIVATE KEY";

Status CheckBlock(const der::PemBlock& block) {
  if (block.type == "PRIVATE KEY") return CheckPkcs8Key(block.bytes).Wrap("decoding PEM as PKCS#8");
  if (!block.type.ends_with(kSuffix))
    return base::InvalidArgument(
        base::Cat("no private key data in PEM block of type ", block.type));
  const std::string type = block.type.substr(0, block.type.size() - kSuffix.size());
  const auto check = type == "RSA"   ? CheckPkcs1Key
                     : type == "EC"  ? CheckEcKey
                     : type == "DSA" ? CheckDsaKey
                                     : nullptr;
  if (check == nullptr)
    return base::InvalidArgument(base::Cat("invalid private key type ", block.type));
  return check(block.bytes).Wrap(base::Cat("parsing ", type, " private key from PEM"));
}

EVP_PKEY* GenerateKey(const LibCrypto& ssl, EVP_PKEY_CTX* raw, PrivateKey::Kind kind, int bits) {
  const Owned<EVP_PKEY_CTX> context(raw, ssl.EVP_PKEY_CTX_free);
  if (!context || ssl.EVP_PKEY_keygen_init(context.get()) <= 0) return nullptr;
  if (kind == PrivateKey::Kind::kRsa &&
      ssl.EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) <= 0)
    return nullptr;
  if (kind == PrivateKey::Kind::kEcdsa &&
      ssl.EVP_PKEY_CTX_set_group_name(context.get(), "P-256") <= 0)
    return nullptr;
  EVP_PKEY* key = nullptr;
  return ssl.EVP_PKEY_generate(context.get(), &key) <= 0 ? nullptr : key;
}

EVP_PKEY* GenerateDsa(const LibCrypto& ssl) {
  const Owned<EVP_PKEY_CTX> context(ssl.EVP_PKEY_CTX_new_from_name(nullptr, "DSA", nullptr),
                                    ssl.EVP_PKEY_CTX_free);
  EVP_PKEY* parameters = nullptr;
  if (!context || ssl.EVP_PKEY_paramgen_init(context.get()) <= 0 ||
      ssl.EVP_PKEY_CTX_set_dsa_paramgen_bits(context.get(), 2048) <= 0 ||
      ssl.EVP_PKEY_CTX_set_dsa_paramgen_q_bits(context.get(), 256) <= 0 ||
      ssl.EVP_PKEY_generate(context.get(), &parameters) <= 0) {
    return nullptr;
  }
  const Owned<EVP_PKEY> owned(parameters, ssl.EVP_PKEY_free);
  return GenerateKey(ssl, ssl.EVP_PKEY_CTX_new_from_pkey(nullptr, parameters, nullptr),
                     PrivateKey::Kind::kDsa, 0);
}

}  // namespace

Result<PrivateKey> PrivateKey::Generate(Kind kind, int bits) {
  SLUICE_TRY(const LibCrypto* ssl, LoadLibCrypto());
  EVP_PKEY* key = nullptr;
  if (kind == Kind::kDsa) {
    key = GenerateDsa(*ssl);
  } else {
    const char* const name = kind == Kind::kRsa ? "RSA" : kind == Kind::kEcdsa ? "EC" : "ED25519";
    key = GenerateKey(*ssl, ssl->EVP_PKEY_CTX_new_from_name(nullptr, name, nullptr), kind, bits);
  }
  if (key == nullptr) return Failed(*ssl, "no key could be made");
  return PrivateKey(ssl, kind, key);
}

Status PrivateKey::CheckPem(std::string_view pem) {
  const auto block = der::DecodePem(pem);
  return block ? CheckBlock(*block) : base::InvalidArgument("no PEM data in input");
}

Result<PrivateKey> PrivateKey::FromPem(std::string_view pem) {
  const auto block = der::DecodePem(pem);
  if (!block) return base::InvalidArgument("no PEM data in input");
  SLUICE_TRY(CheckBlock(*block));
  SLUICE_TRY(const LibCrypto* ssl, LoadLibCrypto());
  const unsigned char* at = Bytes(block->bytes);
  const auto size = static_cast<long>(block->bytes.size());
  if (block->type == "PRIVATE KEY") {
    const Owned<PKCS8_PRIV_KEY_INFO> info(ssl->d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, size),
                                          ssl->PKCS8_PRIV_KEY_INFO_free);
    EVP_PKEY* const key = info ? ssl->EVP_PKCS82PKEY(info.get()) : nullptr;
    if (key == nullptr)
      return Failed(*ssl, "decoding PEM as PKCS#8: x509: failed to parse private key");
    switch (ssl->EVP_PKEY_get_base_id(key)) {
      case EVP_PKEY_RSA:
        return PrivateKey(ssl, Kind::kRsa, key);
      case EVP_PKEY_EC:
        return PrivateKey(ssl, Kind::kEcdsa, key);
      case EVP_PKEY_X25519:
        return PrivateKey(ssl, Kind::kX25519, key);
      case EVP_PKEY_ED25519:
        return PrivateKey(ssl, Kind::kEd25519, key);
      default:
        break;
    }
    ssl->EVP_PKEY_free(key);
    return base::InvalidArgument(
        "decoding PEM as PKCS#8: x509: PKCS#8 wrapping contained private key with unknown "
        "algorithm");
  }
  const std::string type = block->type.substr(0, block->type.size() - kSuffix.size());
  constexpr struct {
    std::string_view name;
    Kind kind;
    int id;
  } kKinds[] = {{"RSA", Kind::kRsa, EVP_PKEY_RSA},
                {"EC", Kind::kEcdsa, EVP_PKEY_EC},
                {"DSA", Kind::kDsa, EVP_PKEY_DSA}};
  for (const auto& k : kKinds) {
    if (k.name != type) continue;
    EVP_PKEY* const key = ssl->d2i_PrivateKey(k.id, nullptr, &at, size);
    if (key == nullptr)
      return Failed(
          *ssl, base::Cat("parsing ", type, " private key from PEM: x509: failed to parse ", type,
                          " private key"));
    return PrivateKey(ssl, k.kind, key);
  }
  return base::InvalidArgument(base::Cat("invalid private key type ", block->type));
}

Result<std::string> PrivateKey::ToPem() const {
  if (kind_ != Kind::kEd25519) {
    SLUICE_TRY(const std::string bytes, WriteDer(*ssl_, [&](unsigned char** to) {
                 return ssl_->i2d_PrivateKey(get(), to);
               }));
    return der::EncodePem(kind_ == Kind::kRsa   ? "RSA PRIVATE KEY"
                          : kind_ == Kind::kDsa ? "DSA PRIVATE KEY"
                                                : "EC PRIVATE KEY",
                          bytes);
  }
  const Owned<PKCS8_PRIV_KEY_INFO> info(ssl_->EVP_PKEY2PKCS8(get()),
                                        ssl_->PKCS8_PRIV_KEY_INFO_free);
  if (!info) return Failed(*ssl_, "cannot encode");
  SLUICE_TRY(const std::string bytes, WriteDer(*ssl_, [&](unsigned char** to) {
               return ssl_->i2d_PKCS8_PRIV_KEY_INFO(info.get(), to);
             }));
  return der::EncodePem("PRIVATE KEY", bytes);
}

Result<std::string> PrivateKey::PublicKeyInfo() const {
  return WriteDer(*ssl_, [&](unsigned char** to) { return ssl_->i2d_PUBKEY(get(), to); });
}

// ECDSA's goes with the curve's size; Ed25519 has its own.
const EVP_MD* PrivateKey::Hash() const {
  if (kind_ == Kind::kEd25519) return nullptr;
  const int bits = kind_ == Kind::kEcdsa ? ssl_->EVP_PKEY_get_bits(get()) : 0;
  return bits > 384 ? ssl_->EVP_sha512() : bits > 256 ? ssl_->EVP_sha384() : ssl_->EVP_sha256();
}

Result<std::string> PrivateKey::Sign(std::string_view bytes) const {
  const Owned<EVP_MD_CTX> context(ssl_->EVP_MD_CTX_new(), ssl_->EVP_MD_CTX_free);
  size_t size = 0;
  if (!context || ssl_->EVP_DigestSignInit(context.get(), nullptr, Hash(), nullptr, get()) <= 0 ||
      ssl_->EVP_DigestSign(context.get(), nullptr, &size, Bytes(bytes), bytes.size()) <= 0) {
    return Failed(*ssl_, "cannot sign");
  }
  std::string out(size, '\0');
  if (ssl_->EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                           Bytes(bytes), bytes.size()) <= 0) {
    return Failed(*ssl_, "cannot sign");
  }
  out.resize(size);
  return out;
}

Result<std::string> PrivateKey::AlgorithmIdentifier() const {
  switch (kind_) {
    case Kind::kRsa:  // sha256WithRSAEncryption, NULL
      return der::Element(der::kSequence, {der::Oid("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"),
                                           std::string_view("\x05\x00", 2)});
    case Kind::kEcdsa: {  // ecdsa-with-SHA256, -SHA384, -SHA512
      const int bits = ssl_->EVP_PKEY_get_bits(get());
      const char last = bits > 384 ? '\x04' : bits > 256 ? '\x03' : '\x02';
      return der::Element(der::kSequence,
                          der::Oid(std::string("\x2a\x86\x48\xce\x3d\x04\x03") + last));
    }
    case Kind::kEd25519:
      return der::Element(der::kSequence, der::Oid("\x2b\x65\x70"));
    case Kind::kX25519:
    case Kind::kDsa:
      break;
  }
  return base::InvalidArgument("x509: certificate private key does not implement crypto.Signer");
}

}  // namespace sluice::gotemplate
