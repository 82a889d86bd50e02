#include "crypto.h"

#include <openssl/ct.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "base/owned.h"
#include "base/strings.h"

namespace sluice::sigstore {
namespace {

constexpr size_t kMaxPem = 1 << 20, kMaxCertificates = 100;
constexpr const char* kOtherNameOid = "1.3.6.1.4.1.57264.1.7";

using Bio = base::Owned<BIO, BIO_free_all>;

const unsigned char* Bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

Bio Reader(std::string_view bytes) {
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

const EVP_MD* Digest(Hash hash) {
  switch (hash) {
    case Hash::kSha384:
      return EVP_sha384();
    case Hash::kSha512:
      return EVP_sha512();
    case Hash::kSha256:
      break;
  }
  return EVP_sha256();
}

base::Time TimeOf(const ASN1_TIME* t) {
  tm parts{};
  if (t == nullptr || ASN1_TIME_to_tm(t, &parts) != 1) return {};
  return base::FromUnixSeconds(timegm(&parts));
}

template <class T, class Encode>
std::string ToDer(T* object, Encode encode) {
  unsigned char* der = nullptr;
  const int size = encode(object, &der);
  if (size <= 0) return "";
  std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

std::string TextOf(const ASN1_STRING* s) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)),
          static_cast<size_t>(ASN1_STRING_length(s))};
}

// sk_X509_free is a macro. The certificates stay their owners'.
void FreeStack(STACK_OF(X509) * stack) { sk_X509_free(stack); }
void FreeText(char* text) { OPENSSL_free(text); }

base::Owned<STACK_OF(X509), FreeStack> StackOf(const std::vector<Certificate>& certs) {
  base::Owned<STACK_OF(X509), FreeStack> stack(sk_X509_new_null());
  for (const Certificate& c : certs) sk_X509_push(stack.get(), c.get());
  return stack;
}

// A critical subject alternative name of a form that OpenSSL does not know is Fulcio's, and read by
// us.
int AcceptKnownExtensions(int ok, X509_STORE_CTX* ctx) {
  if (ok == 1 || X509_STORE_CTX_get_error(ctx) != X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION)
    return ok;
  X509* cert = X509_STORE_CTX_get_current_cert(ctx);
  for (int i = 0; i < X509_get_ext_count(cert); ++i) {
    X509_EXTENSION* e = X509_get_ext(cert, i);
    const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));
    if (X509_EXTENSION_get_critical(e) != 0 && nid != NID_subject_alt_name &&
        X509_supported_extension(e) == 0)
      return 0;
  }
  return 1;
}

}  // namespace

std::string LastOpenSslError() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "malformed data" : reason;
}

PublicKey::PublicKey(std::shared_ptr<EVP_PKEY> key)
    : key_(std::move(key)), spki_(ToDer(key_.get(), i2d_PUBKEY)) {}

base::Result<PublicKey> PublicKey::FromPem(std::string_view pem) {
  if (pem.size() > kMaxPem) return base::ResourceExhausted("public key is larger than 1 MiB");
  const Bio bio = Reader(pem);
  std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr),
                                EVP_PKEY_free);
  if (key == nullptr && pem.find("BEGIN RSA PUBLIC KEY") != pem.npos) {
    ERR_clear_error();
    const Bio again = Reader(pem);
    char *name = nullptr, *header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_read_bio(again.get(), &name, &header, &data, &size) == 1) {
      const unsigned char* at = data;
      key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size), EVP_PKEY_free);
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
  if (key == nullptr) {
    if (pem.find("-----BEGIN ") == pem.npos) {
      ERR_clear_error();
      return base::InvalidArgument("PEM decoding failed");
    }
    return base::InvalidArgument(base::Cat("malformed public key: ", LastOpenSslError()));
  }
  return PublicKey(std::move(key));
}

base::Result<PublicKey> PublicKey::FromDer(std::string_view spki) {
  const unsigned char* at = Bytes(spki);
  std::shared_ptr<EVP_PKEY> key(d2i_PUBKEY(nullptr, &at, static_cast<long>(spki.size())),
                                EVP_PKEY_free);
  if (key == nullptr) {
    // Trust roots also hold RSA keys without their wrapping.
    ERR_clear_error();
    at = Bytes(spki);
    key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(spki.size())),
              EVP_PKEY_free);
  }
  if (key == nullptr)
    return base::InvalidArgument(base::Cat("malformed public key: ", LastOpenSslError()));
  return PublicKey(std::move(key));
}

base::Result<PublicKey> PublicKey::OfCertificate(X509* cert) {
  std::shared_ptr<EVP_PKEY> key(X509_get_pubkey(cert), EVP_PKEY_free);
  if (key == nullptr)
    return base::InvalidArgument(base::Cat("malformed public key: ", LastOpenSslError()));
  return PublicKey(std::move(key));
}

