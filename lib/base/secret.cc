#include "base/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace sluice::base {

void ZeroAndClear(std::string& bytes) {
  bytes.resize(bytes.capacity());  // an earlier, longer value may sit behind the end
  OPENSSL_cleanse(bytes.data(), bytes.size());
  bytes.clear();
}

bool ConstantTimeEquals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

SecretString::SecretString(std::string&& bytes) : bytes_(bytes) { ZeroAndClear(bytes); }

// A short string lives inside the object, so moving the std::string would leave its bytes behind.
SecretString::SecretString(SecretString&& other) noexcept : bytes_(std::move(other.bytes_)) {
  ZeroAndClear(other.bytes_);
}

SecretString& SecretString::operator=(const SecretString& other) {
  if (this != &other) {
    ZeroAndClear(bytes_);
    bytes_ = other.bytes_;
  }
  return *this;
}

SecretString& SecretString::operator=(SecretString&& other) noexcept {
  if (this != &other) {
    ZeroAndClear(bytes_);
    bytes_ = std::move(other.bytes_);
    ZeroAndClear(other.bytes_);
  }
  return *this;
}

SecretString::~SecretString() { ZeroAndClear(bytes_); }

bool operator==(const SecretString& a, const SecretString& b) {
  return ConstantTimeEquals(a.bytes_, b.bytes_);
}

}  // namespace sluice::base
