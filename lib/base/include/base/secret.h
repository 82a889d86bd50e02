// SecretString: bytes that must not reach a log, an event or a core dump longer than needed: no
// operator<<, no implicit conversion, zeroed at the end, compared in constant time. A value;
// thread-compatible.
#pragma once

#include <string>
#include <string_view>

namespace sluice::base {

class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string_view bytes) : bytes_(bytes) {}
  explicit SecretString(const char* text) : bytes_(text) {}
  explicit SecretString(std::string&& bytes);  // zeroes the source
  SecretString(const SecretString&) = default;
  SecretString(SecretString&& other) noexcept;
  SecretString& operator=(const SecretString& other);
  SecretString& operator=(SecretString&& other) noexcept;
  ~SecretString();

  // The bytes, for the one call that needs them. Valid while this object lives unchanged.
  std::string_view Reveal() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  size_t size() const { return bytes_.size(); }

  friend bool operator==(const SecretString& a, const SecretString& b);

 private:
  std::string bytes_;
};

// Time depends on the lengths only.
bool ConstantTimeEquals(std::string_view a, std::string_view b);
// Overwrites `bytes` in a way the compiler keeps, then clears it.
void ZeroAndClear(std::string& bytes);

}  // namespace sluice::base