bool PublicKey::is_rsa() const { return EVP_PKEY_base_id(key_.get()) == EVP_PKEY_RSA; }
bool PublicKey::is_ec() const { return EVP_PKEY_base_id(key_.get()) == EVP_PKEY_EC; }
int PublicKey::bits() const { return EVP_PKEY_bits(key_.get()); }

bool PublicKey::Verify(std::string_view message, std::string_view signature, Hash hash,
                       Padding padding) const {
  const int type = EVP_PKEY_base_id(key_.get());
  if (type != EVP_PKEY_RSA && type != EVP_PKEY_EC && type != EVP_PKEY_ED25519) return false;
  const base::Owned<EVP_MD_CTX, EVP_MD_CTX_free> ctx(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;
  const EVP_MD* md = type == EVP_PKEY_ED25519 ? nullptr : Digest(hash);
  bool good = EVP_DigestVerifyInit(ctx.get(), &options, md, nullptr, key_.get()) == 1;
  if (good && type == EVP_PKEY_RSA && padding == Padding::kPss) {
    good = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
  }
  good = good && EVP_DigestVerify(ctx.get(), Bytes(signature), signature.size(), Bytes(message),
                                  message.size()) == 1;
  ERR_clear_error();
  return good;
}

bool PublicKey::VerifyRaw(std::string_view message, std::string_view signature, Hash hash) const {
  if (signature.empty() || signature.size() % 2 != 0 || signature.size() > 256) return false;
  const int half = static_cast<int>(signature.size() / 2);
  const base::Owned<ECDSA_SIG, ECDSA_SIG_free> sig(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(Bytes(signature), half, nullptr);
  BIGNUM* s = BN_bin2bn(Bytes(signature) + half, half, nullptr);
  ECDSA_SIG_set0(sig.get(), r, s);
  return Verify(message, ToDer(sig.get(), i2d_ECDSA_SIG), hash);
}

std::string PublicKey::LogId() const {
  base::Hasher hasher;
  hasher.Update(spki_);
  return hasher.FinishRaw();
}

Certificate::Certificate(std::shared_ptr<X509> cert)
    : cert_(std::move(cert)), der_(ToDer(cert_.get(), i2d_X509)) {}

base::Result<Certificate> Certificate::FromDer(std::string_view der) {
  const unsigned char* at = Bytes(der);
  std::shared_ptr<X509> cert(d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  if (cert == nullptr)
    return base::InvalidArgument(base::Cat("x509: malformed certificate: ", LastOpenSslError()));
  return Certificate(std::move(cert));
}

base::Result<std::vector<Certificate>> Certificate::ListFromPem(std::string_view pem) {
  if (pem.size() > kMaxPem) return base::ResourceExhausted("certificates are larger than 1 MiB");
  const Bio bio = Reader(pem);
  std::vector<Certificate> out;
  for (;;) {
    std::shared_ptr<X509> cert(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
    if (cert == nullptr) break;
    if (out.size() >= kMaxCertificates)
      return base::ResourceExhausted("more than 100 certificates");
    out.push_back(Certificate(std::move(cert)));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end || out.empty())
    return base::InvalidArgument(base::Cat("x509: malformed certificate: ", LastOpenSslError()));
  ERR_clear_error();
  return out;
}

base::Time Certificate::not_before() const { return TimeOf(X509_get0_notBefore(cert_.get())); }
base::Time Certificate::not_after() const { return TimeOf(X509_get0_notAfter(cert_.get())); }

bool Certificate::IsAuthority() const { return X509_check_ca(cert_.get()) != 0; }
bool Certificate::IsSelfIssued() const {
  return X509_NAME_cmp(X509_get_subject_name(cert_.get()), X509_get_issuer_name(cert_.get())) == 0;
}

std::vector<std::string> Certificate::AlternativeNames() const {
  const base::Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(cert_.get(), NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  std::vector<std::string> out;
  if (names == nullptr) return out;
  const base::Owned<ASN1_OBJECT, ASN1_OBJECT_free> other(OBJ_txt2obj(kOtherNameOid, 1));
  for (const int wanted : {GEN_DNS, GEN_EMAIL, GEN_IPADD, GEN_URI, GEN_OTHERNAME}) {
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
      const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
      if (name->type != wanted) continue;
      if (wanted == GEN_OTHERNAME) {
        const ASN1_TYPE* value = name->d.otherName->value;
        if (OBJ_cmp(name->d.otherName->type_id, other.get()) == 0 &&
            value->type == V_ASN1_UTF8STRING)
          out.push_back(TextOf(value->value.utf8string));
      } else if (wanted == GEN_IPADD) {
        const base::Owned<char, FreeText> text(i2s_ASN1_OCTET_STRING(nullptr, name->d.iPAddress));
        if (text != nullptr) out.emplace_back(text.get());
      } else {
        out.push_back(TextOf(name->d.ia5));
      }
    }
  }
  return out;
}

std::optional<std::string> Certificate::Extension(const char* oid) const {
  const base::Owned<ASN1_OBJECT, ASN1_OBJECT_free> object(OBJ_txt2obj(oid, 1));
  const int at = X509_get_ext_by_OBJ(cert_.get(), object.get(), -1);
  if (at < 0) return std::nullopt;
  return TextOf(X509_EXTENSION_get_data(X509_get_ext(cert_.get(), at)));
}

base::Result<std::vector<Certificate>> BuildChain(const Certificate& leaf,
                                                  const std::vector<Certificate>& roots,
                                                  const std::vector<Certificate>& intermediates,
                                                  base::Time at, Purpose purpose) {
  const base::Owned<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  for (const Certificate& root : roots) X509_STORE_add_cert(store.get(), root.get());
  const auto untrusted = StackOf(intermediates);
  const base::Owned<X509_STORE_CTX, X509_STORE_CTX_free> ctx(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(ctx.get(), store.get(), leaf.get(), untrusted.get()) != 1)
    return base::Internal(LastOpenSslError());
  X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(ctx.get());
  X509_VERIFY_PARAM_set_time(
      param, std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
  // an intermediate may be the anchor
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_depth(param, 10);
  X509_STORE_CTX_set_verify_cb(ctx.get(), AcceptKnownExtensions);
  if (X509_verify_cert(ctx.get()) != 1) {
    const int error = X509_STORE_CTX_get_error(ctx.get());
    ERR_clear_error();
    return base::PermissionDenied(base::Cat("x509: ", X509_verify_cert_error_string(error)));
  }
  if (purpose == Purpose::kCodeSigning &&
      (X509_get_extended_key_usage(leaf.get()) & XKU_CODE_SIGN) == 0) {
    return base::PermissionDenied("x509: certificate specifies an incompatible key usage");
  }
  std::vector<Certificate> chain;
  STACK_OF(X509)* built = X509_STORE_CTX_get0_chain(ctx.get());
  for (int i = 0; i < sk_X509_num(built); ++i) {
    SLUICE_TRY(Certificate c, Certificate::FromDer(ToDer(sk_X509_value(built, i), i2d_X509)));
    chain.push_back(std::move(c));
  }
  return chain;
}

namespace {

// What a log signs for a certificate with its timestamps embedded (RFC 6962 §3.2): the certificate
// without them, and its issuer's key.
std::string SignedByLog(const Certificate& leaf, const Certificate& issuer, const SCT* sct) {
  const base::Owned<X509, X509_free> bare(X509_dup(leaf.get()));
  const int at = X509_get_ext_by_NID(bare.get(), NID_ct_precert_scts, -1);
  X509_EXTENSION_free(X509_delete_ext(bare.get(), at));
  const std::string tbs = ToDer(bare.get(), i2d_re_X509_tbs);
  const auto issuer_key = issuer.Key();
  if (!issuer_key.ok() || tbs.empty()) return "";
  unsigned char* extensions = nullptr;
  const size_t extensions_size = SCT_get0_extensions(sct, &extensions);
  std::string out(2, '\0');  // version 1, certificate timestamp
  const auto append = [&out](uint64_t value, int bytes) {
    while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes) & 0xff);
  };
  append(SCT_get_timestamp(sct), 8);
  append(1, 2);  // a precertificate
  out += issuer_key->LogId();
  append(tbs.size(), 3);
  out += tbs;
  append(extensions_size, 2);
  out.append(reinterpret_cast<char*>(extensions), extensions_size);
  return out;
}

}  // namespace

bool HasVerifiedSct(const Certificate& leaf, const Certificate& issuer,
                    const std::vector<CtLog>& logs) {
  const base::Owned<STACK_OF(SCT), SCT_LIST_free> scts(static_cast<STACK_OF(SCT)*>(
      X509_get_ext_d2i(leaf.get(), NID_ct_precert_scts, nullptr, nullptr)));
  ERR_clear_error();
  if (scts == nullptr) return false;
  constexpr int kMostScts = 16;
  for (int i = 0; i < sk_SCT_num(scts.get()) && i < kMostScts; ++i) {
    const SCT* sct = sk_SCT_value(scts.get(), i);
    unsigned char *id = nullptr, *signature = nullptr;
    const size_t id_size = SCT_get0_log_id(sct, &id),
                 signature_size = SCT_get0_signature(sct, &signature);
    const base::Time at =
        base::FromUnixSeconds(static_cast<int64_t>(SCT_get_timestamp(sct) / 1000));
    for (const CtLog& log : logs) {
      if (log.key.LogId() != std::string_view(reinterpret_cast<char*>(id), id_size)) continue;
      if ((log.from && at < *log.from) || (log.until && at > *log.until)) continue;
      const std::string text = SignedByLog(leaf, issuer, sct);
      if (!text.empty() &&
          log.key.Verify(text, {reinterpret_cast<char*>(signature), signature_size}))
        return true;
    }
  }
  return false;
}

}  // namespace sluice::sigstore
