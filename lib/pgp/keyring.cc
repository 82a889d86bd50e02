#include "pgp/keyring.h"

#include <fcntl.h>
#include <rnp/rnp_err.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/strings.h"
#include "quiet.h"
#include "rnp_library.h"

namespace sluice::pgp {
namespace {

constexpr std::string_view kClearBegin = "-----BEGIN PGP SIGNED MESSAGE-----";
constexpr std::string_view kSignatureBegin = "-----BEGIN PGP SIGNATURE-----";
constexpr std::string_view kSignatureEnd = "-----END PGP SIGNATURE-----";
constexpr std::string_view kKeyBegin = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
constexpr std::string_view kKeyEnd = "-----END PGP PUBLIC KEY BLOCK-----";
constexpr size_t kMaxSignatures = 64;
constexpr size_t kMaxUserIds = 64;
constexpr size_t kMaxBlocks = 1024;

// librnp's handles, each freed by its own function.
template <class T, rnp_result_t (*RnpLibrary::*kFree)(T)>
class Handle {
 public:
  Handle() = default;
  Handle(Handle&& o) noexcept : p_(std::exchange(o.p_, nullptr)) {}
  Handle& operator=(Handle&& o) noexcept {
    std::swap(p_, o.p_);
    return *this;
  }
  ~Handle() {
    if (p_ != nullptr) (Rnp().*kFree)(p_);
  }
  T get() const { return p_; }
  T* out() { return &p_; }

