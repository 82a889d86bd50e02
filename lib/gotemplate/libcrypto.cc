#include "libcrypto.h"

#include <dlfcn.h>

#include <optional>

namespace sluice::gotemplate {
namespace {

std::optional<LibCrypto> Load() {
  void* const library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  LibCrypto lib{};
  const struct {
    const char* name;
    void** function;
  } functions[] = {
      {"EVP_sha1", reinterpret_cast<void**>(&lib.EVP_sha1)},
      {"EVP_sha256", reinterpret_cast<void**>(&lib.EVP_sha256)},
      {"EVP_sha384", reinterpret_cast<void**>(&lib.EVP_sha384)},
      {"EVP_sha512", reinterpret_cast<void**>(&lib.EVP_sha512)},
      {"EVP_Digest", reinterpret_cast<void**>(&lib.EVP_Digest)},
      {"HMAC", reinterpret_cast<void**>(&lib.HMAC)},
      {"EVP_PBE_scrypt", reinterpret_cast<void**>(&lib.EVP_PBE_scrypt)},
      {"EVP_CIPHER_CTX_new", reinterpret_cast<void**>(&lib.EVP_CIPHER_CTX_new)},
      {"EVP_CIPHER_CTX_free", reinterpret_cast<void**>(&lib.EVP_CIPHER_CTX_free)},
      {"EVP_CIPHER_CTX_set_padding", reinterpret_cast<void**>(&lib.EVP_CIPHER_CTX_set_padding)},
      {"EVP_aes_256_cbc", reinterpret_cast<void**>(&lib.EVP_aes_256_cbc)},
      {"EVP_CipherInit_ex", reinterpret_cast<void**>(&lib.EVP_CipherInit_ex)},
      {"EVP_CipherUpdate", reinterpret_cast<void**>(&lib.EVP_CipherUpdate)},
      {"EVP_PKEY_CTX_new_from_name", reinterpret_cast<void**>(&lib.EVP_PKEY_CTX_new_from_name)},
      {"EVP_PKEY_CTX_new_from_pkey", reinterpret_cast<void**>(&lib.EVP_PKEY_CTX_new_from_pkey)},
      {"EVP_PKEY_CTX_free", reinterpret_cast<void**>(&lib.EVP_PKEY_CTX_free)},
      {"EVP_PKEY_CTX_set_dsa_paramgen_bits",
       reinterpret_cast<void**>(&lib.EVP_PKEY_CTX_set_dsa_paramgen_bits)},
      {"EVP_PKEY_CTX_set_dsa_paramgen_q_bits",
       reinterpret_cast<void**>(&lib.EVP_PKEY_CTX_set_dsa_paramgen_q_bits)},
      {"EVP_PKEY_CTX_set_group_name", reinterpret_cast<void**>(&lib.EVP_PKEY_CTX_set_group_name)},
      {"EVP_PKEY_CTX_set_rsa_keygen_bits",
       reinterpret_cast<void**>(&lib.EVP_PKEY_CTX_set_rsa_keygen_bits)},
      {"EVP_PKEY_paramgen_init", reinterpret_cast<void**>(&lib.EVP_PKEY_paramgen_init)},
      {"EVP_PKEY_keygen_init", reinterpret_cast<void**>(&lib.EVP_PKEY_keygen_init)},
      {"EVP_PKEY_generate", reinterpret_cast<void**>(&lib.EVP_PKEY_generate)},
      {"EVP_PKEY_free", reinterpret_cast<void**>(&lib.EVP_PKEY_free)},
      {"EVP_PKEY_eq", reinterpret_cast<void**>(&lib.EVP_PKEY_eq)},
      {"EVP_PKEY_get_base_id", reinterpret_cast<void**>(&lib.EVP_PKEY_get_base_id)},
      {"EVP_PKEY_get_bits", reinterpret_cast<void**>(&lib.EVP_PKEY_get_bits)},
      {"EVP_PKEY2PKCS8", reinterpret_cast<void**>(&lib.EVP_PKEY2PKCS8)},
      {"EVP_PKCS82PKEY", reinterpret_cast<void**>(&lib.EVP_PKCS82PKEY)},
      {"PKCS8_PRIV_KEY_INFO_free", reinterpret_cast<void**>(&lib.PKCS8_PRIV_KEY_INFO_free)},
      {"d2i_PKCS8_PRIV_KEY_INFO", reinterpret_cast<void**>(&lib.d2i_PKCS8_PRIV_KEY_INFO)},
      {"i2d_PKCS8_PRIV_KEY_INFO", reinterpret_cast<void**>(&lib.i2d_PKCS8_PRIV_KEY_INFO)},
      {"d2i_PrivateKey", reinterpret_cast<void**>(&lib.d2i_PrivateKey)},
      {"i2d_PrivateKey", reinterpret_cast<void**>(&lib.i2d_PrivateKey)},
      {"i2d_PUBKEY", reinterpret_cast<void**>(&lib.i2d_PUBKEY)},
      {"EVP_MD_CTX_new", reinterpret_cast<void**>(&lib.EVP_MD_CTX_new)},
      {"EVP_MD_CTX_free", reinterpret_cast<void**>(&lib.EVP_MD_CTX_free)},
      {"EVP_DigestSignInit", reinterpret_cast<void**>(&lib.EVP_DigestSignInit)},
      {"EVP_DigestSign", reinterpret_cast<void**>(&lib.EVP_DigestSign)},
      {"d2i_X509", reinterpret_cast<void**>(&lib.d2i_X509)},
      {"X509_free", reinterpret_cast<void**>(&lib.X509_free)},
      {"X509_get0_pubkey", reinterpret_cast<void**>(&lib.X509_get0_pubkey)},
      {"X509_verify", reinterpret_cast<void**>(&lib.X509_verify)},
      {"X509_get_subject_name", reinterpret_cast<void**>(&lib.X509_get_subject_name)},
      {"X509_get0_subject_key_id", reinterpret_cast<void**>(&lib.X509_get0_subject_key_id)},
      {"i2d_X509_NAME", reinterpret_cast<void**>(&lib.i2d_X509_NAME)},
      {"ASN1_STRING_get0_data", reinterpret_cast<void**>(&lib.ASN1_STRING_get0_data)},
      {"ASN1_STRING_length", reinterpret_cast<void**>(&lib.ASN1_STRING_length)},
      {"CRYPTO_free", reinterpret_cast<void**>(&lib.CRYPTO_free)},
      {"BN_bin2bn", reinterpret_cast<void**>(&lib.BN_bin2bn)},
      {"BN_new", reinterpret_cast<void**>(&lib.BN_new)},
      {"BN_free", reinterpret_cast<void**>(&lib.BN_free)},
      {"BN_CTX_new", reinterpret_cast<void**>(&lib.BN_CTX_new)},
      {"BN_CTX_free", reinterpret_cast<void**>(&lib.BN_CTX_free)},
      {"BN_sub", reinterpret_cast<void**>(&lib.BN_sub)},
      {"BN_mod_mul", reinterpret_cast<void**>(&lib.BN_mod_mul)},
      {"BN_nnmod", reinterpret_cast<void**>(&lib.BN_nnmod)},
      {"BN_cmp", reinterpret_cast<void**>(&lib.BN_cmp)},
      {"BN_is_one", reinterpret_cast<void**>(&lib.BN_is_one)},
      {"BN_is_odd", reinterpret_cast<void**>(&lib.BN_is_odd)},
      {"BN_num_bits", reinterpret_cast<void**>(&lib.BN_num_bits)},
      {"EC_GROUP_new_by_curve_name", reinterpret_cast<void**>(&lib.EC_GROUP_new_by_curve_name)},
      {"EC_GROUP_free", reinterpret_cast<void**>(&lib.EC_GROUP_free)},
      {"EC_GROUP_get_curve", reinterpret_cast<void**>(&lib.EC_GROUP_get_curve)},
      {"EC_POINT_new", reinterpret_cast<void**>(&lib.EC_POINT_new)},
      {"EC_POINT_free", reinterpret_cast<void**>(&lib.EC_POINT_free)},
      {"EC_POINT_oct2point", reinterpret_cast<void**>(&lib.EC_POINT_oct2point)},
      {"ERR_clear_error", reinterpret_cast<void**>(&lib.ERR_clear_error)},
  };
  for (const auto& f : functions) {
    *f.function = dlsym(library, f.name);
    if (*f.function == nullptr) return std::nullopt;
  }
  return lib;
}

}  // namespace

base::Result<const LibCrypto*> LoadLibCrypto() {
  static const std::optional<LibCrypto> loaded = Load();  // stays loaded until the process ends
  if (!loaded) return base::Unavailable("libcrypto.so.3 cannot be loaded");
  return &*loaded;
}

}  // namespace sluice::gotemplate
