// OpenSSL's libcrypto, loaded when a template first asks for a key, a cipher or a hash that is
// rarely used: loading it takes longer than most renders, and programs that start often must not
// pay for it. Private to the library. Thread-safe.
#pragma once

#include <openssl/bn.h>
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "base/status.h"

namespace sluice::gotemplate {

// The functions by their own names; all are there once it is loaded.
struct LibCrypto {
  decltype(&::EVP_sha1) EVP_sha1;
  decltype(&::EVP_sha256) EVP_sha256;
  decltype(&::EVP_sha384) EVP_sha384;
  decltype(&::EVP_sha512) EVP_sha512;
  decltype(&::EVP_Digest) EVP_Digest;
  decltype(&::HMAC) HMAC;
  decltype(&::EVP_PBE_scrypt) EVP_PBE_scrypt;
  decltype(&::EVP_CIPHER_CTX_new) EVP_CIPHER_CTX_new;
  decltype(&::EVP_CIPHER_CTX_free) EVP_CIPHER_CTX_free;
  decltype(&::EVP_CIPHER_CTX_set_padding) EVP_CIPHER_CTX_set_padding;
  decltype(&::EVP_aes_256_cbc) EVP_aes_256_cbc;
  decltype(&::EVP_CipherInit_ex) EVP_CipherInit_ex;
  decltype(&::EVP_CipherUpdate) EVP_CipherUpdate;
  decltype(&::EVP_PKEY_CTX_new_from_name) EVP_PKEY_CTX_new_from_name;
  decltype(&::EVP_PKEY_CTX_new_from_pkey) EVP_PKEY_CTX_new_from_pkey;
  decltype(&::EVP_PKEY_CTX_free) EVP_PKEY_CTX_free;
  decltype(&::EVP_PKEY_CTX_set_dsa_paramgen_bits) EVP_PKEY_CTX_set_dsa_paramgen_bits;
  decltype(&::EVP_PKEY_CTX_set_dsa_paramgen_q_bits) EVP_PKEY_CTX_set_dsa_paramgen_q_bits;
  decltype(&::EVP_PKEY_CTX_set_group_name) EVP_PKEY_CTX_set_group_name;
  decltype(&::EVP_PKEY_CTX_set_rsa_keygen_bits) EVP_PKEY_CTX_set_rsa_keygen_bits;
  decltype(&::EVP_PKEY_paramgen_init) EVP_PKEY_paramgen_init;
  decltype(&::EVP_PKEY_keygen_init) EVP_PKEY_keygen_init;
  decltype(&::EVP_PKEY_generate) EVP_PKEY_generate;
  decltype(&::EVP_PKEY_free) EVP_PKEY_free;
  decltype(&::EVP_PKEY_eq) EVP_PKEY_eq;
  decltype(&::EVP_PKEY_get_base_id) EVP_PKEY_get_base_id;
  decltype(&::EVP_PKEY_get_bits) EVP_PKEY_get_bits;
  decltype(&::EVP_PKEY2PKCS8) EVP_PKEY2PKCS8;
  decltype(&::EVP_PKCS82PKEY) EVP_PKCS82PKEY;
  decltype(&::PKCS8_PRIV_KEY_INFO_free) PKCS8_PRIV_KEY_INFO_free;
  decltype(&::d2i_PKCS8_PRIV_KEY_INFO) d2i_PKCS8_PRIV_KEY_INFO;
  decltype(&::i2d_PKCS8_PRIV_KEY_INFO) i2d_PKCS8_PRIV_KEY_INFO;
  decltype(&::d2i_PrivateKey) d2i_PrivateKey;
  decltype(&::i2d_PrivateKey) i2d_PrivateKey;
  decltype(&::i2d_PUBKEY) i2d_PUBKEY;
  decltype(&::EVP_MD_CTX_new) EVP_MD_CTX_new;
  decltype(&::EVP_MD_CTX_free) EVP_MD_CTX_free;
  decltype(&::EVP_DigestSignInit) EVP_DigestSignInit;
  decltype(&::EVP_DigestSign) EVP_DigestSign;
  decltype(&::d2i_X509) d2i_X509;
  decltype(&::X509_free) X509_free;
  decltype(&::X509_get0_pubkey) X509_get0_pubkey;
  decltype(&::X509_verify) X509_verify;
  decltype(&::X509_get_subject_name) X509_get_subject_name;
  decltype(&::X509_get0_subject_key_id) X509_get0_subject_key_id;
  decltype(&::i2d_X509_NAME) i2d_X509_NAME;
  decltype(&::ASN1_STRING_get0_data) ASN1_STRING_get0_data;
  decltype(&::ASN1_STRING_length) ASN1_STRING_length;
  decltype(&::CRYPTO_free) CRYPTO_free;
  decltype(&::BN_bin2bn) BN_bin2bn;
  decltype(&::BN_new) BN_new;
  decltype(&::BN_free) BN_free;
  decltype(&::BN_CTX_new) BN_CTX_new;
  decltype(&::BN_CTX_free) BN_CTX_free;
  decltype(&::BN_sub) BN_sub;
  decltype(&::BN_mod_mul) BN_mod_mul;
  decltype(&::BN_nnmod) BN_nnmod;
  decltype(&::BN_cmp) BN_cmp;
  decltype(&::BN_is_one) BN_is_one;
  decltype(&::BN_is_odd) BN_is_odd;
  decltype(&::BN_num_bits) BN_num_bits;
  decltype(&::EC_GROUP_new_by_curve_name) EC_GROUP_new_by_curve_name;
  decltype(&::EC_GROUP_free) EC_GROUP_free;
  decltype(&::EC_GROUP_get_curve) EC_GROUP_get_curve;
  decltype(&::EC_POINT_new) EC_POINT_new;
  decltype(&::EC_POINT_free) EC_POINT_free;
  decltype(&::EC_POINT_oct2point) EC_POINT_oct2point;
  decltype(&::ERR_clear_error) ERR_clear_error;
};

// kUnavailable where the system has no libcrypto.so.3.
base::Result<const LibCrypto*> LoadLibCrypto();

// Owns what libcrypto gave out: Owned<EVP_PKEY>(pkey, ssl.EVP_PKEY_free).
template <class T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

}  // namespace sluice::gotemplate