 private:
  T p_ = nullptr;
};
using Ffi = Handle<rnp_ffi_t, &RnpLibrary::ffi_destroy>;
using Input = Handle<rnp_input_t, &RnpLibrary::input_destroy>;
using Output = Handle<rnp_output_t, &RnpLibrary::output_destroy>;
using Verify = Handle<rnp_op_verify_t, &RnpLibrary::op_verify_destroy>;
using Key = Handle<rnp_key_handle_t, &RnpLibrary::key_handle_destroy>;

base::Result<Input> InputOf(std::string_view bytes) {
  Input in;
  // Not copied: the caller's bytes outlive the input.
  if (Rnp().input_from_memory(in.out(), reinterpret_cast<const uint8_t*>(bytes.data()),
                              bytes.size(), false) != RNP_SUCCESS) {
    return base::Internal("out of memory");
  }
  return in;
}

// Runs one of librnp's getters of texts.
template <class Get>
std::string TextOf(const Get& get) {
  char* raw = nullptr;
  if (get(&raw) != RNP_SUCCESS || raw == nullptr) return "";
  std::string out = raw;
  Rnp().buffer_destroy(raw);
  return out;
}

base::Result<Ffi> NewFfi() {
  SLUICE_TRY(LoadRnp());
  Ffi ffi;
  if (Rnp().ffi_create(ffi.out(), "GPG", "GPG") != RNP_SUCCESS)
    return base::Internal("failed to start librnp");
  // takes it over
  if (const int null = open("/dev/null", O_WRONLY | O_CLOEXEC); null >= 0)
    Rnp().ffi_set_log_fd(ffi.get(), null);
  return ffi;
}

bool IsWeak(std::string_view hash) {
  return hash == "MD5" || hash == "SHA1" || hash == "RIPEMD160";
}

// The primary key of `key`, itself if it is one.
base::Result<Key> PrimaryOf(rnp_ffi_t ffi, rnp_key_handle_t key) {
  bool primary = false;
  if (Rnp().key_is_primary(key, &primary) != RNP_SUCCESS) return base::Internal("unreadable key");
  const std::string fingerprint = TextOf([&](char** out) {
    return primary ? Rnp().key_get_fprint(key, out) : Rnp().key_get_primary_fprint(key, out);
  });
  Key found;
  if (fingerprint.empty() ||
      Rnp().locate_key(ffi, "fingerprint", fingerprint.c_str(), found.out()) != RNP_SUCCESS ||
      found.get() == nullptr) {
    return base::NotFound("no matching key");
  }
  return found;
}

// Whether a key may vouch for anything today.
base::Status CheckKey(rnp_key_handle_t key) {
  bool revoked = true, expired = true, valid = false;
  if (Rnp().key_is_revoked(key, &revoked) != RNP_SUCCESS || revoked)
    return base::PermissionDenied("key revoked");
  if (Rnp().key_is_expired(key, &expired) != RNP_SUCCESS || expired)
    return base::PermissionDenied("key expired");
  if (Rnp().key_is_valid(key, &valid) != RNP_SUCCESS || !valid)
    return base::PermissionDenied("invalid key");
  return base::OkStatus();
}

Signer Describe(rnp_key_handle_t primary, rnp_key_handle_t key, uint32_t created) {
  Signer out;
  out.key_id = base::ToUpper(TextOf([&](char** t) { return Rnp().key_get_keyid(primary, t); }));
  out.fingerprint =
      base::ToUpper(TextOf([&](char** t) { return Rnp().key_get_fprint(primary, t); }));
  out.signing_fingerprint =
      base::ToUpper(TextOf([&](char** t) { return Rnp().key_get_fprint(key, t); }));
  out.created = created;
  if (std::string first = TextOf([&](char** t) { return Rnp().key_get_primary_uid(primary, t); });
      !first.empty()) {
    out.user_ids.push_back(std::move(first));
  }
  size_t count = 0;
  Rnp().key_get_uid_count(primary, &count);
  for (size_t i = 0; i < std::min(count, kMaxUserIds); ++i) {
    std::string uid = TextOf([&](char** t) { return Rnp().key_get_uid_at(primary, i, t); });
    if (!uid.empty() && std::ranges::count(out.user_ids, uid) == 0)
      out.user_ids.push_back(std::move(uid));
  }
  return out;
}

// One signature's verdict, after the operation ran.
base::Result<Signer> Judge(rnp_ffi_t ffi, rnp_op_verify_signature_t sig) {
  const rnp_result_t verdict = Rnp().op_verify_signature_get_status(sig);
  if (verdict == RNP_ERROR_KEY_NOT_FOUND) return base::NotFound("no matching key");
  Key key;
  if (Rnp().op_verify_signature_get_key(sig, key.out()) != RNP_SUCCESS || key.get() == nullptr)
    return base::NotFound("no matching key");
  const std::string hash =
      TextOf([&](char** t) { return Rnp().op_verify_signature_get_hash(sig, t); });
  if (IsWeak(hash)) return base::PermissionDenied(base::Cat("weak hash algorithm ", hash));
  SLUICE_TRY(const Key primary, PrimaryOf(ffi, key.get()));
  SLUICE_TRY(CheckKey(primary.get()));
  SLUICE_TRY(CheckKey(key.get()));
  if (verdict == RNP_ERROR_SIGNATURE_EXPIRED) return base::PermissionDenied("signature expired");
  if (verdict != RNP_SUCCESS) return base::PermissionDenied("invalid signature");
  uint32_t created = 0, lasts = 0;
  if (Rnp().op_verify_signature_get_times(sig, &created, &lasts) != RNP_SUCCESS)
    return base::PermissionDenied("invalid signature");
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  if (lasts != 0 && now > int64_t{created} + lasts)
    return base::PermissionDenied("signature expired");
  return Describe(primary.get(), key.get(), created);
}

base::Result<Signer> JudgeAll(rnp_ffi_t ffi, rnp_op_verify_t op) {
  const rnp_result_t ran = Rnp().op_verify_execute(op);
  size_t count = 0;
  if (Rnp().op_verify_get_signature_count(op, &count) != RNP_SUCCESS || count == 0) {
    if (ran == RNP_SUCCESS || ran == RNP_ERROR_SIGNATURE_INVALID ||
        ran == RNP_ERROR_NO_SIGNATURES_FOUND)
      return base::InvalidArgument("no signature");
    return base::InvalidArgument("malformed signature");
  }
  base::Status worst = base::NotFound("no matching key");
  for (size_t i = 0; i < std::min(count, kMaxSignatures); ++i) {
    rnp_op_verify_signature_t sig = nullptr;
    if (Rnp().op_verify_get_signature_at(op, i, &sig) != RNP_SUCCESS) continue;
    auto signer = Judge(ffi, sig);
    if (signer.ok()) return signer;
    if (worst.code() == base::StatusCode::kNotFound) worst = std::move(signer).status();
  }
  return worst;
}

// The blocks of an armored ring, else the bytes themselves: librnp reads one armored block only.
std::vector<std::string_view> BlocksOf(std::string_view bytes) {
  std::vector<std::string_view> out;
  if (bytes.find("-----BEGIN PGP") == bytes.npos) return {bytes};
  while (out.size() < kMaxBlocks) {
    const size_t begin = bytes.find(kKeyBegin);
    if (begin == bytes.npos) break;
    size_t end = bytes.find(kKeyEnd, begin);
    if (end == bytes.npos) break;
    end += kKeyEnd.size();
    out.push_back(bytes.substr(begin, end - begin));
    bytes.remove_prefix(end);
  }
  return out;
}

}  // namespace

struct Keyring::Impl {
  Ffi ffi;
  Limits limits;
  size_t primaries = 0;
};

Keyring::Keyring(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Keyring::Keyring(Keyring&&) noexcept = default;
Keyring& Keyring::operator=(Keyring&&) noexcept = default;
Keyring::~Keyring() = default;
size_t Keyring::size() const { return impl_->primaries; }

base::Result<Keyring> Keyring::Import(std::string_view bytes, const Limits& limits) {
  const Quiet quiet;
  if (bytes.size() > limits.max_ring_bytes) return base::ResourceExhausted("key ring is too large");
  if (bytes.empty()) return base::InvalidArgument("unexpected EOF");
  auto impl = std::make_unique<Impl>();
  impl->limits = limits;
  SLUICE_TRY(impl->ffi, NewFfi());
  for (const std::string_view block : BlocksOf(bytes)) {
    SLUICE_TRY(const Input in, InputOf(block));
    // Permissive: a key of a kind librnp does not know must not hide the others.
    static_cast<void>(Rnp().import_keys(
        impl->ffi.get(), in.get(), RNP_LOAD_SAVE_PUBLIC_KEYS | RNP_LOAD_SAVE_PERMISSIVE, nullptr));
  }
  size_t keys = 0;
  Rnp().get_public_key_count(impl->ffi.get(), &keys);
  if (keys == 0) return base::InvalidArgument("unexpected EOF");
  if (keys > limits.max_keys) return base::ResourceExhausted("key ring holds too many keys");
  Handle<rnp_identifier_iterator_t, &RnpLibrary::identifier_iterator_destroy> it;
  if (Rnp().identifier_iterator_create(impl->ffi.get(), it.out(), "fingerprint") == RNP_SUCCESS) {
    const char* id = nullptr;
    while (Rnp().identifier_iterator_next(it.get(), &id) == RNP_SUCCESS && id != nullptr) {
      Key key;
      bool primary = false;
      if (Rnp().locate_key(impl->ffi.get(), "fingerprint", id, key.out()) != RNP_SUCCESS ||
          key.get() == nullptr)
        continue;
      if (Rnp().key_is_primary(key.get(), &primary) == RNP_SUCCESS && primary) ++impl->primaries;
    }
  }
  return Keyring(std::move(impl));
}

base::Result<Signer> Keyring::VerifyDetached(std::string_view data,
                                             std::string_view signature) const {
  const Quiet quiet;
  if (signature.size() > impl_->limits.max_signature_bytes)
    return base::ResourceExhausted("signature is too large");
  if (signature.empty()) return base::InvalidArgument("signature is empty");
  if (data.empty()) return base::InvalidArgument("payload is empty");
  SLUICE_TRY(const Input in, InputOf(data));
  SLUICE_TRY(const Input sig, InputOf(signature));
  Verify op;
  if (Rnp().op_verify_detached_create(op.out(), impl_->ffi.get(), in.get(), sig.get()) !=
      RNP_SUCCESS)
    return base::Internal("out of memory");
  return JudgeAll(impl_->ffi.get(), op.get());
}

base::Result<ClearSigned> Keyring::VerifyClearSigned(std::string_view document) const {
  const Quiet quiet;
  if (document.size() > impl_->limits.max_text_bytes)
    return base::ResourceExhausted("signed text is too large");
  const size_t begin = document.find(kClearBegin);
  if (begin == document.npos || (begin > 0 && document[begin - 1] != '\n'))
    return base::InvalidArgument("no signed text");
  const size_t signature = document.find(base::Cat("\n", kSignatureBegin), begin);
  const size_t end =
      signature == document.npos ? document.npos : document.find(kSignatureEnd, signature);
  if (end == document.npos) return base::InvalidArgument("signed text has no signature");
  const std::string block =
      base::Cat(document.substr(begin, end + kSignatureEnd.size() - begin), "\n");
  SLUICE_TRY(const Input in, InputOf(block));
  Output out;
  if (Rnp().output_to_memory(out.out(), impl_->limits.max_text_bytes) != RNP_SUCCESS)
    return base::Internal("out of memory");
  Verify op;
  if (Rnp().op_verify_create(op.out(), impl_->ffi.get(), in.get(), out.get()) != RNP_SUCCESS)
    return base::Internal("out of memory");
  ClearSigned result;
  SLUICE_TRY(result.signer, JudgeAll(impl_->ffi.get(), op.get()));
  uint8_t* raw = nullptr;
  size_t size = 0;
  if (Rnp().output_memory_get_buf(out.get(), &raw, &size, false) != RNP_SUCCESS)
    return base::Internal("out of memory");
  for (size_t i = 0; i < size; ++i) {
    const char c = static_cast<char>(raw[i]);
    if (c == '\r' && i + 1 < size && raw[i + 1] == '\n') continue;
    result.text += c;
  }
  if (result.text.ends_with('\n')) result.text.pop_back();
  return result;
}

}  // namespace sluice::pgp
