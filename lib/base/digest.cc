#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/encoding.h"
#include "base/strings.h"

namespace sluice::base {
namespace {

constexpr struct {
  DigestAlgorithm algorithm;
  std::string_view name;
  size_t hex_length;
} kAlgorithms[] = {{DigestAlgorithm::kSha1, "sha1", 40},
                   {DigestAlgorithm::kSha256, "sha256", 64},
                   {DigestAlgorithm::kSha384, "sha384", 96},
                   {DigestAlgorithm::kSha512, "sha512", 128},
                   {DigestAlgorithm::kBlake3, "blake3", 64}};

const EVP_MD* MdOf(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::kSha1:
      return EVP_sha1();
    case DigestAlgorithm::kSha256:
      return EVP_sha256();
    case DigestAlgorithm::kSha384:
      return EVP_sha384();
    case DigestAlgorithm::kSha512:
      return EVP_sha512();
    case DigestAlgorithm::kBlake3:
      return nullptr;
  }
  return nullptr;
}

bool IsLowerHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == text.npos;
}

Status Invalid(std::string_view text, std::string_view why) {
  return InvalidArgument(Cat("invalid digest '", TruncateUtf8(text, 80), "': ", why));
}

}  // namespace

std::string_view DigestAlgorithmName(DigestAlgorithm algorithm) {
  return kAlgorithms[static_cast<size_t>(algorithm)].name;
}

size_t DigestHexLength(DigestAlgorithm algorithm) {
  return kAlgorithms[static_cast<size_t>(algorithm)].hex_length;
}

Result<DigestAlgorithm> ParseDigestAlgorithm(std::string_view name) {
  for (const auto& a : kAlgorithms) {
    if (a.name == name) return a.algorithm;
  }
  return InvalidArgument(Cat("unsupported digest algorithm '", TruncateUtf8(name, 64), "'"));
}

Result<Digest> Digest::Parse(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == text.npos) {
    if (text.size() == 64 && IsLowerHex(text))
      return Digest(DigestAlgorithm::kSha256, std::string(text));
    return Invalid(text, "no algorithm");
  }
  const auto algorithm = ParseDigestAlgorithm(text.substr(0, colon));
  if (!algorithm.ok()) return Invalid(text, "unsupported algorithm");
  const std::string_view hex = text.substr(colon + 1);
  if (hex.size() != DigestHexLength(*algorithm) || !IsLowerHex(hex))
    return Invalid(text, "malformed checksum");
  return Digest(*algorithm, std::string(hex));
}

Digest Digest::Sha256(std::string_view bytes) {
  Hasher hasher;
  hasher.Update(bytes);
  return hasher.Finish();
}

Result<Digest> Digest::Of(DigestAlgorithm algorithm, std::string_view bytes) {
  if (MdOf(algorithm) == nullptr) {
    return Unimplemented(
        Cat("digest algorithm '", DigestAlgorithmName(algorithm), "' is not available"));
  }
  Hasher hasher(algorithm);
  hasher.Update(bytes);
  return hasher.Finish();
}

std::string Digest::ToString() const { return Cat(DigestAlgorithmName(algorithm_), ":", hex_); }

struct Hasher::State {
  DigestAlgorithm algorithm;
  EVP_MD_CTX* ctx = EVP_MD_CTX_new();
  explicit State(DigestAlgorithm a) : algorithm(a) {
    SLUICE_CHECK(ctx != nullptr);
    Begin();
  }
  ~State() { EVP_MD_CTX_free(ctx); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  void Begin() {
    const EVP_MD* md = MdOf(algorithm);
    SLUICE_CHECK(md != nullptr);
    SLUICE_CHECK(EVP_DigestInit_ex(ctx, md, nullptr) == 1);
  }
};

Hasher::Hasher(DigestAlgorithm algorithm) : state_(std::make_unique<State>(algorithm)) {}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::Update(std::string_view bytes) {
  SLUICE_CHECK(EVP_DigestUpdate(state_->ctx, bytes.data(), bytes.size()) == 1);
}

std::string Hasher::FinishRaw() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  SLUICE_CHECK(EVP_DigestFinal_ex(state_->ctx, out.data(), &size) == 1);
  state_->Begin();
  return {reinterpret_cast<const char*>(out.data()), size};
}

Digest Hasher::Finish() { return Digest(state_->algorithm, HexEncode(FinishRaw())); }

std::string Hmac(DigestAlgorithm algorithm, std::string_view key, std::string_view bytes) {
  const EVP_MD* md = MdOf(algorithm);
  SLUICE_CHECK(md != nullptr);
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  // OpenSSL takes a null key for "the key of before": an empty one must still point somewhere.
  const char* key_data = key.empty() ? "" : key.data();
  SLUICE_CHECK(HMAC(md, key_data, static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out.data(),
                    &size) != nullptr);
  return {reinterpret_cast<const char*>(out.data()), size};
}

}  // namespace sluice::base
