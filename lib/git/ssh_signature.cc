#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/owned.h"
#include "base/strings.h"
#include "git/signature.h"

namespace sluice::git {
namespace {

constexpr std::string_view kBegin = "-----BEGIN SSH SIGNATURE-----",
                           kEnd = "-----END SSH SIGNATURE-----";
constexpr std::string_view kMagic = "SSHSIG", kNamespace = "git";
constexpr size_t kMaxSignature = 64 << 10, kMaxKeysText = 4 << 20, kMaxKeys = 4096;
constexpr int kMaxRsaBits = 16384;
constexpr uint8_t kUserPresent = 1;

constexpr std::string_view kEd25519 = "ssh-ed25519", kRsa = "ssh-rsa";
constexpr std::string_view kSkEd25519 = "sk-ssh-ed25519@openssh.com",
                           kSkEcdsa = "sk-ecdsa-sha2-nistp256@openssh.com";

using Pkey = base::Owned<EVP_PKEY, EVP_PKEY_free>;
using PkeyContext = base::Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = base::Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using ParamBuilder = base::Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = base::Owned<OSSL_PARAM, OSSL_PARAM_free>;
using Number = base::Owned<BIGNUM, BN_free>;
using EcdsaSig = base::Owned<ECDSA_SIG, ECDSA_SIG_free>;

const uint8_t* Bytes(std::string_view s) { return reinterpret_cast<const uint8_t*>(s.data()); }

base::Status ParseError() { return base::InvalidArgument("ssh: parse error in message"); }

// SSH's wire format: a length of 32 bits, then the bytes.
class Wire {
 public:
  explicit Wire(std::string_view bytes) : rest_(bytes) {}
  bool Number32(uint32_t& out) {
    if (rest_.size() < 4) return false;
    out = 0;
    for (int i = 0; i < 4; ++i)
      out = out << 8 | static_cast<uint8_t>(rest_[static_cast<size_t>(i)]);
    rest_.remove_prefix(4);
    return true;
  }
  bool Text(std::string_view& out) {
    uint32_t size = 0;
    if (!Number32(size) || rest_.size() < size) return false;
    out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

void PutText(std::string& out, std::string_view text) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out += static_cast<char>(text.size() >> shift & 0xff);
  out += text;
}

struct SshSignature {
  // trailer: a security key's flags and counter
  std::string_view key, name_space, hash, format, blob, trailer;
};

base::Result<SshSignature> Parse(std::string_view raw) {
  if (!raw.starts_with(kMagic)) return base::InvalidArgument("invalid signature preamble");
  Wire wire(raw.substr(kMagic.size()));
  uint32_t version = 0;
  SshSignature out;
  std::string_view reserved, inner;
  if (!wire.Number32(version)) return ParseError();
  if (version != 1) return base::InvalidArgument("unsupported signature version");
  if (!wire.Text(out.key) || !wire.Text(out.name_space) || !wire.Text(reserved) ||
      !wire.Text(out.hash) || !wire.Text(inner) || !wire.rest().empty()) {
    return ParseError();
  }
  Wire sig(inner);
  if (!sig.Text(out.format) || !sig.Text(out.blob)) return ParseError();
  out.trailer = sig.rest();
  return out;
}

base::Result<std::string> Unarmor(std::string_view text) {
  const auto invalid = [] { return base::InvalidArgument("invalid PEM block"); };
  const size_t end = text.find(kEnd);
  if (!text.starts_with(kBegin) || end == text.npos) return invalid();
  std::string body;
  for (const char c : text.substr(kBegin.size(), end - kBegin.size())) {
    if (c != '\n' && c != '\r' && c != ' ' && c != '\t') body += c;
  }
  auto raw = base::Base64Decode(body);
  return raw.ok() ? std::move(raw) : invalid();
}

Pkey FromParams(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const PkeyContext ctx(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !ctx || EVP_PKEY_fromdata_init(ctx.get()) <= 0) return nullptr;
  if (EVP_PKEY_fromdata(ctx.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) <= 0) return nullptr;
  return Pkey(key);
}

Pkey EcKey(std::string_view curve, std::string_view point) {
  const char* group = curve == "nistp256"   ? "P-256"
                      : curve == "nistp384" ? "P-384"
                      : curve == "nistp521" ? "P-521"
                                            : nullptr;
  const ParamBuilder b(OSSL_PARAM_BLD_new());
  if (group == nullptr || !b || point.empty()) return nullptr;
  OSSL_PARAM_BLD_push_utf8_string(b.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
  OSSL_PARAM_BLD_push_octet_string(b.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  return FromParams("EC", b.get());
}

Number ToNumber(std::string_view mpint) {
  if (mpint.empty() || mpint.size() > kMaxRsaBits / 8 + 1 ||
      (static_cast<uint8_t>(mpint[0]) & 0x80) != 0)
    return nullptr;
  return Number(BN_bin2bn(Bytes(mpint), static_cast<int>(mpint.size()), nullptr));
}

Pkey RsaKey(std::string_view e, std::string_view n) {
  const Number exponent = ToNumber(e), modulus = ToNumber(n);
  const ParamBuilder b(OSSL_PARAM_BLD_new());
  if (!exponent || !modulus || !b) return nullptr;
  OSSL_PARAM_BLD_push_BN(b.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(b.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return FromParams("RSA", b.get());
}

struct PublicKey {
  Pkey key;
  std::string_view type, application;  // application: of a security key
};

std::optional<PublicKey> ParseKey(std::string_view blob) {
  Wire wire(blob);
  PublicKey out;
  std::string_view a, b;
  if (!wire.Text(out.type)) return std::nullopt;
  const bool sk = out.type == kSkEd25519 || out.type == kSkEcdsa;
  if (out.type == kEd25519 || out.type == kSkEd25519) {
    if (!wire.Text(a) || a.size() != 32) return std::nullopt;
    out.key.reset(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(a), a.size()));
  } else if (out.type == kRsa) {
    if (!wire.Text(a) || !wire.Text(b)) return std::nullopt;
    out.key = RsaKey(a, b);
  } else if (out.type.starts_with("ecdsa-sha2-") || out.type == kSkEcdsa) {
    if (!wire.Text(a) || !wire.Text(b)) return std::nullopt;
    if (!sk && out.type.substr(11) != a) return std::nullopt;
    out.key = EcKey(a, b);
  }
  if (sk && !wire.Text(out.application)) return std::nullopt;
  if (out.key == nullptr || !wire.rest().empty()) return std::nullopt;
  return out;
}

bool VerifyWith(EVP_PKEY* key, const char* digest, std::string_view signature,
                std::string_view data) {
  const DigestContext ctx(EVP_MD_CTX_new());
  return ctx &&
         EVP_DigestVerifyInit_ex(ctx.get(), nullptr, digest, nullptr, nullptr, key, nullptr) == 1 &&
         EVP_DigestVerify(ctx.get(), Bytes(signature), signature.size(), Bytes(data),
                          data.size()) == 1;
}

// r and s as SSH has them → DER.
std::optional<std::string> EcdsaDer(std::string_view blob) {
  Wire wire(blob);
  std::string_view r, s;
  if (!wire.Text(r) || !wire.Text(s) || !wire.rest().empty()) return std::nullopt;
  Number rn = ToNumber(r), sn = ToNumber(s);
  const EcdsaSig sig(ECDSA_SIG_new());
  if (!rn || !sn || !sig) return std::nullopt;
  ECDSA_SIG_set0(sig.get(), rn.release(), sn.release());
  uint8_t* der = nullptr;
  const int size = i2d_ECDSA_SIG(sig.get(), &der);
  if (size <= 0) return std::nullopt;
  std::string out(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

const char* EcdsaDigest(std::string_view type) {
  return type.ends_with("nistp384") ? "SHA384" : type.ends_with("nistp521") ? "SHA512" : "SHA256";
}

bool Holds(const PublicKey& key, const SshSignature& sig, std::string data) {
  const bool sk = !key.application.empty() || key.type.starts_with("sk-");
  if (sk) {
    constexpr size_t kTrailer = 5;
    if (sig.trailer.size() != kTrailer ||
        (static_cast<uint8_t>(sig.trailer[0]) & kUserPresent) == 0)
      return false;
    base::Hasher hasher;
    hasher.Update(key.application);
    std::string wrapped = hasher.FinishRaw();
    wrapped += sig.trailer;
    hasher.Update(data);
    wrapped += hasher.FinishRaw();
    data = std::move(wrapped);
  } else if (!sig.trailer.empty()) {
    return false;
  }
  if (key.type == kRsa) {
    const char* digest = sig.format == "rsa-sha2-512"   ? "SHA512"
                         : sig.format == "rsa-sha2-256" ? "SHA256"
                                                        : nullptr;
    return digest != nullptr && VerifyWith(key.key.get(), digest, sig.blob, data);
  }
  if (sig.format != key.type) return false;
  if (key.type == kEd25519 || key.type == kSkEd25519)
    return VerifyWith(key.key.get(), nullptr, sig.blob, data);
  const auto der = EcdsaDer(sig.blob);
  return der && VerifyWith(key.key.get(),
                           EcdsaDigest(key.type.ends_with("@openssh.com") ? "nistp256" : key.type),
                           *der, data);
}

// The blob of one line: "[options] type base64 [comment]". Options may hold spaces in quotes.
std::optional<std::string> BlobOf(std::string_view line) {
  for (int skipped = 0; skipped < 2; ++skipped) {
    const auto fields = base::Fields(line);
    if (fields.size() >= 2) {
      auto blob = base::Base64Decode(fields[1]);
      std::string_view type;
      if (blob.ok() && Wire(*blob).Text(type) && type == fields[0]) return *std::move(blob);
    }
    bool quoted = false;
    size_t i = 0;
    for (; i < line.size() && (quoted || (line[i] != ' ' && line[i] != '\t')); ++i) {
      if (line[i] == '"' && (i == 0 || line[i - 1] != '\\')) quoted = !quoted;
    }
    line = base::TrimSpace(line.substr(i));
  }
  return std::nullopt;
}

base::Result<std::vector<std::string>> ParseAuthorizedKeys(std::string_view text) {
  std::vector<std::string> out;
  if (text.size() > kMaxKeysText) return base::ResourceExhausted("too many authorized keys");
  for (std::string_view line : base::Split(text, "\n")) {
    line = base::TrimSpace(line);
    if (line.empty() || line.starts_with('#')) continue;
    auto blob = BlobOf(line);
    if (!blob) return base::InvalidArgument("unable to parse authorized key: ssh: no key found");
    if (out.size() >= kMaxKeys) return base::ResourceExhausted("too many authorized keys");
    out.push_back(*std::move(blob));
  }
  return out;
}

std::string Fingerprint(std::string_view blob) {
  base::Hasher hasher;
  hasher.Update(blob);
  std::string text = base::Base64Encode(hasher.FinishRaw());
  while (text.ends_with('=')) text.pop_back();
  return "SHA256:" + text;
}

// Why `blob` does not verify; ok if it does.
base::Status Check(const SshSignature& sig, std::string_view blob, std::string_view payload) {
  if (blob != sig.key) return base::PermissionDenied("public key does not match");
  if (sig.name_space != kNamespace) return base::PermissionDenied("namespace does not match");
  if (sig.hash != "sha256" && sig.hash != "sha512")
    return base::PermissionDenied("unsupported hash algorithm");
  base::Hasher hasher(sig.hash == "sha256" ? base::DigestAlgorithm::kSha256
                                           : base::DigestAlgorithm::kSha512);
  hasher.Update(payload);
  std::string data(kMagic);
  PutText(data, kNamespace);
  PutText(data, "");
  PutText(data, sig.hash);
  PutText(data, hasher.FinishRaw());
  const auto key = ParseKey(blob);
  if (!key || !Holds(*key, sig, std::move(data)))
    return base::PermissionDenied("ssh: signature did not verify");
  return base::OkStatus();
}

}  // namespace

base::Result<std::string> VerifySshSignature(std::string_view signature, std::string_view payload,
                                             const std::vector<std::string>& authorized_keys) {
  const std::string_view text = base::TrimSpace(signature);
  if (text.empty()) return base::InvalidArgument("unable to verify payload: signature is empty");
  if (payload.empty()) return base::InvalidArgument("unable to verify payload: payload is empty");
  if (SignatureType(text) != "ssh") {
    return base::InvalidArgument(base::Cat(
        "unable to verify SSH signature, detected signature format: ", SignatureType(text),
        ": signature format mismatch"));
  }
  if (text.size() > kMaxSignature)
    return base::ResourceExhausted("unable to unarmor SSH signature: too large");
  auto raw = Unarmor(text);
  if (!raw.ok()) return std::move(raw).status().Wrap("unable to unarmor SSH signature");
  const auto sig = Parse(*raw);
  if (!sig.ok()) return sig.status().Wrap("unable to unarmor SSH signature");

  base::Status unreadable;
  bool tried = false;
  std::vector<std::string> causes;
  for (const std::string& keys : authorized_keys) {
    const auto blobs = ParseAuthorizedKeys(keys);
    if (!blobs.ok()) {
      if (unreadable.ok()) unreadable = blobs.status().Wrap("unable to parse authorized keys");
      continue;
    }
    tried = true;
    for (const std::string& blob : *blobs) {
      const base::Status verdict = Check(*sig, blob, payload);
      if (verdict.ok()) return Fingerprint(blob);
      if (std::ranges::count(causes, verdict.message()) == 0) causes.push_back(verdict.message());
    }
  }
  if (!tried && !unreadable.ok()) return unreadable;
  std::string text_out =
      "unable to verify payload with any of the given authorized keys: no matching key";
  for (const std::string& cause : causes) text_out += "\n" + cause;
  return base::PermissionDenied(std::move(text_out));
}

}  // namespace sluice::git
