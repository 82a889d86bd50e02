// Digest: "algorithm:hex" of some bytes, as in .status.artifact.digest, and Hasher, which computes
// one incrementally. A Digest is a value; a Hasher is a move-only resource used by one thread.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::base {

// kBlake3 is recognised in texts; this build cannot compute it (kUnimplemented).
enum class DigestAlgorithm : uint8_t { kSha1, kSha256, kSha384, kSha512, kBlake3 };
std::string_view DigestAlgorithmName(DigestAlgorithm algorithm);  // "sha256"
Result<DigestAlgorithm> ParseDigestAlgorithm(std::string_view name);
size_t DigestHexLength(DigestAlgorithm algorithm);

class Digest {
 public:
  // "sha256:<64 lower-case hex>"; 64 bare hex digits are taken for sha256, as Flux's artifact
  // fetcher does.
  static Result<Digest> Parse(std::string_view text);
  static Digest Sha256(std::string_view bytes);
  static Result<Digest> Of(DigestAlgorithm algorithm, std::string_view bytes);

  DigestAlgorithm algorithm() const { return algorithm_; }
  const std::string& hex() const { return hex_; }
  std::string ToString() const;

  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  friend class Hasher;
  Digest(DigestAlgorithm algorithm, std::string hex)
      : algorithm_(algorithm), hex_(std::move(hex)) {}
  DigestAlgorithm algorithm_;
  std::string hex_;
};

class Hasher {
 public:
  Hasher() : Hasher(DigestAlgorithm::kSha256) {}
  // REQUIRES: algorithm != kBlake3
  explicit Hasher(DigestAlgorithm algorithm);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();

  void Update(std::string_view bytes);
  Digest Finish();          // the hasher then starts anew
  std::string FinishRaw();  // the digest's bytes instead of hex

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// HMAC of `bytes`, raw. Compare with ConstantTimeEquals (secret.h). REQUIRES: algorithm != kBlake3
std::string Hmac(DigestAlgorithm algorithm, std::string_view key, std::string_view bytes);

}  // namespace sluice::base
